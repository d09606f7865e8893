/** Runs the tests in their long form: every type, every kind of socket, hundreds of damaged copies. Takes about an hour. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const args = [vitest, 'run', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, CKPT_TEST_LONG: '1' } });
process.exitCode = status ?? 1;
