/** The committed ranges of a memory file, in columns: a file of a terabyte may have millions of them. */
import { CkptError } from '../errors.ts';

/** What a range of a memory file is for, by gVisor's number. @see gVisor pkg/sentry/usage/memory.go: MemoryKind (unchanged since 2021). */
export const MEMORY_KINDS = ['system', 'anonymous', 'page-cache', 'tmpfs', 'ramdiskfs', 'mapped'] as const;

/** Committed ranges, ascending and without overlap. All offsets and lengths are in bytes, whole pages. */
export interface MemoryRanges {
  readonly length: number;
  /** Offset in the memory file of each range. */
  readonly starts: Float64Array;
  /** Bytes of all ranges before each range, and behind the last the sum of all: one element more than there are ranges. */
  readonly before: Float64Array;
  /** Kind of memory by gVisor's number; 255 for numbers beyond one byte. */
  readonly kinds: Uint8Array;
  /** Id of the memory cgroup that is charged; 0 for none. */
  readonly cgroups: Uint32Array;
}

/** One segment of the accounting of a memory file. */
export interface AccountedSegment {
  readonly start: number;
  readonly end: number;
  readonly kind: number;
  readonly cgroup: number;
}

/** Collects ranges in the order of the file. */
export interface RangeCollector {
  /** @throws CkptError `inconsistent` when the segment is not of whole pages or not behind the one before. */
  add(segment: AccountedSegment): void;
  finish(): MemoryRanges;
}

/** @param pageBytes bytes of a page; every boundary is a multiple of it. */
export function collectRanges(pageBytes: number): RangeCollector {
  let room = 64;
  let length = 0;
  let last = 0;
  let starts = new Float64Array(room);
  let before = new Float64Array(room + 1);
  let kinds = new Uint8Array(room);
  let cgroups = new Uint32Array(room);
  const grow = (): void => {
    room *= 2;
    starts = grown(starts, new Float64Array(room));
    before = grown(before, new Float64Array(room + 1));
    kinds = grown(kinds, new Uint8Array(room));
    cgroups = grown(cgroups, new Uint32Array(room));
  };
  return {
    add({ start, end, kind, cgroup }) {
      if (start % pageBytes !== 0 || end % pageBytes !== 0 || end <= start) throw wrong('ranges of whole pages', start, end);
      if (start < last) throw wrong('ranges in ascending order without overlap', start, end);
      last = end;
      if (length === room) grow();
      starts[length] = start;
      before[length + 1] = (before[length] as number) + (end - start);
      kinds[length] = Math.min(kind, 255);
      cgroups[length] = cgroup;
      length++;
    },
    finish: () => ({
      length,
      starts: starts.slice(0, length),
      before: before.slice(0, length + 1),
      kinds: kinds.slice(0, length),
      cgroups: cgroups.slice(0, length),
    }),
  };
}

/**
 * The same segment when its numbers are exact.
 *
 * @throws CkptError `inconsistent` for offsets beyond 2^53.
 */
export function checkedSegment(segment: AccountedSegment): AccountedSegment {
  const { start, end } = segment;
  if (start < 0 || !Number.isSafeInteger(start) || !Number.isSafeInteger(end)) throw wrong('ranges below 2^53 bytes', start, end);
  return segment;
}

/** Bytes of one range. */
export function rangeLength({ before }: MemoryRanges, index: number): number {
  return (before[index + 1] as number) - (before[index] as number);
}

/** Index of the first range that ends behind `offset`; the number of ranges when there is none. Binary search. */
export function firstRangeBehind(ranges: MemoryRanges, offset: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges.starts[middle] as number) + rangeLength(ranges, middle) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many bytes of the ranges lie before `offset` of the memory file. */
export function committedBefore(ranges: MemoryRanges, offset: number): number {
  const index = firstRangeBehind(ranges, offset);
  const before = ranges.before[index] as number;
  return index === ranges.length ? before : before + Math.max(0, offset - (ranges.starts[index] as number));
}

function grown<T extends Float64Array | Uint8Array | Uint32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

function wrong(expected: string, start: number, end: number): CkptError {
  return new CkptError(
    'inconsistent',
    { layer: 'pages' },
    { expected, found: `one from ${start} to ${end}`, hint: 'The image is damaged' },
  );
}
