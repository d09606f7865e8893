/** The command line, whose executable may be named in several ways. */
import { posix } from 'node:path';
import type { GoValue } from '../../oci/go-value.ts';
import type { Rules } from '../rules.ts';

/** @see gVisor runsc/specutils/restore.go: validateArgs */
export function sameArgs(saved: readonly GoValue[], given: readonly GoValue[], cwd: string, rules: Rules): boolean {
  if (saved.length !== given.length) return false;
  if (saved.length === 0) return true;
  const [before, after] = [String(saved[0]), String(given[0])];
  const rest = saved.slice(1).every((arg, index) => arg === given[index + 1]);
  if (!rest || before === after) return rest;
  if (rules.has('spec-args-base')) return base(before) === base(after);
  if (!rules.has('spec-args-resolved') || before.startsWith('./') === after.startsWith('./')) return false;
  return resolved(before, cwd) === resolved(after, cwd);
}

/** Go's filepath.Base. */
function base(path: string): string {
  if (path === '') return '.';
  return posix.basename(path) || '/';
}

/** Go's path.Join; what does not begin with `./` is taken as it is. */
function resolved(path: string, cwd: string): string {
  return path.startsWith('./') ? posix.normalize(`${cwd}/${path}`).replace(/(?<=.)\/$/, '') : path;
}
