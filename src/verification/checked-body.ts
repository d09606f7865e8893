/** A body of which every chunk is looked at: what all framings have in common. */
import type { PullReader } from '../bytes/pull-reader.ts';
import { CkptError, type ErrorCode } from '../errors.ts';
import type { BodyReader } from '../statefile/body.ts';

/** What was looked at of a body. */
export interface BodyTally {
  /** Chunks whose framing was read; 0 for a body without. */
  chunks: number;
  /** Chunks, and other parts, whose hash was compared. */
  hashes: number;
  /** Chunks that carry a hash which was not compared: there is no key. */
  unverified: number;
  /** Bytes that came out. */
  decodedBytes: number;
}

/** A body that goes on behind damage, and tells of each. */
export interface CheckedBody extends BodyReader {
  readonly tally: BodyTally;
  /** Reads what is left and forgets it, so that every chunk is looked at. */
  drain(): Promise<void>;
  /** Byte of the file at which a decoded byte lies, or the chunk that holds it begins; null when it is not known. */
  place(decoded: number): number | null;
}

/** Is told what is wrong with a chunk. */
export type ReportChunk = (error: CkptError) => void;

/** A byte of the file where a length or hash should be. */
export function chunkError(code: ErrorCode, offset: number, expected: string, found: string): CkptError {
  return new CkptError(code, { layer: 'compression', offset }, { expected, found });
}

/** Remembers where chunks begin. */
export interface ChunkPlaces {
  note(decoded: number, file: number): void;
  at(decoded: number): number | null;
}

/** Chunks nearer to one another than this are not told apart, so that millions of one-byte chunks cost little. */
const GRAIN = 4096;

/** An empty list of places. */
export function chunkPlaces(): ChunkPlaces {
  const decodedAt: number[] = [];
  const fileAt: number[] = [];
  return {
    note(decoded, file) {
      const last = decodedAt.at(-1);
      if (last !== undefined && decoded - last < GRAIN) return;
      decodedAt.push(decoded);
      fileAt.push(file);
    },
    at(decoded) {
      let low = 0;
      let high = decodedAt.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((decodedAt[middle] as number) <= decoded) low = middle + 1;
        else high = middle;
      }
      return fileAt[low - 1] ?? null;
    },
  };
}

const BLOCK = 1024 * 1024;

/** A body that is the file itself: it has no chunks, and nothing that could be compared. */
export function plainBody(reader: PullReader): CheckedBody {
  const tally: BodyTally = { chunks: 0, hashes: 0, unverified: 0, decodedBytes: 0 };
  const moved = (count: number): number => {
    tally.decodedBytes += count;
    return count;
  };
  return {
    tally,
    get atMost() {
      return reader.remaining;
    },
    async next() {
      const bytes = await reader.some(BLOCK);
      moved(bytes.length);
      return bytes.length === 0 ? null : bytes;
    },
    skip: async (count) => moved(await reader.skip(count)),
    async finish() {},
    async drain() {
      while (moved(await reader.skip(BLOCK)) === BLOCK) {}
    },
    // The stream counts in the file.
    place: (decoded) => decoded,
  };
}
