/** The saved memory of an image by process and container, through what the processes map. */
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { byteCount } from '../kernel/byte-count.ts';
import { dynamicType } from '../kernel/files/dentry.ts';
import { type AddressSpace, overlapOf } from '../kernel/memory/address-space.ts';
import { type MemoryArea, readAreas } from '../kernel/memory/memory-area.ts';
import type { ProcessMemory } from '../kernel/memory/process-memory.ts';
import { type ResidentPages, readResident } from '../kernel/memory/resident-pages.ts';
import { type Budget, withinBudget } from '../kernel/within-budget.ts';
import { PAGE_BYTES } from '../pages/memory-file.ts';
import type { ScannedPages } from '../pages/scanned-pages.ts';
import type { MemoryFile } from '../pages/step-over-memory.ts';
import type { PageContainer, PagePart, PageProcess } from './page-document.ts';
import { type SavedBytes, savedBytes } from './saved-bytes.ts';
import { firstPages, joinedPages, partOf, type StoredPages, storedPages } from './stored-pages.ts';

/** A stretch of an address space, and the part of a memory file in it. */
export interface MappedStretch {
  readonly address: bigint;
  readonly owner: string;
  /** `[start, end)` of the memory file. */
  readonly start: number;
  readonly end: number;
}

/** What a process maps. Processes that share an address space have the same stretches. */
export interface PageUser {
  readonly process: ProcessMemory;
  readonly space: AddressSpace;
  readonly stretches: readonly MappedStretch[];
  /** Each page once. */
  readonly pages: readonly StoredPages[];
  readonly sums: UseSums | null;
}

/** Saved bytes. */
interface UseSums {
  private: number;
  shared: number;
  fileBacked: number;
}

type Use = Pick<PageUser, 'stretches' | 'pages' | 'sums'>;

/**
 * What every process with an address space maps of the saved memory.
 *
 * @param budget mappings and stretches of pages that may be looked at.
 */
export function pageUsers(
  processes: readonly ProcessMemory[],
  files: readonly MemoryFile[],
  budget: Budget,
  onDamage: OnDamage,
): PageUser[] {
  const find = storedPages(files);
  const saved = savedBytes({ place: 'separate', files, committedBytes: 0 });
  const known = new Map<number, Use>();
  return processes.flatMap((process) => {
    const { space } = process;
    if (space === null) return [];
    let use = known.get(space.identity);
    if (use === undefined) {
      const stretches: MappedStretch[] = [];
      const sums = attempt(() => readUse(space, saved, budget, stretches), onDamage);
      const pages = joinedPages(stretches.flatMap(({ owner, start, end }) => find(owner, start, end) ?? []));
      use = { stretches, pages, sums };
      known.set(space.identity, use);
    }
    return [{ process, space, ...use }];
  });
}

/** Adds the stretches of a space; those before an unreadable one stay. */
function readUse(space: AddressSpace, saved: SavedBytes, budget: Budget, stretches: MappedStretch[]): UseSums {
  const sums: UseSums = { private: 0, shared: 0, fileBacked: 0 };
  const areas = withinBudget(readAreas(space), budget);
  let area = areas.next().value ?? null;
  for (const pages of withinBudget(readResident(space), budget)) {
    const offset = byteCount(pages.offset);
    stretches.push({ address: pages.start, owner: pages.owner, start: offset, end: offset + byteCount(pages.end - pages.start) });
    if (pages.private) {
      sums.private += saved(pages.owner, offset, offset + byteCount(pages.end - pages.start)).bytes;
      continue;
    }
    // Both lists ascend. A stretch may go on in the next area.
    while (area !== null && area.end <= pages.start) area = areas.next().value ?? null;
    for (let at = pages.start; at < pages.end; ) {
      const { start, end } = overlapOf({ start: at, end: pages.end }, area === null ? pages : { start: at, end: area.end });
      addShared(sums, area, pages, { start, end }, saved);
      at = end;
      if (area !== null && area.end <= at) area = areas.next().value ?? null;
    }
  }
  return sums;
}

function addShared(
  sums: UseSums,
  area: MemoryArea | null,
  pages: ResidentPages,
  part: { readonly start: bigint; readonly end: bigint },
  saved: SavedBytes,
): void {
  const { start, end } = overlapOf(pages, part);
  const offset = byteCount(pages.offset + (start - pages.start));
  const { bytes } = saved(pages.owner, offset, offset + byteCount(end - start));
  const mapped = area?.mapped ?? null;
  if (mapped !== null && dynamicType(mapped) === OPEN_FILE) sums.fileBacked += bytes;
  else sums.shared += bytes;
}

const OPEN_FILE = 'pkg/sentry/vfs.FileDescription';

/** By process id. */
export function pageProcesses(users: readonly PageUser[], scanned: ScannedPages | null): PageProcess[] {
  const known = new Map<readonly StoredPages[], PagePart>();
  return users.map(({ process, space, pages, sums }) => {
    const part = known.get(pages) ?? partOf(pages, scanned);
    known.set(pages, part);
    return {
      pid: process.pid,
      name: process.name,
      container: process.container === '' ? null : process.container,
      size: space.size,
      resident: space.resident,
      private: sums?.private ?? null,
      shared: sums?.shared ?? null,
      fileBacked: sums?.fileBacked ?? null,
      ...part,
    };
  });
}

/** By name. A private memory file without the name of a container belongs to the only one there is. */
export function pageContainers(
  users: readonly PageUser[],
  files: readonly MemoryFile[],
  scanned: ScannedPages | null,
): PageContainer[] {
  const groups = new Map<string, { processes: number; spaces: Set<readonly StoredPages[]>; own: StoredPages[] }>();
  const group = (name: string) => {
    let found = groups.get(name);
    if (found === undefined) {
      found = { processes: 0, spaces: new Set(), own: [] };
      groups.set(name, found);
    }
    return found;
  };
  for (const { process, pages } of users) {
    const of = group(process.container);
    of.processes++;
    of.spaces.add(pages);
  }
  const only = groups.size === 1 ? [...groups.keys()][0] : undefined;
  const first = firstPages(files);
  for (const [index, { owner, committedBytes }] of files.entries()) {
    if (owner === null || owner === '') continue;
    const name = owner.slice(0, Math.max(0, owner.indexOf(':/')));
    const start = first[index] ?? 0;
    group(groups.has(name) ? name : isNoName(name) && only !== undefined ? only : name).own.push({
      start,
      end: start + committedBytes / PAGE_BYTES,
    });
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { processes, spaces, own }]) => ({
      container: name === '' ? null : name,
      processes,
      ownFiles: partOf(own, null).committedBytes,
      ...partOf(joinedPages([...[...spaces].flat(), ...own]), scanned),
    }));
}

/** How gVisor names a container without a name. @see gVisor runsc/specutils: ContainerName; runsc/boot: registerContainer */
function isNoName(name: string): boolean {
  return name === '' || /^__no_name_\d+$/.test(name);
}

/** What no process maps. @param pages of all files. */
export function unmappedPages(users: readonly PageUser[], pages: number, scanned: ScannedPages | null): PagePart {
  const mapped = joinedPages([...new Set(users.map((user) => user.pages))].flat());
  const rest: StoredPages[] = [];
  let at = 0;
  for (const { start, end } of mapped) {
    if (start > at) rest.push({ start: at, end: start });
    at = end;
  }
  if (pages > at) rest.push({ start: at, end: pages });
  return partOf(rest, scanned);
}
