/**
 * Installs the dependencies of a bare clone; says nothing when there is nothing to do.
 *
 * Plain Node without dependencies, because it runs before there are any.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(`ckpt needs Node 20 or newer; this is ${process.version}.`);
  process.exit(1);
}

// npm writes node_modules/.package-lock.json at the end of every install, so its time is that of the last complete one.
if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
  console.error('Installing dependencies (npm ci) …');
  const npm = process.env.npm_execpath;
  const command = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] };
  const result = npm === undefined ? spawnSync('npm', command, options) : spawnSync(process.execPath, [npm, ...command], options);
  if (result.error !== undefined) console.error(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0) {
    console.error('npm ci failed: the packages named in package-lock.json could not be installed.');
    process.exit(result.status ?? 1);
  }
}

/** Modification time in milliseconds, or 0 when there is no such file. */
function modified(path) {
  return statSync(new URL(path, `file://${root}`), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
