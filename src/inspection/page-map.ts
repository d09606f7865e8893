/** Where the ranges of the saved memory lie, and who maps them. */
import { PAGE_BYTES } from '../pages/memory-file.ts';
import { rangeLength } from '../pages/memory-ranges.ts';
import type { ScannedPages } from '../pages/scanned-pages.ts';
import type { MemoryFile, MemoryLayout } from '../pages/step-over-memory.ts';
import type { PageMapping, PageRange } from './page-document.ts';
import { kindName, reachedPosition } from './page-totals.ts';
import type { PageUser } from './page-users.ts';
import { hex } from './quantities.ts';
import { partOf } from './stored-pages.ts';

/** A stretch of a memory file in an address space. */
interface Mapping {
  readonly pid: number;
  readonly address: bigint;
  readonly start: number;
  readonly end: number;
}

/** What a map is made of. */
export interface MapSource {
  readonly place: MemoryLayout['place'];
  readonly files: readonly MemoryFile[];
  readonly users: readonly PageUser[];
  readonly scanned: ScannedPages | null;
}

/**
 * The ranges in the order of the image.
 *
 * @param elements the most mappings that are looked at and named, over all ranges.
 */
export function pageMap({ place, files, users, scanned }: MapSource, elements: number): PageRange[] {
  const map: PageRange[] = [];
  const budget = { left: elements };
  let page = 0;
  for (const { owner, ranges, positions } of files) {
    const mappings = owner === null ? [] : mappingsOf(users, owner, budget);
    let active: Mapping[] = [];
    let next = 0;
    for (let index = 0; index < ranges.length; index++) {
      const start = ranges.starts[index] as number;
      const bytes = rangeLength(ranges, index);
      active = active.filter(({ end }) => end > start);
      for (let one = mappings[next]; one !== undefined && one.start < start + bytes; one = mappings[++next])
        if (one.end > start) active.push(one);
      budget.left -= active.length;
      map.push({
        owner: owner === '' ? null : owner,
        start,
        position: reachedPosition(place, positions[index] as number),
        kind: kindName(ranges.kinds[index] as number),
        cgroup: ranges.cgroups[index] as number,
        ...partOf([{ start: page, end: page + bytes / PAGE_BYTES }], scanned),
        mappedBy: budget.left < 0 ? null : mappingsIn(active, start, start + bytes),
      });
      if (budget.left < 0) active = [];
      page += bytes / PAGE_BYTES;
    }
  }
  return map;
}

/** By offset in the memory file; none when there are more than the budget allows. */
function mappingsOf(users: readonly PageUser[], owner: string, budget: { left: number }): Mapping[] {
  const found: Mapping[] = [];
  for (const { process, stretches } of users) {
    budget.left -= stretches.length;
    if (budget.left < 0) return [];
    for (const { owner: of, address, start, end } of stretches)
      if (of === owner) found.push({ pid: process.pid, address, start, end });
  }
  return found.sort((a, b) => a.start - b.start);
}

function mappingsIn(mappings: readonly Mapping[], from: number, to: number): PageMapping[] {
  return mappings
    .map(({ pid, address, start, end }) => {
      const first = Math.max(start, from);
      return { pid, address: address + BigInt(first - start), start: first, bytes: Math.min(end, to) - first };
    })
    .sort((a, b) => a.pid - b.pid || (a.address < b.address ? -1 : 1))
    .map(({ pid, address, start, bytes }) => ({ pid, address: hex(address), start, bytes }));
}
