/** Processes and threads of real images, against what the containers saw of themselves in /proc and what `runsc ps` said. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fieldAt, objectNode } from '../../src/graph/node.ts';
import { type KernelDocument, kernelDocument } from '../../src/inspection/kernel-facts.ts';
import type { ProcessDocument } from '../../src/inspection/process-document.ts';
import { processDocuments } from '../../src/inspection/processes.ts';
import { type ThreadDocument, threadDocuments } from '../../src/inspection/threads.ts';
import { readKernelFacts } from '../../src/kernel/kernel-facts.ts';
import { type AddressSpace, readAddressSpace } from '../../src/kernel/memory/address-space.ts';
import { readProcesses } from '../../src/kernel/tasks/processes.ts';
import { kernelFields } from '../../src/kernel/threads.ts';
import { readImage } from '../../src/read-image.ts';
import { parseProc, procLines, procStatus } from '../support/proc-truth.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';

interface Inspected {
  readonly kernel: KernelDocument;
  readonly processes: readonly ProcessDocument[];
  readonly threads: readonly ThreadDocument[];
  /** By process id. */
  readonly memory: ReadonlyMap<number, AddressSpace>;
  readonly damage: readonly string[];
}

async function inspected(name: string): Promise<Inspected> {
  const { kernel } = await readImage(imageOf(name), { depth: 'kernel', key: null });
  if (kernel === null) throw new Error(`no kernel graph in ${name}`);
  const damage: string[] = [];
  const fields = kernelFields(kernel.graph);
  const processes = readProcesses(kernel.graph, kernel.threads, fields, (error) => damage.push(error.message));
  const nowhere = { argv: null, env: null, exe: null, cwd: null, root: null };
  const memory = new Map<number, AddressSpace>();
  for (const { pid, leader } of processes) {
    const manager = fieldAt(objectNode(kernel.graph, leader.thread.objectId), 'image', 'MemoryManager');
    if (pid !== null && manager !== null) memory.set(pid, readAddressSpace(manager));
  }
  return {
    kernel: kernelDocument(readKernelFacts(fields), processes),
    processes: processDocuments(processes, kernel.fpStates, () => nowhere),
    threads: threadDocuments(processes, kernel.fpStates),
    memory,
    damage,
  };
}

/** One line of a file, or one field of stat: its name, and what it says. */
type Line = readonly [name: string, text: string];

const STATE_WORDS: Readonly<Record<string, string>> = {
  R: 'R (running)',
  S: 'S (sleeping)',
  D: 'D (disk sleep)',
  T: 'T (stopped)',
  t: 't (tracing stop)',
  Z: 'Z (zombie)',
  X: 'X (dead)',
};

const CAPABILITIES = (
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast ' +
  'net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice ' +
  'sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap'
).split(' ');

function capabilityMask(names: readonly string[]): string {
  const mask = names.reduce((sum, name) => sum | (1n << BigInt(CAPABILITIES.indexOf(name.replace('cap_', '')))), 0n);
  return mask.toString(16).padStart(16, '0');
}

/** Ticks of 10 ms, as /proc counts. */
const ticks = (nanoseconds: string): bigint => BigInt(nanoseconds) / 10_000_000n;

function nanoseconds(time: string): bigint {
  return BigInt(Date.parse(time.replace(/\.\d+Z$/, 'Z'))) * 1_000_000n + BigInt(time.slice(-10, -1));
}

/** What of a process's lines is said by the section `memory`: bytes; zeros for a process without memory. */
type Memory = Pick<AddressSpace, 'size' | 'resident' | 'data'>;

function statusLines(process: ProcessDocument, memory: Memory, main: ThreadDocument): Line[] {
  const { uid, gid, capabilities: sets } = process;
  const ids = (of: typeof uid): string => [of?.real, of?.effective, of?.saved, of?.effective].join('\t');
  return [
    ['Name', process.name],
    ['State', STATE_WORDS[process.state ?? ''] ?? '?'],
    ['Tgid', String(process.pid)],
    ['Pid', String(main.tid)],
    ['PPid', String(process.ppid ?? 0)],
    ['TracerPid', String(main.tracer ?? 0)],
    ['Uid', ids(uid)],
    ['Gid', ids(gid)],
    ['FDSize', 'not saved'],
    ['Groups', `${process.groups?.join(' ')} `],
    ['VmSize', `${memory.size / 1024} kB`],
    ['VmRSS', `${memory.resident / 1024} kB`],
    ['VmData', `${memory.data / 1024} kB`],
    ['Threads', String(process.tids.length)],
    ['CapInh', capabilityMask(sets?.inheritable ?? [])],
    ['CapPrm', capabilityMask(sets?.permitted ?? [])],
    ['CapEff', capabilityMask(sets?.effective ?? [])],
    ['CapBnd', capabilityMask(sets?.bounding ?? [])],
    ...(sets?.ambient === null ? [] : [['CapAmb', capabilityMask(sets?.ambient ?? [])] satisfies Line]),
    ['Seccomp', process.seccomp?.mode === 'filter' ? '2' : '0'],
    // gVisor has one memory node, and does not count involuntary switches.
    ['Mems_allowed', '1'],
    ['Mems_allowed_list', '0'],
    ['voluntary_ctxt_switches', main.voluntarySwitches ?? '?'],
    ['nonvoluntary_ctxt_switches', '0'],
  ];
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGCHLD: 17 };

/** The fields of stat that gVisor fills in; it prints 0 for all others. @see proc_pid_stat(5) */
function statFields(process: ProcessDocument, memory: Memory, kernel: KernelDocument): Line[] {
  const started = nanoseconds(process.startTime ?? '') - nanoseconds(kernel.bootTime ?? '');
  const rss = process.limits?.find(({ name }) => name === 'Max resident set')?.soft;
  const known: Readonly<Record<number, string | number | bigint | null>> = {
    1: process.pid,
    2: `(${process.name})`,
    3: process.state,
    4: process.ppid ?? 0,
    5: process.pgid,
    6: process.sid,
    14: ticks(process.cpuTime?.user ?? ''),
    15: ticks(process.cpuTime?.system ?? ''),
    16: ticks(process.childrenCpuTime?.user ?? ''),
    17: ticks(process.childrenCpuTime?.system ?? ''),
    18: process.priority,
    19: process.nice,
    20: process.tids.length,
    22: ticks(String(started)),
    23: memory.size,
    24: memory.resident / 4096,
    25: rss === 'unlimited' ? 2n ** 64n - 1n : (rss ?? '?'),
    38: SIGNAL_NUMBERS[process.terminationSignal ?? ''] ?? 0,
  };
  return Array.from({ length: 52 }, (_, index): Line => [`field ${index + 1}`, String(known[index + 1] ?? 0)]);
}

function limitsLines({ limits }: ProcessDocument): Line[] {
  const row = (name: string, soft: string, hard: string, unit: string | null): string =>
    `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} ${unit === null ? '' : unit.padEnd(10)}`;
  return [
    ['head', row('Limit', 'Soft Limit', 'Hard Limit', 'Units')],
    ...(limits ?? []).map(({ name, soft, hard, unit }): Line => [name, row(name, soft, hard, unit)]),
  ];
}

function cgroupLines({ cgroups }: ProcessDocument): Line[] {
  return (cgroups ?? []).map(({ hierarchy, controllers, path }, index) => [
    `line ${index + 1}`,
    `${hierarchy}:${controllers.join(',')}:${path}`,
  ]);
}

function commLines(process: ProcessDocument, threads: readonly ThreadDocument[]): Line[] {
  const own = threads.filter(({ pid, tid }) => pid === process.pid && tid !== null);
  return own.map(({ tid, name }, index) => [`line ${index + 1}`, `${tid} ${name}`]);
}

/** The files of the truth in the same shape. */
const SPLIT: Readonly<Record<string, (content: string) => Line[]>> = {
  status: (content) => [...procStatus(content)],
  stat: (content) =>
    procLines(content).flatMap((line) => {
      const [, pid = '', name = '', rest = ''] = /^(\d+) (\(.*\)) (.*)$/.exec(line) ?? [];
      return [pid, name, ...rest.split(' ')].map((text, index): Line => [`field ${index + 1}`, text]);
    }),
  limits: (content) => procLines(content).map((line, index) => [index === 0 ? 'head' : line.slice(0, 25).trim(), line]),
  cgroup: (content) => procLines(content).map((line, index) => [`line ${index + 1}`, line]),
  comm: (content) => procLines(content).map((line, index) => [`line ${index + 1}`, line]),
};

const NOT_SAVED = 'FDSize is the room in the table of descriptors, which is not saved: only the descriptors are';
const LET_GO = 'runsc lets go of the pages of host files before it saves, so that fewer pages are resident than before';
const RAN_ON =
  'a thread ran for one more tick of 10 ms between the probe and the checkpoint: the image has 10 ticks, the probe saw 9';
const GLOB = 'the probe printed its pattern: /proc/4/task of a zombie is empty';

/** Every line that the graph cannot give, with the reason, and the processes for which that is so. */
const CANNOT_BE_GIVEN: Readonly<Record<string, Readonly<Record<string, readonly [reason: string, pids: readonly number[]]>>>> = {
  '20260817/kitchen': {
    'status FDSize': [NOT_SAVED, [1, 4, 5, 6, 7, 8]],
    'status VmRSS': [LET_GO, [1, 5, 6, 7, 8]],
    'stat field 24': [LET_GO, [1, 5, 6, 7, 8]],
    'comm line 1': [GLOB, [4]],
  },
  '20240729/node-proc': {
    'status FDSize': [NOT_SAVED, [1]],
    'status VmRSS': [LET_GO, [1]],
    'stat field 24': [LET_GO, [1]],
    'stat field 14': [RAN_ON, [1]],
  },
};

describe.skipIf(!HAS_SHARED).each(Object.keys(CANNOT_BE_GIVEN))('/proc of %s', (name) => {
  it('is what the documents say, line by line, but for what the graph cannot give', async () => {
    const { kernel, processes, threads, memory, damage } = await inspected(name);
    const truth = parseProc(truthOf(name, 'proc.txt')?.toString() ?? '');
    const live = processes.filter(({ pid }) => pid !== null);
    expect(live.map(({ pid }) => pid)).toEqual([...truth.processes.keys()]);
    const differing = new Map<string, number[]>();
    let compared = 0;
    for (const process of live) {
      const pid = process.pid ?? 0;
      const main = threads.find(({ tid }) => tid === pid) as ThreadDocument;
      const own = memory.get(pid) ?? { size: 0, resident: 0, data: 0 };
      const answers: Readonly<Record<string, Line[]>> = {
        status: statusLines(process, own, main),
        stat: statFields(process, own, kernel),
        limits: limitsLines(process),
        cgroup: cgroupLines(process),
        comm: commLines(process, threads),
      };
      for (const [file, split] of Object.entries(SPLIT)) {
        const expected = split(truth.processes.get(pid)?.get(file) ?? '');
        const answer = answers[file] ?? [];
        // Older releases print fewer lines of status.
        const printed = answer.filter(([line]) => file !== 'status' || expected.some(([name]) => name === line));
        expect(printed.map(([line]) => line)).toEqual(expected.map(([line]) => line));
        for (const [index, [line, text]] of expected.entries()) {
          compared++;
          if (printed[index]?.[1] === text) continue;
          const key = `${file} ${line}`;
          differing.set(key, [...(differing.get(key) ?? []), pid]);
        }
      }
    }
    const allowed = Object.entries(CANNOT_BE_GIVEN[name] ?? {}).map(([key, [, pids]]) => [key, pids]);
    expect(Object.fromEntries(differing)).toEqual(Object.fromEntries(allowed));
    expect(damage).toEqual([]);
    expect(compared).toBeGreaterThan(60);
  });
});

/** A row of `runsc ps`, by the name of its column. */
function psRows(text: string): Record<string, string>[] {
  const [head = '', ...rows] = text.trimEnd().split('\n');
  const columns = head.split(/ +/);
  return rows.map((row) => {
    const cells = row.split(/ +/);
    const command = cells.slice(columns.length - 1).join(' ');
    return Object.fromEntries(
      columns.map((column, index) => [column, index === columns.length - 1 ? command : (cells[index] ?? '')]),
    );
  });
}

/** As Go writes a duration of whole ticks: `0s`, `20ms`, `1.53s`. */
function duration(text: string): string {
  const ms = Number(BigInt(text) / 1_000_000n);
  if (ms === 0) return '0s';
  return ms < 1000 ? `${ms}ms` : `${ms / 1000}s`;
}

/** The columns of `runsc ps`, but for C: it is a share of the time up to the moment when ps ran, which is not saved. */
function psRow(process: ProcessDocument): Record<string, string> {
  return {
    UID: String(process.uid?.effective),
    PID: String(process.pid),
    PPID: String(process.ppid ?? 0),
    PGID: String(process.pgid),
    TTY: process.tty === null ? '?' : `pts/${process.tty}`,
    STIME: process.startTime?.slice(11, 16) ?? '',
    TIME: duration(process.cpuTime?.system ?? ''),
    CMD: process.name,
  };
}

/** Checkpoints of a file system alone hold no processes. */
const PS_FILES = sharedImages()
  .filter((name) => existsSync(join(imageOf(name), 'checkpoint.img')))
  .flatMap((name) =>
    ['ps.txt', 'ps-pod-a.txt', 'ps-pod-b.txt']
      .filter((file) => truthOf(name, file) !== null)
      .map((file) => [name, file] as const),
  );

describe.skipIf(!HAS_SHARED)('runsc ps', () => {
  it('has a truth for most images', () => {
    expect(PS_FILES.length).toBeGreaterThanOrEqual(38);
  });

  it.each(PS_FILES)('%s %s: the live processes, and no others', async (name, file) => {
    const { processes, damage } = await inspected(name);
    const container = /^ps-(.*)\.txt$/.exec(file)?.[1];
    const live = processes.filter(
      ({ pid, containerId }) => pid !== null && (container === undefined || containerId === container),
    );
    const expected = psRows(truthOf(name, file)?.toString() ?? '');
    const rows = live.map(psRow).map((row, index) => {
      const columns = Object.keys(expected[index] ?? {}).filter((column) => column !== 'C');
      return Object.fromEntries(columns.map((column) => [column, row[column] ?? '']));
    });
    expect(rows).toEqual(expected.map(({ C: _, ...row }) => row));
    expect(damage).toEqual([]);
  });
});

describe.skipIf(!HAS_SHARED)('20260817/kitchen', () => {
  const kitchen = (): Promise<Inspected> => inspected('20260817/kitchen');
  const processOf = ({ processes }: Inspected, name: string): ProcessDocument =>
    processes.find((process) => process.pid !== null && process.name === name) as ProcessDocument;

  it('has the process tree of its program, with sessions and groups', async () => {
    const { processes } = await kitchen();
    const tree = processes
      .filter(({ pid }) => pid !== null)
      .map(({ pid, ppid, pgid, sid, children }) => [pid, ppid, pgid, sid, children]);
    expect(tree).toEqual([
      [1, null, 1, 1, [4, 5, 6]],
      [4, 1, 1, 1, []],
      [5, 1, 5, 5, [8]],
      [6, 1, 6, 1, [7]],
      [7, 6, 6, 1, []],
      [8, 5, 5, 5, []],
    ]);
  });

  it('has a zombie that ended with 3', async () => {
    const { processes } = await kitchen();
    const zombies = processes.filter(({ state }) => state === 'Z');
    expect(zombies.map(({ pid, exit }) => [pid, exit])).toEqual([[4, { code: 3, signal: null, coreDumped: false }]]);
  });

  it('has a child and a grandchild of user 1000, the latter with nice 5', async () => {
    const found = await kitchen();
    const ids = { real: 1000, effective: 1000, saved: 1000 };
    for (const name of ['daemon-child', 'grandchild']) {
      expect(processOf(found, name)).toMatchObject({ uid: ids, gid: ids, groups: [], umask: '0027' });
    }
    expect(processOf(found, 'grandchild')).toMatchObject({ nice: 5, priority: 25 });
    expect(processOf(found, 'daemon-child')).toMatchObject({
      nice: 0,
      priority: 20,
      capabilities: { effective: [], permitted: [] },
    });
  });

  it('has a pending blocked signal, a handler, and an interval timer of two hours', async () => {
    const { signals, timers, limits } = processOf(await kitchen(), 'python3');
    expect(signals?.pending).toEqual({ mask: '0x800', signals: ['SIGUSR2'], queued: 1 });
    expect(signals?.blocked?.signals).toEqual(['SIGUSR2']);
    expect(signals?.caught.signals).toEqual(['SIGINT', 'SIGUSR1', 'SIGRT1']);
    expect(signals?.ignored.signals).toEqual(['SIGPIPE', 'SIGXFSZ']);
    expect(timers).toHaveLength(1);
    expect(timers?.[0]).toMatchObject({ kind: 'itimer-real', clock: 'monotonic', period: '0', signal: 'SIGALRM' });
    const remaining = Number(timers?.[0]?.remaining) / 1e9;
    expect(remaining).toBeGreaterThan(7190);
    expect(remaining).toBeLessThan(7200);
    expect(limits?.find(({ name }) => name === 'Max core file size')).toMatchObject({ soft: '0', hard: '0' });
  });

  it('gives the children the limits that the program set', async () => {
    const { limits } = processOf(await kitchen(), 'grandchild');
    expect(limits?.find(({ name }) => name === 'Max open files')).toMatchObject({ soft: '777', hard: '999' });
  });

  it('has named threads, waiting in clock_nanosleep, with registers and floating-point state', async () => {
    const { threads } = await kitchen();
    const own = threads.filter(({ pid, tid }) => pid === 1 && tid !== null);
    expect(own.map(({ tid, name, state }) => [tid, name, state])).toEqual([
      [1, 'python3', 'S'],
      [2, 'worker-one', 'S'],
      [3, 'worker two', 'S'],
    ]);
    for (const thread of own) {
      expect(thread.syscall).toEqual({ number: 230, name: 'clock_nanosleep' });
      expect(thread.runState).toBe('runApp');
      expect(thread.registers).toMatchObject({ orig_rax: '0xe6', cs: '0x33', ss: '0x2b' });
      expect(thread.fpu?.components).toContain('SSE');
    }
    expect(own[0]?.registers).toMatchObject({ rip: '0x7ea023c35545', rsp: '0x7ecb0bb6c7a0' });
  });

  it('names the kernel, its clocks and its cgroups', async () => {
    expect((await kitchen()).kernel).toEqual({
      hostname: 'ckpt-demo',
      domainname: '',
      processes: 6,
      threads: 8,
      bootTime: '2026-11-23T06:19:44.548424281Z',
      saveTime: '2026-11-23T06:19:48.711125679Z',
      monotonic: '4162700688',
      uptime: '4162701398',
      applicationCores: 2,
      hostCores: false,
      lastPid: 117,
      containerNames: ['__no_name_0'],
      cgroupControllers: ['cpu', 'cpuacct', 'cpuset', 'devices', 'job', 'memory', 'pids'],
    });
  });
});

describe.skipIf(!HAS_SHARED)('threads', () => {
  it('names the containers of a pod', async () => {
    for (const name of ['20240729/pod-none', '20260817/pod-none']) {
      const { processes } = await inspected(name);
      const containers = processes.filter(({ pid }) => pid !== null).map(({ name, container }) => [name, container]);
      expect(new Set(containers.map(([, container]) => container)).size).toBe(2);
      expect(containers).toHaveLength(4);
    }
  });

  it('tells running threads from waiting ones', async () => {
    const { threads } = await inspected('20260817/avx512');
    expect(threads.map(({ state, syscall }) => [state, syscall])).toEqual([
      ['R', null],
      ['R', null],
    ]);
  });

  it('reads the registers of arm64', async () => {
    const { threads } = await inspected('arm64/max/sh-flate');
    const first = threads[0] as ThreadDocument;
    expect(Object.keys(first.registers ?? {})).toHaveLength(36);
    expect(first.registers).toMatchObject({ x8: '0x104' });
    expect(first.syscall).toEqual({ number: 260, name: 'wait4' });
  });

  it('keeps dead threads apart: without ids, in state X', async () => {
    const { processes, threads } = await inspected('20240729/node-proc');
    const dead = threads.filter(({ tid }) => tid === null);
    expect(dead).toHaveLength(26);
    expect(new Set(dead.map(({ state }) => state))).toEqual(new Set(['X']));
    expect(processes.filter(({ pid }) => pid !== null)).toHaveLength(1);
  });
});
