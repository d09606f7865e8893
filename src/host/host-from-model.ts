/** A host out of the name of a CPU model. */
import { CpuidTable } from '../cpu/cpuid-table.ts';
import type { CpuFeature } from '../cpu/feature.ts';
import { featureNamed } from '../cpu/feature-names.ts';
import { AMD64_FEATURES } from '../cpu/features-amd64.ts';
import { highestBasicLeaf, whyGenerationLacks } from '../cpu/generation-lacks.ts';
import { type CpuIdentity, identityOfCpuid, UNKNOWN_IDENTITY } from '../cpu/identity.ts';
import { featuresOfGeneration } from '../cpu/microarchitecture-features.ts';
import { X86_64_LEVELS } from '../cpu/x86-64-level.ts';
import { allBits, known, unknown } from './facts.ts';
import type { Fact, FeatureFact, Host, KnownBits } from './host.ts';
import { AMD64_PAGE_SIZE } from './host-from-cpuid.ts';
import { requiredByLinux } from './linux-requires.ts';
import { type GenerationRow, generationNamed } from './models/generations.ts';
import { findNamedCpu, type NamedCpu } from './models/named-cpus.ts';
import { generationOfModel } from './models/qemu-generations.ts';
import { modelDefines, type QemuModel } from './models/qemu-model.ts';
import { whyFeatureVaries, whyPartsVary } from './models/variations.ts';

/** What the evidence of one name says of each feature, by gVisor name. */
interface Evidence {
  /** Why the CPU has it, or null. */
  readonly has: (feature: CpuFeature) => string | null;
  /** Why it may not be there all the same, or null. */
  readonly varies: (feature: string) => string | null;
  /** Why it is there on no such machine, or null. */
  readonly lacks: (feature: string) => string | null;
  /** Why there is no answer. */
  readonly silent: string;
}

const OS_DECIDES = 'a model of a CPU does not say: the operating system decides';
const NOTE =
  'this is the name of a CPU model and not a machine: what the operating system, firmware, microcode and a hypervisor decide is unknown, so that nothing is ever certain to restore there';

/**
 * A host of which only the name of its CPU is known (`EPYC-Milan`, `Zen 3`, `x86-64-v3`, `GenuineIntel-6-143`).
 *
 * @param name what the host is called
 * @param model the name of the CPU
 * @throws CkptError `unknown-model` with the nearest names.
 */
export async function hostFromModel(name: string, model: string): Promise<Host> {
  return hostOfCpu(name, await findNamedCpu(model));
}

/** The host of a CPU that was found by its name. */
export function hostOfCpu(name: string, cpu: NamedCpu): Host {
  const evidence = evidenceFor(cpu);
  const features = new Map(AMD64_FEATURES.map((feature) => [feature.name, featureFact(feature, evidence)]));
  const withoutXsave = evidence.lacks('xsave');
  if (withoutXsave !== null)
    features.set('xsave', { presence: 'unknown', source: `${withoutXsave}; runsc's own answer is random there` });
  const identity = identityFor(cpu);
  const provenance = provenanceOf(cpu);
  return {
    name,
    arch: 'amd64',
    source: 'model',
    provenance,
    rejected: [],
    cpuid: null,
    features,
    cacheLine: cacheLine(identity, features),
    xcr0: unknown(OS_DECIDES),
    xcr0Known: statesKnown(evidence),
    statesNotEnabled: 0n,
    mxcsrMask: unknown('a model of a CPU does not say'),
    useXsave: withoutXsave === null ? unknown(OS_DECIDES) : known(false, withoutXsave),
    hwcap: unknown(OS_DECIDES),
    hwcap2: unknown(OS_DECIDES),
    pageSize: AMD64_PAGE_SIZE,
    kernel: unknown(OS_DECIDES),
    microcode: unknown('a model of a CPU does not say'),
    hypervisor: unknown('a model of a CPU does not say'),
    runscVersion: unknown('a model of a CPU does not say'),
    identity,
    capturedFrom: null,
    capturedAt: null,
    notes: [NOTE],
  };
}

function featureFact(feature: CpuFeature, evidence: Evidence): FeatureFact {
  const required = requiredByLinux(feature.name);
  if (required !== null) return required;
  const has = evidence.has(feature);
  const lacks = evidence.lacks(feature.name);
  if (has !== null && lacks !== null)
    return { presence: 'unknown', source: `the sources contradict one another: ${has}; ${lacks}` };
  if (lacks !== null) return { presence: 'absent', source: lacks };
  const varies = evidence.varies(feature.name);
  if (has === null) return { presence: 'unknown', source: varies ?? evidence.silent };
  return varies === null ? { presence: 'present', source: has } : { presence: 'unknown', source: `${has}, but ${varies}` };
}

function evidenceFor(cpu: NamedCpu): Evidence {
  switch (cpu.kind) {
    case 'qemu-model':
      return evidenceOfModel(cpu.model, cpu.capture.qemu);
    case 'generation':
      return evidenceOfGeneration(cpu.generation);
    case 'level':
      return evidenceOfLevel(cpu.level);
  }
}

function evidenceOfModel(model: QemuModel, version: string): Evidence {
  const name = generationOfModel(model.name);
  const generation = generationNamed(name);
  const source = `QEMU ${version} defines ${model.name} with it`;
  const silent = `QEMU ${version} defines ${model.name} without it, which real parts may have`;
  return {
    has: (feature) => (modelDefines(model, feature) ? source : null),
    varies: (feature) => whyFeatureVaries(feature, name),
    lacks: (feature) => (generation === null ? null : whyAllLack(generation, feature)),
    silent,
  };
}

function evidenceOfGeneration(generation: GenerationRow): Evidence {
  const [first = [], ...others] = generation.lines.map(([line, name]) => featuresOfGeneration(line, name));
  const shared = first.filter(({ name }) => others.every((features) => features.some((feature) => feature.name === name)));
  const everywhere = [...(X86_64_LEVELS[0] ?? []), 'tsc', 'clflush'].map(
    (name) => [name, 'every x86-64 CPU of Intel and AMD'] as const,
  );
  const sources = new Map([...everywhere, ...shared.map(({ name, source }) => [name, source] as const)]);
  return {
    has: ({ name }) => {
      const source = sources.get(name);
      return source === undefined ? null : `${generation.name} has it (${source})`;
    },
    varies: (feature) => (generation.isUniform ? whyFeatureVaries : whyPartsVary)(feature, generation.name),
    lacks: (feature) => whyAllLack(generation, feature),
    silent: `not known of every ${generation.name}`,
  };
}

function evidenceOfLevel(level: number): Evidence {
  const features = new Set(X86_64_LEVELS.slice(0, level).flat());
  return {
    has: ({ name }) => (features.has(name) ? `x86-64-v${level} demands it` : null),
    varies: (feature) => (feature === 'osxsave' ? 'the operating system decides' : null),
    lacks: () => null,
    silent: `x86-64-v${level} does not speak of it`,
  };
}

/**
 * Why every line under a name lacks a feature. Of a leaf above the highest basic one nothing is proven: runsc asks for it all the same, and
 * CPUs and hypervisors answer with zeros or with the registers of another leaf.
 */
function whyAllLack(generation: GenerationRow, feature: string): string | null {
  const leaf = featureNamed('amd64', feature)?.leaf ?? 0;
  if (leaf < 0x8000_0000 && leaf > highestBasicLeaf(generation.name)) return null;
  let why: string | null = null;
  for (const [line, name] of generation.lines) {
    why = whyGenerationLacks(line, name, feature);
    if (why === null) return null;
  }
  return why === null ? null : `no ${generation.name} has it: ${why}`;
}

/** A state that belongs to an instruction set is in no XCR0 of a CPU without it. @see Intel SDM vol. 1, 13.1 */
function statesKnown(evidence: Evidence): KnownBits {
  if (evidence.lacks('xsave') !== null) return allBits(0n);
  const states: readonly (readonly [feature: string, bits: bigint])[] = [
    ['avx', 0xe4n],
    ['avx512f', 0xe0n],
    ['amx_tile', 0x6_0000n],
  ];
  const clear = states.reduce((bits, [feature, of]) => (evidence.lacks(feature) === null ? bits : bits | of), 0n);
  return { set: 0n, clear };
}

/** @see Intel SDM vol. 3A, table 12-1; AMD64 software optimization guides: lines of 64 bytes in every 64-bit CPU */
function cacheLine(identity: CpuIdentity, features: ReadonlyMap<string, FeatureFact>): Fact<number> {
  if (identity.vendor === 'GenuineIntel' || identity.vendor === 'AuthenticAMD') {
    return known(64, 'every 64-bit CPU of Intel and AMD has cache lines of 64 bytes');
  }
  return features.get('avx')?.presence === 'present' ? known(64, 'no CPU with AVX has another') : unknown('a level does not say');
}

/** Vendor, signature and brand; sizes and caches of a guest are the emulator's. */
function identityFor(cpu: NamedCpu): CpuIdentity {
  switch (cpu.kind) {
    case 'qemu-model': {
      const own = cpu.model.seen.entries.filter(([leaf]) => leaf <= 1 || (leaf >= 0x8000_0002 && leaf <= 0x8000_0004));
      return { ...identityOfCpuid(new CpuidTable(own)), microarchitecture: generationOfModel(cpu.model.name) };
    }
    case 'generation':
      return { ...UNKNOWN_IDENTITY, vendor: cpu.generation.vendor, microarchitecture: cpu.generation.name, ...cpu.signature };
    case 'level':
      return UNKNOWN_IDENTITY;
  }
}

function provenanceOf(cpu: NamedCpu): string {
  switch (cpu.kind) {
    case 'qemu-model':
      return `CPU model ${cpu.name} of QEMU ${cpu.capture.qemu}`;
    case 'generation':
      return cpu.signature === null ? `CPU generation ${cpu.name}` : `CPU generation ${cpu.generation.name} of ${cpu.name}`;
    case 'level':
      return `level ${cpu.name} of the x86-64 psABI`;
  }
}
