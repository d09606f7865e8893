/** The saved processes with their threads. */
import type { Graph } from '../../graph/graph.ts';
import { fieldAt, type Node, objectNode } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { objectOf } from '../object-of.ts';
import { readClocks, type SavedClocks } from '../saved-clocks.ts';
import { flagIn, numberIn, type Struct, structOf } from '../struct-values.ts';
import type { SavedThread } from '../threads.ts';
import { type CpuTime, groupCpuTime, spentTime } from './cpu-time.ts';
import type { PidNamespaces } from './pid-namespaces.ts';
import { type ResourceLimit, readResourceLimits } from './resource-limits.ts';
import { readExit, type SavedExit } from './run-state.ts';
import { type PendingSignal, readPendingSignals, readSignalActions, type SavedSignalActions } from './signals.ts';
import { idsIn, readTask, type SavedTask, type TaskContext, taskContext } from './tasks.ts';
import { readTimers, type SavedTimer } from './timers.ts';

/** A process (gVisor: ThreadGroup). Null stands for what could not be read, or is not in an image of this release. */
export interface SavedProcess {
  /** Object id of the thread group; 0 when it is not known. */
  readonly object: number;
  /** Ids in the root PID namespace; null for one that ended and was waited for, but is still in the graph. */
  readonly pid: number | null;
  readonly ppid: number | null;
  readonly pgid: number | null;
  readonly sid: number | null;
  /** Its id in every PID namespace that it is in, the outermost first. */
  readonly nsPids: readonly number[];
  /** The thread whose id is the process's; else the first. */
  readonly leader: SavedTask;
  /** By thread id, those without one last. */
  readonly threads: readonly SavedTask[];
  /** Of all threads, those that ended included. */
  readonly cpu: CpuTime | null;
  /** Of children that were waited for. */
  readonly childrenCpu: CpuTime | null;
  /** How it ended; null while it lives. */
  readonly exit: SavedExit | null;
  readonly limits: readonly ResourceLimit[] | null;
  readonly actions: SavedSignalActions | null;
  /** Signals for the process as a whole. */
  readonly pending: readonly PendingSignal[];
  readonly timers: readonly SavedTimer[] | null;
  /** Number of the controlling terminal, as in /dev/pts; null: none. */
  readonly tty: number | null;
  readonly oomScoreAdj: number | null;
  /** Sent to the parent when it ends. */
  readonly terminationSignal: number | null;
  readonly subreaper: boolean | null;
  /** Whether it called execve. */
  readonly execed: boolean | null;
  /** SUID_DUMP_…: 0 not dumpable, 1 by the user, 2 by root. */
  readonly dumpable: number | null;
}

/**
 * All processes in the order of their ids, those without one last.
 *
 * @param threads as read by readThreads, in their order.
 * @param kernel the fields of the kernel.
 * @throws CkptError `unknown-shape`, `dangling-reference` when the kernel itself cannot be read; parts of a process that cannot be read are
 * null, and `onDamage` is told.
 * @see gVisor pkg/sentry/kernel/thread_group.go; pkg/sentry/control/proc.go: Processes
 */
export function readProcesses(graph: Graph, threads: readonly SavedThread[], kernel: Struct, onDamage: OnDamage): SavedProcess[] {
  const context = taskContext(graph, kernel, onDamage);
  const clocks = attempt(() => readClocks(kernel.get('timekeeper')), onDamage) ?? NO_CLOCKS;
  const groups = new Map<string, SavedTask[]>();
  for (const thread of threads) {
    const task = readTask(thread, context);
    if (task === null) continue;
    const key = task.group === 0 ? `task ${thread.objectId}` : String(task.group);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [task]);
    else members.push(task);
  }
  const processes = [...groups.values()].map((members) => readProcess(members, clocks, context));
  const order = ({ pid }: SavedProcess): number => pid ?? Number.MAX_SAFE_INTEGER;
  return processes.sort((a, b) => order(a) - order(b));
}

const NO_CLOCKS: SavedClocks = { realtime: null, monotonic: null, boot: null };

function readProcess(
  threads: readonly SavedTask[],
  clocks: SavedClocks,
  { graph, pidNamespaces: namespaces, budget, onDamage }: TaskContext,
): SavedProcess {
  const leader = threads.find(({ thread }) => thread.tid !== null && thread.tid === thread.pid) ?? (threads[0] as SavedTask);
  const { pid, ppid } = leader.thread;
  const part = <T>(read: () => T): T | null => attempt(read, onDamage);
  const node = leader.group === 0 ? null : part(() => objectNode(graph, leader.group));
  const group = part(() => structOf(node)) ?? new Map<string, Node>();
  const pidns = part(() => structOf(group.get('threadGroupNode')).get('pidns')) ?? null;
  const cpu =
    node === null
      ? null
      : part(() =>
          groupCpuTime(
            node,
            threads.map((task) => task.cpu),
          ),
        );
  return {
    object: leader.group,
    pid,
    ppid,
    ...(part(() => jobIds(group, pid === null ? null : pidns, namespaces)) ?? { pgid: null, sid: null }),
    nsPids: part(() => idsIn(pidns, leader.group, 'tgids', namespaces)) ?? [],
    leader,
    threads,
    cpu,
    childrenCpu: part(() => spentTime(structOf(group.get('childCPUStats')))),
    exit: part(() => exitOf(group, leader, threads)),
    limits: part(() => readResourceLimits(group.get('limits'), budget)),
    actions: part(() => readSignalActions(group.get('signalHandlers'), budget)),
    pending: part(() => readPendingSignals(group.get('pendingSignals'), budget)) ?? [],
    timers: node === null || cpu === null ? null : part(() => readTimers(node, clocks, cpu, budget)),
    tty: part(() => ttyOf(group)),
    oomScoreAdj: part(() => numberIn(group, 'oomScoreAdj')),
    terminationSignal: part(() => numberIn(group, 'terminationSignal')),
    subreaper: part(() => flagIn(group, 'isChildSubreaper')),
    execed: part(() => flagIn(group, 'execed')),
    dumpable: part(() => dumpableOf(graph, leader.thread)),
  };
}

/** Process group and session, numbered in the outermost namespace. */
function jobIds(
  group: Struct,
  pidns: Node | null,
  namespaces: PidNamespaces,
): { readonly pgid: number | null; readonly sid: number | null } {
  const processGroup = group.get('processGroup') ?? null;
  const root = pidns === null ? undefined : namespaces.chain(pidns)[0];
  if (root === undefined || processGroup === null) return { pgid: null, sid: null };
  const session = structOf(processGroup).get('session') ?? null;
  return { pgid: root.pgids.get(objectOf(processGroup)) ?? null, sid: root.sids.get(objectOf(session)) ?? null };
}

/** A group that ends by exit_group or a signal has the status; else it is that of its leader. */
function exitOf(group: Struct, leader: SavedTask, threads: readonly SavedTask[]): SavedExit | null {
  if (leader.run === null || leader.run.exit === null) return null;
  // A process lives on without its leader.
  if (threads.some(({ thread, run }) => thread.tid !== null && run?.exit === null)) return null;
  return flagIn(group, 'exiting') === true ? readExit(group.get('exitStatus')) : leader.run.exit;
}

function ttyOf(group: Struct): number | null {
  const tty = structOf(group.get('tty'));
  return tty.size === 0 ? null : (numberIn(tty, 'index') ?? numberIn(tty, 'Index'));
}

function dumpableOf(graph: Graph, { objectId }: SavedThread): number | null {
  const memory = fieldAt(objectNode(graph, objectId), 'image', 'MemoryManager');
  return memory === null ? null : numberIn(structOf(memory), 'dumpability');
}
