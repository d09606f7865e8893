/** Section `memory`: what of the memory is saved, for what it is used, and how much each process has. */
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { byteCount } from '../kernel/byte-count.ts';
import type { ProcessMemory } from '../kernel/memory/process-memory.ts';
import { readResident } from '../kernel/memory/resident-pages.ts';
import { withinBudget } from '../kernel/within-budget.ts';
import { MEMORY_KINDS, rangeLength } from '../pages/memory-ranges.ts';
import type { MemoryFile, MemoryLayout } from '../pages/step-over-memory.ts';
import { type SavedBytes, savedBytes } from './saved-bytes.ts';

/** One saved memory file. */
export interface ImageMemoryFile {
  /** `container:path` of the file system whose private file it is; null for the main file, and where the image does not say. */
  readonly owner: string | null;
  readonly ranges: number;
  readonly committedBytes: number;
}

/** The saved memory of one use. */
export interface ImageMemoryKind {
  /** gVisor's word (`system`, `anonymous`, `page-cache`, `tmpfs`, `ramdiskfs`, `mapped`), or `kind 9` for a number without one. */
  readonly kind: string;
  readonly ranges: number;
  readonly committedBytes: number;
}

/** The saved memory that one memory cgroup is charged for. */
export interface ImageMemoryCgroup {
  /** gVisor's number of the cgroup; 0: memory that no cgroup is charged for. */
  readonly id: number;
  /** From the root of its hierarchy, or null when no process is in it. */
  readonly path: string | null;
  readonly ranges: number;
  readonly committedBytes: number;
}

/** What one process has. Sizes are in bytes; shared pages count for every process that has them. */
export interface ImageProcessMemory {
  readonly pid: number;
  readonly name: string;
  readonly container: string | null;
  /** All mappings: VmSize of /proc/PID/status. */
  readonly size: number;
  /** Private writable mappings: VmData. */
  readonly data: number;
  readonly locked: number;
  /** Pages that it still has; runsc lets go of pages of the host's files before it saves. */
  readonly resident: number;
  /** The most that it ever had. */
  readonly peakResident: number;
  /** Of the resident pages those that nobody else sees written, and of these those that the next write copies; null when unreadable. */
  readonly private: number | null;
  readonly copyOnWrite: number | null;
  /** Of the resident pages those in the image; what is missing reads as zeros. Null when unreadable. */
  readonly saved: number | null;
}

/** Section `memory`. */
export interface ImageMemory {
  /** Where the pages are. */
  readonly place: 'inline' | 'separate';
  readonly committedBytes: number;
  /** The main memory file first. */
  readonly files: readonly ImageMemoryFile[];
  /** By gVisor's number of the kind. */
  readonly kinds: readonly ImageMemoryKind[];
  /** By id. */
  readonly cgroups: readonly ImageMemoryCgroup[];
  /** By process id; processes without memory (zombies) are left out. */
  readonly processes: readonly ImageProcessMemory[];
}

/**
 * The document of the section.
 *
 * @param cgroupPaths of memory cgroups by id.
 * @param elements the most stretches of pages that are looked at.
 */
export function memoryDocument(
  layout: MemoryLayout,
  processes: readonly ProcessMemory[],
  cgroupPaths: ReadonlyMap<number, string>,
  elements: number,
  onDamage: OnDamage,
): ImageMemory {
  const saved = savedBytes(layout);
  const budget = { left: elements };
  const known = new Map<number, Sums | null>();
  return {
    place: layout.place,
    committedBytes: layout.committedBytes,
    files: layout.files.map(({ owner, ranges, committedBytes }) => ({
      owner: owner === '' ? null : owner,
      ranges: ranges.length,
      committedBytes,
    })),
    kinds: totals(layout.files, 'kinds').map(({ key, ...total }) => ({ kind: MEMORY_KINDS[key] ?? `kind ${key}`, ...total })),
    cgroups: totals(layout.files, 'cgroups').map(({ key, ...total }) => ({
      id: key,
      path: cgroupPaths.get(key) ?? null,
      ...total,
    })),
    processes: processes.flatMap((process) => {
      const { space } = process;
      if (space === null) return [];
      let sums = known.get(space.identity);
      if (sums === undefined) {
        sums = attempt(() => sumsOf(space, saved, budget), onDamage);
        known.set(space.identity, sums);
      }
      return [processSums(process, space, sums)];
    }),
  };
}

function processSums(process: ProcessMemory, space: NonNullable<ProcessMemory['space']>, sums: Sums | null): ImageProcessMemory {
  return {
    pid: process.pid,
    name: process.name,
    container: process.container === '' ? null : process.container,
    size: space.size,
    data: space.data,
    locked: space.locked,
    resident: space.resident,
    peakResident: space.peakResident,
    private: sums?.private ?? null,
    copyOnWrite: sums?.copyOnWrite ?? null,
    saved: sums?.saved ?? null,
  };
}

interface Sums {
  private: number;
  copyOnWrite: number;
  saved: number;
}

function sumsOf(space: NonNullable<ProcessMemory['space']>, saved: SavedBytes, budget: { left: number }): Sums {
  const sums: Sums = { private: 0, copyOnWrite: 0, saved: 0 };
  for (const pages of withinBudget(readResident(space), budget)) {
    const length = byteCount(pages.end - pages.start);
    if (pages.private) sums.private += length;
    if (pages.copyOnWrite) sums.copyOnWrite += length;
    const offset = byteCount(pages.offset);
    sums.saved += saved(pages.owner, offset, offset + length).bytes;
  }
  return sums;
}

/** Ranges and bytes of all files by the number in a column, in ascending order. */
function totals(
  files: readonly MemoryFile[],
  column: 'kinds' | 'cgroups',
): { key: number; ranges: number; committedBytes: number }[] {
  const found = new Map<number, { key: number; ranges: number; committedBytes: number }>();
  for (const { ranges } of files) {
    const keys = ranges[column];
    for (let index = 0; index < ranges.length; index++) {
      const key = keys[index] as number;
      let total = found.get(key);
      if (total === undefined) {
        total = { key, ranges: 0, committedBytes: 0 };
        found.set(key, total);
      }
      total.ranges++;
      total.committedBytes += rangeLength(ranges, index);
    }
  }
  return [...found.values()].sort((a, b) => a.key - b.key);
}
