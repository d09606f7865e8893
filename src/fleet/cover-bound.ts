/** Covers that are found fast, and how few sets any cover must have. */
import { addBit, type Bits, common, countBits, countCommon, either, isEmpty, meets, membersOf, noBits, without } from './bits.ts';

/** A set by its number in the caller's order. */
export interface NumberedSet {
  readonly number: number;
  readonly has: Bits;
}

/** Sets and elements that share nothing with those of other parts. */
export interface Part {
  readonly sets: readonly NumberedSet[];
  readonly elements: Bits;
}

/** For each element the sets that have it, by their place in the list. */
export function holdersOf(sets: readonly NumberedSet[], elements: Bits): Map<number, Bits> {
  const holders = new Map<number, Bits>();
  for (const element of membersOf(elements)) holders.set(element, noBits(sets.length));
  for (const [index, { has }] of sets.entries()) {
    for (const element of membersOf(has)) {
      const own = holders.get(element);
      if (own !== undefined) addBit(own, index);
    }
  }
  return holders;
}

/** Takes the set that has most of what is left until nothing is; of equal ones the first. Then drops those that the others made needless. */
export function greedyCover({ sets, elements }: Part): number[] {
  let left = elements;
  const chosen: NumberedSet[] = [];
  // What a set gains only shrinks, so that an old gain is a ceiling: a set is counted again only when it could still be the best.
  const gains = sets.map((set) => ({ set, gain: countBits(set.has) })).sort(byGain);
  while (!isEmpty(left)) {
    let best: { set: NumberedSet; gain: number } | null = null;
    for (const row of gains) {
      if (best !== null && row.gain < best.gain) break;
      row.gain = countCommon(row.set.has, left);
      if (best === null || row.gain > best.gain || (row.gain === best.gain && row.set.number < best.set.number)) best = row;
    }
    if (best === null || best.gain === 0) break;
    chosen.push(best.set);
    left = without(left, best.set.has);
    gains.sort(byGain);
  }
  return withoutNeedless(chosen, elements).map(({ number }) => number);
}

function byGain(a: { set: { number: number }; gain: number }, b: { set: { number: number }; gain: number }): number {
  return b.gain - a.gain || a.set.number - b.set.number;
}

/** The sets without those whose elements are all in the others. */
function withoutNeedless(chosen: readonly NumberedSet[], elements: Bits): NumberedSet[] {
  const counts = new Map<number, number>();
  for (const { has } of chosen)
    for (const element of membersOf(common(has, elements))) counts.set(element, (counts.get(element) ?? 0) + 1);
  return chosen.filter(({ has }) => {
    const own = membersOf(common(has, elements));
    if (own.some((element) => counts.get(element) === 1)) return true;
    for (const element of own) counts.set(element, (counts.get(element) ?? 0) - 1);
    return false;
  });
}

/** What one set can pay, in whole numbers so that the bound is exact: divisible by every number up to 16. */
const WHOLE = 720_720;

/**
 * A number of sets that every cover has at least: the larger of two bounds.
 *
 * - packing: elements of which no two are in one set need a set each.
 * - duality: where every element asks for a price so that no set is asked for more than one in total, all prices together are a bound.
 *
 * @see Vazirani, Approximation Algorithms, ch. 13 to 15 (dual of the linear relaxation of set cover)
 */
export function lowerBound({ sets, elements }: Part, holders: ReadonlyMap<number, Bits>): number {
  const rarest = membersOf(elements)
    .map((element) => ({ element, count: countBits(holders.get(element) ?? noBits(0)) }))
    .sort((a, b) => a.count - b.count || a.element - b.element)
    .map(({ element }) => element);
  return Math.max(packing(rarest, holders, sets.length), duality(rarest, holders, sets));
}

type Holders = ReadonlyMap<number, Bits>;

function packing(rarest: readonly number[], holders: Holders, count: number): number {
  let used = noBits(count);
  let packed = 0;
  for (const element of rarest) {
    const own = holders.get(element) ?? noBits(count);
    if (meets(own, used)) continue;
    used = either(used, own);
    packed++;
  }
  return packed;
}

/** Every element first gets its share of its largest set; then each is raised as far as its sets allow. */
function duality(rarest: readonly number[], holders: Holders, sets: Part['sets']): number {
  const slack = sets.map(() => WHOLE);
  const sizes = sets.map(({ has }) => countBits(has));
  let total = 0;
  const raise = (own: readonly number[], price: number): void => {
    for (const set of own) slack[set] = (slack[set] ?? 0) - price;
    total += price;
  };
  for (const element of rarest) {
    const own = membersOf(holders.get(element) ?? noBits(0));
    raise(own, Math.floor(WHOLE / own.reduce((most, set) => Math.max(most, sizes[set] ?? 1), 1)));
  }
  for (const element of rarest) {
    const own = membersOf(holders.get(element) ?? noBits(0));
    const room = own.reduce((least, set) => Math.min(least, slack[set] ?? 0), WHOLE);
    if (room > 0) raise(own, room);
  }
  return Math.ceil(total / WHOLE);
}
