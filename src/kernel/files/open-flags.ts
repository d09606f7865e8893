/** The flags of an open file by name. */

/** How a file may be used: O_ACCMODE. */
const ACCESS = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'] as const;

type Architecture = 'amd64' | 'arm64';

/**
 * Flags by bit, in ascending order of their common bits; four of them lie elsewhere on arm64.
 *
 * @see Linux include/uapi/asm-generic/fcntl.h, arch/arm64/include/uapi/asm/fcntl.h; gVisor pkg/abi/linux/file.go
 */
const FLAGS: readonly (readonly [name: string, amd64: number, arm64: number])[] = [
  ['O_CREAT', 0o100, 0o100],
  ['O_EXCL', 0o200, 0o200],
  ['O_NOCTTY', 0o400, 0o400],
  ['O_TRUNC', 0o1000, 0o1000],
  ['O_APPEND', 0o2000, 0o2000],
  ['O_NONBLOCK', 0o4000, 0o4000],
  ['O_DSYNC', 0o10000, 0o10000],
  ['O_ASYNC', 0o20000, 0o20000],
  ['O_DIRECT', 0o40000, 0o200000],
  ['O_LARGEFILE', 0o100000, 0o400000],
  ['O_DIRECTORY', 0o200000, 0o40000],
  ['O_NOFOLLOW', 0o400000, 0o100000],
  ['O_NOATIME', 0o1000000, 0o1000000],
  ['O_CLOEXEC', 0o2000000, 0o2000000],
  // Linux' names are those of the bits that the kernel adds; programs know O_SYNC and O_TMPFILE.
  ['O_SYNC', 0o4000000, 0o4000000],
  ['O_PATH', 0o10000000, 0o10000000],
  ['O_TMPFILE', 0o20000000, 0o20000000],
];

/** Names of the flags, the access mode first; what has no name as one `0x…`. */
export function openFlagNames(flags: number, arch: Architecture): string[] {
  const names: string[] = [ACCESS[flags & 3] as string];
  let rest = flags & ~3;
  for (const [name, amd64, arm64] of FLAGS) {
    const bit = arch === 'arm64' ? arm64 : amd64;
    if ((rest & bit) === 0) continue;
    names.push(name);
    rest &= ~bit;
  }
  return rest === 0 ? names : [...names, `0x${(rest >>> 0).toString(16)}`];
}
