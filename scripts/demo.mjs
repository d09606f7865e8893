/**
 * Shows what ckpt is for: what is in a real image, and whether this machine could restore it.
 *
 * Every verdict is a good answer (exit codes 0, 1 and 4 of `check`); the demo fails only when something is broken.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const image = 'fixtures/images/2026-08/zen5.state';

const VERDICTS = {
  0: 'This machine can restore the image.',
  1: 'This machine cannot restore the image; the reasons are above.',
  4: 'From what could be found out about this machine, the question cannot be decided.',
};

show(['inspect', image], [0]);
const status = show(['check', image, '--host', 'current'], [0, 1, 4]);
console.log(`${VERDICTS[status]} (exit code ${status})`);

/** Prints and runs one command; ends the demo when its exit code is none of those given. */
function show(args, expected) {
  console.log(`$ ckpt ${args.join(' ')}`);
  const { status: code, error } = spawnSync(process.execPath, ['bin/ckpt.js', ...args], { cwd: root, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (!expected.includes(code)) {
    console.error(`The demo is broken: ckpt ${args[0]} ended with exit code ${code}.`);
    process.exit(1);
  }
  console.log();
  return code;
}
