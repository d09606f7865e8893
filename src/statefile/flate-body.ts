/** A body in flate chunks, with or without hashes. */
import { inflateRawSync } from 'node:zlib';
import type { PullReader } from '../bytes/pull-reader.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { BodyReader } from './body.ts';
import { bigEndian, HASH_BYTES, hmac, readBigEndian, sameHash } from './hmac.ts';

/** Decoded bytes of every chunk but the last. @see gVisor pkg/state/statefile/statefile.go: stateFileChunkSize */
export const CHUNK_BYTES = 1 << 20;

/** Whether chunks carry hashes, and the key to check them with (null: read unverified). */
export interface ChunkHashes {
  readonly present: boolean;
  readonly key: Uint8Array | null;
}

/** How a flate body is read. */
export interface FlateOptions {
  readonly hashes: ChunkHashes;
  readonly limits: Limits;
  /**
   * Skipping takes every chunk but the last for as long as the announced chunk size, as gVisor writes them, and steps over it
   * without inflating. runsc itself does not mind other lengths; when skipping goes wrong, read again without this.
   */
  readonly trustChunkSize: boolean;
}

/**
 * Chunks of raw DEFLATE: `u32 chunk size, [H0], (u32 length, data, [Hi])*`, big endian.
 *
 * Like runsc, it takes one to three bytes where a length should be for the end.
 *
 * @see gVisor pkg/compressio/compressio.go: NewReader, Reader.Read, Writer.flush; docs/decisions/runsc-experiments.md.
 */
export async function flateBody(reader: PullReader, { hashes, limits, trustChunkSize }: FlateOptions): Promise<BodyReader> {
  const chunkSize = readBigEndian(await reader.exactly(4, 'compression', 'the chunk size'));
  let previous: Uint8Array = new Uint8Array(0);
  if (hashes.present) {
    const at = reader.offset;
    previous = (await reader.exactly(HASH_BYTES, 'compression', 'the first hash')).slice();
    if (hashes.key !== null && !sameHash(previous, hmac(hashes.key, bigEndian(chunkSize)))) throw badHash(at, 'the chunk size');
  }
  let pending: Uint8Array = new Uint8Array(0);

  const header = async (): Promise<{ at: number; length: number } | null> => {
    const at = reader.offset;
    const bytes = await reader.upTo(4);
    if (bytes.length < 4) return null;
    const length = readBigEndian(bytes);
    if (length > limits.chunkBytes) {
      throw new CkptError(
        'over-limit',
        { layer: 'compression', offset: at },
        {
          expected: `a compressed chunk of at most ${limits.chunkBytes} bytes`,
          found: String(length),
          hint: 'The image is damaged',
        },
      );
    }
    return { at, length };
  };

  const chunk = async (at: number, length: number): Promise<Uint8Array> => {
    const total = length + (hashes.present ? HASH_BYTES : 0);
    const bytes = await reader.exactly(total, 'compression', `the chunk at offset ${at}`);
    const data = bytes.subarray(0, length);
    if (hashes.present) {
      const stored = bytes.slice(length);
      if (hashes.key !== null && !sameHash(stored, hmac(hashes.key, data, bigEndian(length), previous))) {
        throw badHash(at, `the chunk at offset ${at}`);
      }
      previous = stored;
    }
    return inflateChunk(data, limits.chunkBytes, at);
  };

  /** Steps over one chunk that is not the last; false when it is the last or the end is reached. */
  const stepOver = async (): Promise<boolean> => {
    if (!trustChunkSize || chunkSize === 0 || !reader.source.seekable || reader.remaining === null) return false;
    const size = reader.remaining;
    const bytes = await reader.peek(4);
    if (bytes.length < 4) return false;
    const length = readBigEndian(bytes);
    const total = 4 + length + (hashes.present ? HASH_BYTES : 0);
    if (length > limits.chunkBytes || total >= size) return false;
    if (hashes.present) {
      await reader.skip(4 + length);
      previous = (await reader.upTo(HASH_BYTES)).slice();
    } else {
      await reader.skip(total);
    }
    return true;
  };

  return {
    atMost: null,
    async next() {
      if (pending.length > 0) {
        const rest = pending;
        pending = new Uint8Array(0);
        return rest;
      }
      for (;;) {
        const found = await header();
        if (found === null) return null;
        const bytes = await chunk(found.at, found.length);
        if (bytes.length > 0) return bytes;
      }
    },
    async skip(count) {
      let left = count;
      const take = (bytes: Uint8Array): void => {
        const used = Math.min(left, bytes.length);
        left -= used;
        pending = bytes.subarray(used);
      };
      take(pending);
      while (left > 0) {
        if (left >= chunkSize && (await stepOver())) {
          left -= chunkSize;
          continue;
        }
        const found = await header();
        if (found === null) break;
        take(await chunk(found.at, found.length));
      }
      return count - left;
    },
    async finish() {
      // runsc reads chunks ahead: one that is cut fails the restore even when nothing of it is needed.
      for (let found = await header(); found !== null; found = await header()) {
        const total = found.length + (hashes.present ? HASH_BYTES : 0);
        if ((await reader.skip(total)) < total) throw cutChunk(found.at);
      }
    },
  };
}

/** Inflates what the given prefix of a chunk yields; empty when it is not DEFLATE. Used to recognise a framing. */
export function inflatePrefix(data: Uint8Array, limit: number): Uint8Array {
  try {
    // 2 is Z_SYNC_FLUSH: a prefix of a stream is not an error.
    return inflateRawSync(data, { finishFlush: 2, maxOutputLength: limit });
  } catch {
    return new Uint8Array(0);
  }
}

function cutChunk(at: number): CkptError {
  return new CkptError(
    'truncated',
    { layer: 'compression', offset: at },
    {
      expected: 'a whole chunk',
      found: 'the end of the file inside it',
      hint: 'The file was cut short, or something was written behind it',
    },
  );
}

/**
 * The decoded bytes of one chunk.
 *
 * @param at offset of the chunk in the file, for errors.
 * @throws CkptError `over-limit`, `bad-deflate`.
 */
export function inflateChunk(data: Uint8Array, limit: number, at: number): Uint8Array {
  try {
    return inflateRawSync(data, { maxOutputLength: limit });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new CkptError(
        'over-limit',
        { layer: 'compression', offset: at },
        { expected: `a chunk that inflates to at most ${limit} bytes`, found: 'more', hint: 'The image is damaged or hostile' },
      );
    }
    throw new CkptError(
      'bad-deflate',
      { layer: 'compression', offset: at },
      {
        expected: 'a chunk of DEFLATE data',
        found: error instanceof Error ? error.message : 'something else',
        hint: 'The image is damaged: copy it again',
      },
      { cause: error },
    );
  }
}

export function badHash(offset: number, what: string): CkptError {
  return new CkptError(
    'bad-hmac',
    { layer: 'compression', offset },
    {
      expected: `the HMAC-SHA256 of ${what}`,
      found: 'another one',
      hint: 'The header fits the key, so the data is damaged: copy the image again',
    },
  );
}
