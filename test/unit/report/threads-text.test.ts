import { describe, expect, it } from 'vitest';
import type { ProcessDocument } from '../../../src/inspection/process-document.ts';
import type { ThreadDocument } from '../../../src/inspection/threads.ts';
import { processDetailLines } from '../../../src/report/process-detail-text.ts';
import { threadLines } from '../../../src/report/threads-text.ts';

const NONE = { mask: '0x0', signals: [] };

const THREAD: ThreadDocument = {
  tid: 2,
  pid: 1,
  nsTids: [2],
  name: 'worker\x07',
  container: 'web',
  state: 'S',
  runState: 'runApp',
  syscall: { number: 202, name: 'futex' },
  exit: null,
  registers: { rax: '0xfffffffffffffe00', rip: '0x401000', orig_rax: '0xca' },
  fpu: { tid: 2, name: 'worker', xstateBv: '0x3', components: ['x87', 'SSE'], xcompBv: '0x0', mxcsr: '0x1f80', bytes: 2436 },
  cpuTime: { user: '0', system: '0' },
  startTime: null,
  signals: { blocked: NONE, pending: { mask: '0x800', signals: ['SIGUSR2'], queued: 1 }, stack: null },
  nice: 0,
  cpu: 0,
  cpus: '0',
  voluntarySwitches: '0',
  parentDeathSignal: null,
  tracer: null,
  clearTid: null,
  robustList: null,
  rseq: null,
};

const PROCESS: ProcessDocument = {
  pid: 1,
  tids: [1, 2],
  ppid: null,
  pgid: 1,
  sid: 1,
  nsPids: [1],
  children: [3],
  name: 'init',
  argv: ['/sbin/init'],
  env: ['TOKEN=hunter2'],
  exe: '/sbin/init',
  cwd: '/tmp\n',
  root: '/',
  container: 'web',
  containerId: 'abc',
  origin: 'exec',
  state: 'S',
  runState: 'runApp',
  exit: null,
  uid: { real: 0, effective: 1000, saved: 0 },
  gid: { real: 5, effective: 5, saved: 5 },
  groups: [10, 20],
  capabilities: { inheritable: [], permitted: ['cap_kill'], effective: ['cap_kill'], bounding: [], ambient: null },
  noNewPrivileges: true,
  seccomp: { mode: 'filter', filters: 2 },
  nice: 5,
  priority: 25,
  policy: 0,
  cpus: '0-1',
  cpuTime: { user: '190000000', system: '20000000' },
  childrenCpuTime: { user: '0', system: '0' },
  startTime: '2026-11-23T06:19:44.575339736Z',
  tty: 3,
  oomScoreAdj: -5,
  umask: '0022',
  dumpable: 'user',
  personality: '0x0',
  parentDeathSignal: 'SIGHUP',
  terminationSignal: 'SIGCHLD',
  subreaper: false,
  limits: [{ name: 'Max open files', soft: '777', hard: 'unlimited', unit: 'files' }],
  signals: { pending: { ...NONE, queued: 0 }, blocked: NONE, ignored: NONE, caught: NONE, handlers: [] },
  timers: [
    {
      kind: 'posix',
      id: 3,
      clock: 'realtime',
      next: '2500',
      remaining: '90000000000',
      period: '1000000000',
      signal: 'SIGUSR1',
      overruns: 0,
    },
  ],
  cgroups: [
    { hierarchy: 2, controllers: ['memory'], path: '/a' },
    { hierarchy: 1, controllers: ['cpu'], path: '/a' },
  ],
  namespaces: {
    pid: { object: 'g1r4', inode: null, initial: true },
    net: null,
    uts: { object: 'g1r5', inode: '4', initial: false, hostname: 'box', domainname: '(none)' },
    ipc: null,
    mnt: null,
    user: null,
    cgroup: null,
  },
  fpu: [],
};

describe('the table of threads', () => {
  it('says what each waits in, what is pending, and which registers are in use', () => {
    const lines = threadLines([THREAD], { color: false, width: 120, registers: false });
    expect(lines).toEqual([
      '  TID  PID  NAME        STATE                                PC        XSTATE_BV  FPU REGISTERS IN USE',
      '  2    1    worker\\x07  sleeping in futex, 1 signal pending  0x401000  0x3        x87 SSE',
    ]);
  });

  it('shows registers in columns when asked', () => {
    const lines = threadLines([THREAD, { ...THREAD, tid: null, registers: null, state: 'X', syscall: null }], {
      color: false,
      width: 100,
      registers: true,
    });
    expect(lines.slice(3)).toEqual([
      '',
      '  thread 2 worker\\x07',
      '    rax       0xfffffffffffffe00  rip       0x401000            orig_rax  0xca',
      '',
      '  thread dead worker\\x07: no registers',
    ]);
  });
});

describe('one process in full', () => {
  const text = processDetailLines(PROCESS, [THREAD], { color: false, width: 100 }).join('\n');

  it('has everything under headings', () => {
    expect(text).toContain('Process 1: init\n');
    for (const heading of ['Rights', 'Signals', 'Timers', 'Limits', 'Namespaces and control groups', 'Threads']) {
      expect(text).toContain(`\n\n${heading}\n`);
    }
    expect(text).toMatch(/container +web \(abc\)/);
    expect(text).toMatch(/user +1000 \(real 0, saved 0\)/);
    expect(text).toMatch(/more groups +10 20/);
    expect(text).toMatch(/seccomp +2 filters/);
    expect(text).toMatch(/terminal +\/dev\/pts\/3/);
    expect(text).toMatch(/timer 3 +realtime +SIGUSR1 +1 min 30 s after the checkpoint, then every 1 s/);
    expect(text).toMatch(/Max open files +777 +unlimited +files/);
    expect(text).toMatch(/cgroup +\/a \(cpu memory\)/);
    expect(text).toMatch(/uts +\[4\]/);
    expect(text).toMatch(/pid +g1r4, initial/);
  });

  it('escapes what it shows', () => {
    expect(text).toContain('/tmp\\n');
  });

  it('shows the environment as the document holds it: values only when they were asked for', () => {
    expect(text).toMatch(/^ {2}environment +TOKEN=hunter2$/m);
  });
});
