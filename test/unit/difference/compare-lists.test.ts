import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareLists, pairByKey, type Sort } from '../../../src/difference/compare-lists.ts';

interface Thing {
  readonly name: string;
  readonly size: number;
  readonly tags?: readonly string[];
}

const SORT: Sort<Thing> = {
  section: 'mounts',
  key: ({ name }) => name,
  subject: ({ name }) => `thing ${name}`,
  shown: ({ size }) => size,
  fields: { size: ({ size }) => size, tags: ({ tags }) => tags ?? null },
};

test('what only one side has, and what differs', () => {
  const a = [
    { name: 'x', size: 1 },
    { name: 'y', size: 2, tags: ['p', 'q'] },
  ];
  const b = [
    { name: 'y', size: 3, tags: ['p', 'q'] },
    { name: 'z', size: 4 },
  ];
  expect(compareLists(a, b, SORT)).toEqual([
    { section: 'mounts', change: 'removed', subject: 'thing x', field: null, a: 1, b: null },
    { section: 'mounts', change: 'changed', subject: 'thing y', field: 'size', a: 2, b: 3 },
    { section: 'mounts', change: 'added', subject: 'thing z', field: null, a: null, b: 4 },
  ]);
});

test('lists of values are compared item by item', () => {
  const difference = compareLists([{ name: 'x', size: 1, tags: ['a', 'b'] }], [{ name: 'x', size: 1, tags: ['a'] }], SORT);
  expect(difference).toEqual([
    { section: 'mounts', change: 'changed', subject: 'thing x', field: 'tags', a: ['a', 'b'], b: ['a'] },
  ]);
});

const things = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), size: fc.nat(3) }), { maxLength: 12 });

test('pairs hold every thing of both sides once', () => {
  fc.assert(
    fc.property(things, things, (a, b) => {
      const pairs = pairByKey(a, b, ({ name }) => name);
      expect(pairs.flatMap((pair) => (pair.a === null ? [] : [pair.a]))).toEqual(a);
      const right = pairs.flatMap((pair) => (pair.b === null ? [] : [pair.b]));
      expect(new Set(right)).toEqual(new Set(b));
      expect(right.length).toBe(b.length);
      for (const name of ['a', 'b', 'c']) {
        const own = pairs.filter((pair) => (pair.a ?? pair.b)?.name === name);
        // As many pairs as can be.
        const [left, other] = [a, b].map((list) => list.filter((thing) => thing.name === name).length) as [number, number];
        expect(own.length).toBe(Math.max(left, other));
      }
    }),
  );
});

test('a list never differs from itself in another order of different names', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 10 }), fc.nat(), (names, seed) => {
      const a = names.map((name, size) => ({ name, size }));
      const turn = names.length === 0 ? 0 : seed % names.length;
      expect(compareLists(a, [...a.slice(turn), ...a.slice(0, turn)], SORT)).toEqual([]);
    }),
  );
});
