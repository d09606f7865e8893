/** One saved thread in full. */
import type { Graph } from '../../graph/graph.ts';
import { countElements, fields, type Node, objectNode } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { type ElementBudget, elementBudget } from '../element-budget.ts';
import { fact } from '../epochs.ts';
import { objectOf } from '../object-of.ts';
import { flagIn, integerIn, numberIn, type Struct, structOf } from '../struct-values.ts';
import type { SavedThread } from '../threads.ts';
import { type CgroupReader, cgroupReader, type SavedCgroup } from './cgroups.ts';
import { type CpuTime, cpuTime } from './cpu-time.ts';
import { readCredentials, type SavedCredentials } from './credentials.ts';
import { initialNamespaces, readNamespaces, type SavedNamespaces } from './namespaces.ts';
import { type PidNamespaces, pidNamespaces } from './pid-namespaces.ts';
import { readRegisters, type SavedRegisters } from './registers.ts';
import { type RunState, readRunState } from './run-state.ts';
import { readScheduling, type Scheduling, UNKNOWN_SCHEDULING } from './scheduling.ts';
import { type PendingSignal, readPendingSignals, readSignalStack, type SignalStack } from './signals.ts';

/** A thread. Null stands for what could not be read, or is not in an image of this release. */
export interface SavedTask {
  readonly thread: SavedThread;
  /** Object id of its thread group. */
  readonly group: number;
  /** Its id in every PID namespace that it is in, the outermost first. */
  readonly nsTids: readonly number[];
  readonly run: RunState | null;
  readonly registers: SavedRegisters | null;
  readonly cpu: CpuTime | null;
  /** By the realtime clock, in nanoseconds. */
  readonly startTime: bigint | null;
  readonly signals: TaskSignals | null;
  readonly scheduling: Scheduling;
  readonly credentials: SavedCredentials | null;
  readonly namespaces: SavedNamespaces | null;
  readonly cgroups: readonly SavedCgroup[] | null;
  readonly origin: 'exec' | 'unknown' | null;
  readonly noNewPrivileges: boolean | null;
  readonly seccompFilters: number | null;
  readonly personality: number | null;
  /** Sent to it when its parent dies; null: none. */
  readonly parentDeathSignal: number | null;
  /** Object id of the thread that traces it; 0: none. */
  readonly tracer: number;
  readonly addresses: TaskAddresses;
  readonly umask: number | null;
}

export interface TaskSignals {
  /** Bit n-1 is set for signal n. */
  readonly blocked: bigint;
  readonly pending: readonly PendingSignal[];
  readonly stack: SignalStack | null;
}

/** Addresses in the thread's memory that the kernel was told; null: none. */
export interface TaskAddresses {
  /** Cleared and woken when it ends: set_tid_address. */
  readonly clearTid: bigint | null;
  readonly robustList: bigint | null;
  readonly rseq: { readonly address: bigint; readonly signature: bigint } | null;
}

/** What reading tasks needs to know of their kernel. */
export interface TaskContext {
  readonly graph: Graph;
  readonly onDamage: OnDamage;
  readonly pidNamespaces: PidNamespaces;
  readonly cgroups: CgroupReader;
  readonly initial: ReturnType<typeof initialNamespaces>;
  /** For the lists of all tasks and processes together. */
  readonly budget: ElementBudget;
}

/** @throws CkptError `unknown-shape`, `dangling-reference` when the kernel's own namespaces cannot be found. */
export function taskContext(graph: Graph, kernel: Struct, onDamage: OnDamage): TaskContext {
  const budget = elementBudget({ graph });
  return {
    graph,
    onDamage,
    pidNamespaces: pidNamespaces(budget),
    cgroups: cgroupReader(budget),
    initial: initialNamespaces(kernel),
    budget,
  };
}

const ORIGIN_EXEC = 1;

/**
 * Reads a thread. A part that cannot be read is null, and the context's `onDamage` is told.
 *
 * @see gVisor pkg/sentry/kernel/task.go: Task
 */
export function readTask(thread: SavedThread, context: TaskContext): SavedTask | null {
  const { graph, onDamage, budget } = context;
  const node = objectNode(graph, thread.objectId);
  const task = attempt(() => fields(node), onDamage);
  if (task === null) return null;
  const part = <T>(read: () => T): T | null => attempt(read, onDamage);
  const group = part(() => structOf(task.get('taskNode')).get('tg')) ?? null;
  const pidns = part(() => structOf(structOf(group).get('threadGroupNode')).get('pidns')) ?? null;
  const registers = part(() => readRegisters(structOf(task.get('image')).get('Arch')));
  const credentials = part(() => readCredentials(task.get('creds'), budget));
  return {
    thread,
    group: part(() => objectOf(group)) ?? 0,
    nsTids: part(() => idsIn(pidns, thread.objectId, 'tids', context.pidNamespaces)) ?? [],
    run: part(() => readRunState(task, registers)),
    registers,
    cpu: part(() => cpuTime(node)),
    startTime: part(() => integerIn(structOf(task.get('startTime')), 'ns')),
    signals: part(() => readTaskSignals(task, budget)),
    scheduling: part(() => readScheduling(task, budget)) ?? UNKNOWN_SCHEDULING,
    credentials,
    namespaces: part(() => readNamespaces(task, pidns, credentials?.userNamespace ?? null, context.initial)),
    cgroups: part(() => context.cgroups(task.get('cgroups'))),
    origin: part(() => originOf(task)),
    noNewPrivileges: part(() => flagIn(task, 'noNewPrivs')),
    seccompFilters: part(() => countFilters(node)),
    personality: part(() => numberIn(task, 'personality')),
    parentDeathSignal: part(() => numberIn(task, 'parentDeathSignal')) || null,
    tracer: part(() => objectOf(task.get('ptraceTracer') ?? null)) ?? 0,
    addresses: part(() => readAddresses(task)) ?? { clearTid: null, robustList: null, rseq: null },
    umask: part(() => numberIn(structOf(task.get('fsContext')), 'umask')),
  };
}

/** The numbers of an object in a PID namespace and those around it, the outermost first; without those that do not name it. */
export function idsIn(pidns: Node | null, object: number, kind: 'tids' | 'tgids', namespaces: PidNamespaces): number[] {
  if (pidns === null) return [];
  return namespaces
    .chain(pidns)
    .map((namespace) => namespace[kind].get(object))
    .filter((id) => id !== undefined);
}

function readTaskSignals(task: Struct, budget: ElementBudget): TaskSignals {
  return {
    blocked: BigInt.asUintN(64, integerIn(task, 'signalMask') ?? 0n),
    pending: readPendingSignals(task.get('pendingSignals'), budget),
    stack: readSignalStack(task.get('signalStack')),
  };
}

function originOf(task: Struct): SavedTask['origin'] {
  const origin = numberIn(task, 'Origin');
  if (origin === null) return null;
  return origin === ORIGIN_EXEC ? 'exec' : 'unknown';
}

function countFilters(task: Node): number {
  const filters = fact(task, 'Task.seccompFilters');
  return filters === null ? 0 : countElements(filters);
}

function readAddresses(task: Struct): TaskAddresses {
  const address = (name: string): bigint | null => {
    const value = integerIn(task, name);
    return value === null || value === 0n ? null : BigInt.asUintN(64, value);
  };
  const rseq = address('rseqAddr');
  return {
    clearTid: address('cleartid'),
    robustList: address('robustList'),
    rseq: rseq === null ? null : { address: rseq, signature: BigInt.asUintN(32, integerIn(task, 'rseqSignature') ?? 0n) },
  };
}
