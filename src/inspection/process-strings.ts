/** Arguments and environment of processes, read out of their saved memory. */

import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { type AddressPiece, addressPieces } from '../kernel/memory/address-bytes.ts';
import type { AddressRange, AddressSpace } from '../kernel/memory/address-space.ts';
import type { ProcessMemory } from '../kernel/memory/process-memory.ts';
import type { Budget } from '../kernel/within-budget.ts';
import { capturedBytes, type MemoryCapture, type MemoryRequest } from '../pages/memory-capture.ts';
import { text } from '../wire/read-value.ts';
import { commandLine, NUL } from './command-line.ts';

/** Why strings are not there. */
export type StringsMissing =
  /** The process has no memory any more: a zombie. */
  | 'no-memory'
  /** Its addresses lead to no saved memory. */
  | 'not-mapped'
  /** The pages are in a file that was not given, or the image ends before them. */
  | 'pages-not-given'
  /** They are longer than the limit `argumentBytes`, or all together than `capturedBytes`. */
  | 'too-long'
  /** The process wrote its title over its environment. */
  | 'overwritten';

/** What a process was started with, or what it made of it. */
export interface ProcessStrings {
  readonly pid: number;
  /** As /proc/PID/cmdline shows it, split at its zero bytes; null when it is not there. */
  readonly argv: readonly string[] | null;
  readonly argvMissing: StringsMissing | null;
  /** `NAME`, or `NAME=value` when values were asked for; null when it is not there. */
  readonly env: readonly string[] | null;
  readonly envMissing: StringsMissing | null;
}

/**
 * The saved memory that holds the arguments and environments of processes.
 *
 * @param argumentBytes the most bytes of one process's arguments, and of its environment.
 */
export function stringRequests(processes: readonly ProcessMemory[], argumentBytes: number, onDamage: OnDamage): MemoryRequest[] {
  const requests: MemoryRequest[] = [];
  const piecesOf = pieceFinder(argumentBytes);
  for (const { space } of eachSpace(processes)) {
    for (const range of [space.argv, space.envv]) {
      const found = attempt(() => piecesOf(space, range), onDamage);
      if (found === null || typeof found === 'string') continue;
      for (const piece of found) if (piece.kind === 'file') requests.push(piece);
    }
  }
  return requests;
}

/** How strings are wanted. */
export interface StringOptions {
  /** The most bytes of one process's arguments, and of its environment. */
  readonly argumentBytes: number;
  /** Values of environment variables too: they are secrets. */
  readonly showEnv: boolean;
}

/** The strings of each process by its id. Without `showEnv` no value of an environment variable is in them. */
export function processStrings(
  processes: readonly ProcessMemory[],
  capture: MemoryCapture | null,
  { argumentBytes, showEnv }: StringOptions,
  onDamage: OnDamage,
): Map<number, ProcessStrings> {
  const piecesOf = pieceFinder(argumentBytes);
  const read = (space: AddressSpace, range: AddressRange): Uint8Array | StringsMissing =>
    attempt(() => bytesOf(piecesOf(space, range), capture), onDamage) ?? 'not-mapped';
  const bySpace = new Map<number, Omit<ProcessStrings, 'pid'>>();
  for (const { space } of eachSpace(processes)) bySpace.set(space.identity, stringsOf(space, read, showEnv));
  return new Map(
    processes.map(({ pid, space }) => {
      const strings = space === null ? undefined : bySpace.get(space.identity);
      return [pid, { pid, ...(strings ?? NO_MEMORY) }];
    }),
  );
}

const NO_MEMORY = { argv: null, argvMissing: 'no-memory', env: null, envMissing: 'no-memory' } as const;

function* eachSpace(processes: readonly ProcessMemory[]): Generator<{ space: AddressSpace }> {
  const seen = new Set<number>();
  for (const { space } of processes) {
    if (space === null || seen.has(space.identity)) continue;
    seen.add(space.identity);
    yield { space };
  }
}

function stringsOf(
  space: AddressSpace,
  read: (space: AddressSpace, range: AddressRange) => Uint8Array | StringsMissing,
  showEnv: boolean,
): Omit<ProcessStrings, 'pid'> {
  const argv = read(space, space.argv);
  const envv = read(space, space.envv);
  const envvBytes = typeof envv === 'string' ? null : envv;
  const line = typeof argv === 'string' ? null : commandLine({ ...space, argvBytes: argv, envvBytes }, showEnv);
  const env = line?.overwrote === true && !showEnv ? 'overwritten' : envv;
  return {
    argv: line?.words ?? null,
    argvMissing: line !== null ? null : typeof argv === 'string' ? argv : typeof envv === 'string' ? envv : null,
    env: typeof env === 'string' ? null : variables(env, showEnv),
    envMissing: typeof env === 'string' ? env : null,
  };
}

/**
 * The entries of an environment. Without values an entry that has no `=` is left out: it may be the rest of a value that was partly
 * overwritten.
 */
function variables(bytes: Uint8Array, showEnv: boolean): string[] {
  const entries: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const zero = bytes.indexOf(NUL, start);
    const end = zero < 0 ? bytes.length : zero;
    const entry = text(bytes.subarray(start, end));
    const equals = entry.indexOf('=');
    if (showEnv && entry !== '') entries.push(entry);
    else if (equals > 0) entries.push(entry.slice(0, equals));
    start = end + 1;
  }
  return entries;
}

/** The pieces of the ranges that were asked for, by address space: they are asked for twice, before the memory is read and behind it. */
const known = new WeakMap<AddressSpace, Map<AddressRange, AddressPiece[] | StringsMissing>>();

/** Mappings and stretches of pages that are stepped over for all strings, in units of the limit `elements`: that is quickly done. */
const BUDGET_UNITS = 16;

/** Finds the pieces of a range that a process keeps strings in; none for one that was never set, as gVisor sees it. */
function pieceFinder(argumentBytes: number): (space: AddressSpace, range: AddressRange) => AddressPiece[] | StringsMissing {
  let budget: Budget | null = null;
  return (space, range) => {
    const { start, end } = range;
    if (start === 0n || end <= start) return [];
    if (end - start > BigInt(argumentBytes)) return 'too-long';
    const ranges = known.get(space) ?? new Map<AddressRange, AddressPiece[] | StringsMissing>();
    known.set(space, ranges);
    const before = ranges.get(range);
    if (before !== undefined) return before;
    budget ??= { left: space.node.graph.wire.limits.elements * BUDGET_UNITS };
    const pieces = addressPieces(space, range, budget) ?? 'not-mapped';
    ranges.set(range, pieces);
    return pieces;
  };
}

function bytesOf(pieces: AddressPiece[] | StringsMissing, capture: MemoryCapture | null): Uint8Array | StringsMissing {
  if (typeof pieces === 'string') return pieces;
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    const part = piece.kind === 'zeros' ? new Uint8Array(piece.length) : capturedBytes(capture, piece);
    if (part === 'not-reached') return 'pages-not-given';
    if (part === 'not-collected') return 'too-long';
    parts.push(part);
    length += part.length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
