import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparedNames, missingFeatures, relationOf } from '../../../src/cpu/compare-features.ts';
import { featuresOfCpuid } from '../../../src/cpu/cpuid-features.ts';
import type { Presence } from '../../../src/cpu/feature.ts';
import { featuresOf } from '../../../src/cpu/feature-names.ts';
import { type FeatureSet, featureSetFromArm64, featureSetFromCpuid } from '../../../src/cpu/feature-set.ts';
import { fixtureHosts, fullTable, HAS_SHARED, SHARED } from './raw-dump.ts';

const NEW = '20260817';

function image(features: string[], unnamed: number[] = []): FeatureSet {
  return { ...featureSetFromCpuid(fullTable(), null), features, unnamed };
}

function host(present: string[], unknown: string[] = [], arch: 'amd64' | 'arm64' = 'amd64'): Map<string, { presence: Presence }> {
  return new Map(
    featuresOf(arch).map(({ name }) => {
      const presence = present.includes(name) ? 'present' : unknown.includes(name) ? 'unknown' : 'absent';
      return [name, { presence }];
    }),
  );
}

describe('missingFeatures', () => {
  it('lists missing and unknown features in feature-number order', () => {
    const result = missingFeatures(image(['fsrm', 'avx512f', 'pni', 'vme', 'avx']), host(['pni'], ['vme', 'fsrm']), NEW);
    expect(result).toEqual({ missing: ['avx', 'avx512f'], unknown: ['vme', 'fsrm'] });
  });

  it('takes a feature that the host does not mention for unknown', () => {
    expect(missingFeatures(image(['avx']), new Map(), NEW)).toEqual({ missing: [], unknown: ['avx'] });
  });

  it('ignores what the restoring runsc does not compare yet', () => {
    expect(missingFeatures(image(['fsrm', 'avx']), host([]), '20240115').missing).toEqual(['avx']);
    expect(missingFeatures(image(['fsrm', 'avx']), host([]), '20240116').missing).toEqual(['avx', 'fsrm']);
  });

  it('counts every bit of blocks 0 to 6 before 2022-01-13', () => {
    const old = image(['hypervisor', 'fsrm'], [16, 85]);
    expect(missingFeatures(old, host([]), '20220112')).toEqual({
      missing: ['hypervisor'],
      unknown: ['<cpuflag 16; block 0 bit 16>', '<cpuflag 85; block 2 bit 21>'],
    });
    expect(missingFeatures(old, host(['hypervisor']), '20220112', fullTable())).toEqual({ missing: [], unknown: [] });
    expect(missingFeatures(old, host(['hypervisor']), '20220112', fullTable([7, 0, 0, 0, 0, 0])).missing).toEqual([
      '<cpuflag 85; block 2 bit 21>',
    ]);
    expect(missingFeatures(old, host(['hypervisor', 'fsrm']), '20220113')).toEqual({ missing: [], unknown: [] });
  });

  it('compares nothing on arm64 before 2022-01-13', () => {
    const arm = featureSetFromArm64({
      set: null,
      hwcap: 0xffn,
      hwcap2: 0n,
      implementer: 0x41,
      architecture: 8,
      variant: 0,
      part: 0xd0c,
      revision: 0,
    });
    expect(missingFeatures(arm, host([], [], 'arm64'), '20220101')).toEqual({ missing: [], unknown: [] });
    expect(missingFeatures(arm, host(['fp'], [], 'arm64'), NEW).missing).toEqual([
      'asimd',
      'evtstrm',
      'aes',
      'pmull',
      'sha1',
      'sha2',
      'crc32',
    ]);
    expect(comparedNames('arm64', NEW)).toHaveLength(24);
  });
});

describe('relationOf', () => {
  it.each([
    [['avx', 'pni'], 'identical'],
    [['avx', 'pni', 'fma'], 'superset'],
    [['avx'], 'subset'],
    [['avx', 'fma'], 'incompatible'],
    [[], 'subset'],
  ] as const)('answers for a host with %j', (present, relation) => {
    expect(relationOf(image(['pni', 'avx']), host([...present]), NEW)).toBe(relation);
  });

  it('is null when a compared feature is unknown, required or not', () => {
    expect(relationOf(image(['pni']), host(['pni'], ['fsrm']), NEW)).toBeNull();
    expect(relationOf(image(['pni']), host(['pni'], ['fsrm']), '20240101')).toBe('identical');
  });

  it('sees bits without a name before 2022-01-13', () => {
    expect(relationOf(image(['pni'], [85]), host(['pni']), '20210101')).toBeNull();
    expect(relationOf(image(['pni']), host(['pni']), '20210101', fullTable())).toBe('superset');
  });
});

interface RestoreRow {
  image: string;
  host: string;
  verdict: string;
  missingFeatures?: string[];
  unknowable?: string[];
}

describe.skipIf(!HAS_SHARED)('the restores that runsc tried', () => {
  it('miss the features that runsc named', () => {
    const hosts = new Map(fixtureHosts().map((fixture) => [fixture.name, fixture]));
    const rows = (JSON.parse(readFileSync(`${SHARED}/fixtures/restores.json`, 'utf8')) as RestoreRow[]).filter((row) => {
      // A plain `on-X` image was saved with exactly the features that runsc prints on X; other images need their own leaves.
      return (
        /^20260817-cpu\/on-qemu-[^/]*$/.test(row.image) &&
        hosts.has(row.image.slice('20260817-cpu/on-'.length)) &&
        hosts.has(row.host)
      );
    });
    expect(rows.length).toBeGreaterThan(100);
    for (const row of rows) {
      const origin = hosts.get(row.image.slice('20260817-cpu/on-'.length));
      const target = hosts.get(row.host);
      if (origin === undefined || target === undefined) throw new Error('filtered above');
      const result = missingFeatures(image(origin.features), featuresOfCpuid(target.table), NEW);
      const ghosts = new Set(['xsave', ...(row.unknowable ?? [])]);
      const solid = (names: readonly string[]) => names.filter((name) => !ghosts.has(name));
      expect(solid(result.missing), `${row.image} on ${row.host}`).toEqual(solid(row.missingFeatures ?? []));
      expect(solid(result.unknown)).toEqual([]);
    }
  });
});
