/** Directories for containers, named after them. */

import { nameBytes } from '../filesystem/tree-names.ts';

/** The longest name that file systems take, in bytes. @see Linux include/uapi/linux/limits.h: NAME_MAX */
const LONGEST_NAME = 255;

/** A directory for each container, each another one; the empty path when there is only one container. */
export function containerDirectories(containers: readonly (string | null)[]): Map<string | null, string> {
  const different = [...new Set(containers)];
  if (different.length < 2) return new Map(different.map((container) => [container, '']));
  const directories = new Map<string | null, string>();
  const taken = new Set<string>();
  for (const container of different) {
    const name = directoryName(container);
    let directory = name;
    for (let number = 2; taken.has(directory); number++) directory = `${name}-${number}`;
    taken.add(directory);
    directories.set(container, directory);
  }
  return directories;
}

function directoryName(container: string | null): string {
  const name = (container ?? '').replace(/[/\0]/g, '_');
  return isName(name) ? name : `container-${name.replace(/^[.]+/, '').slice(0, 64)}`;
}

/** A name, not a way: not empty, not `.` or `..`, without a zero byte or slash, of at most 255 bytes. */
export function isName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) return false;
  return name.length * 3 <= LONGEST_NAME || nameBytes(name).length <= LONGEST_NAME;
}
