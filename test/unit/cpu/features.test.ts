import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareFeatureNames, featureNamed, featuresOf, findFeature } from '../../../src/cpu/feature-names.ts';
import { AMD64_BLOCKS, AMD64_FEATURES } from '../../../src/cpu/features-amd64.ts';
import { ARM64_FEATURES } from '../../../src/cpu/features-arm64.ts';
import { HAS_SHARED, SHARED } from './raw-dump.ts';

interface SharedFeature {
  gvisor_name: string;
  feature_number: number;
  leaf: string;
  subleaf: number;
  register: string;
  bit: number;
  linux_cpuinfo_flag: string | null;
  introduced: string;
  compared_since: string;
}

function sharedFeatures(arch: string): SharedFeature[] {
  const document = JSON.parse(readFileSync(`${SHARED}/data/${arch}-features.json`, 'utf8')) as { features: SharedFeature[] };
  return document.features.sort((a, b) => a.feature_number - b.feature_number);
}

describe('feature tables', () => {
  it('have as many features as gVisor', () => {
    expect(AMD64_FEATURES).toHaveLength(173);
    expect(ARM64_FEATURES).toHaveLength(24);
  });

  it.each([AMD64_FEATURES, ARM64_FEATURES])('are in feature-number order with unique names', (...features) => {
    const numbers = features.map((feature) => feature.number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(new Set(features.map((feature) => feature.name)).size).toBe(features.length);
  });

  it('say for every feature what it is and since when it counts', () => {
    for (const feature of [...AMD64_FEATURES, ...ARM64_FEATURES]) {
      expect(feature.comparedSince, feature.name).toMatch(/^20\d{6}$/);
      expect(feature.description.length, feature.name).toBeGreaterThan(5);
      expect(feature.source.length, feature.name).toBeGreaterThan(5);
    }
  });

  it('number features by block and bit', () => {
    for (const feature of AMD64_FEATURES) {
      const block = AMD64_BLOCKS[Math.floor(feature.number / 32)];
      expect(feature.number % 32).toBe(feature.bit);
      expect(block).toEqual({ leaf: feature.leaf, subleaf: feature.subleaf, register: feature.register });
    }
  });

  it('leave out what gVisor does not compare', () => {
    expect(featureNamed('amd64', 'avx512ifma')).toBeUndefined();
    expect(featureNamed('amd64', 'pcommit')).toBeUndefined();
  });

  it('class features by what their absence does to a program', () => {
    const impactOf = (name: string) => featureNamed('amd64', name)?.impact;
    for (const name of ['avx512f', 'sha_ni', 'rdseed', 'clwb', 'rdpid', 'fsgsbase', 'xsave', 'xgetbv1', 'mwaitx', 'abm', 'pku']) {
      expect(impactOf(name), name).toBe('instruction');
    }
    for (const name of ['osxsave', 'ospke', 'apic', 'hypervisor', 'ht', 'x2apic']) expect(impactOf(name), name).toBe('dynamic');
    for (const name of ['erms', 'fsrm', 'topoext', 'cldemote', 'hle']) expect(impactOf(name), name).toBe('performance');
    for (const name of ['xsaves', 'smep', 'vmx', 'svm', 'invpcid', 'monitor', 'spec_ctrl'])
      expect(impactOf(name), name).toBe('os');
  });

  it.skipIf(!HAS_SHARED)('equal the facts read from gVisor', () => {
    const amd64 = AMD64_FEATURES.map((feature) => ({
      gvisor_name: feature.name,
      feature_number: feature.number,
      leaf: `0x${feature.leaf?.toString(16)}`,
      subleaf: feature.subleaf,
      register: feature.register.toUpperCase(),
      bit: feature.bit,
      linux_cpuinfo_flag: feature.linuxName,
      introduced: feature.comparedSince,
    }));
    expect(amd64).toEqual(
      sharedFeatures('x86').map((row) => ({
        gvisor_name: row.gvisor_name,
        feature_number: row.feature_number,
        leaf: row.leaf,
        subleaf: row.subleaf,
        register: row.register,
        bit: row.bit,
        linux_cpuinfo_flag: row.linux_cpuinfo_flag,
        introduced: row.introduced.replaceAll('-', ''),
      })),
    );
    const arm64 = ARM64_FEATURES.map(({ name, number, bit, linuxName, comparedSince }) => [
      name,
      number,
      bit,
      linuxName,
      comparedSince,
    ]);
    expect(arm64).toEqual(
      sharedFeatures('arm64').map((row) => [
        row.gvisor_name,
        row.feature_number,
        row.bit,
        row.linux_cpuinfo_flag,
        row.compared_since.replaceAll('-', ''),
      ]),
    );
  });
});

describe('findFeature', () => {
  it.each([
    ['clfushopt', 'clfushopt'],
    ['clflushopt', 'clfushopt'],
    ['sse4.1', 'sse4_1'],
    ['sse4-2', 'sse4_2'],
    ['SSE3', 'pni'],
    ['pclmuldq', 'pclmulqdq'],
    ['tsc-deadline', 'tsc_deadline_timer'],
    ['sha-ni', 'sha_ni'],
    ['avx512vbmi2', 'avx512_vbmi2'],
    ['avx512-vpopcntdq', 'avx512_vpopcntdq'],
    ['AVX512VNNI', 'avx512_vnni'],
    ['cmt', 'cqm'],
    ['ssbd', 'spec_ctrl_ssbd'],
    ['spec-ctrl', 'spec_ctrl'],
    ['stibp', 'intel_stibp'],
    ['arch-capabilities', 'arch_capabilities'],
    ['core-capability', 'core_capabilities'],
    ['intel-pt', 'ipt'],
    ['cr8legacy', 'cr8_legacy'],
    ['fxsr-opt', 'fxsr_opt'],
    ['lzcnt', 'abm'],
    ['tsx-ldtrk', 'tsxldtrk'],
    ['ds', 'dts'],
    ['user_shstk', 'cet_ss'],
    ['lahf-lm', 'lahf_lm'],
    ['zero-fcs-fds', 'fpcsds'],
  ])('finds %s', (spelling, name) => {
    expect(findFeature('amd64', spelling)?.name).toBe(name);
  });

  it('does not find what gVisor does not compare', () => {
    for (const name of ['avx512ifma', 'avx_vnni', 'invtsc', '', 'constructor', '__proto__']) {
      expect(findFeature('amd64', name), name).toBeUndefined();
    }
  });

  it('finds every feature by its own name and by its Linux flag', () => {
    for (const arch of ['amd64', 'arm64'] as const) {
      for (const feature of featuresOf(arch)) {
        expect(findFeature(arch, feature.name)).toBe(feature);
        if (feature.linuxName !== null) expect(findFeature(arch, feature.linuxName)).toBe(feature);
      }
    }
  });

  it('keeps the architectures apart', () => {
    expect(findFeature('arm64', 'sha2')?.bit).toBe(6);
    expect(findFeature('arm64', 'avx')).toBeUndefined();
  });
});

describe('compareFeatureNames', () => {
  it('sorts in feature-number order, unknown names last', () => {
    const names = ['zzz', 'avx512f', 'aaa', 'fsrm', 'pni', 'vme'];
    expect(names.sort(compareFeatureNames('amd64'))).toEqual(['pni', 'vme', 'avx512f', 'fsrm', 'aaa', 'zzz']);
  });
});
