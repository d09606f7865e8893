import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bits, bitsOf, countBits, either, isSubset, membersOf, noBits } from '../../../src/fleet/bits.ts';
import { leastCover } from '../../../src/fleet/cover.ts';
import { greedyCover, holdersOf, lowerBound } from '../../../src/fleet/cover-bound.ts';

/** Tries every choice of sets, the smallest choices first. */
function bruteForce(sets: readonly Bits[], size: number): number {
  const all = sets.reduce(either, noBits(size));
  for (let wanted = 0; wanted <= sets.length; wanted++) {
    for (let choice = 0; choice < 1 << sets.length; choice++) {
      const chosen = sets.filter((_, index) => ((choice >>> index) & 1) === 1);
      if (chosen.length === wanted && isSubset(all, chosen.reduce(either, noBits(size)))) return wanted;
    }
  }
  throw new Error('all sets together cover what they have');
}

const instance = fc
  .integer({ min: 1, max: 40 })
  .chain((size) =>
    fc.record({
      size: fc.constant(size),
      sets: fc.array(fc.array(fc.integer({ min: 0, max: size - 1 }), { maxLength: 9 }), { maxLength: 10 }),
    }),
  )
  .map(({ size, sets }) => ({ size, sets: sets.map((members) => bitsOf(size, members)) }));

describe('the least cover', () => {
  it('is a cover of the size that brute force finds, and leaves out only what no set has', () => {
    fc.assert(
      fc.property(instance, ({ sets, size }) => {
        const { chosen, atLeast, uncovered } = leastCover(sets, size);
        const all = sets.reduce(either, noBits(size));
        expect(membersOf(chosen.map((index) => sets[index] ?? noBits(size)).reduce(either, noBits(size)))).toEqual(
          membersOf(all),
        );
        expect(chosen.length).toBe(bruteForce(sets, size));
        expect(atLeast).toBe(chosen.length);
        expect(countBits(uncovered) + countBits(all)).toBe(size);
      }),
      { numRuns: 300 },
    );
  });

  it('has a lower bound that holds and a greedy cover that covers, and says so when it stops searching', () => {
    fc.assert(
      fc.property(instance, ({ sets, size }) => {
        const elements = sets.reduce(either, noBits(size));
        const part = { sets: sets.map((has, number) => ({ number, has })), elements };
        const best = bruteForce(sets, size);
        const greedy = greedyCover(part);
        expect(lowerBound(part, holdersOf(part.sets, elements))).toBeLessThanOrEqual(best);
        expect(greedy.length).toBeGreaterThanOrEqual(best);
        expect(membersOf(greedy.map((index) => sets[index] ?? noBits(size)).reduce(either, noBits(size)))).toEqual(
          membersOf(elements),
        );
        const stopped = leastCover(sets, size, 0);
        expect(stopped.atLeast).toBeLessThanOrEqual(best);
        expect(stopped.chosen.length).toBeGreaterThanOrEqual(best);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same from run to run', () => {
    fc.assert(
      fc.property(instance, ({ sets, size }) => {
        expect(leastCover(sets, size)).toEqual(
          leastCover(
            sets.map((set) => set.slice()),
            size,
          ),
        );
      }),
    );
  });

  it('finds the known optimum of many disjoint families', () => {
    // Each family is a cycle of five elements and the five sets of two neighbours: three sets are needed, the dual bound says 2.5.
    const families = 40;
    const size = families * 5;
    const sets = Array.from({ length: size }, (_, index) => {
      const family = Math.floor(index / 5) * 5;
      return bitsOf(size, [index, family + ((index + 1) % 5)]);
    });
    const { chosen, atLeast } = leastCover(sets, size);
    expect([chosen.length, atLeast]).toEqual([families * 3, families * 3]);
  });

  it('takes nothing for nothing', () => {
    expect(leastCover([], 0)).toMatchObject({ chosen: [], atLeast: 0 });
    expect(leastCover([noBits(3)], 3)).toMatchObject({ chosen: [], atLeast: 0 });
  });
});
