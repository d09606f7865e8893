/** Section `maps`: the address space of each process, as /proc/PID/maps shows it and beyond. */

import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { byteCount } from '../kernel/byte-count.ts';
import type { DeviceNumber } from '../kernel/files/saved-inode.ts';
import { type AddressRange, type AddressSpace, overlapOf } from '../kernel/memory/address-space.ts';
import { type MappedFile, type MemoryArea, mappedFiles, readAreas } from '../kernel/memory/memory-area.ts';
import type { ProcessMemory } from '../kernel/memory/process-memory.ts';
import { type ResidentPages, readResident } from '../kernel/memory/resident-pages.ts';
import { type Budget, spend, withinBudget } from '../kernel/within-budget.ts';
import type { MemoryLayout } from '../pages/step-over-memory.ts';
import { hex } from './quantities.ts';
import { type SavedBytes, savedBytes } from './saved-bytes.ts';

/** One mapping. Addresses and offsets are `0x…`, sizes are in bytes. */
export interface ImageMemoryArea {
  readonly start: string;
  /** The first address behind it. */
  readonly end: string;
  /** As in /proc/PID/maps: `rw-p`, with `s` for a shared mapping. */
  readonly permissions: string;
  readonly offset: string;
  /** Device as that gVisor's /proc prints it, `00:12`, and inode number; null when the image does not hold them. */
  readonly device: string | null;
  readonly inode: string | null;
  /** Path of a file, `[heap]`, or empty. Null when it cannot be read. */
  readonly name: string | null;
  readonly bytes: number;
  /** Pages that the process still has; of these those that nobody else sees written, and those that the next write copies. */
  readonly resident: number;
  readonly private: number;
  readonly copyOnWrite: number;
  /** Of the resident pages those in the image, and the place of the first: an offset in pages.img or in the decoded body. Null: unknown. */
  readonly saved: number | null;
  readonly savedAt: number | null;
  readonly stack: boolean;
  readonly growsDown: boolean;
  readonly locked: boolean;
}

/** The address space of one process. */
export interface ImageAddressSpace {
  readonly pid: number;
  readonly name: string;
  readonly container: string | null;
  readonly layout: {
    readonly minAddress: string;
    readonly maxAddress: string;
    readonly bottomUpBase: string;
    readonly topDownBase: string;
    readonly topDown: boolean;
  };
  /** `[start, end)` as `0x…`. */
  readonly brk: readonly [string, string];
  readonly arguments: readonly [string, string];
  readonly environment: readonly [string, string];
  /** In stored order; names such as `AT_PHDR`, or `AT_51` for one without. */
  readonly auxiliaryVector: readonly { readonly name: string; readonly value: string }[];
  readonly dumpable: 'no' | 'user' | 'root' | null;
  /** It has code for gVisor's faster system calls (the platform systrap), which another platform does not keep up. */
  readonly usertrap: boolean;
  readonly aio: readonly { readonly id: string; readonly maxOutstanding: number; readonly outstanding: number }[];
  /** By address. */
  readonly areas: readonly ImageMemoryArea[];
}

const DUMPABLE = ['no', 'user', 'root'] as const;

/**
 * The address spaces of processes, by process id; zombies have none.
 *
 * @param layout where the saved ranges are, or null when that is unknown.
 * @param elements the most mappings and stretches of pages that are looked at.
 */
export function mapsDocument(
  processes: readonly ProcessMemory[],
  layout: MemoryLayout | null,
  elements: number,
  onDamage: OnDamage,
): ImageAddressSpace[] {
  const saved = layout === null ? null : savedBytes(layout);
  const budget = { left: elements };
  const known = new Map<number, ImageMemoryArea[]>();
  return processes.flatMap((process) => {
    const { space } = process;
    if (space === null) return [];
    const before = known.get(space.identity);
    if (before !== undefined) {
      const again = attempt(() => repeated(before, budget), onDamage) ?? [];
      return [addressSpace(process, space, again)];
    }
    const areas: ImageMemoryArea[] = [];
    known.set(space.identity, areas);
    attempt(() => collectAreas(areas, { space, saved, budget, onDamage }), onDamage);
    return [addressSpace(process, space, areas)];
  });
}

/** What a mapping counts that another process has in the same address space: a small image can give a large one to every process. */
const SHARED_AREA = 32;

/** @throws CkptError `over-limit` */
function repeated(areas: readonly ImageMemoryArea[], budget: Budget): readonly ImageMemoryArea[] {
  spend(budget, areas.length * SHARED_AREA);
  return areas;
}

function addressSpace(process: ProcessMemory, space: AddressSpace, areas: readonly ImageMemoryArea[]): ImageAddressSpace {
  const { layout } = space;
  return {
    pid: process.pid,
    name: process.name,
    container: process.container === '' ? null : process.container,
    layout: {
      minAddress: hex(layout.minAddress),
      maxAddress: hex(layout.maxAddress),
      bottomUpBase: hex(layout.bottomUpBase),
      topDownBase: hex(layout.topDownBase),
      topDown: layout.topDown,
    },
    brk: range(space.brk),
    arguments: range(space.argv),
    environment: range(space.envv),
    auxiliaryVector: space.auxv.map(({ key, name, value }) => ({ name: name ?? `AT_${key}`, value: hex(value) })),
    dumpable: DUMPABLE[space.dumpability] ?? null,
    usertrap: areas.some(({ name }) => name === '[usertrap]'),
    aio: space.aio.map(({ id, maxOutstanding, outstanding }) => ({ id: hex(id), maxOutstanding, outstanding })),
    areas,
  };
}

interface Collecting {
  readonly space: AddressSpace;
  readonly saved: SavedBytes | null;
  readonly budget: Budget;
  readonly onDamage: OnDamage;
}

/** Adds the areas of a space; those before an unreadable one stay. */
function collectAreas(areas: ImageMemoryArea[], { space, saved, budget, onDamage }: Collecting): void {
  const fileOf = mappedFiles();
  const pages = withinBudget(readResident(space), budget);
  const next = (): ResidentPages | null => attempt(() => pages.next().value ?? null, onDamage);
  let stretch = next();
  for (const area of withinBudget(readAreas(space), budget)) {
    const inside = { resident: 0, private: 0, copyOnWrite: 0, saved: 0, savedAt: null as number | null };
    // Both lists ascend. A stretch may go on in the next area.
    while (stretch !== null && stretch.start < area.end) {
      add(inside, area, stretch, saved);
      if (stretch.end > area.end) break;
      stretch = next();
    }
    const file = attempt(() => fileOf(area), onDamage);
    areas.push(areaDocument(area, file, inside, saved !== null));
  }
}

/** Anonymous memory: /proc shows zeros. */
const NOTHING_MAPPED = { device: { major: 0, minor: 0 }, ino: 0n, name: '' } as const;
const UNKNOWN = { device: null, ino: null, name: null } as const;

interface Inside {
  resident: number;
  private: number;
  copyOnWrite: number;
  saved: number;
  savedAt: number | null;
}

function add(inside: Inside, area: AddressRange, pages: ResidentPages, saved: SavedBytes | null): void {
  const { start, end } = overlapOf(pages, area);
  const length = byteCount(end - start);
  inside.resident += length;
  if (pages.private) inside.private += length;
  if (pages.copyOnWrite) inside.copyOnWrite += length;
  if (saved === null) return;
  const offset = byteCount(pages.offset + (start - pages.start));
  const { bytes, position } = saved(pages.owner, offset, offset + length);
  inside.saved += bytes;
  inside.savedAt ??= position;
}

function areaDocument(area: MemoryArea, file: MappedFile | null, inside: Inside, known: boolean): ImageMemoryArea {
  const { device, ino, name } = area.mapped === null ? NOTHING_MAPPED : (file ?? UNKNOWN);
  return {
    start: hex(area.start),
    end: hex(area.end),
    permissions: `${area.permissions}${area.private ? 'p' : 's'}`,
    offset: hex(area.offset),
    device: device === null ? null : deviceText(device),
    inode: ino === null ? null : String(ino),
    name: area.name === '' ? name : area.name,
    bytes: byteCount(area.end - area.start),
    resident: inside.resident,
    private: inside.private,
    copyOnWrite: inside.copyOnWrite,
    saved: known ? inside.saved : null,
    savedAt: known ? inside.savedAt : null,
    stack: area.stack,
    growsDown: area.growsDown,
    locked: area.locked,
  };
}

/**
 * A device as gVisor prints it in maps: it packs the numbers as Linux' new_encode_dev does and takes the result apart as MKDEV, so that
 * only minors below 256 of major 0 come out as they are.
 *
 * @see gVisor pkg/abi/linux/dev.go: MakeDeviceID; pkg/sentry/mm/procfs.go: devMinorBits.
 */
function deviceText({ major, minor }: DeviceNumber): string {
  const packed = ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor >>> 8) << 20)) >>> 0;
  return `${twoDigits(packed >>> 20)}:${twoDigits(packed & 0xfffff)}`;
}

function twoDigits(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function range({ start, end }: AddressRange): readonly [string, string] {
  return [hex(start), hex(end)];
}
