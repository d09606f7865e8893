/** How much of a stretch of a memory file is in the image, and where. */
import { committedBefore, firstRangeBehind } from '../pages/memory-ranges.ts';
import type { MemoryFile, MemoryLayout } from '../pages/step-over-memory.ts';

/** What of a stretch is saved. */
export interface SavedStretch {
  readonly bytes: number;
  /** Offset of its first saved byte: in pages.img, or in the decoded body of the state file; null when nothing is saved. */
  readonly position: number | null;
}

/** Answers for `[start, end)` of the memory file of an owner. Costs a binary search. */
export type SavedBytes = (owner: string, start: number, end: number) => SavedStretch;

const NOTHING: SavedStretch = { bytes: 0, position: null };

/** @param layout where the saved ranges are. */
export function savedBytes({ files }: MemoryLayout): SavedBytes {
  const byOwner = new Map<string, MemoryFile>();
  for (const file of files) if (file.owner !== null) byOwner.set(file.owner, file);
  return (owner, start, end) => {
    const file = byOwner.get(owner);
    if (file === undefined) return NOTHING;
    const { ranges, positions } = file;
    const bytes = committedBefore(ranges, end) - committedBefore(ranges, start);
    if (bytes <= 0) return NOTHING;
    const index = firstRangeBehind(ranges, start);
    return { bytes, position: (positions[index] as number) + Math.max(0, start - (ranges.starts[index] as number)) };
  };
}
