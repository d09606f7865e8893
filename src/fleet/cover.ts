/** The least number of sets that have everything between them. */
import {
  addBit,
  type Bits,
  bitsOf,
  common,
  countBits,
  countCommon,
  either,
  isEmpty,
  isSubset,
  meets,
  membersOf,
  noBits,
  without,
} from './bits.ts';
import { greedyCover, holdersOf, lowerBound, type NumberedSet, type Part } from './cover-bound.ts';

/** A cover, and how good it is proven to be. */
export interface Cover {
  /** The sets, by number, the smallest first. */
  readonly chosen: readonly number[];
  /** No cover has fewer sets than this. */
  readonly atLeast: number;
  /** Elements that are in no set. */
  readonly uncovered: Bits;
}

/** The most steps of the search for the best cover of one part; beyond that the best one found so far and its bound are the answer. */
export const MOST_STEPS = 200_000;

/** The most sets or elements that are compared with one another to leave out what cannot matter. */
const MOST_COMPARED = 4096;

/**
 * A cover of all elements that are in some set, with as few sets as possible.
 *
 * First, sets within other sets and elements that come with other elements are left out, and a set that alone has an element is taken, until
 * nothing changes; what remains falls into parts that share no element. A small part is searched to its end (branch and bound), so that the
 * cover is the least; for a large one, or after {@link MOST_STEPS} steps, it is the best that was found, with a proven lower bound. The same
 * input gives the same cover.
 *
 * @param sets each over the same elements, 0 up to `size`
 */
export function leastCover(sets: readonly Bits[], size: number, steps = MOST_STEPS): Cover {
  const covered = noBits(size);
  for (const set of sets)
    for (let word = 0; word < covered.length; word++) covered[word] = (covered[word] ?? 0) | (set[word] ?? 0);
  const uncovered = without(bitsOf(size, range(size)), covered);
  const { taken, parts } = reduced(sets, covered, size);
  const chosen = [...taken];
  let atLeast = taken.length;
  for (const part of parts) {
    const best = partCover(part, steps);
    chosen.push(...best.chosen);
    atLeast += best.atLeast;
  }
  return { chosen: chosen.sort((a, b) => a - b), atLeast, uncovered };
}

interface Reduced {
  readonly taken: readonly number[];
  readonly parts: readonly Part[];
}

/** Leaves out what cannot matter, takes what must be taken; what is compared in pairs comes last, when least is left. */
function reduced(given: readonly Bits[], covered: Bits, size: number): Reduced {
  const taken: number[] = [];
  let elements = covered;
  let sets: readonly NumberedSet[] = given.map((has, number) => ({ number, has }));
  for (;;) {
    sets = sets.map(({ number, has }) => ({ number, has: common(has, elements) })).filter(({ has }) => !isEmpty(has));
    const alone = inOneSet(sets, size);
    const must = sets.filter(({ has }) => meets(has, alone));
    if (must.length > 0) {
      taken.push(...must.map(({ number }) => number));
      elements = must.reduce((left, { has }) => without(left, has), elements);
      continue;
    }
    const maximal = withoutSubsets(sets);
    if (maximal.length < sets.length) {
      sets = maximal;
      continue;
    }
    const needed = withoutImplied(holdersOf(sets, elements), size);
    if (countBits(needed) === countBits(elements)) return { taken, parts: partsOf(sets, size) };
    elements = needed;
  }
}

/** The elements that exactly one of the sets has. */
function inOneSet(sets: readonly NumberedSet[], size: number): Bits {
  const some = noBits(size);
  const several = noBits(size);
  for (const { has } of sets) {
    for (const [word, own] of has.entries()) {
      several[word] = (several[word] ?? 0) | ((some[word] ?? 0) & own);
      some[word] = (some[word] ?? 0) | own;
    }
  }
  return without(some, several);
}

/** The sets that lie in no other; of equal ones the first. */
function withoutSubsets(sets: readonly NumberedSet[]): NumberedSet[] {
  const distinct = new Map<string, NumberedSet>();
  for (const set of sets) {
    const key = Buffer.from(set.has.buffer, set.has.byteOffset, set.has.byteLength).toString('latin1');
    if (!distinct.has(key)) distinct.set(key, set);
  }
  const largestFirst = [...distinct.values()]
    .map((set) => ({ set, count: countBits(set.has) }))
    .sort((a, b) => b.count - a.count || a.set.number - b.set.number);
  const kept: NumberedSet[] = [];
  for (const { set } of largestFirst) {
    const compared = kept.length <= MOST_COMPARED ? kept : kept.slice(0, MOST_COMPARED);
    if (!compared.some(({ has }) => isSubset(set.has, has))) kept.push(set);
  }
  return kept.sort((a, b) => a.number - b.number);
}

/** The elements without those that every cover of the others has anyway: whoever has one with fewer holders has them. */
function withoutImplied(holders: ReadonlyMap<number, Bits>, size: number): Bits {
  const rows = [...holders].map(([element, own]) => ({ element, own, number: countBits(own) }));
  rows.sort((a, b) => a.number - b.number || a.element - b.element);
  const kept: typeof rows = [];
  for (const row of rows) {
    const compared = kept.length <= MOST_COMPARED ? kept : kept.slice(0, MOST_COMPARED);
    if (!compared.some(({ own }) => isSubset(own, row.own))) kept.push(row);
  }
  const needed = noBits(size);
  for (const { element } of kept) addBit(needed, element);
  return needed;
}

/** Sets that share elements, directly or through others, belong together. */
function partsOf(sets: readonly NumberedSet[], size: number): Part[] {
  const first = new Map<number, number>();
  const parent = sets.map((_, index) => index);
  const root = (index: number): number => {
    let at = index;
    while (parent[at] !== undefined && parent[at] !== at) {
      parent[at] = parent[parent[at] ?? at] ?? at;
      at = parent[at] ?? at;
    }
    return at;
  };
  for (const [index, { has }] of sets.entries()) {
    for (const element of membersOf(has)) {
      const other = first.get(element);
      if (other === undefined) first.set(element, index);
      else parent[Math.max(root(index), root(other))] = Math.min(root(index), root(other));
    }
  }
  const groups = new Map<number, NumberedSet[]>();
  for (const [index, set] of sets.entries()) {
    const own = root(index);
    const group = groups.get(own);
    if (group === undefined) groups.set(own, [set]);
    else group.push(set);
  }
  return [...groups.values()].map((members) => ({
    sets: members,
    elements: members.reduce((all, { has }) => either(all, has), noBits(size)),
  }));
}

/** A place in the search: what is still to be covered, and the sets that were taken on the way. */
interface Node {
  readonly left: Bits;
  readonly chosen: readonly number[];
}

/** The best cover of one part, and a bound that holds. */
function partCover(part: Part, steps: number): { readonly chosen: readonly number[]; readonly atLeast: number } {
  let best = greedyCover(part);
  const holders = holdersOf(part.sets, part.elements);
  const bound = lowerBound(part, holders);
  if (best.length === bound) return { chosen: best, atLeast: bound };
  const largest = part.sets.reduce((most, { has }) => Math.max(most, countBits(has)), 1);
  // Depth first, on the element with the fewest sets; a branch ends when even the largest sets could not make it better.
  const waiting: Node[] = [{ left: part.elements, chosen: [] }];
  let taken = 0;
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (++taken > steps) return { chosen: best, atLeast: bound };
    const { left, chosen } = node;
    if (isEmpty(left)) {
      if (chosen.length < best.length) best = [...chosen];
      if (best.length === bound) break;
      continue;
    }
    if (chosen.length + Math.ceil(countBits(left) / largest) >= best.length) continue;
    const ordered = fewestHolders(left, holders)
      .flatMap((index) => part.sets[index] ?? [])
      .map((set) => ({ set, gain: countCommon(set.has, left) }))
      .sort((a, b) => a.gain - b.gain || b.set.number - a.set.number);
    // The last one pushed is looked at first: the one that covers most.
    for (const { set } of ordered) waiting.push({ left: without(left, set.has), chosen: [...chosen, set.number] });
  }
  return { chosen: best, atLeast: best.length };
}

function fewestHolders(left: Bits, holders: ReadonlyMap<number, Bits>): readonly number[] {
  let fewest: { readonly own: Bits; readonly count: number } | null = null;
  for (const element of membersOf(left)) {
    const own = holders.get(element);
    if (own === undefined) continue;
    const count = countBits(own);
    if (fewest === null || count < fewest.count) fewest = { own, count };
  }
  return fewest === null ? [] : membersOf(fewest.own);
}

function* range(size: number): Generator<number> {
  for (let number = 0; number < size; number++) yield number;
}
