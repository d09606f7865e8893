/** Features by name, in any of the vocabularies that people paste. */
import type { Arch, CpuFeature } from './feature.ts';
import { AMD64_FEATURES } from './features-amd64.ts';
import { ARM64_FEATURES } from './features-arm64.ts';

/**
 * Spellings that differ from gVisor's by more than separators.
 *
 * @see libvirt src/cpu_map/x86_features.xml, QEMU target/i386/cpu.c: feature_word_info, Linux arch/x86/include/asm/cpufeatures.h,
 *   klauspost/cpuid (the vocabulary of Node Feature Discovery)
 */
const ALIASES_AMD64: Readonly<Record<string, readonly string[]>> = {
  pni: ['sse3'],
  pclmulqdq: ['pclmuldq', 'clmul', 'pclmul'],
  sse4_1: ['sse41', 'sse4'],
  sse4_2: ['sse42'],
  tsc_deadline_timer: ['tsc_deadline'],
  aes: ['aesni', 'aes_ni'],
  fma: ['fma3'],
  dts: ['ds'],
  clflush: ['clfsh'],
  pn: ['psn'],
  ht: ['htt'],
  fpu: ['x87'],
  cx8: ['cmpxchg8', 'cmpxchg8b'],
  cx16: ['cmpxchg16b'],
  sep: ['sysee', 'sysenter'],
  ss: ['selfsnoop'],
  cqm: ['cmt', 'pqm'],
  rdt_a: ['pqe'],
  clfushopt: ['clflushopt'],
  ipt: ['intel_pt', 'pt'],
  sha_ni: ['sha'],
  fpcsds: ['zero_fcs_fds'],
  avx512_vbmi2: ['avx512vbmi2'],
  avx512_vnni: ['avx512vnni'],
  avx512_bitalg: ['avx512bitalg'],
  avx512_vpopcntdq: ['avx512vpopcntdq'],
  avx512_vp2intersect: ['avx512vp2intersect'],
  avx512_fp16: ['avx512fp16'],
  avx512_4vnniw: ['avx5124vnniw'],
  avx512_4fmaps: ['avx5124fmaps'],
  amx_bf16: ['amxbf16'],
  amx_tile: ['amxtile'],
  amx_int8: ['amxint8'],
  cet_ss: ['cetss', 'shstk', 'user_shstk'],
  ibt: ['cetibt', 'cet_ibt'],
  lahf_lm: ['lahf', 'lahf64'],
  cr8_legacy: ['cr8legacy'],
  abm: ['lzcnt'],
  '3dnowprefetch': ['prefetchw'],
  topoext: ['topext'],
  ad_mask_extn: ['ad_msk_extn'],
  nx: ['xd'],
  fxsr_opt: ['ffxsr', 'fxsropt'],
  pdpe1gb: ['gbpages'],
  lm: ['i64'],
  '3dnowext': ['amd3dnowext'],
  '3dnow': ['amd3dnow'],
  tsxldtrk: ['tsx_ldtrk'],
  intel_stibp: ['stibp'],
  spec_ctrl_ssbd: ['ssbd'],
  arch_capabilities: ['ia32_arch_cap'],
  core_capabilities: ['core_capability', 'ia32_core_cap'],
};

const ALIASES_ARM64: Readonly<Record<string, readonly string[]>> = {
  atomics: ['lse'],
  fphp: ['fp16'],
  asimdrdm: ['rdm'],
  asimddp: ['dotprod'],
  lrcpc: ['rcpc'],
};

const FEATURES: Readonly<Record<Arch, readonly CpuFeature[]>> = { amd64: AMD64_FEATURES, arm64: ARM64_FEATURES };

const BY_NAME: Readonly<Record<Arch, ReadonlyMap<string, CpuFeature>>> = {
  amd64: new Map(AMD64_FEATURES.map((feature) => [feature.name, feature])),
  arm64: new Map(ARM64_FEATURES.map((feature) => [feature.name, feature])),
};

const BY_SPELLING: Readonly<Record<Arch, ReadonlyMap<string, CpuFeature>>> = {
  amd64: spellings(AMD64_FEATURES, ALIASES_AMD64),
  arm64: spellings(ARM64_FEATURES, ALIASES_ARM64),
};

/** Every feature that gVisor compares on an architecture, in feature-number order. */
export function featuresOf(arch: Arch): readonly CpuFeature[] {
  return FEATURES[arch];
}

/** The feature of exactly this gVisor name, or undefined. */
export function featureNamed(arch: Arch, name: string): CpuFeature | undefined {
  return BY_NAME[arch].get(name);
}

/**
 * The feature that a name means: gVisor's spelling, else Linux's, QEMU's, libvirt's or Node Feature Discovery's.
 *
 * Case is ignored, and `.` and `-` count as `_`. Undefined when no vocabulary has the name or gVisor does not compare the feature.
 */
export function findFeature(arch: Arch, name: string): CpuFeature | undefined {
  return BY_NAME[arch].get(name) ?? BY_SPELLING[arch].get(normalize(name));
}

/** The spellings of a feature: gVisor's, Linux's where it shows one, and those of the other vocabularies that {@link findFeature} knows. */
export function spellingsOf(arch: Arch, name: string): readonly string[] {
  const feature = BY_NAME[arch].get(name);
  if (feature === undefined) return [];
  const aliases = arch === 'amd64' ? ALIASES_AMD64 : ALIASES_ARM64;
  const others = Object.hasOwn(aliases, name) ? (aliases[name] ?? []) : [];
  return [...new Set([name, ...(feature.linuxName === null ? [] : [feature.linuxName]), ...others])];
}

/** A comparison for sorting gVisor names in feature-number order; names that gVisor does not have come last, by code unit. */
export function compareFeatureNames(arch: Arch): (a: string, b: string) => number {
  const byName = BY_NAME[arch];
  return (a, b) => {
    const left = byName.get(a)?.number ?? Number.POSITIVE_INFINITY;
    const right = byName.get(b)?.number ?? Number.POSITIVE_INFINITY;
    if (left !== right) return left < right ? -1 : 1;
    return a === b ? 0 : a < b ? -1 : 1;
  };
}

function normalize(name: string): string {
  return name.trim().toLowerCase().replaceAll(/[.-]/g, '_');
}

function spellings(
  features: readonly CpuFeature[],
  aliases: Readonly<Record<string, readonly string[]>>,
): ReadonlyMap<string, CpuFeature> {
  const map = new Map<string, CpuFeature>();
  for (const feature of features) {
    const names = [feature.name, feature.linuxName ?? feature.name, ...(aliases[feature.name] ?? [])];
    for (const name of names) {
      const spelling = normalize(name);
      if (!map.has(spelling)) map.set(spelling, feature);
    }
  }
  return map;
}
