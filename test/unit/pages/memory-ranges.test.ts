import { describe, expect, it } from 'vitest';
import { collectRanges, committedBefore, firstRangeBehind, rangeLength } from '../../../src/pages/memory-ranges.ts';

const PAGE = 4096;

function rangesOf(...segments: readonly (readonly [start: number, end: number])[]) {
  const collector = collectRanges(PAGE);
  for (const [start, end] of segments) collector.add({ start: start * PAGE, end: end * PAGE, kind: 1, cgroup: 6 });
  return collector.finish();
}

describe('ranges of a memory file', () => {
  it('are found by offset', () => {
    const ranges = rangesOf([1, 3], [3, 4], [10, 12]);
    expect([...ranges.starts].map((start) => start / PAGE)).toEqual([1, 3, 10]);
    expect([0, 1, 2].map((index) => rangeLength(ranges, index) / PAGE)).toEqual([2, 1, 2]);
    expect([0, 1, 2, 3, 4, 9, 10, 11, 12, 99].map((page) => firstRangeBehind(ranges, page * PAGE))).toEqual([
      0, 0, 0, 1, 2, 2, 2, 2, 3, 3,
    ]);
    expect([0, 1, 2, 3, 4, 9, 10, 11, 12, 99].map((page) => committedBefore(ranges, page * PAGE) / PAGE)).toEqual([
      0, 0, 1, 2, 3, 3, 3, 4, 5, 5,
    ]);
  });

  it('may be none, or very many', () => {
    expect(committedBefore(rangesOf(), 1e9)).toBe(0);
    const many = rangesOf(...Array.from({ length: 10_000 }, (_, index) => [2 * index, 2 * index + 1] as const));
    expect([many.length, committedBefore(many, 20_000 * PAGE) / PAGE]).toEqual([10_000, 10_000]);
    expect([many.kinds.length, many.cgroups[9999], many.before.length]).toEqual([10_000, 6, 10_001]);
  });

  it.each([
    { what: 'in pieces of pages', segments: [[0.5, 1]] },
    { what: 'with nothing in them', segments: [[3, 3]] },
    {
      what: 'that overlap',
      segments: [
        [0, 2],
        [1, 3],
      ],
    },
    {
      what: 'out of order',
      segments: [
        [4, 5],
        [1, 2],
      ],
    },
  ] as const)('$what are damage', ({ segments }) => {
    expect(() => rangesOf(...segments)).toThrowError(expect.objectContaining({ code: 'inconsistent' }));
  });
});
