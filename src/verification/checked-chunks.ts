/** An uncompressed body in chunks, each of which is looked at, and hashed when there is a key. */
import type { PullReader } from '../bytes/pull-reader.ts';
import { joinSmallChunks } from '../statefile/chunked-body.ts';
import type { ChunkHashes } from '../statefile/flate-body.ts';
import { bigEndian, HASH_BYTES, type Hasher, hasher, readBigEndian, sameHash } from '../statefile/hmac.ts';
import { type BodyTally, type CheckedBody, chunkError, chunkPlaces, type ReportChunk } from './checked-body.ts';

const BLOCK = 256 * 1024;

interface Chunk {
  readonly at: number;
  readonly length: number;
  left: number;
  readonly hash: { readonly plain: Hasher; readonly linked: Hasher } | null;
}

/**
 * Reads `(u32 length, data, [hash])*`, big endian, and goes on behind chunks whose hash is wrong.
 *
 * @param report is told of each damaged chunk.
 * @see chunkedBody, which reads the same and stops at the first damage
 */
export function checkedChunks(reader: PullReader, hashes: ChunkHashes, report: ReportChunk): CheckedBody {
  const tally: BodyTally = { chunks: 0, hashes: 0, unverified: 0, decodedBytes: 0 };
  const places = chunkPlaces();
  let previous: Uint8Array = new Uint8Array(HASH_BYTES);
  /** Whether hashes cover the one before: not known until one fits. */
  let chained: boolean | null = null;
  let chunk: Chunk | null = null;
  let ended = false;

  async function open(): Promise<Chunk | null> {
    if (ended) return null;
    const at = reader.offset;
    const head = await reader.upTo(4);
    if (head.length < 4) {
      ended = true;
      if (head.length > 0)
        report(chunkError('trailing-bytes', at, 'the length of a chunk or the end of the file', `${head.length} bytes`));
      return null;
    }
    const length = readBigEndian(head);
    places.note(tally.decodedBytes, at);
    tally.chunks++;
    const { key } = hashes;
    return { at, length, left: length, hash: key === null ? null : { plain: hasher(key), linked: hasher(key) } };
  }

  function cut({ at, length, left }: Chunk): null {
    ended = true;
    chunk = null;
    report(chunkError('truncated', at, `a chunk of ${length} bytes`, `the end of the file after ${length - left}`));
    return null;
  }

  async function close({ at, length, hash }: Chunk): Promise<void> {
    chunk = null;
    if (!hashes.present) return;
    const stored = (await reader.upTo(HASH_BYTES)).slice();
    if (stored.length < HASH_BYTES) {
      ended = true;
      report(chunkError('truncated', at, 'the hash of a chunk', `the end of the file after ${stored.length} bytes of it`));
      return;
    }
    if (hash === null) tally.unverified++;
    else {
      tally.hashes++;
      const size = bigEndian(length);
      const plain = sameHash(stored, hash.plain.digest(size));
      const linked = sameHash(stored, hash.linked.digest(size, previous));
      if (chained === null && (plain || linked)) chained = linked;
      if (chained === null ? true : !(chained ? linked : plain))
        report(chunkError('bad-hmac', at, `the HMAC-SHA256 of the chunk at offset ${at}`, 'another one'));
    }
    previous = stored;
  }

  /** All chunks without hashes that lie whole in what is at hand, joined; null when there is none. */
  async function smallChunks(): Promise<Uint8Array | null> {
    if (hashes.present || ended) return null;
    await reader.peek(5);
    const { data, length } = joinSmallChunks(reader.atHand(), (dataAt, blockAt) => {
      places.note(tally.decodedBytes + dataAt, reader.offset + blockAt);
      tally.chunks++;
    });
    if (length === 0) return null;
    await reader.skip(length);
    tally.decodedBytes += data.length;
    return data;
  }

  async function next(): Promise<Uint8Array | null> {
    for (;;) {
      if (chunk === null) {
        const small = await smallChunks();
        if (small !== null && small.length > 0) return small;
        if (small !== null) continue;
        chunk = await open();
        if (chunk === null) return null;
      }
      const current: Chunk = chunk;
      const part = (await reader.some(Math.min(current.left, BLOCK))).slice();
      if (part.length === 0 && current.left > 0) return cut(current);
      current.left -= part.length;
      tally.decodedBytes += part.length;
      current.hash?.plain.update(part);
      current.hash?.linked.update(part);
      if (current.left === 0) await close(current);
      if (part.length > 0) return part;
    }
  }

  /** Steps over what nobody hashes. */
  async function skip(count: number): Promise<number> {
    let wanted = count;
    while (wanted > 0) {
      chunk ??= await open();
      if (chunk === null) break;
      const current: Chunk = chunk;
      // Only pages are skipped, and no release writes none of them.
      if (current.length === 0) report(chunkError('inconsistent', current.at, 'a chunk of pages', 'one without content'));
      const step = Math.min(wanted, current.left, current.hash === null ? Number.POSITIVE_INFINITY : BLOCK);
      const moved = current.hash === null ? await reader.skip(step) : await hashed(current, step);
      wanted -= moved;
      current.left -= moved;
      tally.decodedBytes += moved;
      if (moved < step) {
        cut(current);
        break;
      }
      if (current.left === 0) await close(current);
    }
    return count - wanted;
  }

  async function hashed({ hash }: Chunk, count: number): Promise<number> {
    const part = await reader.upTo(count);
    hash?.plain.update(part);
    hash?.linked.update(part);
    return part.length;
  }

  return {
    tally,
    atMost: null,
    next,
    skip,
    async finish() {},
    async drain() {
      while ((await skip(Number.MAX_SAFE_INTEGER)) > 0 && !ended) {}
    },
    place: (decoded) => places.at(decoded),
  };
}
