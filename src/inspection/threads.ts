/** Section `threads`: every thread with its registers and what it waits for. */

import type { SavedProcess } from '../kernel/tasks/processes.ts';
import type { SavedExit, StateLetter } from '../kernel/tasks/run-state.ts';
import { signalName } from '../kernel/tasks/signal-names.ts';
import type { PendingSignal } from '../kernel/tasks/signals.ts';
import { maskOf } from '../kernel/tasks/signals.ts';
import type { SavedTask } from '../kernel/tasks/tasks.ts';
import type { SavedFpState, SavedThread } from '../kernel/threads.ts';
import { numberRanges } from './number-ranges.ts';
import { decimalOrNull, hex, hexOrNull, type SignalSet, signalSet, timeOrNull } from './quantities.ts';
import { fpuDocument, type ThreadFpu } from './thread-fpu.ts';

/** How a thread or process ended. */
export interface ExitDocument {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** Name of that signal. */
  readonly signal: string | null;
  readonly coreDumped: boolean;
}

/** Time on a CPU in nanoseconds; gVisor counts in steps of 10 ms. */
export interface CpuTimeDocument {
  readonly user: string;
  readonly system: string;
}

/** Signals that wait. */
export interface PendingDocument extends SignalSet {
  /** How many are queued: real-time signals can wait several times. */
  readonly queued: number;
}

/** One thread. Null stands for what could not be read, or is not in an image of this release. */
export interface ThreadDocument {
  /** Ids in the root PID namespace; null for a thread that ended and is still in the graph. */
  readonly tid: number | null;
  readonly pid: number | null;
  /** Ids in all PID namespaces that it is in, the outermost first. */
  readonly nsTids: readonly number[];
  readonly name: string;
  readonly container: string | null;
  /** Letter of /proc/PID/stat: R running, S sleeping, D waiting, T stopped, t traced, Z zombie, X dead. */
  readonly state: StateLetter | null;
  /** Name of gVisor's Go type of the state that it goes on from. */
  readonly runState: string | null;
  /** The system call that the checkpoint interrupted. */
  readonly syscall: { readonly number: number; readonly name: string | null } | null;
  readonly exit: ExitDocument | null;
  /** By name: `rip`, `rsp`, … or `x0`, … `pc`. */
  readonly registers: Readonly<Record<string, string>> | null;
  /** Floating-point state (amd64). */
  readonly fpu: ThreadFpu | null;
  readonly cpuTime: CpuTimeDocument | null;
  readonly startTime: string | null;
  readonly signals: {
    readonly blocked: SignalSet;
    readonly pending: PendingDocument;
    /** Alternate signal stack. */
    readonly stack: { readonly address: string; readonly size: string } | null;
  } | null;
  readonly nice: number | null;
  /** CPU that it last ran on. */
  readonly cpu: number | null;
  /** CPUs that it may run on: `0-3,8`. */
  readonly cpus: string | null;
  readonly voluntarySwitches: string | null;
  readonly parentDeathSignal: string | null;
  readonly tracer: number | null;
  readonly clearTid: string | null;
  readonly robustList: string | null;
  readonly rseq: { readonly address: string; readonly signature: string } | null;
}

/**
 * The threads of all processes, in the order of the processes and then of thread ids.
 *
 * @param fpStates none on arm64, where runsc does not check them.
 */
export function threadDocuments(processes: readonly SavedProcess[], fpStates: readonly SavedFpState[]): ThreadDocument[] {
  const states = new Map(fpStates.map((state) => [state.thread, state]));
  const tids = new Map(processes.flatMap(({ threads }) => threads.map(({ thread }) => [thread.objectId, thread.tid])));
  return processes.flatMap(({ threads }) =>
    threads.map((task) => threadDocument(task, states.get(task.thread) ?? null, tids.get(task.tracer) ?? null)),
  );
}

function threadDocument(task: SavedTask, fpu: SavedFpState | null, tracer: number | null): ThreadDocument {
  const { thread, run, registers, signals, scheduling, addresses } = task;
  return {
    tid: thread.tid,
    pid: thread.pid,
    nsTids: task.nsTids,
    name: thread.name,
    container: containerOf(thread),
    state: run?.letter ?? null,
    runState: run?.goType ?? null,
    syscall: run?.call ?? null,
    exit: exitDocument(run?.exit ?? null),
    registers: registers === null ? null : Object.fromEntries([...registers.values].map(([name, value]) => [name, hex(value)])),
    fpu: fpu === null ? null : fpuDocument(fpu),
    cpuTime: cpuTimeDocument(task.cpu),
    startTime: timeOrNull(task.startTime),
    signals:
      signals === null
        ? null
        : {
            blocked: signalSet(signals.blocked),
            pending: pendingDocument(signals.pending),
            stack: signals.stack === null ? null : { address: hex(signals.stack.address), size: signals.stack.size.toString() },
          },
    nice: scheduling.nice,
    cpu: scheduling.cpu,
    cpus: scheduling.allowed === null ? null : numberRanges(scheduling.allowed),
    voluntarySwitches: decimalOrNull(scheduling.voluntarySwitches),
    parentDeathSignal: task.parentDeathSignal === null ? null : signalName(task.parentDeathSignal),
    tracer,
    clearTid: hexOrNull(addresses.clearTid),
    robustList: hexOrNull(addresses.robustList),
    rseq: addresses.rseq === null ? null : { address: hex(addresses.rseq.address), signature: hex(addresses.rseq.signature) },
  };
}

/** The name of a thread's container; its id in images that hold no names. */
export function containerOf(thread: SavedThread): string | null {
  return thread.containerName ?? thread.containerId;
}

export function exitDocument(exit: SavedExit | null): ExitDocument | null {
  if (exit === null) return null;
  return { code: exit.code, signal: exit.signal === null ? null : signalName(exit.signal), coreDumped: exit.coreDumped };
}

export function cpuTimeDocument(time: SavedTask['cpu']): CpuTimeDocument | null {
  return time === null ? null : { user: time.user.toString(), system: time.system.toString() };
}

export function pendingDocument(pending: readonly PendingSignal[]): PendingDocument {
  return { ...signalSet(maskOf(pending)), queued: pending.length };
}
