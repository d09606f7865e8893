/** The saved memory of an image by file, use and cgroup. */
import { PAGE_BYTES } from '../pages/memory-file.ts';
import { MEMORY_KINDS, rangeLength } from '../pages/memory-ranges.ts';
import { addCounts, NO_PAGES, type PageCounts, type ScannedPages } from '../pages/scanned-pages.ts';
import type { MemoryFile, MemoryLayout } from '../pages/step-over-memory.ts';
import type { PageCgroup, PageFile, PageKind, PagePart } from './page-document.ts';
import { contentOf, firstPages, partOf } from './stored-pages.ts';

/** gVisor's word for a kind of memory. */
export function kindName(kind: number): string {
  return MEMORY_KINDS[kind] ?? `kind ${kind}`;
}

/** A position of a range; null when the image ends before: nothing of the state file's own is at 0 but its header. */
export function reachedPosition(place: MemoryLayout['place'], position: number): number | null {
  return place === 'inline' && position === 0 ? null : position;
}

/** The memory files, in the order of the image. */
export function pageFiles({ place, files }: Pick<MemoryLayout, 'place' | 'files'>, scanned: ScannedPages | null): PageFile[] {
  const first = firstPages(files);
  return files.map(({ owner, ranges, committedBytes, positions }, index) => {
    const start = first[index] ?? 0;
    return {
      owner: owner === '' ? null : owner,
      ranges: ranges.length,
      position: positions[0] === undefined ? null : reachedPosition(place, positions[0]),
      ...partOf([{ start, end: start + committedBytes / PAGE_BYTES }], scanned),
    };
  });
}

/** By gVisor's number of the kind. */
export function pageKinds(files: readonly MemoryFile[], scanned: ScannedPages | null): PageKind[] {
  return totals(files, 'kinds', scanned).map(({ key, ranges, ...part }) => ({ kind: kindName(key), ranges, ...part }));
}

/** By id. */
export function pageCgroups(
  files: readonly MemoryFile[],
  scanned: ScannedPages | null,
  paths: ReadonlyMap<number, string>,
): PageCgroup[] {
  return totals(files, 'cgroups', scanned).map(({ key, ranges, ...part }) => ({
    id: key,
    path: paths.get(key) ?? null,
    ranges,
    ...part,
  }));
}

/** Ranges, bytes and content of all files by the number in a column, in ascending order. */
function totals(
  files: readonly MemoryFile[],
  column: 'kinds' | 'cgroups',
  scanned: ScannedPages | null,
): (PagePart & { readonly key: number; readonly ranges: number })[] {
  const found = new Map<number, { ranges: number; committedBytes: number; counts: PageCounts }>();
  let page = 0;
  for (const { ranges } of files) {
    const keys = ranges[column];
    for (let index = 0; index < ranges.length; index++) {
      const key = keys[index] as number;
      let total = found.get(key);
      if (total === undefined) {
        total = { ranges: 0, committedBytes: 0, counts: NO_PAGES };
        found.set(key, total);
      }
      const bytes = rangeLength(ranges, index);
      total.ranges++;
      total.committedBytes += bytes;
      if (scanned !== null) total.counts = addCounts(total.counts, scanned.counts(page, page + bytes / PAGE_BYTES));
      page += bytes / PAGE_BYTES;
    }
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([key, { ranges, committedBytes, counts }]) => ({
      key,
      ranges,
      committedBytes,
      content: scanned === null ? null : contentOf(counts),
    }));
}
