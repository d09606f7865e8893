/** The bytes of saved memory files, by owner and offset. */
import { CkptError } from '../errors.ts';
import { firstRangeBehind, rangeLength } from './memory-ranges.ts';
import { type Interval, joinedIntervals, type PageStore, pagesEnd } from './page-store.ts';
import type { MemoryFile, MemoryLayout } from './step-over-memory.ts';

/** A stretch of a memory file. */
export interface MemoryStretch {
  readonly owner: string;
  readonly offset: number;
  readonly length: number;
}

/** A part of a stretch whose bytes are in the image. */
export interface SavedPart {
  /** Offset in the memory file. */
  readonly offset: number;
  readonly length: number;
  /** Of its first byte, as the layout counts. */
  readonly position: number;
}

/** Access to saved memory. */
export interface PageReader {
  /** The parts of a stretch that are saved, in order; the others read as zeros. Parts that lie side by side are one. */
  saved(stretch: MemoryStretch): SavedPart[];
  /** Whether the image has a memory file of this owner. */
  has(owner: string): boolean;
  /**
   * The bytes of a stretch, which the caller keeps short: they are all in memory.
   *
   * @throws CkptError `truncated`, `dangling-reference` for an owner without a memory file, `bad-deflate`, `bad-hmac`, `io-error`.
   */
  read(stretch: MemoryStretch): Promise<Uint8Array>;
  /**
   * Makes sure that saved parts can be read, as far as that costs no more than reading them once.
   *
   * @throws CkptError as `read` does.
   */
  check(parts: readonly SavedPart[]): Promise<void>;
  close(): Promise<void>;
}

/** Most bytes that are read at once to see whether they can be. */
const BLOCK = 1024 * 1024;

/**
 * @param layout where the saved ranges are.
 * @param store the pages by the positions of the layout; null: only where they are can be asked.
 */
export function openPageReader(layout: MemoryLayout, store: PageStore | null): PageReader {
  const files = filesByOwner(layout);
  const saved = ({ owner, offset, length }: MemoryStretch): SavedPart[] => {
    const file = files.get(owner);
    if (file === undefined) throw noSuchOwner(owner);
    return savedParts(file, offset, length);
  };
  return {
    saved,
    has: (owner) => files.has(owner),
    async read(stretch) {
      const parts = saved(stretch);
      const bytes = new Uint8Array(stretch.length);
      if (store === null) throw new Error('pages that are not open');
      for (const { offset, length, position } of parts) bytes.set(await store.readAt(position, length), offset - stretch.offset);
      return bytes;
    },
    async check(parts) {
      if (store === null) return;
      for (const { position, length } of parts) {
        const end = position + length;
        if (store.size !== null && end > store.size) throw pagesEnd(store.size, end - store.size);
        if (store.plain) continue;
        for (let at = position; at < end; at += BLOCK) await store.readAt(at, Math.min(BLOCK, end - at));
      }
    },
    close: async () => store?.close(),
  };
}

/** The positions of the saved parts of stretches, sorted and joined: what a pass over the pages must keep of them. */
export function wantedIntervals(layout: MemoryLayout, stretches: Iterable<MemoryStretch>): Interval[] {
  const files = filesByOwner(layout);
  const intervals: Interval[] = [];
  for (const { owner, offset, length } of stretches) {
    const file = files.get(owner);
    for (const part of file === undefined ? [] : savedParts(file, offset, length))
      intervals.push({ start: part.position, end: part.position + part.length });
  }
  return joinedIntervals(intervals);
}

function filesByOwner({ files }: MemoryLayout): Map<string, MemoryFile> {
  const byOwner = new Map<string, MemoryFile>();
  for (const file of files) if (file.owner !== null && !byOwner.has(file.owner)) byOwner.set(file.owner, file);
  return byOwner;
}

function savedParts({ ranges, positions }: MemoryFile, offset: number, length: number): SavedPart[] {
  const parts: { offset: number; length: number; position: number }[] = [];
  const end = offset + length;
  for (let index = firstRangeBehind(ranges, offset); index < ranges.length; index++) {
    const start = ranges.starts[index] as number;
    if (start >= end) break;
    const from = Math.max(start, offset);
    const to = Math.min(start + rangeLength(ranges, index), end);
    const position = (positions[index] as number) + (from - start);
    const last = parts.at(-1);
    if (last !== undefined && last.offset + last.length === from && last.position + last.length === position)
      last.length += to - from;
    else parts.push({ offset: from, length: to - from, position });
  }
  return parts;
}

function noSuchOwner(owner: string): CkptError {
  return new CkptError(
    'dangling-reference',
    { layer: 'pages' },
    {
      expected: owner === '' ? 'the main memory file' : `a memory file of ${owner}`,
      found: 'none in the image',
      hint: 'Its content was not saved',
    },
  );
}
