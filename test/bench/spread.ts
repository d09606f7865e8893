/** What is left of many measurements of one thing. */

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Least, middle and greatest; throws without any. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => {
    const value = sorted[index];
    if (value === undefined) throw new Error('nothing was measured');
    return value;
  };
  const half = sorted.length / 2;
  const median = sorted.length % 2 === 1 ? at(Math.floor(half)) : (at(half - 1) + at(half)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/** How many times as much one took as the other: by their medians, and by their minima, which disturb each other least. */
export function ratio(of: Spread, to: Spread): { readonly medians: number; readonly minima: number } {
  return { medians: of.median / to.median, minima: of.min / to.min };
}
