/** What the tool calls itself in documents; a test keeps it equal to package.json. */
export const TOOL = { name: 'ckpt', version: '0.1.0' } as const;
