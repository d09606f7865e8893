/** Whether the long form of tests is wanted: `npm run test:long`. */
export const LONG = process.env['CKPT_TEST_LONG'] === '1';
