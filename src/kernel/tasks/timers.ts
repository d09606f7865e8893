/** Timers of a process: interval timers, POSIX timers, and the one that watches its limit of CPU time. */
import { fieldAt, integer, type Node, objectNode, readNode, typeName } from '../../graph/node.ts';
import { type ElementBudget, entriesWithin } from '../element-budget.ts';
import { fact } from '../epochs.ts';
import { dynamicType } from '../files/dentry.ts';
import type { SavedClocks } from '../saved-clocks.ts';
import { flagIn, integerIn, numberIn, structOf } from '../struct-values.ts';
import type { CpuTime } from './cpu-time.ts';

export type TimerClock =
  | 'realtime'
  | 'monotonic'
  | 'process-cpu'
  | 'process-cpu-user'
  | 'thread-cpu'
  | 'thread-cpu-user'
  | 'unknown';

/** An armed timer. Times are nanoseconds of its clock. */
export interface SavedTimer {
  readonly kind: 'itimer-real' | 'itimer-virtual' | 'itimer-prof' | 'posix' | 'cpu-limit';
  /** Of a POSIX timer. */
  readonly id: number | null;
  readonly clock: TimerClock;
  readonly next: bigint;
  /** From the checkpoint on; null when the value of the clock was not saved. */
  readonly remaining: bigint | null;
  /** 0 for a timer that fires once. */
  readonly period: bigint;
  /** Sent when it fires. */
  readonly signal: number | null;
  /** Times that a POSIX timer fired while its signal was pending. */
  readonly overruns: number | null;
}

const SIGNALS = { real: 14, virtual: 26, prof: 27, cpu: 24 } as const;

/** Time that never comes: gVisor's ktime.MaxTime. */
const NEVER = 2n ** 63n - 1n;

/**
 * The armed timers of a thread group: interval timers, then POSIX timers by number.
 *
 * @param group a ThreadGroup.
 * @param cpu its CPU time, for the clocks of images before 2024-11, which do not save their value.
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/sentry/kernel: ThreadGroup.itimer…, posixtimer.go; pkg/sentry/ktime
 */
export function readTimers(group: Node, clocks: SavedClocks, cpu: CpuTime, budget: ElementBudget): SavedTimer[] {
  const user = { clock: 'process-cpu-user', now: cpu.user } as const;
  const both = { clock: 'process-cpu', now: cpu.user + cpu.system } as const;
  const read = (node: Node | null, fallback: ClockNow | null): Reading | null => readTimer(node, clocks, cpu, fallback);
  const itimers: (SavedTimer | null)[] = [
    timer('itimer-real', SIGNALS.real, read(fieldAt(group, 'itimerRealTimer'), null)),
    timer('itimer-virtual', SIGNALS.virtual, read(fact(group, 'ThreadGroup.virtualTimer'), user)),
    timer('itimer-prof', SIGNALS.prof, read(fact(group, 'ThreadGroup.profilingTimer'), both)),
    timer('cpu-limit', SIGNALS.cpu, read(fact(group, 'ThreadGroup.cpuLimitTimer'), both)),
  ];
  return [...itimers, ...posixTimers(group, read, budget)].filter((one) => one !== null);
}

function posixTimers(
  group: Node,
  read: (node: Node | null, fallback: null) => Reading | null,
  budget: ElementBudget,
): (SavedTimer | null)[] {
  const map = fieldAt(group, 'timers');
  return entriesWithin(map ?? undefined, budget)
    .map(({ key, value }) => {
      const saved = structOf(value);
      const reading = read(saved.get('timer') ?? null, null);
      const one = timer('posix', numberIn(saved, 'signo'), reading);
      return one === null ? null : { ...one, id: Number(integer(key)), overruns: numberIn(saved, 'overrunCur') };
    })
    .sort((a, b) => (a?.id ?? 0) - (b?.id ?? 0));
}

/** A clock and its value at the checkpoint. */
interface ClockNow {
  readonly clock: TimerClock;
  readonly now: bigint | null;
}

interface Reading extends ClockNow {
  readonly next: bigint;
  readonly period: bigint;
}

function timer(kind: SavedTimer['kind'], signal: number | null, reading: Reading | null): SavedTimer | null {
  if (reading === null) return null;
  const { clock, now, next, period } = reading;
  const left = now === null ? null : next - now;
  const remaining = left !== null && left < 0n ? 0n : left;
  return { kind, id: null, clock, next, remaining, period, signal: signal === 0 ? null : signal, overruns: null };
}

/** A timer that is armed; null for one that is not. Before 2024-11 some are a bare Setting, whose clock is known from their place. */
function readTimer(node: Node | null, clocks: SavedClocks, cpu: CpuTime, fallback: ClockNow | null): Reading | null {
  const outer = structOf(node);
  const setting = outer.has('setting') ? structOf(outer.get('setting')) : outer;
  const next = integerIn(structOf(setting.get('Next')), 'ns') ?? 0n;
  if (flagIn(setting, 'Enabled') !== true || next === NEVER) return null;
  const clock = outer.get('clock');
  const known = clock === undefined ? null : clockOf(clock, clocks, cpu);
  return { ...(known ?? fallback ?? { clock: 'unknown', now: null }), next, period: integerIn(setting, 'Period') ?? 0n };
}

/** @see gVisor pkg/sentry/kernel: timekeeperClock; tgClock and taskClock until 2024-11; ktime.SyntheticClock since. */
function clockOf(clock: Node, clocks: SavedClocks, cpu: CpuTime): ClockNow | null {
  const name = dynamicType(clock);
  const saved = structOf(clock);
  switch (name) {
    case 'pkg/sentry/kernel.timekeeperClock':
      return numberIn(saved, 'c') === 0
        ? { clock: 'realtime', now: clocks.realtime }
        : { clock: 'monotonic', now: clocks.monotonic };
    case 'pkg/sentry/kernel.tgClock':
      return flagIn(saved, 'includeSys') === true
        ? { clock: 'process-cpu', now: cpu.user + cpu.system }
        : { clock: 'process-cpu-user', now: cpu.user };
    case 'pkg/sentry/kernel.taskClock':
      return { clock: flagIn(saved, 'includeSys') === true ? 'thread-cpu' : 'thread-cpu-user', now: null };
    case 'pkg/sentry/ktime.SyntheticClock':
      return { clock: syntheticClock(clock), now: integerIn(saved, 'now') };
    default:
      return null;
  }
}

/** Which clock of a task or thread group this is: by the reference, which goes to a field of it. */
function syntheticClock(clock: Node): TimerClock {
  let current = readNode(clock);
  if (current.kind === 'interface') current = readNode({ ...clock, at: current.value });
  if (current.kind !== 'ref') return 'unknown';
  const whose = typeName(objectNode(clock.graph, current.root)) === 'pkg/sentry/kernel.Task' ? 'thread-cpu' : 'process-cpu';
  return current.dots.at(-1) === 'appCPUClock' ? `${whose}-user` : whose;
}
