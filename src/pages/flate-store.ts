/** Pages inside a body of flate chunks, at any position: an index of the chunks, and the last of them inflated. */
import { inflateRawSync } from 'node:zlib';
import type { RandomSource } from '../bytes/random-source.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { badHash, inflateChunk } from '../statefile/flate-body.ts';
import { bigEndian, HASH_BYTES, hmac, readBigEndian, sameHash } from '../statefile/hmac.ts';
import { type PageStore, pagesEnd } from './page-store.ts';

/** Inflated bytes that are kept, so that files whose pages lie side by side do not inflate a chunk over and over. */
const KEPT_BYTES = 64 * 1024 * 1024;

export interface FlateStoreOptions {
  /** Where the first chunk begins, behind the chunk size and its hash. */
  readonly start: number;
  /** Whether chunks carry hashes, and the key to check them with. */
  readonly keyed: boolean;
  readonly key: Uint8Array | null;
  readonly limits: Limits;
  /** Where the decoded body ends when every chunk is as long as announced: behind the last range of memory. */
  readonly end: number;
}

/** Chunks of a body in columns. */
interface ChunkIndex {
  /** Offset in the file of each chunk's data, and its compressed length. */
  readonly offsets: number[];
  readonly lengths: number[];
  /** Offset of each chunk in the decoded body; behind the last the end of the body, where that is known. */
  readonly decoded: number[];
  /** Every length was measured, not taken to be the announced one. */
  readonly exact: boolean;
}

/**
 * Access to a flate body by the offsets of its decoded bytes. Chunks are taken to be as long as announced, as every runsc writes them,
 * until one is not.
 *
 * @param source the state file.
 * @throws CkptError `over-limit`, `io-error`.
 * @see gVisor pkg/compressio/compressio.go
 */
export async function flateStore(source: RandomSource, options: FlateStoreOptions): Promise<PageStore> {
  const { start, keyed, key, limits } = options;
  const before = await source.readAt(start - 4 - (keyed ? HASH_BYTES : 0), 4);
  const chunkSize = before.length === 4 ? readBigEndian(before) : 0;
  let index = await indexChunks(source, options, chunkSize === 0 ? null : chunkSize);
  const kept = new Map<number, Uint8Array>();
  let keptBytes = 0;

  const load = async (number: number): Promise<Uint8Array> => {
    const offset = index.offsets[number] as number;
    const length = index.lengths[number] as number;
    const data = await source.readAt(offset, length);
    if (data.length < length) throw pagesEnd(offset + data.length, length - data.length);
    if (keyed && key !== null) {
      const previous = await source.readAt(offset - 4 - HASH_BYTES, HASH_BYTES);
      const stored = await source.readAt(offset + length, HASH_BYTES);
      if (!sameHash(stored, hmac(key, data, bigEndian(length), previous)))
        throw badHash(offset - 4, `the chunk at offset ${offset - 4}`);
    }
    return inflateChunk(data, limits.chunkBytes, offset - 4);
  };
  const chunk = async (number: number): Promise<Uint8Array> => {
    const found = kept.get(number);
    if (found !== undefined) {
      kept.delete(number);
      kept.set(number, found);
      return found;
    }
    const bytes = await load(number);
    kept.set(number, bytes);
    keptBytes += bytes.length;
    for (const [oldest, { length }] of kept) {
      if (keptBytes <= KEPT_BYTES || oldest === number) break;
      kept.delete(oldest);
      keptBytes -= length;
    }
    return bytes;
  };

  /** Whether the last chunk ends where it must when all others are as long as announced. */
  const endsAt = async (end: number): Promise<boolean> => {
    const last = index.offsets.length - 1;
    if (last < 0) return true;
    try {
      return (index.decoded[last] as number) + (await load(last)).length === end;
    } catch (error) {
      if (error instanceof CkptError && error.place.layer !== 'file') return true;
      throw error;
    }
  };
  if (!index.exact && !(await endsAt(options.end))) index = await indexChunks(source, options, null);

  return {
    plain: false,
    size: null,
    async readAt(position, length) {
      const result = new Uint8Array(length);
      for (let filled = 0; filled < length; ) {
        const at = position + filled;
        const number = chunkAt(index, at);
        if (number < 0 || number >= index.offsets.length) throw pagesEnd(at, length - filled);
        const bytes = await chunk(number);
        const isLast = number === index.offsets.length - 1;
        if (!index.exact && !isLast && bytes.length !== chunkSize) {
          index = await indexChunks(source, options, null);
          continue;
        }
        const part = bytes.subarray(at - (index.decoded[number] as number)).subarray(0, length - filled);
        if (part.length === 0) throw pagesEnd(at, length - filled);
        result.set(part, filled);
        filled += part.length;
      }
      return result;
    },
    close: () => source.close(),
  };
}

/** @param chunkSize the decoded length of every chunk but the last; null: each is inflated to learn it. */
async function indexChunks(
  source: RandomSource,
  { start, keyed, limits }: FlateStoreOptions,
  chunkSize: number | null,
): Promise<ChunkIndex> {
  const index = { offsets: [] as number[], lengths: [] as number[], decoded: [] as number[], exact: chunkSize === null };
  let total = 0;
  for (let at = start; ; ) {
    const header = await source.readAt(at, 4);
    if (header.length < 4) break;
    const length = readBigEndian(header);
    if (length > limits.chunkBytes) throw tooLong(at, length, limits.chunkBytes);
    if (at + 4 + length > source.size) break;
    index.offsets.push(at + 4);
    index.lengths.push(length);
    index.decoded.push(total);
    total += chunkSize ?? inflatedLength(await source.readAt(at + 4, length), limits.chunkBytes);
    at += 4 + length + (keyed ? HASH_BYTES : 0);
  }
  return index;
}

function inflatedLength(data: Uint8Array, most: number): number {
  try {
    return inflateRawSync(data, { maxOutputLength: most }).length;
  } catch {
    // Damaged: it is complained of when something is wanted of it or behind it.
    return 0;
  }
}

/** The chunk that holds a decoded offset. Of empty ones and the one behind them the last. */
function chunkAt({ decoded }: ChunkIndex, position: number): number {
  let low = 0;
  let high = decoded.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((decoded[middle] as number) <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function tooLong(offset: number, length: number, most: number): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'compression', offset },
    { expected: `a compressed chunk of at most ${most} bytes`, found: String(length), hint: 'The image is damaged' },
  );
}
