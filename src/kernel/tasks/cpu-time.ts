/** How long tasks ran. */
import { fieldAt, integer, type Node } from '../../graph/node.ts';
import { fact, hasFact } from '../epochs.ts';
import { integerIn, type Struct, structOf } from '../struct-values.ts';

/** Time on a CPU in nanoseconds, in steps of 10 ms: gVisor counts ticks. */
export interface CpuTime {
  /** In the program. */
  readonly user: bigint;
  /** In gVisor on behalf of the program. */
  readonly system: bigint;
}

/** gVisor's and Linux's clock tick: USER_HZ is 100. @see gVisor pkg/abi/linux/time.go: ClockTick */
const TICK = 10_000_000n;

/**
 * The time of one task or thread group that has CPU clocks of its own (since release-20241118.0), or of a task that counts ticks.
 *
 * @returns null when it is saved in another way: the thread groups of older images, see {@link groupCpuTime}.
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/kernel/task_sched.go: Task.CPUStats; TaskGoroutineSchedInfo before.
 */
export function cpuTime(holder: Node): CpuTime | null {
  if (hasFact(holder, 'CpuTime.user')) {
    const user = integer(fact(holder, 'CpuTime.user'));
    const both = integer(fact(holder, 'CpuTime.both'));
    return { user, system: both > user ? both - user : 0n };
  }
  const ticks = structOf(fieldAt(holder, 'gosched'));
  if (ticks.size === 0) return null;
  return inGo({ user: (integerIn(ticks, 'UserTicks') ?? 0n) * TICK, system: (integerIn(ticks, 'SysTicks') ?? 0n) * TICK });
}

/** The time of a thread group: its own clocks, or that of the threads that ended and of those that it has. */
export function groupCpuTime(group: Node, threads: readonly (CpuTime | null)[]): CpuTime {
  const own = cpuTime(group);
  if (own !== null) return own;
  let { user, system } = spentTime(structOf(fieldAt(group, 'exitedCPUStats')));
  for (const thread of threads) {
    user += thread?.user ?? 0n;
    system += thread?.system ?? 0n;
  }
  return inGo({ user, system });
}

/** As the 64 bits of a Go duration, which wrap in damaged images. */
function inGo({ user, system }: CpuTime): CpuTime {
  return { user: BigInt.asIntN(64, user), system: BigInt.asIntN(64, system) };
}

/** A saved usage.CPUStats: of children that were waited for (ThreadGroup.childCPUStats), of threads that ended. */
export function spentTime(stats: Struct): CpuTime {
  return { user: integerIn(stats, 'UserTime') ?? 0n, system: integerIn(stats, 'SysTime') ?? 0n };
}
