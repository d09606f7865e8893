import { describe, expect, it } from 'vitest';
import { featureNumberFact, featuresOfCpuid } from '../../../src/cpu/cpuid-features.ts';
import { CpuidTable } from '../../../src/cpu/cpuid-table.ts';
import { featuresOf } from '../../../src/cpu/feature-names.ts';
import { fixtureHosts, fullTable, withoutLeaf } from './raw-dump.ts';

/** gVisor prints in Linux's order of blocks (features_amd64.go: linuxBlockOrder). */
const PRINTED_BLOCKS = [1, 6, 0, 5, 2, 4, 3, 7];

function namesOf(table: CpuidTable, presence: string, direct = false): string[] {
  return [...featuresOfCpuid(table, { direct })].filter(([, fact]) => fact.presence === presence).map(([name]) => name);
}

describe('featuresOfCpuid', () => {
  it.each(fixtureHosts())('computes what runsc prints on $name', ({ table, features }) => {
    const facts = featuresOfCpuid(table);
    const unknown = namesOf(table, 'unknown');
    const printed = PRINTED_BLOCKS.flatMap((block) =>
      featuresOf('amd64').filter(({ number }) => Math.floor(number / 32) === block),
    )
      .map((feature) => feature.name)
      .filter((name) => facts.get(name)?.presence === 'present');
    expect(printed).toEqual(features.filter((name) => !unknown.includes(name)));
    const leaf7 = (table.get(0)?.eax ?? 0) < 7;
    const xsave = ((table.get(1)?.ecx ?? 0) & (1 << 26)) !== 0;
    if (xsave && !leaf7) expect(unknown).toEqual([]);
    if (!xsave && !leaf7) expect(unknown).toEqual(['xsave']);
    if (leaf7) expect(unknown).toEqual(['xsave', 'prefetchwt1', 'avx512vbmi']);
  });

  it('decides everything when every leaf is there', () => {
    expect(namesOf(fullTable(), 'present')).toHaveLength(173);
  });

  it('says unknown for a leaf that is not in the table', () => {
    const unknown = namesOf(withoutLeaf(fullTable(), 7), 'unknown');
    expect(unknown).toEqual(
      featuresOf('amd64')
        .filter(({ leaf }) => leaf === 7)
        .map(({ name }) => name),
    );
    expect(featuresOfCpuid(withoutLeaf(fullTable(), 7)).get('avx2')?.source).toBe('the description lacks CPUID leaf 0x7');
    expect(namesOf(withoutLeaf(fullTable(), 0xd, 1), 'unknown')).toEqual(['xsaveopt', 'xsavec', 'xgetbv1', 'xsaves']);
  });

  it('knows nothing of an empty table', () => {
    expect(namesOf(new CpuidTable([]), 'unknown')).toHaveLength(173);
  });

  it('does not decide xsave without XSAVE in leaf 1, whatever else the table says', () => {
    const facts = featuresOfCpuid(fullTable([1, 0, 0, 0, 0, 0]), { direct: true });
    expect(facts.get('xsave')?.presence).toBe('unknown');
    expect(facts.get('xsave')?.source).toContain('differs from run to run');
    expect(facts.get('xsaveopt')?.presence).toBe('unknown');
    expect(featuresOfCpuid(fullTable([1, 0, 0, 0, 0, 0], [0xd, 1, 0, 0, 0, 0])).get('xsaveopt')?.presence).toBe('absent');
  });

  it('takes leaf 0x80000001 only when leaf 0x80000000 reaches it', () => {
    expect(featuresOfCpuid(fullTable([0x8000_0000, 0, 0x8000_0000, 0, 0, 0])).get('lm')?.presence).toBe('absent');
    expect(featuresOfCpuid(withoutLeaf(fullTable(), 0x8000_0000)).get('lm')?.presence).toBe('unknown');
    const zeros = withoutLeaf(fullTable([0x8000_0001, 0, 0, 0, 0, 0]), 0x8000_0000);
    expect(featuresOfCpuid(zeros).get('lm')?.presence).toBe('absent');
    expect(featuresOfCpuid(withoutLeaf(fullTable(), 0x8000_0001)).get('lm')?.presence).toBe('unknown');
  });

  it('says unknown for a bit that the answer of the highest basic leaf would show out of range', () => {
    const table = withoutLeaf(fullTable([0, 0, 5, 0, 0, 0], [5, 0, 0, 0, 3, 0]), 7);
    const facts = featuresOfCpuid(table);
    expect(facts.get('prefetchwt1')?.presence).toBe('unknown');
    expect(facts.get('avx512vbmi')?.presence).toBe('unknown');
    expect(facts.get('avx2')?.presence).toBe('absent');
    expect(featuresOfCpuid(withoutLeaf(table, 5)).get('avx2')?.presence).toBe('unknown');
  });

  it('believes an answer out of range only when it was read from the CPU', () => {
    const table = fullTable([0, 0, 5, 0, 0, 0], [5, 0, 0, 0, 0, 0]);
    expect(featuresOfCpuid(table).get('avx2')?.presence).toBe('absent');
    expect(featuresOfCpuid(table, { direct: true }).get('avx2')?.presence).toBe('present');
  });

  it('asks the right subleaf of a highest basic leaf that has several', () => {
    const table = withoutLeaf(fullTable([0, 0, 0xb, 0, 0, 0], [0xb, 0, 0, 0, 0, 0], [0xb, 1, 4, 0, 0, 0]), 0xd, 1);
    expect(featuresOfCpuid(table).get('xgetbv1')?.presence).toBe('unknown');
    expect(featuresOfCpuid(table).get('xsaveopt')?.presence).toBe('absent');
    expect(featuresOfCpuid(withoutLeaf(table, 0xb, 1)).get('xsaveopt')?.presence).toBe('unknown');
    const seven = withoutLeaf(fullTable([0, 0, 7, 0, 0, 0]), 0xd, 1);
    expect(featuresOfCpuid(seven).get('xsaveopt')?.presence).toBe('absent');
    expect(featuresOfCpuid(fullTable([0, 0, 7, 0, 0, 0], [7, 0, 2, 0, 0, 0])).get('xsaveopt')?.presence).toBe('unknown');
  });

  it('answers for bits without a name', () => {
    expect(featureNumberFact(fullTable(), 85).presence).toBe('present');
    expect(featureNumberFact(fullTable(), 8 * 32).presence).toBe('absent');
  });
});
