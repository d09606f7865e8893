/** What a file is, by its first bytes: never by its name. */

/** How a file wraps others: a tape archive, a compression, a kind that is not read here, or none that is known. */
export type Wrapping = 'tar' | 'gzip' | 'zstd' | 'xz' | 'bzip2' | 'lz4' | 'zip' | '7z' | 'none';

/** Bytes that {@link wrappingOf} looks at. */
export const DETECTION_BYTES = 512;

const MAGICS: readonly (readonly [wrapping: Wrapping, magic: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
];

/** Offset and length of the checksum in a tar header, and where its magic is in all dialects since 1988. */
const CHECKSUM = 148;
const CHECKSUM_BYTES = 8;
const USTAR = 257;
/** The first bytes of a state file. */
export const STATE_MAGIC = 'gVisorSF';

/**
 * What the bytes are the beginning of.
 *
 * @param start at least {@link DETECTION_BYTES} of them, or all there are.
 */
export function wrappingOf(start: Uint8Array): Wrapping {
  for (const [wrapping, magic] of MAGICS) if (magic.every((byte, index) => start[index] === byte)) return wrapping;
  // A skippable frame of zstd: 50 to 5f 2a 4d 18.
  if (((start[0] ?? 0) & 0xf0) === 0x50 && start[1] === 0x2a && start[2] === 0x4d && start[3] === 0x18) return 'zstd';
  return isTarHeader(start) ? 'tar' : 'none';
}

/**
 * Whether the first 512 bytes are the header of a tar member: their checksum says so, with or without a magic. With a magic and another
 * checksum they are a damaged one, unless they begin as a state file does.
 */
function isTarHeader(start: Uint8Array): boolean {
  if (start.length < DETECTION_BYTES || start[0] === 0) return false;
  const latin1 = new TextDecoder('latin1');
  if (latin1.decode(start.subarray(0, STATE_MAGIC.length)) === STATE_MAGIC) return false;
  if (latin1.decode(start.subarray(USTAR, USTAR + 5)) === 'ustar') return true;
  const text = latin1.decode(start.subarray(CHECKSUM, CHECKSUM + CHECKSUM_BYTES));
  const stated = /^[ \0]*([0-7]+)[ \0]*$/.exec(text)?.[1];
  if (stated === undefined) return false;
  let sum = CHECKSUM_BYTES * 0x20;
  for (let index = 0; index < DETECTION_BYTES; index++)
    if (index < CHECKSUM || index >= CHECKSUM + CHECKSUM_BYTES) sum += start[index] as number;
  return sum === Number.parseInt(stated, 8);
}
