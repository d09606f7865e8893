import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { compareHosts } from '../../../src/host/compare-hosts.ts';
import { hostFromCpuidDump, hostFromProbe } from '../../../src/host/host-from-cpuid.ts';
import { hostFromCpuinfoArm64 } from '../../../src/host/host-from-cpuinfo.ts';
import { hostFromRunsc } from '../../../src/host/host-from-runsc.ts';
import { parseCpuidDump } from '../../../src/host/parse-cpuid-dump.ts';
import { parseProbeOutput } from '../../../src/host/parse-probe-output.ts';
import { showHost } from '../../../src/host/show-host.ts';
import { cpuidText, leafLine, probeText, SMALL_CPU, SMALL_CPU_FEATURES, withAnswers } from '../../support/host-dumps.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/schema/host-diff@1.schema.json'), 'utf8'));
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);

const small = hostFromCpuidDump('small', parseCpuidDump(cpuidText(SMALL_CPU)));
const other = hostFromProbe(
  'other',
  parseProbeOutput(
    probeText(
      withAnswers(SMALL_CPU, [
        [0x7, 0, 0, 0x0000_0101, 0, 0],
        [0xd, 0, 3, 576, 576, 0],
      ]),
    ),
  ),
  'CPUID, read by the probe',
);

describe('the comparison of two hosts', () => {
  it('says what is gained and lost, and which facts differ', () => {
    const comparison = compareHosts(small, other);
    expect(comparison.a).toEqual({ name: 'small', arch: 'amd64', source: 'cpuid', evidence: 'exact' });
    expect(comparison.features).toEqual({ gained: ['bmi2'], lost: ['avx2'], unknown: [] });
    const fact = (name: string) => comparison.facts.find((row) => row.fact === name);
    expect(fact('cacheLine')).toEqual({ fact: 'cacheLine', a: 64, b: 64, same: true });
    expect(fact('xcr0')).toEqual({ fact: 'xcr0', a: '0x7', b: '0x3', same: false });
    expect(fact('kernel')).toEqual({ fact: 'kernel', a: null, b: '6.1.0-test', same: null });
    expect(fact('vendor')?.same).toBe(true);
    expect(fact('microcode')).toBeUndefined();
    expect(validate(JSON.parse(JSON.stringify(comparison))), JSON.stringify(validate.errors)).toBe(true);
  });

  it('finds nothing between a host and itself', () => {
    const { features, facts } = compareHosts(small, small);
    expect(features).toEqual({ gained: [], lost: [], unknown: [] });
    expect(facts.filter((row) => row.same !== true)).toEqual([]);
  });

  it('keeps unknown apart from different', () => {
    const listed = hostFromRunsc('listed', 'lm,fpu,tsc,sse,sse2');
    const { features } = compareHosts(small, listed);
    expect(features.unknown).toEqual([{ name: 'xsave', a: 'present', b: 'unknown' }]);
    expect(features.lost).toContain('avx');
    expect(features.lost).not.toContain('xsave');
  });

  it('of two architectures has no features', () => {
    const arm = hostFromCpuinfoArm64('arm', 'processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n\n');
    const { features, facts } = compareHosts(small, arm);
    expect(features).toEqual({ gained: [], lost: [], unknown: [] });
    expect(facts[0]).toEqual({ fact: 'arch', a: 'amd64', b: 'arm64', same: false });
  });
});

describe('the view of a host', () => {
  it('has features by presence with their evidence, facts, states and leaves', () => {
    const view = showHost(other);
    expect(view.features.present.map(({ name }) => name)).toContain('bmi2');
    expect(view.features.present.every(({ source, description }) => source !== '' && description !== '')).toBe(true);
    expect(view.facts.find(({ name }) => name === 'mxcsrMask')).toEqual({
      name: 'mxcsrMask',
      value: '0xffff',
      source: 'FXSAVE, executed by the probe',
    });
    expect(view.states).toEqual(['x87', 'SSE']);
    expect(showHost(small).leaves).toEqual(SMALL_CPU.map(leafLine));
    expect(showHost(small).features.present).toHaveLength(SMALL_CPU_FEATURES.length);
  });
});
