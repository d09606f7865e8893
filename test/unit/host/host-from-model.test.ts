/** CPU models by name: what matches, what is proven of them, and what never is. */
import { describe, expect, it } from 'vitest';
import { AMD64_FEATURES } from '../../../src/cpu/features-amd64.ts';
import { identityOfCpuid } from '../../../src/cpu/identity.ts';
import { GENERATION_LINES } from '../../../src/cpu/microarchitecture-features.ts';
import { CkptError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/host.ts';
import { evidenceOf } from '../../../src/host/host-evidence.ts';
import { hostFromModel, hostOfCpu } from '../../../src/host/host-from-model.ts';
import { GENERATIONS } from '../../../src/host/models/generations.ts';
import { aliasesOf, findNamedCpu, matchable, namedCpus } from '../../../src/host/models/named-cpus.ts';
import { generationOfModel } from '../../../src/host/models/qemu-generations.ts';
import { modelDefines, qemuModels } from '../../../src/host/models/qemu-model.ts';
import { whyFeatureVaries, whyPartsVary } from '../../../src/host/models/variations.ts';
import { profileOf } from '../../../src/host/profile.ts';
import { readProfile } from '../../../src/host/read-profile.ts';

const cpus = await namedCpus();
const presence = (host: Host, feature: string): string | undefined => host.features.get(feature)?.presence;
const features = async (model: string, names: readonly string[]): Promise<(string | undefined)[]> => {
  const host = await hostFromModel('h', model);
  return names.map((name) => presence(host, name));
};

describe('names', () => {
  it.each([
    ['EPYC-Milan', 'EPYC-Milan-v1'],
    ['epyc_milan', 'EPYC-Milan-v1'],
    ['EPYC Milan v2', 'EPYC-Milan-v2'],
    ['Skylake-Server-IBRS', 'Skylake-Server-v2'],
    ['Haswell', 'Haswell-v1'],
    ['Sapphire Rapids', 'SapphireRapids-v1'],
    ['zen3', 'Zen 3'],
    ['ZEN 3', 'Zen 3'],
    ['znver3', 'Zen 3'],
    ['Milan', 'Zen 3'],
    ['milan-x', 'Zen 3'],
    ['Zen+', 'Zen+'],
    ['zen', 'Zen'],
    ['Turin', 'Zen 5'],
    ['skylake-avx512', 'Skylake-SP'],
    ['cascadelake', 'Cascade Lake'],
    ['emerald rapids', 'Emerald Rapids'],
    ['x86-64-v3', 'x86-64-v3'],
    ['x86_64_v2', 'x86-64-v2'],
  ])('%s is %s', async (given, expected) => {
    expect((await findNamedCpu(given)).name).toBe(expected);
  });

  it.each([
    ['AuthenticAMD-25-1', 'Zen 3'],
    ['authenticamd/25/0x11', 'Zen 4'],
    ['GenuineIntel-6-143', 'Sapphire Rapids'],
    ['GenuineIntel-6-0x55-4', 'Skylake-SP'],
    ['GenuineIntel-6-85-7', 'Cascade Lake'],
  ])('the signature %s is of %s', async (given, expected) => {
    const host = await hostFromModel('h', given);
    expect(host.identity?.microarchitecture).toBe(expected);
    expect(host.provenance).toBe(`CPU generation ${expected} of ${given}`);
  });

  it.each([
    ['EPYC-Milano', /cpu:EPYC-Milan/],
    ['Sapphire Rapid', /cpu:SapphireRapids/],
    ['zen 33', /cpu:Zen 3/],
    ['x86-64-v5', /cpu:x86-64-v/],
    ['', /ckpt host list/],
    ['__proto__', /ckpt host list/],
    ['constructor', /ckpt host list/],
    ['a'.repeat(1_000_000), /ckpt host list/],
    ['\u001b[31m', /ckpt host list/],
    ['GenuineIntel-6-85', /stepping is needed/],
    ['GenuineIntel-6-0xcc', /Panther Lake/],
    ['AuthenticAMD-999-1', /in none of them/],
    ['max', /ckpt host list/],
    ['host', /ckpt host list/],
  ])('%j is refused with what may be meant', async (given, message) => {
    const error = await hostFromModel('h', given).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CkptError);
    expect((error as CkptError).code).toBe('unknown-model');
    expect((error as CkptError).message).toMatch(message);
    expect((error as CkptError).message.length).toBeLessThan(600);
  });

  it('mean one thing each, where a model of QEMU comes before a generation', () => {
    const taken = new Map<string, string>();
    const generations = new Set(GENERATIONS.flatMap((row) => [row.name, ...row.aliases]).map(matchable));
    for (const cpu of cpus) {
      for (const name of [cpu.name, ...aliasesOf(cpu)]) {
        const before = taken.get(matchable(name));
        if (before === undefined) taken.set(matchable(name), cpu.kind);
        else expect([name, before, cpu.kind, generations.has(matchable(name))]).toEqual([name, 'qemu-model', 'generation', true]);
      }
    }
  });
});

describe('what a name proves', () => {
  it.each([
    ['EPYC-Milan', ['avx2', 'sha_ni', 'aes', 'clwb', 'sse4a', 'lm'], 'present'],
    ['EPYC-Milan', ['avx512f', 'mpx', 'amx_tile', 'rtm', 'xop', '3dnow', 'gfni'], 'absent'],
    ['EPYC-Milan', ['osxsave', 'hypervisor', 'x2apic', 'apic', 'ht', 'erms', 'svm', 'spec_ctrl', 'xsaves', 'vaes'], 'unknown'],
    ['Icelake-Server', ['avx512f', 'gfni', 'vaes', 'avx512_vbmi2'], 'present'],
    ['Icelake-Server', ['mpx', 'amx_tile', 'avx512_fp16', 'sse4a'], 'absent'],
    ['Icelake-Server', ['hle', 'rtm'], 'unknown'],
    ['Skylake-Client', ['avx512f', 'sha_ni'], 'absent'],
    ['Nehalem', ['avx', 'aes', 'avx2'], 'absent'],
    ['Nehalem', ['xsave', 'xsaveopt'], 'unknown'],
    ['phenom', ['avx', 'aes', 'xop'], 'absent'],
    ['phenom', ['avx2', 'avx512vbmi'], 'unknown'],
    ['qemu64', ['sse2', 'lm', 'pni', 'cx16'], 'present'],
    ['qemu64', ['avx', 'avx512f', '3dnow'], 'unknown'],
    ['zen3', ['avx2', 'vaes', 'sha_ni', 'mmx', 'tsc', 'syscall'], 'present'],
    ['zen3', ['avx512f', 'gfni'], 'absent'],
    ['turin', ['avx512f', 'avx512_vp2intersect'], 'present'],
    ['turin', ['rdseed'], 'unknown'],
    ['GenuineIntel-6-60', ['avx2', 'aes'], 'unknown'],
    ['Haswell-EP', ['avx2', 'bmi2'], 'present'],
    ['Alder Lake', ['avx512f'], 'unknown'],
    ['Tiger Lake', ['avx512f'], 'unknown'],
    ['Sierra Forest', ['avx512f', 'amx_tile'], 'absent'],
    ['x86-64-v3', ['avx2', 'sse2', 'movbe'], 'present'],
    ['x86-64-v3', ['avx512f', 'aes', 'osxsave', 'xsave'], 'unknown'],
  ])('%s: %j are %s', async (model, names, expected) => {
    expect(await features(model, names)).toEqual(names.map(() => expected));
  });

  it('knows states of XCR0 only as not there', async () => {
    expect((await hostFromModel('h', 'EPYC-Milan')).xcr0Known).toEqual({ set: 0n, clear: 0x6_00e0n });
    expect((await hostFromModel('h', 'SapphireRapids')).xcr0Known).toEqual({ set: 0n, clear: 0n });
    const nehalem = await hostFromModel('h', 'Nehalem');
    expect([nehalem.useXsave.value, nehalem.xcr0Known.clear]).toEqual([false, (1n << 64n) - 1n]);
  });
});

describe('a signature', () => {
  it('that a model of QEMU of another generation has says only what both lack', async () => {
    const tremont = await hostFromModel('h', 'Tremont');
    const either = await hostFromModel('h', 'GenuineIntel-6-134');
    expect(['avx2', 'avx512f', 'amx_tile'].map((name) => presence(tremont, name))).toEqual(['absent', 'absent', 'absent']);
    expect(['avx2', 'avx512f', 'avx512er'].map((name) => presence(either, name))).toEqual(['unknown', 'unknown', 'absent']);
    expect(either.xcr0Known.clear & 0xe4n).toBe(0n);
  });

  it('of no model of QEMU contradicts that model', async () => {
    const { models } = await qemuModels();
    for (const model of models) {
      const { vendor, family, model: number } = identityOfCpuid(model.seen);
      const named = await hostFromModel('h', `${vendor}-${family}-${number}`).catch(() => null);
      if (named === null) continue;
      const wrong = AMD64_FEATURES.filter(
        (feature) => modelDefines(model, feature) && named.features.get(feature.name)?.presence === 'absent',
      );
      expect(
        wrong.map(({ name }) => name),
        model.name,
      ).toEqual([]);
    }
  });
});

describe('every name', () => {
  it.each(cpus.map((cpu) => [cpu.name, cpu] as const))('%s leaves unknown what is not the CPU', (name, cpu) => {
    const host = hostOfCpu(name, cpu);
    expect(evidenceOf(host)).toBe('partial');
    expect(['osxsave', 'ospke', 'hypervisor', 'apic', 'x2apic', 'ht'].map((feature) => presence(host, feature))).toEqual(
      Array.from({ length: 6 }, () => 'unknown'),
    );
    expect([host.xcr0.value, host.kernel.value, host.hypervisor.value, host.runscVersion.value, host.cpuid]).toEqual(
      Array.from({ length: 5 }, () => null),
    );
    expect(host.useXsave.value).not.toBe(true);
    expect(host.features.size).toBe(AMD64_FEATURES.length);
    const contradictions = [...host.features].filter(([, fact]) => fact.source.includes('contradict'));
    expect(contradictions.map(([feature, fact]) => `${feature}: ${fact.source}`)).toEqual([]);
  });

  it.each(cpus.map((cpu) => [cpu.name, cpu] as const))('%s is the same out of its profile', (name, cpu) => {
    const host = hostOfCpu(name, cpu);
    const profile = profileOf(host, '2026-01-01T00:00:00Z');
    const again = readProfile(name, JSON.stringify(profile));
    expect(again.features).toEqual(host.features);
    expect([again.useXsave, again.xcr0Known, again.cacheLine]).toEqual([host.useXsave, host.xcr0Known, host.cacheLine]);
  });
});

describe('the tables', () => {
  it('name features that gVisor has, and generations that there are', () => {
    const lines = new Map<string, readonly string[]>(Object.entries(GENERATION_LINES));
    for (const { lines: of } of GENERATIONS) for (const [line, name] of of) expect(lines.get(line)).toContain(name);
  });

  it('say of what generation each model of QEMU is, except those that are of none', () => {
    const without = cpus.filter((cpu) => cpu.kind === 'qemu-model' && generationOfModel(cpu.name) === null);
    expect(without.map((cpu) => cpu.name)).toEqual(['kvm64-v1', 'qemu64-v1']);
  });

  it('know a variation of every feature that the running machine decides', () => {
    const dynamic = AMD64_FEATURES.filter((feature) => feature.impact === 'dynamic').map(({ name }) => name);
    expect(dynamic.filter((name) => whyFeatureVaries(name, null) === null)).toEqual([]);
    expect([whyFeatureVaries('avx2', 'Haswell'), whyPartsVary('avx2', 'Haswell')]).toEqual([
      null,
      'its Pentium and Celeron parts lack some of this',
    ]);
  });
});
