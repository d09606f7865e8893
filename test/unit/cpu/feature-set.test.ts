import { describe, expect, it } from 'vitest';
import { CpuidTable } from '../../../src/cpu/cpuid-table.ts';
import {
  featureSetFromArm64,
  featureSetFromCpuid,
  featureSetFromTable,
  type SavedArm64,
  type SavedFeatureTable,
} from '../../../src/cpu/feature-set.ts';
import { fixtureHosts, fullTable, withoutLeaf } from './raw-dump.ts';

const OLD: SavedFeatureTable = {
  set: [223, 0, 85, 16, 32],
  vendorId: 'GenuineIntel',
  extendedFamily: 0,
  extendedModel: 5,
  processorType: 0,
  family: 6,
  model: 5,
  steppingId: 7,
  caches: [
    { level: 1, type: 1, fullyAssociative: false, partitions: 1, ways: 8, sets: 64, inclusive: false },
    { level: 9, type: 7, fullyAssociative: false, partitions: 1, ways: 8, sets: 64, inclusive: false },
  ],
  cacheLine: 64,
};

const ARM: SavedArm64 = {
  set: null,
  hwcap: 0b101n | (1n << 40n),
  hwcap2: 1n,
  implementer: 0x41,
  architecture: 8,
  variant: 3,
  part: 0xd0c,
  revision: 1,
};

describe('featureSetFromCpuid', () => {
  it('reads features, XCR0 and the cache line', () => {
    const set = featureSetFromCpuid(fullTable(), { hwcap: 0xffn, hwcap2: 2n });
    expect(set).toMatchObject({
      arch: 'amd64',
      encoding: 'function-hwcap',
      hwcap: 0xffn,
      hwcap2: 2n,
      xcr0: 0xe7n,
      cacheLine: 64,
    });
    expect(set.features).toHaveLength(173);
    expect(set.features[0]).toBe('pni');
    expect(set.identity).toMatchObject({ vendor: 'GenuineIntel', xsaveSizes: { enabled: 2432, maximum: 2696 } });
  });

  it('tells the encoding without AT_HWCAP', () => {
    expect(featureSetFromCpuid(fullTable(), null)).toMatchObject({ encoding: 'function', hwcap: null, hwcap2: null });
  });

  it('counts an absent leaf as zeros', () => {
    const set = featureSetFromCpuid(new CpuidTable([]), null);
    expect(set).toMatchObject({ features: [], cacheLine: 0, xcr0: null });
    expect(featureSetFromCpuid(withoutLeaf(fullTable(), 0xd, 1), null).features).not.toContain('xsaveopt');
    expect(featureSetFromCpuid(withoutLeaf(fullTable(), 0x8000_0000), null).features).not.toContain('lm');
  });

  it('takes leaf 0xd only with XSAVE', () => {
    const set = featureSetFromCpuid(fullTable([1, 0, 0, 0, 0, 0]), null);
    expect(set.features).not.toContain('xsaveopt');
    expect(set.features).toContain('lm');
  });

  it('keeps bits that a CPU answered out of range: they are a saved fact', () => {
    expect(featureSetFromCpuid(fullTable([0, 0, 5, 0, 0, 0]), null).features).toContain('prefetchwt1');
  });

  it.each(fixtureHosts())('requires on $name what runsc prints there', ({ table, features }) => {
    const set = new Set(featureSetFromCpuid(table, null).features);
    // What runsc answers on its own account there: out-of-range leaf 7, and xsave without XSAVE in leaf 1.
    const ghosts = [
      ...(table.get(7) === undefined ? ['prefetchwt1', 'avx512vbmi'] : []),
      ...(((table.get(1)?.ecx ?? 0) & (1 << 26)) === 0 ? ['xsave'] : []),
    ];
    expect(features.filter((name) => !set.has(name) && !ghosts.includes(name))).toEqual([]);
    expect([...set].filter((name) => !features.includes(name))).toEqual([]);
  });
});

describe('featureSetFromTable', () => {
  it('splits numbers into names and the unnamed', () => {
    const set = featureSetFromTable(OLD);
    expect(set).toMatchObject({
      encoding: 'feature-table',
      unnamed: [16, 85],
      cpuid: null,
      hwcap: null,
      xcr0: null,
      cacheLine: 64,
    });
    expect(set.features).toEqual(['pni', 'fpu', '3dnow']);
  });

  it('composes family and model and leaves out caches of no known type', () => {
    const { identity } = featureSetFromTable(OLD);
    expect(identity).toMatchObject({ family: 6, model: 0x55, stepping: 7, microarchitecture: 'Cascade Lake' });
    expect(identity.caches).toEqual([
      {
        level: 1,
        type: 'data',
        size: 32_768,
        ways: 8,
        partitions: 1,
        sets: 64,
        line: 64,
        fullyAssociative: false,
        inclusive: false,
      },
    ]);
  });

  it('adds the extended family', () => {
    const { identity } = featureSetFromTable({
      ...OLD,
      vendorId: 'AuthenticAMD',
      family: 15,
      extendedFamily: 8,
      extendedModel: 3,
      model: 1,
    });
    expect(identity).toMatchObject({ family: 0x17, model: 0x31, microarchitecture: 'Zen 2' });
  });
});

describe('featureSetFromArm64', () => {
  it('takes the compared bits of AT_HWCAP', () => {
    const set = featureSetFromArm64(ARM);
    expect(set).toMatchObject({
      arch: 'arm64',
      encoding: 'arm64-hwcap2',
      features: ['fp', 'evtstrm'],
      cacheLine: null,
      xcr0: null,
    });
    expect(set.identity).toMatchObject({ vendor: 'Arm', brand: 'Neoverse-N1', part: 0xd0c, variant: 3 });
  });

  it('tells the encodings apart', () => {
    expect(featureSetFromArm64({ ...ARM, hwcap2: null }).encoding).toBe('arm64-hwcap');
    const old = featureSetFromArm64({ ...ARM, hwcap: null, hwcap2: null, set: [23, 1] });
    expect(old).toMatchObject({ encoding: 'arm64-feature-table', features: ['asimd', 'asimdfhm'] });
  });
});
