/** A flate body of which every chunk is hashed and inflated, the damaged ones named and stepped over. */
import { inflateRawSync } from 'node:zlib';
import type { PullReader } from '../bytes/pull-reader.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { CHUNK_BYTES, type ChunkHashes } from '../statefile/flate-body.ts';
import { bigEndian, HASH_BYTES, hmac, readBigEndian, sameHash } from '../statefile/hmac.ts';
import { type BodyTally, type CheckedBody, chunkError, chunkPlaces, type ReportChunk } from './checked-body.ts';

/** What came out of one chunk; null for a chunk that does not inflate. */
interface Chunk {
  readonly at: number;
  readonly bytes: Uint8Array | null;
}

/**
 * Reads `u32 chunk size, [H0], (u32 length, data, [Hi])*`, big endian.
 *
 * A chunk whose hash is wrong is given all the same; one that does not inflate ends {@link CheckedBody.next} with an error that was
 * reported, and counts as a full one when it is skipped.
 *
 * @param report is told of each damaged chunk.
 * @throws CkptError `truncated` when not even the chunk size is there.
 * @see flateBody, which reads the same and stops at the first damage
 */
export async function checkedFlate(
  reader: PullReader,
  hashes: ChunkHashes,
  limits: Limits,
  report: ReportChunk,
): Promise<CheckedBody> {
  const tally: BodyTally = { chunks: 0, hashes: 0, unverified: 0, decodedBytes: 0 };
  const places = chunkPlaces();
  const sizeAt = reader.offset;
  const chunkSize = readBigEndian(await reader.exactly(4, 'compression', 'the chunk size'));
  /** Some chunk was as long as the chunk size says, or this is what every runsc writes. */
  let sizeProven = chunkSize === CHUNK_BYTES;
  let previous: Uint8Array = new Uint8Array(0);
  if (hashes.present) {
    previous = (await reader.exactly(HASH_BYTES, 'compression', 'the first hash')).slice();
    compare(sizeAt, 'the chunk size', () => [bigEndian(chunkSize)], previous);
  }
  let pending: Uint8Array = new Uint8Array(0);
  let ended = false;
  /** A chunk that was shorter than the chunk size: only the last one may be. */
  let short: { readonly at: number; readonly length: number } | null = null;

  function compare(at: number, what: string, parts: () => Uint8Array[], stored: Uint8Array): void {
    if (hashes.key === null) {
      tally.unverified++;
      return;
    }
    tally.hashes++;
    if (!sameHash(stored, hmac(hashes.key, ...parts())))
      report(chunkError('bad-hmac', at, `the HMAC-SHA256 of ${what}`, 'another one'));
  }

  /** The framing leads nowhere: nothing behind it can be looked at. */
  function lost(error: CkptError): null {
    ended = true;
    report(error);
    return null;
  }

  async function chunk(): Promise<Chunk | null> {
    if (ended) return null;
    const at = reader.offset;
    const head = await reader.upTo(4);
    if (head.length === 0) {
      ended = true;
      if (!sizeProven && tally.chunks > 0)
        report(chunkError('inconsistent', sizeAt, `a chunk size of ${CHUNK_BYTES} bytes`, `${chunkSize}, which no chunk has`));
      return null;
    }
    if (head.length < 4)
      return lost(chunkError('trailing-bytes', at, 'the length of a chunk or the end of the file', `${head.length} bytes`));
    const length = readBigEndian(head);
    if (length > limits.chunkBytes)
      return lost(chunkError('over-limit', at, `a compressed chunk of at most ${limits.chunkBytes} bytes`, String(length)));
    const total = length + (hashes.present ? HASH_BYTES : 0);
    const stored = (await reader.upTo(total)).slice();
    if (stored.length < total)
      return lost(chunkError('truncated', at, `a chunk of ${total} bytes`, `the end of the file after ${stored.length}`));
    if (short !== null) {
      report(
        chunkError(
          'inconsistent',
          short.at,
          `a chunk that inflates to ${chunkSize} bytes`,
          `one of ${short.length}, with others behind it`,
        ),
      );
      short = null;
    }
    tally.chunks++;
    places.note(tally.decodedBytes, at);
    const data = stored.subarray(0, length);
    if (hashes.present) {
      const hash = stored.subarray(length);
      const before = previous;
      compare(at, `the chunk at offset ${at}`, () => [data, bigEndian(length), before], hash);
      previous = hash;
    }
    const bytes = inflate(at, data);
    tally.decodedBytes += bytes?.length ?? chunkSize;
    return { at, bytes };
  }

  function inflate(at: number, data: Uint8Array): Uint8Array | null {
    try {
      // With `info`, which the types do not know, the engine tells how much of the data it took.
      const options = { maxOutputLength: limits.chunkBytes, info: true };
      const { buffer, engine } = inflateRawSync(data, options) as unknown as {
        readonly buffer: Uint8Array;
        readonly engine: { readonly bytesWritten: number };
      };
      if (engine.bytesWritten < data.length)
        report(
          chunkError('trailing-bytes', at, `${data.length} bytes of DEFLATE data`, `the end of it after ${engine.bytesWritten}`),
        );
      if (buffer.length > chunkSize)
        report(chunkError('inconsistent', at, `a chunk that inflates to at most ${chunkSize} bytes`, `one of ${buffer.length}`));
      else if (buffer.length === chunkSize) sizeProven = true;
      else short = { at, length: buffer.length };
      return buffer;
    } catch (error) {
      const large = error instanceof RangeError;
      report(
        large
          ? chunkError('over-limit', at, `a chunk that inflates to at most ${limits.chunkBytes} bytes`, 'more')
          : chunkError('bad-deflate', at, 'a chunk of DEFLATE data', error instanceof Error ? error.message : 'something else'),
      );
      return null;
    }
  }

  return {
    tally,
    atMost: null,
    async next() {
      if (pending.length > 0) {
        const rest = pending;
        pending = new Uint8Array(0);
        return rest;
      }
      for (;;) {
        const found = await chunk();
        if (found === null) return null;
        if (found.bytes === null) throw new LostBytes(found.at);
        if (found.bytes.length > 0) return found.bytes;
      }
    },
    async skip(count) {
      let left = count - Math.min(count, pending.length);
      pending = pending.subarray(Math.min(count, pending.length));
      while (left > 0) {
        const found = await chunk();
        if (found === null) break;
        const used = Math.min(left, found.bytes?.length ?? chunkSize);
        left -= used;
        if (found.bytes !== null) pending = found.bytes.subarray(used);
        // The rest of a damaged chunk is lost, and where it ends is where the next begins.
        else if (used < chunkSize) throw new LostBytes(found.at);
      }
      return count - left;
    },
    async finish() {},
    async drain() {
      pending = new Uint8Array(0);
      while ((await chunk()) !== null) {}
    },
    place: (decoded) => places.at(decoded),
  };
}

/** Bytes are asked for that a damaged chunk took away; the chunk has been reported. */
export class LostBytes extends CkptError {
  constructor(offset: number) {
    super('bad-deflate', { layer: 'compression', offset }, { expected: 'a readable chunk', found: 'a damaged one' });
  }
}
