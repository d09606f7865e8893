/** Gate `fpu-state`: every saved floating-point state can be loaded on the host. */
import { componentNames } from '../../cpu/xsave.ts';
import { defineGate, type GateAnswer, type GateFailure, notApplicable, positionOf, reason, unknown } from '../gate.ts';
import type { TaskFpu } from '../image-facts.ts';
import type { ThreadRef } from '../reasons.ts';
import type { Reason } from '../result.ts';
import type { Rules } from '../rules.ts';
import { otherArchitecture } from './cpu-features.ts';
import { type FpuFinding, judgeFpuState } from './fpu-rules.ts';

const ORDER = 33;

/** One finding, with the threads that it was made of, in the order of the graph. */
interface Group {
  readonly finding: FpuFinding;
  readonly saved: bigint;
  readonly tasks: TaskFpu[];
}

const RANK: { readonly [K in FpuFinding['kind']]: number } = {
  unsupported: 0,
  mxcsr: 1,
  xrstor: 2,
  'unknown-state': 3,
  'unknown-mxcsr': 4,
  pass: 5,
};

/**
 * Judges the state of every task in the graph, dead ones included. Equal findings are one reason that names all their threads.
 *
 * Which of several states runsc meets first is random; the message is that of the first in the order of the graph.
 *
 * @see gVisor pkg/sentry/arch/arch_state_x86.go: State.afterLoadFPState; docs/gates.md
 */
export const fpuState = defineGate('fpu-state', ['arch', 'tasks'], (image, host, rules): GateAnswer => {
  if (host.arch === 'arm64') return notApplicable();
  if (image.arch !== host.arch) return unknown(otherArchitecture(image.arch, host, ORDER));
  const groups = new Map<string, Group>();
  let failure: GateFailure | null = null;
  for (const task of image.tasks) {
    const finding = judgeFpuState(task.fpu, host, rules);
    if (finding.kind === 'pass') continue;
    if (RANK[finding.kind] < RANK['unknown-state']) {
      failure ??= { position: positionOf(ORDER, rules), error: panicText(finding, task.fpu.xstateBv, rules) };
    }
    const key = groupKey(finding, task.fpu.xstateBv);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { finding, saved: task.fpu.xstateBv, tasks: [task] });
    else group.tasks.push(task);
  }
  const reasons = [...groups.values()]
    .sort((a, b) => RANK[a.finding.kind] - RANK[b.finding.kind] || Number(a.saved - b.saved))
    .flatMap(reasonOf);
  if (failure !== null) return { outcome: 'fail', reasons, failure };
  return { outcome: reasons.length === 0 ? 'pass' : 'unknown', reasons, failure: null };
});

/** Threads that fail differently only in what runsc never compares are one group. */
function groupKey(finding: FpuFinding, saved: bigint): string {
  const byState = finding.kind === 'unsupported' || finding.kind === 'xrstor' || finding.kind === 'unknown-state';
  const parts = Object.values(finding).map(String);
  return [...parts, byState ? saved.toString(16) : ''].join(' ');
}

/**
 * What runsc prints of a failed callback. Until 2024-02-08 a dump of the object stood before the message; the innermost part is ours.
 * The address in what XRSTOR raises cannot be known.
 */
function panicText(finding: FpuFinding, saved: bigint, rules: Rules): string | null {
  if (rules.has('callback-nil-panic') && !rules.has('callback-error-restored')) {
    return 'runtime error: invalid memory address or nil pointer dereference';
  }
  const prefix = rules.has('callback-error-first') ? 'error executing callbacks: ' : '';
  if (finding.kind === 'unsupported' && finding.supported !== null) {
    return `${prefix}floating point state contains unsupported features; supported: ${hex(finding.supported)} saved: ${hex(saved)}`;
  }
  if (finding.kind === 'mxcsr') {
    const after = (finding.mxcsr & finding.mask) >>> 0;
    return `${prefix}incompatible mxcsr value: ${finding.mxcsr.toString(16)} (${after.toString(16)})`;
  }
  return null;
}

function reasonOf({ finding, saved, tasks }: Group): Reason[] {
  const threads = tasks.map(threadOf).sort(compareThreads);
  const who = describeThreads(threads);
  switch (finding.kind) {
    case 'pass':
      return [];
    case 'unsupported': {
      const components = componentNames(finding.bits);
      const supported = finding.supported === null ? null : hex(finding.supported);
      const message = `${who}: floating-point state in use that the host cannot load: ${components.join(', ')}`;
      return [reason('CKPT1801', ORDER, message, { supported, saved: hex(saved), components, threads })];
    }
    case 'mxcsr': {
      const details = { mxcsr: hex(BigInt(finding.mxcsr)), mask: hex(BigInt(finding.mask)), threads };
      return [reason('CKPT1802', ORDER, `${who}: MXCSR is ${details.mxcsr}, and the host accepts ${details.mask} only`, details)];
    }
    case 'xrstor': {
      const details = { saved: hex(saved), components: componentNames(finding.bits), cause: finding.cause, threads };
      return [reason('CKPT1803', ORDER, `${who}: XRSTOR refuses the saved state: ${finding.cause}`, details)];
    }
    case 'unknown-state': {
      const components = componentNames(finding.bits);
      const what = components.length === 0 ? 'the saved state' : components.join(', ');
      const message = `${who}: it is not known whether the host can load ${what}: ${finding.why}`;
      return [reason('CKPT1804', ORDER, message, { saved: hex(saved), components, why: finding.why, threads })];
    }
    case 'unknown-mxcsr': {
      const details = { mxcsr: hex(BigInt(finding.mxcsr)), why: finding.why, threads };
      return [
        reason(
          'CKPT1805',
          ORDER,
          `${who}: it is not known whether the host accepts MXCSR ${details.mxcsr}: ${finding.why}`,
          details,
        ),
      ];
    }
  }
}

function threadOf(task: TaskFpu): ThreadRef {
  return { pid: task.pid, tid: task.tid, name: task.name, container: task.container, path: task.path };
}

/** By process and thread, those without a number last, then by path. */
function compareThreads(a: ThreadRef, b: ThreadRef): number {
  return compareNumbers(a.pid, b.pid) || compareNumbers(a.tid, b.tid) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}

function compareNumbers(a: number | null, b: number | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  return b === null ? -1 : a - b;
}

/** `sh (process 1, thread 1)`, or how many threads of which processes. */
function describeThreads(threads: readonly ThreadRef[]): string {
  const [first] = threads;
  if (first !== undefined && threads.length === 1) {
    const number = first.pid === null ? 'no longer in a PID namespace' : `process ${first.pid}, thread ${first.tid ?? '?'}`;
    return `${first.name ?? 'a thread'} (${number})`;
  }
  const live = threads.filter((thread) => thread.pid !== null);
  const dead = threads.filter((thread) => thread.pid === null);
  const processes = new Map(live.map((thread) => [thread.pid, `${thread.pid} (${thread.name ?? '?'})`]));
  const parts = [];
  if (live.length > 0)
    parts.push(
      `${counted(live.length, 'thread')} of ${processes.size === 1 ? 'process' : 'processes'} ${listed(processes.values())}`,
    );
  if (dead.length > 0)
    parts.push(`${counted(dead.length, 'dead thread')} (${listed(new Set(dead.map((thread) => thread.name ?? '?')))})`);
  return parts.join(' and ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** The first eight of them; the details of the reason hold all. */
function listed(names: Iterable<string>): string {
  const all = [...names];
  return `${all.slice(0, 8).join(', ')}${all.length > 8 ? ', …' : ''}`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
