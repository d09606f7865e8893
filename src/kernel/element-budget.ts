/** Stops lists that many tasks share from being read over and over. */
import { CkptError } from '../errors.ts';
import { countElements, elements, mapEntries, type Node, pathOf } from '../graph/node.ts';

/**
 * Counts what is read one by one, for all lists together, and stops at the ceiling on the elements of one array: real images hold fewer in
 * all lists. Stops a small image in which a million things all lead to one long list.
 *
 * The function throws CkptError `over-limit`.
 *
 * @param what the lists, for the error: `lists of files`.
 */
export function elementCounter(what: string): (count: number, where: Node) => void {
  let spent = 0;
  return (count, where) => {
    spent += count;
    const most = where.graph.wire.limits.elements;
    if (spent <= most) return;
    throw new CkptError(
      'over-limit',
      { layer: 'kernel', path: pathOf(where) },
      { expected: `at most ${most} entries in all ${what}`, found: 'more', hint: 'The image is damaged or hostile' },
    );
  };
}

/** How many more elements and entries may be read for all processes together. */
export interface ElementBudget {
  left: number;
}

/** A budget of as many elements as one array may have. */
export function elementBudget(node: Pick<Node, 'graph'>): ElementBudget {
  return { left: node.graph.wire.limits.elements };
}

/**
 * The entries of a map; none for a missing one.
 *
 * @throws CkptError `over-limit` once the budget is spent, `unknown-shape`, `dangling-reference`.
 */
export function entriesWithin(map: Node | undefined, budget: ElementBudget): ReturnType<typeof mapEntries> {
  if (map === undefined) return [];
  spend(budget, 0, map);
  const entries = mapEntries(map);
  spend(budget, entries.length, map);
  return entries;
}

/** The elements of a slice or array; none for a missing one. @throws CkptError as {@link entriesWithin}. */
export function elementsWithin(list: Node | undefined, budget: ElementBudget): Iterable<Node> {
  if (list === undefined) return [];
  spend(budget, countElements(list), list);
  return elements(list);
}

function spend(budget: ElementBudget, count: number, node: Node): void {
  budget.left -= count;
  if (budget.left > 0) return;
  throw new CkptError(
    'over-limit',
    { layer: 'kernel', path: pathOf(node) },
    {
      expected: 'lists of processes that together stay below the limit `elements`',
      found: 'more',
      hint: 'The image is damaged or hostile, or the limit must be raised',
    },
  );
}
