/** The saved pages of an image as bytes at positions: those that `MemoryFile.positions` counts in. */

import type { ByteSource } from '../bytes/byte-source.ts';
import { eventLoopTurns } from '../bytes/event-loop-turns.ts';
import type { RandomSource } from '../bytes/random-source.ts';
import { CkptError } from '../errors.ts';

/** Pages by position. */
export interface PageStore {
  /**
   * The bytes `[position, position + length)`; the array belongs to the caller.
   *
   * @throws CkptError `truncated` when the image ends before, `bad-deflate`, `bad-hmac`, `io-error`.
   */
  readAt(position: number, length: number): Promise<Uint8Array>;
  /** Whether every byte of a readable image can be had without decoding it: a failure then shows in its size alone. */
  readonly plain: boolean;
  /** Bytes up to the end, where that is known without reading. */
  readonly size: number | null;
  close(): Promise<void>;
}

/** Pages that lie in a file as they are. */
export function plainStore(source: RandomSource): PageStore {
  return {
    plain: true,
    size: source.size,
    async readAt(position, length) {
      const bytes = await source.readAt(position, length);
      if (bytes.length < length) throw pagesEnd(position + bytes.length, length - bytes.length);
      return bytes;
    },
    close: () => source.close(),
  };
}

/** `[start, end)` of positions. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** Keeps bytes in the order in which they come. */
export interface Keeper {
  append(bytes: Uint8Array): void;
}

/** Most bytes that are taken at once. */
const BLOCK = 1024 * 1024;

/**
 * Copies wanted intervals of a forward source into a spool, and gives access to them by their position. What the source ends before is
 * `truncated` when it is asked for.
 *
 * @param wanted ascending, without overlap.
 * @param onBytes is told how many bytes were copied.
 * @throws CkptError of the source.
 */
export async function spooledStore(
  source: Pick<ByteSource, 'read' | 'skip'>,
  wanted: readonly Interval[],
  spool: RandomSource & Keeper,
  onBytes: (count: number) => void = () => {},
): Promise<PageStore> {
  const places: number[] = [];
  const turn = eventLoopTurns();
  let reached = 0;
  let failure: unknown = null;
  try {
    for (const { start, end } of wanted) {
      places.push(spool.size);
      reached += await source.skip(start - reached);
      if (reached < start) break;
      while (reached < end) {
        const bytes = await source.read(Math.min(BLOCK, end - reached));
        if (bytes.length === 0) break;
        spool.append(bytes);
        reached += bytes.length;
        onBytes(bytes.length);
        await turn();
      }
      if (reached < end) break;
    }
  } catch (error) {
    // What came before the damage is there; a full spool is the end of it.
    if (!(error instanceof CkptError) || error.place.layer === 'file') throw error;
    failure = error;
  }
  return {
    plain: true,
    size: failure === null && (wanted.at(-1)?.end ?? 0) <= reached ? null : reached,
    async readAt(position, length) {
      if (length === 0) return new Uint8Array(0);
      const index = lastAtOrBefore(wanted, position);
      const interval = wanted[index];
      const place = places[index];
      if (interval === undefined || position + length > interval.end)
        throw new RangeError(`bytes at ${position} were not asked for before`);
      if (place === undefined || position + length > reached) throw failure ?? pagesEnd(reached, position + length - reached);
      const bytes = await spool.readAt(place + (position - interval.start), length);
      if (bytes.length < length) throw pagesEnd(position + bytes.length, length - bytes.length);
      return bytes;
    },
    close: () => spool.close(),
  };
}

/** Index of the last interval that begins at or before a position; -1 when there is none. */
function lastAtOrBefore(intervals: readonly Interval[], position: number): number {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[middle]?.start ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Sorted, and those that overlap or touch joined. */
export function joinedIntervals(intervals: Iterable<Interval>): Interval[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of [...intervals].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else if (end > start) joined.push({ start, end });
  }
  return joined;
}

/** The error for pages that the image ends before. */
export function pagesEnd(offset: number, missing: number): CkptError {
  return new CkptError(
    'truncated',
    { layer: 'pages', offset },
    {
      expected: `${missing} more ${missing === 1 ? 'byte' : 'bytes'} of saved pages`,
      found: 'their end',
      hint: 'The image was cut short; copy it again or take the checkpoint again',
    },
  );
}
