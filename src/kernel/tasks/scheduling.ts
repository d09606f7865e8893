/** How a task is scheduled. */
import { countElements, integer, type Node } from '../../graph/node.ts';
import { type ElementBudget, elementsWithin } from '../element-budget.ts';
import { integerIn, numberIn, type Struct } from '../struct-values.ts';

/** Null stands for what is not saved. */
export interface Scheduling {
  readonly nice: number | null;
  /** SCHED_… number; saved since release-20260706.0. */
  readonly policy: number | null;
  /** CPU that it last ran on. */
  readonly cpu: number | null;
  /** CPUs that it may run on, ascending. */
  readonly allowed: readonly number[] | null;
  readonly voluntarySwitches: bigint | null;
}

/** Of a task whose scheduling cannot be read. */
export const UNKNOWN_SCHEDULING: Scheduling = { nice: null, policy: null, cpu: null, allowed: null, voluntarySwitches: null };

/** The most bytes of a CPU mask: 8192 CPUs, the most of any Linux. */
const MASK_AT_MOST = 1024;

/**
 * Reads what a task says of its scheduling.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/sentry/kernel/task.go: niceness, scheduler, cpu, allowedCPUMask, yieldCount
 */
export function readScheduling(task: Struct, budget: ElementBudget): Scheduling {
  return {
    nice: numberIn(task, 'niceness'),
    policy: numberIn(task, 'scheduler'),
    cpu: numberIn(task, 'cpu'),
    allowed: cpusOf(task.get('allowedCPUMask'), budget),
    voluntarySwitches: integerIn(task, 'yieldCount'),
  };
}

function cpusOf(mask: Node | undefined, budget: ElementBudget): number[] | null {
  if (mask === undefined || countElements(mask) > MASK_AT_MOST) return null;
  const cpus: number[] = [];
  let first = 0;
  for (const element of elementsWithin(mask, budget)) {
    const byte = Number(integer(element));
    for (let bit = 0; bit < 8; bit++) if (((byte >> bit) & 1) === 1) cpus.push(first + bit);
    first += 8;
  }
  return cpus;
}
