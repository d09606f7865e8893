/** Places among the stored pages of an image: its ranges one behind the other, counted in pages from 0. */
import { PAGE_BYTES } from '../pages/memory-file.ts';
import { committedBefore } from '../pages/memory-ranges.ts';
import { addCounts, NO_PAGES, type PageCounts, type ScannedPages } from '../pages/scanned-pages.ts';
import type { MemoryFile } from '../pages/step-over-memory.ts';
import type { PageContent } from './page-document.ts';

/** Stored pages `[start, end)`. */
export interface StoredPages {
  readonly start: number;
  readonly end: number;
}

/** The place of the first page of each file, in the order of the files. */
export function firstPages(files: readonly MemoryFile[]): number[] {
  const first: number[] = [];
  let pages = 0;
  for (const { committedBytes } of files) {
    first.push(pages);
    pages += committedBytes / PAGE_BYTES;
  }
  return first;
}

/** A function that finds the stored pages of a stretch of the memory file of an owner: they lie behind one another. Null: there are none. */
export function storedPages(files: readonly MemoryFile[]): (owner: string, start: number, end: number) => StoredPages | null {
  const first = firstPages(files);
  const byOwner = new Map(
    files.flatMap((file, index) => (file.owner === null ? [] : [[file.owner, { file, first: first[index] ?? 0 }]])),
  );
  return (owner, start, end) => {
    const found = byOwner.get(owner);
    if (found === undefined) return null;
    const { ranges } = found.file;
    const from = found.first + Math.floor(committedBefore(ranges, start) / PAGE_BYTES);
    const to = found.first + Math.ceil(committedBefore(ranges, end) / PAGE_BYTES);
    return to > from ? { start: from, end: to } : null;
  };
}

/** The same pages, each once, ascending. */
export function joinedPages(parts: readonly StoredPages[]): StoredPages[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of parts.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined;
}

/** Bytes and content of parts that do not overlap. */
export function partOf(
  parts: readonly StoredPages[],
  scanned: ScannedPages | null,
): { committedBytes: number; content: PageContent | null } {
  let pages = 0;
  let counts: PageCounts = NO_PAGES;
  for (const { start, end } of parts) {
    pages += end - start;
    if (scanned !== null) counts = addCounts(counts, scanned.counts(start, end));
  }
  return { committedBytes: pages * PAGE_BYTES, content: scanned === null ? null : contentOf(counts) };
}

export function contentOf({ scanned, zero, duplicate }: PageCounts): PageContent {
  return { scannedPages: scanned, zeroPages: zero, duplicatePages: duplicate };
}
