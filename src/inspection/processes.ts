/** Section `processes`: every process with what it is, may do and waits for. */
import { capabilityNames } from '../kernel/tasks/capability-names.ts';
import type { SavedCredentials } from '../kernel/tasks/credentials.ts';
import type { SavedNamespace, SavedNamespaces } from '../kernel/tasks/namespaces.ts';
import type { SavedProcess } from '../kernel/tasks/processes.ts';
import type { ResourceLimit } from '../kernel/tasks/resource-limits.ts';
import { signalName } from '../kernel/tasks/signal-names.ts';
import type { SavedTimer } from '../kernel/tasks/timers.ts';
import type { SavedFpState } from '../kernel/threads.ts';
import { numberRanges } from './number-ranges.ts';
import type {
  CapabilitiesDocument,
  LimitDocument,
  NamespaceDocument,
  NamespacesDocument,
  ProcessDocument,
  ProcessPlaces,
  TimerDocument,
} from './process-document.ts';
import { decimalOrNull, hex, signalSet, timeOrNull } from './quantities.ts';
import { fpuDocument, type ThreadFpu } from './thread-fpu.ts';
import { containerOf, cpuTimeDocument, exitDocument, pendingDocument } from './threads.ts';

/**
 * The processes in the order of their ids, those without one last.
 *
 * @param fpStates none on arm64, where runsc does not check them.
 * @param places what lies in files and memory, of each process.
 */
export function processDocuments(
  processes: readonly SavedProcess[],
  fpStates: readonly SavedFpState[],
  places: (process: SavedProcess) => ProcessPlaces,
): ProcessDocument[] {
  const states = new Map(fpStates.map((state) => [state.thread, state]));
  const children = new Map<number, number[]>();
  for (const { pid, ppid } of processes) {
    if (pid === null || ppid === null) continue;
    const known = children.get(ppid);
    if (known === undefined) children.set(ppid, [pid]);
    else known.push(pid);
  }
  return processes.map((process) => {
    const fpu = process.threads.map(({ thread }) => states.get(thread)).filter((state) => state !== undefined);
    return document(process, children.get(process.pid ?? 0) ?? [], fpu.map(fpuDocument), places(process));
  });
}

const DUMPABLE = ['no', 'user', 'root'] as const;

/** The graph of the kernel is the second of an image, counted from 0. */
const KERNEL_GRAPH = 'g1';

/** Linux's nice 0. */
const PRIORITY_OF_NICE_0 = 20;

function document(
  process: SavedProcess,
  children: readonly number[],
  fpu: readonly ThreadFpu[],
  { argv, env, exe, cwd, root }: ProcessPlaces,
): ProcessDocument {
  const { leader } = process;
  const { thread, run, credentials, scheduling, seccompFilters: filters, signals, personality, parentDeathSignal } = leader;
  const { nice } = scheduling;
  return {
    pid: process.pid,
    tids: process.threads.map((task) => task.thread.tid).filter((tid) => tid !== null),
    ppid: process.ppid,
    pgid: process.pgid,
    sid: process.sid,
    nsPids: process.nsPids,
    children,
    name: thread.name,
    argv,
    env,
    exe,
    cwd,
    root,
    container: containerOf(thread),
    containerId: thread.containerId,
    origin: leader.origin,
    state: run?.letter ?? null,
    runState: run?.goType ?? null,
    exit: exitDocument(process.exit),
    uid: credentials?.uid ?? null,
    gid: credentials?.gid ?? null,
    groups: credentials?.groups ?? null,
    capabilities: credentials === null ? null : capabilitiesDocument(credentials.capabilities),
    noNewPrivileges: leader.noNewPrivileges,
    seccomp: filters === null ? null : { mode: filters > 0 ? 'filter' : 'disabled', filters },
    nice,
    priority: nice === null ? null : nice + PRIORITY_OF_NICE_0,
    policy: scheduling.policy,
    cpus: scheduling.allowed === null ? null : numberRanges(scheduling.allowed),
    cpuTime: cpuTimeDocument(process.cpu),
    childrenCpuTime: cpuTimeDocument(process.childrenCpu),
    startTime: timeOrNull(leader.startTime),
    tty: process.tty,
    oomScoreAdj: process.oomScoreAdj,
    umask: leader.umask === null ? null : leader.umask.toString(8).padStart(4, '0'),
    dumpable: process.dumpable === null ? null : (DUMPABLE[process.dumpable] ?? null),
    personality: personality === null ? null : `0x${personality.toString(16)}`,
    parentDeathSignal: parentDeathSignal === null ? null : signalName(parentDeathSignal),
    terminationSignal: process.terminationSignal ? signalName(process.terminationSignal) : null,
    subreaper: process.subreaper,
    limits: process.limits?.map(limitDocument) ?? null,
    signals:
      process.actions === null
        ? null
        : {
            pending: pendingDocument(process.pending),
            blocked: signals === null ? null : signalSet(signals.blocked),
            ignored: signalSet(process.actions.ignored),
            caught: signalSet(process.actions.caught),
            handlers: process.actions.actions.map(({ signal, handler, flags, mask }) => ({
              signal: signalName(signal),
              handler: hex(handler),
              flags: hex(flags),
              mask: hex(mask),
            })),
          },
    timers: process.timers?.map(timerDocument) ?? null,
    cgroups: leader.cgroups,
    namespaces: leader.namespaces === null ? null : namespacesDocument(leader.namespaces),
    fpu,
  };
}

function capabilitiesDocument(sets: SavedCredentials['capabilities']): CapabilitiesDocument {
  return {
    inheritable: capabilityNames(sets.inheritable),
    permitted: capabilityNames(sets.permitted),
    effective: capabilityNames(sets.effective),
    bounding: capabilityNames(sets.bounding),
    ambient: sets.ambient === null ? null : capabilityNames(sets.ambient),
  };
}

function limitDocument({ name, soft, hard, unit }: ResourceLimit): LimitDocument {
  return { name, soft: soft?.toString() ?? 'unlimited', hard: hard?.toString() ?? 'unlimited', unit: unit === '' ? null : unit };
}

function timerDocument(timer: SavedTimer): TimerDocument {
  return {
    kind: timer.kind,
    id: timer.id,
    clock: timer.clock,
    next: timer.next.toString(),
    remaining: decimalOrNull(timer.remaining),
    period: timer.period.toString(),
    signal: timer.signal === null ? null : signalName(timer.signal),
    overruns: timer.overruns,
  };
}

function namespacesDocument(namespaces: SavedNamespaces): NamespacesDocument {
  const document = (namespace: SavedNamespace | null): NamespaceDocument | null =>
    namespace === null
      ? null
      : { object: `${KERNEL_GRAPH}r${namespace.object}`, inode: decimalOrNull(namespace.inode), initial: namespace.initial };
  const { pid, net, uts, ipc, mnt, user, cgroup } = namespaces;
  const utsDocument = document(uts);
  return {
    pid: document(pid),
    net: document(net),
    uts: uts === null || utsDocument === null ? null : { ...utsDocument, hostname: uts.hostname, domainname: uts.domainname },
    ipc: document(ipc),
    mnt: document(mnt),
    user: document(user),
    cgroup: document(cgroup),
  };
}
