/**
 * One header block of a tape archive.
 *
 * Read by ourselves and not by the tar package: that does not tell sparse members from others, gives numbers that are none (NaN) for
 * damaged fields, stops silently in damaged PAX records, does not say where in the archive a header was, and cannot step over the
 * content of a member without being given all of it.
 *
 * @see POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
 */
import { nameText } from '../bytes/name-text.ts';
import { badArchive } from './archive-error.ts';

/** Bytes of a block; headers are one, and contents are padded to them. */
export const TAR_BLOCK = 512;

/** Where in the header a field is: offset and length in bytes. */
type Field = readonly [offset: number, length: number];
const NAME: Field = [0, 100];
const SIZE: Field = [124, 12];
const CHECKSUM: Field = [148, 8];
const TYPE = 156;
const LINK_NAME: Field = [157, 100];
const MAGIC: Field = [257, 8];
const PREFIX: Field = [345, 155];
/** star keeps times behind a shorter prefix, and says so at the end of the block. */
const STAR_PREFIX: Field = [345, 131];
const STAR_MAGIC: Field = [508, 4];

/** A decoded header block. */
export interface TarHeader {
  readonly path: string;
  /** The type byte as a character; NUL of old archives is `0`. */
  readonly type: string;
  /** Bytes that are stored behind the header. */
  readonly size: number;
  readonly target: string;
}

/**
 * Decodes a header block; null for a block of zeros, which ends an archive.
 *
 * @param offset of the block in its archive, for errors.
 * @throws CkptError `bad-archive`.
 */
export function decodeTarHeader(block: Uint8Array, offset: number): TarHeader | null {
  if (isZero(block)) return null;
  checkSum(block, offset);
  const type = block[TYPE] === 0 ? '0' : String.fromCharCode(block[TYPE] as number);
  const name = text(block, NAME);
  const prefix = ascii(block, MAGIC).startsWith('ustar\0')
    ? text(block, ascii(block, STAR_MAGIC) === 'tar\0' ? STAR_PREFIX : PREFIX)
    : '';
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    type,
    size: tarNumber(block, SIZE, offset, 'a size'),
    target: text(block, LINK_NAME),
  };
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/**
 * A number: octal text, or with the highest bit set 95 bits of binary (GNU).
 *
 * @throws CkptError `bad-archive` when it is neither, negative, or no safe integer.
 */
export function tarNumber(block: Uint8Array, [start, length]: Field, offset: number, what: string): number {
  const first = block[start] as number;
  let value: number;
  if ((first & 0x80) === 0) {
    const text = ascii(block, [start, length]);
    const digits = /^[ \0]*([0-7]*)(?:[ \0]|$)/.exec(text)?.[1];
    if (digits === undefined) throw badArchive(offset + start, `${what} in octal`, JSON.stringify(text));
    value = digits === '' ? 0 : Number.parseInt(digits, 8);
  } else {
    value = block.subarray(start + 1, start + length).reduce((sum, byte) => sum * 256 + byte, first & 0x7f);
  }
  if (!Number.isSafeInteger(value))
    throw badArchive(offset + start, `${what} under 2^53`, (first & 0x40) === 0 ? 'more' : 'a negative one');
  return value;
}

/** Text up to the first NUL, as {@link nameText} gives it. */
export function tarText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return end === 0 ? '' : nameText(end < 0 ? bytes : bytes.subarray(0, end));
}

function text(block: Uint8Array, [start, length]: Field): string {
  return tarText(block.subarray(start, start + length));
}

function ascii(block: Uint8Array, [start, length]: Field): string {
  return Buffer.from(block.buffer, block.byteOffset + start, length).toString('latin1');
}

/** The sum counts bytes; some old writers counted them as signed, and every reader takes both. */
function checkSum(block: Uint8Array, offset: number): void {
  const [start, length] = CHECKSUM;
  const stated = tarNumber(block, CHECKSUM, offset, 'the checksum of a header');
  let sum = length * 0x20;
  let signed = sum;
  for (let index = 0; index < TAR_BLOCK; index++) {
    if (index >= start && index < start + length) continue;
    const byte = block[index] as number;
    sum += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  if (stated !== sum && stated !== signed)
    throw badArchive(offset, `a tar header with the checksum ${sum}`, String(stated), 'The archive is damaged; copy it again');
}
