/** Resource limits of a process. */
import { integer, type Node } from '../../graph/node.ts';
import { type ElementBudget, entriesWithin } from '../element-budget.ts';
import { integerIn, structOf } from '../struct-values.ts';

export interface ResourceLimit {
  /** As in /proc/PID/limits. */
  readonly name: string;
  /** Empty for the priorities. */
  readonly unit: string;
  /** Null: unlimited. */
  readonly soft: bigint | null;
  readonly hard: bigint | null;
}

/**
 * Name and unit in the order of /proc/PID/limits; the position is gVisor's number of the limit.
 *
 * @see Linux fs/proc/base.c: lnames; gVisor pkg/sentry/limits/limits.go
 */
const LIMITS = [
  ['Max cpu time', 'seconds'],
  ['Max file size', 'bytes'],
  ['Max data size', 'bytes'],
  ['Max stack size', 'bytes'],
  ['Max core file size', 'bytes'],
  ['Max resident set', 'bytes'],
  ['Max processes', 'processes'],
  ['Max open files', 'files'],
  ['Max locked memory', 'bytes'],
  ['Max address space', 'bytes'],
  ['Max file locks', 'locks'],
  ['Max pending signals', 'signals'],
  ['Max msgqueue size', 'bytes'],
  ['Max nice priority', ''],
  ['Max realtime priority', ''],
  ['Max realtime timeout', 'us'],
] as const;

const UNLIMITED = 2n ** 64n - 1n;

/**
 * Reads limits.LimitSet. A limit without an entry is 0, as gVisor answers for it.
 *
 * @param node ThreadGroup.limits.
 * @returns all sixteen, or null when the set is nil.
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 */
export function readResourceLimits(node: Node | undefined, budget: ElementBudget): ResourceLimit[] | null {
  const data = structOf(node).get('data');
  if (data === undefined) return null;
  const saved = new Map(entriesWithin(data, budget).map(({ key, value }) => [Number(integer(key)), value]));
  return LIMITS.map(([name, unit], number) => {
    const limit = structOf(saved.get(number));
    return { name, unit, soft: bound(integerIn(limit, 'Cur')), hard: bound(integerIn(limit, 'Max')) };
  });
}

function bound(value: bigint | null): bigint | null {
  const unsigned = BigInt.asUintN(64, value ?? 0n);
  return unsigned === UNLIMITED ? null : unsigned;
}
