/** The mappings of an address space: gVisor's vmas, what /proc/PID/maps lists. */
import { field, fieldAt, follow, integer, type Node, string } from '../../graph/node.ts';
import { type Segment, segmentsOf } from '../../graph/segment-set.ts';
import { fact } from '../epochs.ts';
import { dynamicType, identityOf } from '../files/dentry.ts';
import { pathOfVirtualDentry } from '../files/dentry-path.ts';
import type { DeviceNumber } from '../files/saved-inode.ts';
import { integerIn, structOf } from '../struct-values.ts';
import type { AddressRange, AddressSpace } from './address-space.ts';

/** One mapping. */
export interface MemoryArea extends AddressRange {
  /** What the process asked for: `r-x`. */
  readonly permissions: string;
  readonly private: boolean;
  /** Offset in the mapped object; the lines of /proc show it even where nothing is mapped. */
  readonly offset: bigint;
  /** The name that the kernel gave it: `[heap]`, `[stack]`, `[usertrap]`; empty for most. */
  readonly name: string;
  /** Nothing is mapped: pages that were never written are zeros. */
  readonly anonymous: boolean;
  readonly growsDown: boolean;
  readonly stack: boolean;
  readonly locked: boolean;
  readonly dontFork: boolean;
  /** What is mapped (vma.id), for {@link mappedFile}; null when that has no name. */
  readonly mapped: Node | null;
}

/** Bits of vma.realPerms. @see gVisor pkg/sentry/mm/save_restore.go: saveRealPerms (2021 to 2026; the last bit since 2024). */
const BIT = { read: 1n, write: 2n, execute: 4n, private: 1n << 9n, growsDown: 1n << 10n, stack: 1n << 11n } as const;

/**
 * The mappings of an address space by address.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/sentry/mm: vma, vmaSet.
 */
export function* readAreas({ node }: AddressSpace): Generator<MemoryArea> {
  for (const segment of segmentsOf(fieldAt(node, 'vmas'))) yield readArea(segment);
}

/** One mapping of {@link readAreas}. */
export function readArea({ start, end, value }: Segment): MemoryArea {
  const area = structOf(value);
  const bits = integerIn(area, 'realPerms') ?? 0n;
  const has = (bit: bigint): boolean => (bits & bit) !== 0n;
  const mappable = area.get('mappable');
  return {
    start,
    end,
    permissions: `${has(BIT.read) ? 'r' : '-'}${has(BIT.write) ? 'w' : '-'}${has(BIT.execute) ? 'x' : '-'}`,
    private: has(BIT.private),
    offset: integerIn(area, 'off') ?? 0n,
    name: value === null ? '' : string(fact(value, 'vma.name')),
    anonymous: mappable === undefined || follow(mappable) === null,
    growsDown: has(BIT.growsDown),
    stack: has(BIT.stack),
    locked: (integerIn(area, 'mlockMode') ?? 0n) !== 0n,
    dontFork: (integerIn(area, 'dontfork') ?? 0n) !== 0n,
    mapped: notNil(area.get('id')),
  };
}

/** A field as it is (an interface says the type of what it holds), or null when it is nil. */
function notNil(value: Node | undefined): Node | null {
  return value === undefined || follow(value) === null ? null : value;
}

/** What is mapped, as /proc/PID/maps names it. */
export interface MappedFile {
  readonly name: string;
  readonly device: DeviceNumber | null;
  readonly ino: bigint | null;
}

const NO_DEVICE = { device: { major: 0, minor: 0 }, ino: 0n } as const;

/** A function that names what areas map, each file once; paths begin at the root of the mount namespace. */
export function mappedFiles(): (area: MemoryArea) => MappedFile | null {
  const known = new Map<number, MappedFile | null>();
  return ({ mapped }) => {
    const target = mapped === null ? null : follow(mapped);
    if (mapped === null || target === null) return null;
    const identity = identityOf(target);
    const before = known.get(identity);
    if (before !== undefined) return before;
    // One that cannot be read is complained of once.
    known.set(identity, null);
    const file = mappedFile(mapped, target);
    known.set(identity, file);
    return file;
  };
}

/**
 * @throws CkptError `unknown-shape`, `dangling-reference`, `inconsistent`, `over-limit`.
 * @see gVisor memmap.MappingIdentity: MappedName, DeviceID and InodeID of vfs.FileDescription, mm.SpecialMappable, mm.aioMappable, shm.Shm.
 */
function mappedFile(mapped: Node, target: Node): MappedFile | null {
  switch (dynamicType(mapped)) {
    case 'pkg/sentry/vfs.FileDescription': {
      const path = pathOfVirtualDentry(field(target, 'vd'), null);
      return path === null ? null : { name: path.text, device: path.device, ino: path.ino };
    }
    case 'pkg/sentry/mm.SpecialMappable':
      return { name: string(field(target, 'name')), ...NO_DEVICE };
    case 'pkg/sentry/mm.aioMappable':
      return { name: '[aio]', ...NO_DEVICE };
    case 'pkg/sentry/kernel/shm.Shm':
      return sharedMemory(target);
    default:
      return null;
  }
}

function sharedMemory(target: Node): MappedFile {
  const key = integer(fact(target, 'Shm.key'));
  const device = field(target, 'devID');
  const number = device === null ? null : Number(integer(device));
  return {
    name: `SYSV${key < 0n ? `-${String(-key).padStart(7, '0')}` : String(key).padStart(8, '0')}`,
    // The numbers as Linux packs them: 8 bits of the minor, 12 of the major, the rest of the minor.
    device: number === null ? null : { major: (number >>> 8) & 0xfff, minor: (number & 0xff) | ((number >>> 20) << 8) },
    ino: integer(fact(target, 'Shm.id')),
  };
}
