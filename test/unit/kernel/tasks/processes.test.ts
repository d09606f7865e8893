import { describe, expect, it } from 'vitest';
import type { CkptError } from '../../../../src/errors.ts';
import { readProcesses, type SavedProcess } from '../../../../src/kernel/tasks/processes.ts';
import { kernelFields, readThreads } from '../../../../src/kernel/threads.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../../src/limits.ts';
import type { GraphBuilder } from '../../../support/graph-builder.ts';
import { type KnownIds, type ProcessGraph, pidNamespace, processGraph } from '../../../support/process-graph.ts';
import { array, bool, int, map, nil, ref, string, uint, type WireValue } from '../../../support/wire-value.ts';

interface Read {
  readonly processes: readonly SavedProcess[];
  readonly damage: readonly CkptError[];
}

async function read(describe: (graph: GraphBuilder, ids: KnownIds) => ProcessGraph, limits?: Limits): Promise<Read> {
  const graph = await processGraph(describe, limits);
  const fields = kernelFields(graph);
  const damage: CkptError[] = [];
  const processes = readProcesses(graph, readThreads(graph, fields), fields, (error) => damage.push(error));
  return { processes, damage };
}

/** One process of one thread, with these fields. */
async function readOne(
  describe: (graph: GraphBuilder) => {
    readonly task?: Readonly<Record<string, WireValue>>;
    readonly group?: Readonly<Record<string, WireValue>>;
    readonly kernel?: Readonly<Record<string, WireValue>>;
  },
  limits?: Limits,
): Promise<{ readonly process: SavedProcess; readonly damage: readonly CkptError[] }> {
  const { processes, damage } = await read((graph) => {
    const { task = {}, group = {}, kernel = {} } = describe(graph);
    return { processes: [{ pid: 1, fields: group, tasks: [{ tid: 1, fields: task }] }], kernel };
  }, limits);
  return { process: processes[0] as SavedProcess, damage };
}

const atomic = (graph: GraphBuilder, value: WireValue): WireValue => graph.struct('pkg/atomicbitops.Int64', { value });

describe('the processes of a kernel graph', () => {
  it('are in the order of their ids, with their threads, the dead ones last', async () => {
    const { processes, damage } = await read(() => ({
      processes: [
        { pid: null, tasks: [{ tid: null, name: 'gone', fields: { exitState: uint(3) } }] },
        {
          pid: 7,
          tasks: [
            { tid: 9, name: 'second' },
            { tid: 7, name: 'first' },
            { tid: null, name: 'ended' },
          ],
        },
        { pid: 1, tasks: [{ tid: 1, name: 'init' }] },
      ],
    }));
    expect(processes.map(({ pid }) => pid)).toEqual([1, 7, null]);
    expect(processes[1]?.threads.map(({ thread }) => [thread.tid, thread.name])).toEqual([
      [7, 'first'],
      [9, 'second'],
      [null, 'ended'],
    ]);
    expect(processes[1]?.leader.thread.name).toBe('first');
    expect(processes[2]?.leader.run?.letter).toBe('X');
    expect(damage).toEqual([]);
  });

  it('say null for what an old image does not have', async () => {
    const { process, damage } = await readOne(() => ({}));
    expect(damage).toEqual([]);
    expect(process.leader.origin).toBeNull();
    expect(process.leader.noNewPrivileges).toBeNull();
    expect(process.leader.personality).toBeNull();
    expect(process.leader.credentials).toBeNull();
    expect(process.leader.startTime).toBeNull();
    expect(process.leader.scheduling).toEqual({ nice: null, policy: null, cpu: null, allowed: null, voluntarySwitches: null });
    expect(process.limits).toBeNull();
    expect(process.pgid).toBeNull();
    expect(process.timers).toEqual([]);
    expect(process.actions).toEqual({ ignored: 0n, caught: 0n, actions: [] });
  });

  it('have an id in every PID namespace that they are in', async () => {
    const { processes } = await read((graph, { rootPidns }) => {
      const inner = graph.reserve();
      // The group and the task that come next: objects 5 and 6 after the namespace's own maps.
      const tids = graph.pointer(map([[ref(7), int(1)]]));
      const tgids = graph.pointer(map([[ref(6), int(1)]]));
      graph.define(inner, graph.struct('pkg/sentry/kernel.PIDNamespace', { parent: ref(rootPidns), tids, tgids }));
      return { processes: [{ pid: 12, pidns: inner, tasks: [{ tid: 12 }] }] };
    });
    expect(processes[0]?.object).toBe(6);
    expect(processes[0]?.nsPids).toEqual([12, 1]);
    expect(processes[0]?.leader.nsTids).toEqual([12, 1]);
  });
});

describe('the end of a process', () => {
  const exit = { exitState: uint(2), exitStatus: uint(3 << 8) };

  it('is that of its group, or of its leader', async () => {
    const alone = await readOne(() => ({ task: exit }));
    expect(alone.process.exit).toEqual({ code: 3, signal: null, coreDumped: false });
    const killed = await readOne(() => ({ task: exit, group: { exiting: bool(true), exitStatus: uint(9) } }));
    expect(killed.process.exit).toEqual({ code: null, signal: 9, coreDumped: false });
  });

  it('has not come while other threads live', async () => {
    const { processes } = await read(() => ({ processes: [{ pid: 1, tasks: [{ tid: 1, fields: exit }, { tid: 2 }] }] }));
    expect(processes[0]?.leader.run?.letter).toBe('Z');
    expect(processes[0]?.exit).toBeNull();
  });
});

describe('credentials', () => {
  it('are read behind their atomic pointer, the ambient set only where there is one', async () => {
    const { process } = await readOne((graph) => {
      const creds = graph.pointer(
        graph.struct('pkg/sentry/kernel/auth.Credentials', {
          RealKUID: uint(1000),
          EffectiveKUID: nil(),
          SavedKUID: uint(4_294_967_294),
          RealKGID: uint(5),
          EffectiveKGID: uint(6),
          SavedKGID: uint(7),
          ExtraKGIDs: graph.slice([uint(10), uint(0)]),
          PermittedCaps: uint(1n << 63n),
          EffectiveCaps: uint(3),
          KeepCaps: bool(true),
          UserNamespace: nil(),
        }),
      );
      return { task: { creds: graph.struct('pkg/sentry/kernel/auth.AtomicPtrCredentials', { ptr: creds }) } };
    });
    expect(process.leader.credentials).toEqual({
      uid: { real: 1000, effective: 0, saved: 4_294_967_294 },
      gid: { real: 5, effective: 6, saved: 7 },
      groups: [10, 0],
      capabilities: { inheritable: 0n, permitted: 1n << 63n, effective: 3n, bounding: 0n, ambient: null },
      keepCapabilities: true,
      userNamespace: expect.anything(),
    });
  });
});

describe('signals', () => {
  it('count what is queued, and tell ignored from caught', async () => {
    const { process } = await readOne((graph) => {
      const info = (signal: number, code: number): WireValue =>
        graph.struct('pkg/sentry/kernel.savedPendingSignal', {
          si: graph.pointer(graph.struct('pkg/abi/linux.SignalInfo', { Signo: int(signal), Errno: nil(), Code: int(code) })),
          timer: nil(),
        });
      const pending = graph.struct('pkg/sentry/kernel.pendingSignals', {
        signals: graph.slice([info(34, -1), info(12, 0), info(34, -1)]),
      });
      const action = (handler: bigint): WireValue =>
        graph.struct('pkg/abi/linux.SigAction', { Handler: uint(handler), Flags: uint(4), Restorer: nil(), Mask: uint(2) });
      const actions = graph.pointer(
        map([
          [int(17), action(0x7f00n)],
          [int(13), action(1n)],
          [int(2), action(0n)],
          [int(99), action(9n)],
        ]),
      );
      return {
        task: { signalMask: graph.struct('pkg/atomicbitops.Uint64', { value: uint(2n ** 64n - 1n) }) },
        group: {
          pendingSignals: pending,
          signalHandlers: graph.pointer(graph.struct('pkg/sentry/kernel.SignalHandlers', { actions })),
        },
      };
    });
    expect(process.pending).toEqual([
      { signal: 12, code: 0 },
      { signal: 34, code: -1 },
      { signal: 34, code: -1 },
    ]);
    expect(process.actions).toEqual({
      ignored: 1n << 12n,
      caught: 1n << 16n,
      actions: [{ signal: 17, handler: 0x7f00n, flags: 4n, mask: 2n }],
    });
    expect(process.leader.signals?.blocked).toBe(2n ** 64n - 1n);
  });
});

describe('limits', () => {
  it('are sixteen, 0 where there is no entry, and unlimited at the top', async () => {
    const { process } = await readOne((graph) => {
      const limit = (soft: bigint, hard: bigint): WireValue =>
        graph.struct('pkg/sentry/limits.Limit', { Cur: uint(soft), Max: uint(hard) });
      const data = graph.pointer(
        map([
          [int(7), limit(777n, 999n)],
          [int(0), limit(2n ** 64n - 1n, 2n ** 64n - 2n)],
        ]),
      );
      return { group: { limits: graph.pointer(graph.struct('pkg/sentry/limits.LimitSet', { data })) } };
    });
    expect(process.limits).toHaveLength(16);
    expect(process.limits?.[0]).toEqual({ name: 'Max cpu time', unit: 'seconds', soft: null, hard: 2n ** 64n - 2n });
    expect(process.limits?.[7]).toEqual({ name: 'Max open files', unit: 'files', soft: 777n, hard: 999n });
    expect(process.limits?.[15]).toEqual({ name: 'Max realtime timeout', unit: 'us', soft: 0n, hard: 0n });
  });
});

describe('CPU time', () => {
  it('is that of the clocks since 2024-11', async () => {
    const clock = (graph: GraphBuilder, ns: bigint): WireValue =>
      graph.struct('pkg/sentry/ktime.SyntheticClock', { now: atomic(graph, int(ns)) });
    const { process } = await readOne((graph) => ({
      task: { appCPUClock: clock(graph, 10n), appSysCPUClock: clock(graph, 30n) },
      group: { appCPUClock: clock(graph, 100n), appSysCPUClock: clock(graph, 90n) },
    }));
    expect(process.leader.cpu).toEqual({ user: 10n, system: 20n });
    // The two clocks are not read at one moment.
    expect(process.cpu).toEqual({ user: 100n, system: 0n });
  });

  it('is counted in ticks before, with that of threads that ended', async () => {
    const { process } = await readOne((graph) => ({
      task: {
        gosched: graph.struct('pkg/sentry/kernel.TaskGoroutineSchedInfo', {
          Timestamp: uint(9),
          State: int(5),
          UserTicks: uint(3),
          SysTicks: uint(2),
        }),
      },
      group: {
        exitedCPUStats: graph.struct('pkg/sentry/usage.CPUStats', {
          UserTime: int(5_000_000),
          SysTime: nil(),
          VoluntarySwitches: nil(),
        }),
      },
    }));
    expect(process.leader.cpu).toEqual({ user: 30_000_000n, system: 20_000_000n });
    expect(process.cpu).toEqual({ user: 35_000_000n, system: 20_000_000n });
  });
});

describe('timers', () => {
  const time = (graph: GraphBuilder, ns: bigint): WireValue => graph.struct('pkg/sentry/ktime.Time', { ns: int(ns) });
  const setting = (graph: GraphBuilder, next: bigint, period: bigint): WireValue =>
    graph.struct('pkg/sentry/ktime.Setting', { Enabled: bool(true), Next: time(graph, next), Period: int(period) });
  const timekeeper = (graph: GraphBuilder): WireValue =>
    graph.pointer(
      graph.struct('pkg/sentry/kernel.Timekeeper', {
        bootTime: time(graph, 50n),
        saveMonotonic: int(1000),
        saveRealtime: int(2000),
      }),
    );
  const clock = (graph: GraphBuilder, id: number): WireValue => ({
    kind: 'interface',
    type: { spec: 'pointer', to: graph.spec('pkg/sentry/kernel.timekeeperClock', ['tk', 'c']) },
    value: graph.pointer(graph.struct('pkg/sentry/kernel.timekeeperClock', { tk: nil(), c: int(id) })),
  });

  it('say how long after the checkpoint they fire, by their clock', async () => {
    const { process, damage } = await readOne((graph) => {
      const sampled = (id: number, next: bigint, period: bigint): WireValue =>
        graph.pointer(
          graph.struct('pkg/sentry/ktime.SampledTimer', { clock: clock(graph, id), setting: setting(graph, next, period) }),
        );
      const posix = graph.struct('pkg/sentry/kernel.IntervalTimer', {
        timer: sampled(0, 2500n, 7n),
        signo: int(10),
        id: int(3),
        overrunCur: uint(4),
      });
      return {
        kernel: { timekeeper: timekeeper(graph) },
        group: { itimerRealTimer: sampled(1, 1600n, 0n), timers: graph.pointer(map([[int(3), graph.pointer(posix)]])) },
      };
    });
    expect(damage).toEqual([]);
    expect(process.timers).toEqual([
      { kind: 'itimer-real', id: null, clock: 'monotonic', next: 1600n, remaining: 600n, period: 0n, signal: 14, overruns: null },
      { kind: 'posix', id: 3, clock: 'realtime', next: 2500n, remaining: 500n, period: 7n, signal: 10, overruns: 4 },
    ]);
  });

  it('are bare settings on the clock of their process before 2024-11', async () => {
    const { process } = await readOne((graph) => ({
      task: {
        gosched: graph.struct('pkg/sentry/kernel.TaskGoroutineSchedInfo', { UserTicks: uint(1), SysTicks: uint(1) }),
      },
      group: { itimerVirtSetting: setting(graph, 15_000_000n, 0n), itimerProfSetting: setting(graph, 19_000_000n, 0n) },
    }));
    expect(process.timers?.map(({ kind, clock, remaining }) => [kind, clock, remaining])).toEqual([
      ['itimer-virtual', 'process-cpu-user', 5_000_000n],
      // Due already: it fires with the next tick.
      ['itimer-prof', 'process-cpu', 0n],
    ]);
  });
});

describe('namespaces', () => {
  it('name the host, the inode, and whether they are the first', async () => {
    const { process } = await readOne((graph) => {
      const inode = graph.pointer(
        graph.struct('pkg/sentry/fsimpl/nsfs.Inode', {
          InodeAttrs: graph.struct('pkg/sentry/fsimpl/kernfs.InodeAttrs', { ino: uint(4) }),
        }),
      );
      const uts = graph.pointer(
        graph.struct('pkg/sentry/kernel.UTSNamespace', { hostName: string('box'), domainName: nil(), inode }),
      );
      const net = graph.pointer(graph.struct('pkg/sentry/inet.Namespace', { inode: nil() }));
      const atomicPointer = graph.struct('pkg/sentry/inet.NamespaceAtomicPtr', { ptr: net });
      return { kernel: { rootUTSNamespace: uts, rootNetworkNamespace: nil() }, task: { utsns: uts, netns: atomicPointer } };
    });
    const { uts, net, ipc } = process.leader.namespaces ?? {};
    expect(uts).toMatchObject({ inode: 4n, initial: true, hostname: 'box', domainname: '' });
    expect(net).toMatchObject({ inode: null, initial: false });
    expect(ipc).toBeNull();
  });
});

describe('a damaged graph', () => {
  it('hides only the part that is damaged', async () => {
    const { process, damage } = await readOne((graph) => ({
      task: {
        niceness: int(5),
        creds: graph.struct('pkg/sentry/kernel/auth.AtomicPtrCredentials', { ptr: graph.pointer(string('no credentials')) }),
      },
      group: { limits: graph.pointer(string('no limits')), oomScoreAdj: int(-17) },
    }));
    expect(damage.map(({ code }) => code)).toEqual(['unknown-shape', 'unknown-shape']);
    expect(process.leader.credentials).toBeNull();
    expect(process.limits).toBeNull();
    expect(process.leader.scheduling.nice).toBe(5);
    expect(process.oomScoreAdj).toBe(-17);
  });

  it('says so of wrong kinds', async () => {
    const { process, damage } = await readOne(() => ({ task: { startTime: string('yesterday'), niceness: array([]) } }));
    expect(damage.map(({ code }) => code)).toEqual(['unknown-shape', 'unknown-shape']);
    expect(process.leader.startTime).toBeNull();
    expect(process.leader.scheduling.nice).toBeNull();
  });

  it('does not follow PID namespaces in a circle', async () => {
    const { processes, damage } = await read((graph) => {
      const inner = graph.reserve();
      graph.define(inner, pidNamespace(graph, { parent: inner }));
      return { processes: [{ pid: 1, pidns: inner, tasks: [{ tid: 1 }] }] };
    });
    expect(processes[0]?.nsPids).toEqual([]);
    expect(new Set(damage.map(({ code }) => code))).toEqual(new Set(['inconsistent']));
  });

  it('does not read one list for every process without end', async () => {
    const limits = { ...DEFAULT_LIMITS, elements: 1000 };
    const { processes, damage } = await read((graph) => {
      const groups = graph.slice(Array.from({ length: 400 }, (_, index) => uint(index)));
      const creds = graph.pointer(graph.struct('pkg/sentry/kernel/auth.Credentials', { ExtraKGIDs: groups }));
      const pointer = graph.struct('pkg/sentry/kernel/auth.AtomicPtrCredentials', { ptr: creds });
      const tasks = Array.from({ length: 20 }, (_, index) => ({ tid: index + 1, fields: { creds: pointer } }));
      return { processes: [{ pid: 1, tasks }] };
    }, limits);
    const read20 = processes[0]?.threads.filter(({ credentials }) => credentials !== null) ?? [];
    expect(read20.length).toBe(2);
    expect(damage[0]?.code).toBe('over-limit');
  });
});
