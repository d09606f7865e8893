import { describe, expect, it } from 'vitest';
import type { CpuidEntry } from '../../../src/cpu/cpuid-table.ts';
import { answeredLeaves } from '../../../src/host/answered-leaves.ts';

const kept = (...entries: CpuidEntry[]): string[] =>
  answeredLeaves(entries).entries.map(([leaf, subleaf]) => `${leaf.toString(16)}/${subleaf}`);
const zeros = (leaf: number, subleaf = 0): CpuidEntry => [leaf, subleaf, 0, 0, 0, 0];

describe('answered leaves', () => {
  it('drop what lies beyond the highest leaf of a range', () => {
    expect(kept([0, 0, 0xb, 0, 0, 0], zeros(0xb), [0x15, 0, 1, 1, 1, 1])).toEqual(['0/0', 'b/0']);
    expect(kept([0x8000_0000, 0, 0x8000_0008, 0, 0, 0], zeros(0x8000_0007), zeros(0x8000_0021))).toEqual([
      '80000000/0',
      '80000007/0',
    ]);
  });

  it('keep what runsc asks for whatever the highest leaf is', () => {
    expect(kept([0, 0, 5, 0, 0, 0], [7, 0, 1, 1, 1, 1], [0xd, 1, 1, 1, 1, 1], zeros(9))).toEqual(['0/0', '7/0', 'd/1']);
  });

  it('keep the first leaf of every range, even when the range is empty or its answer is nonsense', () => {
    expect(kept([0, 0, 0xd, 0, 0, 0], zeros(0x4000_0000), zeros(0x4000_0001), [0xc000_0000, 0, 7, 832, 832, 0])).toEqual([
      '0/0',
      '40000000/0',
      'c0000000/0',
    ]);
  });

  it('drop higher subleaves of zeros', () => {
    expect(kept([0, 0, 0xd, 0, 0, 0], zeros(0xd, 2), zeros(0xd, 3), [0xd, 5, 0x40, 0x340, 0, 0])).toEqual(['0/0', 'd/2', 'd/5']);
  });
});
