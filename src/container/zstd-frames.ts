/** The structure of a Zstandard stream: frames, blocks, and what the codec must be told of them. */
import type { PullReader } from '../bytes/pull-reader.ts';
import { CkptError } from '../errors.ts';
import { badArchive, cutArchive, trailingBytes } from './archive-error.ts';

/** A frame that holds data. */
export interface ZstdFrame {
  /** Its magic and header, as they are. */
  readonly header: Uint8Array;
  readonly hasChecksum: boolean;
}

/** A block with its header, as they are, and the checksum of the frame behind the last. At most 128 KiB come out of it. */
export interface ZstdBlock {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

const LARGEST_BLOCK = 128 * 1024;
const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const MAGIC_BYTES = 4;
const BLOCK_HEADER = 3;
const CHECKSUM_BYTES = 4;
const RLE = 1;
const RESERVED = 3;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/**
 * The next frame that holds data, with those that hold none stepped over; null at the end.
 *
 * @param largestWindow bytes that the decoder can refer back to at most.
 * @throws CkptError `truncated`, `bad-archive`, `trailing-bytes`, `unsupported`.
 * @see RFC 8878 section 3.1.
 */
export async function nextZstdFrame(reader: PullReader, first: boolean, largestWindow: number): Promise<ZstdFrame | null> {
  for (let beginning = first; ; beginning = false) {
    const at = reader.offset;
    const magic = await reader.peek(MAGIC_BYTES);
    if (magic.length === 0) return null;
    if (magic.length < MAGIC_BYTES) throw cutArchive(at + magic.length, 'a frame of zstd');
    const number = little(magic, 0, MAGIC_BYTES);
    if (number === FRAME) return frameHeader(reader, largestWindow);
    if (number - (number % 16) !== SKIPPABLE) {
      if (beginning) throw badArchive(at, 'a frame of zstd', 'something else');
      throw trailingBytes(at, 'another frame of zstd or the end');
    }
    const header = await reader.upTo(MAGIC_BYTES + 4);
    if (header.length < MAGIC_BYTES + 4) throw cutArchive(reader.offset, 'the length of a frame of zstd');
    const length = little(header, MAGIC_BYTES, 4);
    if ((await reader.skip(length)) < length) throw cutArchive(reader.offset, `${length} bytes of a frame of zstd`);
  }
}

async function frameHeader(reader: PullReader, largestWindow: number): Promise<ZstdFrame> {
  const at = reader.offset;
  const start = await reader.peek(MAGIC_BYTES + 1);
  if (start.length < MAGIC_BYTES + 1) throw cutArchive(at + start.length, 'the header of a frame of zstd');
  const descriptor = start[MAGIC_BYTES] as number;
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = DICTIONARY_BYTES[descriptor & 3] as number;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = single && sizeFlag === 0 ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] as number);
  const length = MAGIC_BYTES + 1 + (single ? 0 : 1) + dictionaryBytes + sizeBytes;
  const header = (await reader.upTo(length)).slice();
  if (header.length < length) throw cutArchive(reader.offset, 'the header of a frame of zstd');
  if ((descriptor & 0x08) !== 0) throw badArchive(at + MAGIC_BYTES, 'a header of zstd without unknown flags', 'a reserved one');
  let position = MAGIC_BYTES + 1;
  const windowByte = single ? 0 : (header[position++] as number);
  const dictionary = little(header, position, dictionaryBytes);
  position += dictionaryBytes;
  const stated = little(header, position, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  const base = 2 ** (10 + (windowByte >> 3));
  const window = single ? stated : base + (base / 8) * (windowByte & 7);
  if (dictionary !== 0) throw unsupported(at, 'zstd without a dictionary', `dictionary ${dictionary}`, 'zstd -d -D DICTIONARY');
  if (window > largestWindow)
    throw unsupported(at, `a zstd window of at most ${largestWindow} bytes`, String(window), 'zstd -d --long=31');
  return { header, hasChecksum: (descriptor & 4) !== 0 };
}

/**
 * The next block of a frame.
 *
 * @throws CkptError `truncated`, `bad-archive`.
 */
export async function nextZstdBlock(reader: PullReader, { hasChecksum }: ZstdFrame): Promise<ZstdBlock> {
  const at = reader.offset;
  const header = await reader.peek(BLOCK_HEADER);
  if (header.length < BLOCK_HEADER) throw cutArchive(at + header.length, 'a block of zstd');
  const value = little(header, 0, BLOCK_HEADER);
  const last = (value & 1) !== 0;
  const kind = (value >> 1) & 3;
  const size = value >> 3;
  if (kind === RESERVED)
    throw badArchive(at, 'a block of zstd', 'one of the reserved kind', 'The archive is damaged; copy it again');
  if (size > LARGEST_BLOCK) throw badArchive(at, `a block of zstd of at most ${LARGEST_BLOCK} bytes`, String(size));
  const length = BLOCK_HEADER + (kind === RLE ? 1 : size) + (last && hasChecksum ? CHECKSUM_BYTES : 0);
  const bytes = await reader.upTo(length);
  if (bytes.length < length) throw cutArchive(reader.offset, `${length} bytes of a block of zstd`);
  return { bytes, last };
}

function unsupported(offset: number, expected: string, found: string, command: string): CkptError {
  const hint = `Unpack it first: \`${command} FILE.zst\``;
  return new CkptError('unsupported', { layer: 'container', offset }, { expected, found, hint });
}

/** An unsigned number of up to eight bytes, least first; beyond 2^53 it is rounded. */
function little(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let index = count - 1; index >= 0; index--) value = value * 256 + (bytes[start + index] as number);
  return value;
}
