/**
 * The transcripts in README.md are what the command prints. `CKPT_UPDATE_DOCS=1 npx vitest run test/readme.test.ts` writes them anew.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = fileURLToPath(new URL('../README.md', import.meta.url));
const TRANSCRIPT = /^```\n\$ ckpt (.+)\n[\s\S]*?^```$/gm;

test('the transcripts in README.md are real', () => {
  const text = readFileSync(readme, 'utf8');
  const real = text.replace(TRANSCRIPT, (_block, command: string) => `\`\`\`\n$ ckpt ${command}\n${output(command)}\`\`\``);
  if (process.env['CKPT_UPDATE_DOCS'] !== undefined) writeFileSync(readme, real);
  else expect(text).toBe(real);
  expect(text.match(TRANSCRIPT)?.length).toBeGreaterThanOrEqual(2);
});

function output(command: string): string {
  const args = ['bin/ckpt.js', ...command.split(' ')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  expect(stderr).toBe('');
  expect([0, 1, 4]).toContain(status);
  return stdout;
}
