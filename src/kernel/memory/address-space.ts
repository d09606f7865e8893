/** The memory of a process as gVisor accounts for it (mm.MemoryManager). */
import { integer, mapEntries, type Node } from '../../graph/node.ts';
import { byteCount } from '../byte-count.ts';
import { identityOf } from '../files/dentry.ts';
import { integerIn, numberIn, type Struct, structOf } from '../struct-values.ts';
import { type AuxiliaryEntry, readAuxiliaryVector } from './auxiliary-vector.ts';

/** Addresses `[start, end)`. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** The addresses that are in both ranges; its end is not behind its start when there are none. */
export function overlapOf(a: AddressRange, b: AddressRange): AddressRange {
  let { start, end } = a;
  if (b.start > start) start = b.start;
  if (b.end < end) end = b.end;
  return { start, end };
}

/** Where the kernel places mappings. */
export interface AddressLayout {
  readonly minAddress: bigint;
  readonly maxAddress: bigint;
  readonly bottomUpBase: bigint;
  readonly topDownBase: bigint;
  /** New mappings go below `topDownBase`, not above `bottomUpBase`. */
  readonly topDown: boolean;
  readonly maxStackRandom: bigint;
}

/** One context of asynchronous I/O (io_setup). */
export interface AioContext {
  /** Its id, which is the address of its ring. */
  readonly id: bigint;
  readonly maxOutstanding: number;
  readonly outstanding: number;
}

/** An address space. Sizes are in bytes. */
export interface AddressSpace {
  /** The same for every task that shares this address space. */
  readonly identity: number;
  readonly node: Node;
  /** What /proc/PID/status shows as VmSize and VmData. */
  readonly size: number;
  readonly data: number;
  readonly locked: number;
  /**
   * Mapped pages. Less than the process had: pages of files outside of the sandbox are let go of before a checkpoint.
   *
   * @see gVisor pkg/sentry/mm/save_restore.go: InvalidateUnsavable.
   */
  readonly resident: number;
  readonly peakResident: number;
  readonly layout: AddressLayout;
  readonly brk: AddressRange;
  readonly argv: AddressRange;
  readonly envv: AddressRange;
  readonly auxv: readonly AuxiliaryEntry[];
  /** 0: no core dumps, 1: owned by the user, 2: owned by root. */
  readonly dumpability: number;
  /** Tasks and others that use it; 0: all mappings are gone. */
  readonly users: number;
  readonly aio: readonly AioContext[];
  readonly vdsoSigreturn: bigint;
}

/**
 * Reads an address space, its lists of mappings not yet: {@link readAreas} and {@link readResident} do.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/sentry/mm: MemoryManager; pkg/sentry/arch: MmapLayout.
 */
export function readAddressSpace(node: Node): AddressSpace {
  const manager = structOf(node);
  const bytes = (name: string): number => byteCount(integerIn(manager, name) ?? 0n);
  const contexts = structOf(manager.get('aioManager')).get('contexts');
  return {
    identity: identityOf(node),
    node,
    size: bytes('usageAS'),
    data: bytes('dataAS'),
    locked: bytes('lockedAS'),
    resident: bytes('curRSS'),
    peakResident: bytes('maxRSS'),
    layout: readLayout(structOf(manager.get('layout'))),
    brk: readRange(manager, 'brk'),
    argv: readRange(manager, 'argv'),
    envv: readRange(manager, 'envv'),
    auxv: readAuxiliaryVector(manager.get('auxv')),
    dumpability: numberIn(manager, 'dumpability') ?? 0,
    users: numberIn(manager, 'users') ?? 0,
    aio: contexts === undefined ? [] : readContexts(contexts),
    vdsoSigreturn: integerIn(manager, 'vdsoSigReturnAddr') ?? 0n,
  };
}

function readRange(manager: Struct, name: string): AddressRange {
  const range = structOf(manager.get(name));
  return { start: integerIn(range, 'Start') ?? 0n, end: integerIn(range, 'End') ?? 0n };
}

function readLayout(layout: Struct): AddressLayout {
  const address = (name: string): bigint => integerIn(layout, name) ?? 0n;
  return {
    minAddress: address('MinAddr'),
    maxAddress: address('MaxAddr'),
    bottomUpBase: address('BottomUpBase'),
    topDownBase: address('TopDownBase'),
    topDown: address('DefaultDirection') !== 0n,
    maxStackRandom: address('MaxStackRand'),
  };
}

function readContexts(map: Node): AioContext[] {
  const contexts = mapEntries(map).map(({ key, value }): AioContext => {
    const context = structOf(value);
    return {
      id: integer(key),
      maxOutstanding: numberIn(context, 'maxOutstanding') ?? 0,
      outstanding: numberIn(context, 'outstanding') ?? 0,
    };
  });
  return contexts.sort((a, b) => (a.id < b.id ? -1 : 1));
}
