/** What a few images cover, when there cannot be as many as it takes for all. */
import { type Bits, common, isEmpty, membersOf, noBits, without } from './bits.ts';

/** The sets taken so far, and how much they have between them. */
export interface Coverage {
  readonly chosen: readonly number[];
  readonly weight: number;
}

/**
 * Takes, one after the other, the set that adds most weight; of equal ones the first. The first step is the best there is, and after each
 * step the weight is at least 63 % (1 - 1/e) of the best for as many sets.
 *
 * @param most sets that are taken at most
 * @see Nemhauser, Wolsey, Fisher, An analysis of approximations for maximizing submodular set functions, 1978
 */
export function bestCoverage(sets: readonly Bits[], weights: readonly number[], most: number): Coverage[] {
  let left = noBits(weights.length).fill(0xffff_ffff);
  const weightOf = (set: Bits): number => membersOf(common(set, left)).reduce((sum, element) => sum + (weights[element] ?? 0), 0);
  // What a set adds only shrinks, so that an old figure is a ceiling.
  const rows = sets.map((set, number) => ({ set, number, gain: isEmpty(set) ? 0 : weightOf(set) }));
  const steps: Coverage[] = [];
  let chosen: number[] = [];
  let weight = 0;
  while (steps.length < most) {
    rows.sort((a, b) => b.gain - a.gain || a.number - b.number);
    let best: (typeof rows)[number] | null = null;
    for (const row of rows) {
      if (best !== null && row.gain < best.gain) break;
      row.gain = weightOf(row.set);
      if (best === null || row.gain > best.gain || (row.gain === best.gain && row.number < best.number)) best = row;
    }
    if (best === null || best.gain === 0) break;
    chosen = [...chosen, best.number];
    weight += best.gain;
    left = without(left, best.set);
    steps.push({ chosen, weight });
  }
  return steps;
}
