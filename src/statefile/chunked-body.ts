/** An uncompressed body in chunks of a four-byte length each. */
import type { PullReader } from '../bytes/pull-reader.ts';
import { CkptError } from '../errors.ts';
import type { BodyReader } from './body.ts';
import { badHash, type ChunkHashes } from './flate-body.ts';
import { bigEndian, HASH_BYTES, type Hasher, hasher, readBigEndian, sameHash } from './hmac.ts';

const ZERO_HASH = new Uint8Array(HASH_BYTES);
/** Large chunks are given in parts of this size. Small ones are joined, so that a body of one-byte chunks costs no call per byte. */
const BLOCK = 256 * 1024;
/** Bytes of a chunk, its length included, below which it is copied byte by byte. */
const SMALL = 64;

/** The chunk that is being read. */
interface Chunk {
  readonly at: number;
  readonly length: number;
  left: number;
  /** Its hash so far, both without and with the hash before; null when it is not checked. */
  hash: { readonly plain: Hasher; readonly linked: Hasher } | null;
}

/**
 * `(u32 length, data, [hash])*`, big endian: compression `none` of 2023-08..2024-08, and of every release with a key.
 *
 * The hash is HMAC(key, data, length), and since 2024-09-17 also of the hash before (32 zero bytes at first); which of
 * the two is told from the first chunk. A chunk that is skipped in part is not checked.
 *
 * @see gVisor pkg/compressio/nocompressio.go; commits 669726877, 68f0b41bf, 7cf7cffd4, ed5a61a24.
 */
export function chunkedBody(reader: PullReader, hashes: ChunkHashes): BodyReader {
  let previous: Uint8Array = ZERO_HASH;
  let chained: boolean | null = null;
  let chunk: Chunk | null = null;
  const hashBytes = hashes.present ? HASH_BYTES : 0;

  /** Opens the next chunk; null at the end. */
  const open = async (): Promise<Chunk | null> => {
    const at = reader.offset;
    const bytes = await reader.upTo(4);
    if (bytes.length === 0) return null;
    if (bytes.length < 4) {
      throw new CkptError(
        'truncated',
        { layer: 'compression', offset: at + bytes.length },
        {
          expected: 'the four bytes of a chunk length',
          found: `the end of the file after ${bytes.length}`,
          hint: 'The file was cut short',
        },
      );
    }
    const length = readBigEndian(bytes);
    const { key } = hashes;
    return { at, length, left: length, hash: key === null ? null : { plain: hasher(key), linked: hasher(key) } };
  };

  /** Takes the hash behind a chunk and compares it with what was read. */
  const close = async ({ at, length, hash }: Chunk): Promise<void> => {
    if (!hashes.present) return;
    const stored = (await reader.exactly(HASH_BYTES, 'compression', `the hash of the chunk at offset ${at}`)).slice();
    if (hash !== null) {
      const size = bigEndian(length);
      const plain = hash.plain.digest(size);
      const linked = hash.linked.digest(size, previous);
      if (chained === null) chained = sameHash(stored, linked) ? true : sameHash(stored, plain) ? false : null;
      if (chained === null || !sameHash(stored, chained ? linked : plain)) throw badHash(at, `the chunk at offset ${at}`);
    }
    previous = stored;
  };

  /** All chunks without hashes that lie whole in what is at hand, joined; null when there is none. */
  const smallChunks = async (): Promise<Uint8Array | null> => {
    if (hashBytes > 0) return null;
    await reader.peek(5);
    const { data, length } = joinSmallChunks(reader.atHand());
    if (length === 0) return null;
    await reader.skip(length);
    return data;
  };

  return {
    atMost: null,
    async next() {
      for (;;) {
        if (chunk === null) {
          const small = await smallChunks();
          if (small !== null && small.length > 0) return small;
          if (small !== null) continue;
          chunk = await open();
          if (chunk === null) return null;
        }
        // What is at hand, so that a look at the first bytes of a large chunk does not read the rest.
        let part = (await reader.some(Math.min(chunk.left, BLOCK))).slice();
        if (part.length === 0 && chunk.left > 0)
          part = (await reader.exactly(chunk.left, 'compression', `the chunk at offset ${chunk.at}`)).slice();
        chunk.left -= part.length;
        chunk.hash?.plain.update(part);
        chunk.hash?.linked.update(part);
        if (chunk.left === 0) {
          const done = chunk;
          chunk = null;
          await close(done);
        }
        if (part.length > 0) return part;
      }
    },
    async skip(count) {
      let wanted = count;
      while (wanted > 0) {
        chunk ??= await open();
        if (chunk === null) break;
        const step = Math.min(wanted, chunk.left);
        chunk.hash = null;
        const moved = await reader.skip(step);
        wanted -= moved;
        chunk.left -= moved;
        if (moved < step) break;
        if (chunk.left === 0) {
          const done = chunk;
          chunk = null;
          await close(done);
        }
      }
      return count - wanted;
    },
    // Nothing is read ahead: bytes behind the end are never looked at.
    async finish() {},
  };
}

/**
 * Joins the chunks without hashes that lie whole at the begin of a block.
 *
 * @param each is told where in the data and where in the block a chunk begins.
 * @returns the data, and how many bytes of the block the chunks take.
 */
export function joinSmallChunks(
  block: Uint8Array,
  each: ((dataAt: number, blockAt: number) => void) | null = null,
): { readonly data: Uint8Array; readonly length: number } {
  const data = new Uint8Array(block.length);
  let size = 0;
  let at = 0;
  while (at + 4 <= block.length) {
    const end = at + 4 + readBigEndian(block, at);
    if (end > block.length) break;
    if (each !== null) each(size, at);
    // Most chunks are a byte or two, for which a view of them would cost many times their copy.
    if (end - at < SMALL) for (let from = at + 4; from < end; from++) data[size++] = block[from] as number;
    else {
      data.set(block.subarray(at + 4, end), size);
      size += end - at - 4;
    }
    at = end;
  }
  return { data: data.subarray(0, size), length: at };
}
