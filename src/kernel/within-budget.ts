/** Stops lists that many processes share from being read over and over. */
import { CkptError } from '../errors.ts';

/** How many more elements may be read. */
export interface Budget {
  left: number;
}

/**
 * The elements, as long as the budget lasts.
 *
 * @throws CkptError `over-limit` when it does not.
 */
export function* withinBudget<T>(elements: Iterable<T>, budget: Budget): Generator<T> {
  for (const element of elements) {
    spend(budget, 1);
    yield element;
  }
}

/**
 * Takes elements off a budget.
 *
 * @throws CkptError `over-limit` when there are not so many left.
 */
export function spend(budget: Budget, elements: number): void {
  budget.left -= elements;
  if (budget.left >= 0) return;
  throw new CkptError(
    'over-limit',
    { layer: 'kernel' },
    {
      expected: 'memory maps that together stay below what the limit `elements` allows',
      found: 'more',
      hint: 'The image is damaged or hostile, or the limit must be raised',
    },
  );
}
