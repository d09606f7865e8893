/**
 * Features that no part of a CPU generation has.
 *
 * Compared with the 343 dumps of real CPUs of these generations that InstLatx64 publishes (github.com/InstLatx64/InstLatx64): none contradicts.
 */
import { GENERATION_LINES, type Line } from './microarchitecture-features.ts';

/** When a feature came to a line of products and when it left: the generations before the first and after the last one lack it. */
interface Change<L extends Line> {
  readonly first?: (typeof GENERATION_LINES)[L][number];
  readonly last?: (typeof GENERATION_LINES)[L][number];
  readonly features: readonly string[];
  readonly source: string;
}

const SDM = 'Intel SDM vol. 1, ch. 2 and 5, and the Instruction Set Extensions reference, table "introduction in processors"';
const GCC = 'GCC manual, x86 options, -march';
const ZEN = 'AMD software optimization guides of families 17h, 19h and 1Ah; AMD APM vol. 3, app. D and E';

/** Core instruction sets of Intel up to Broadwell: the same for servers and clients. */
const INTEL_BASE = {
  westmere: ['pclmulqdq', 'aes'],
  sandyBridge: ['avx', 'xsave', 'xsaveopt'],
  ivyBridge: ['f16c', 'rdrand', 'fsgsbase', 'smep', 'erms'],
  haswell: ['avx2', 'bmi1', 'bmi2', 'fma', 'abm', 'invpcid', 'hle', 'rtm'],
  broadwell: ['rdseed', 'adx', 'smap', '3dnowprefetch'],
  skylake: ['clfushopt', 'xsavec', 'xsaves', 'xgetbv1', 'mpx'],
} as const;

const AVX512_SKYLAKE = ['avx512f', 'avx512cd', 'avx512dq', 'avx512bw', 'avx512vl'] as const;
const AVX512_ICE_LAKE = ['avx512vbmi', 'avx512_vbmi2', 'avx512_bitalg', 'avx512_vpopcntdq'] as const;
const ICE_LAKE = ['gfni', 'vaes', 'vpclmulqdq', 'sha_ni', 'fsrm'] as const;
const PHI = ['avx512pf', 'avx512er', 'avx512_4vnniw', 'avx512_4fmaps'] as const;
const AMX = ['amx_tile', 'amx_int8', 'amx_bf16'] as const;

/**
 * Per line. Left out on purpose is what an emulator or hypervisor adds by itself (movbe, rdpid, umip, x2apic, tsc_deadline_timer), what
 * microcode adds (spec_ctrl and its like), and AVX-512 of the clients behind Tiger Lake, of which some early parts have it.
 */
const CHANGES: { readonly [L in Line]?: readonly Change<L>[] } = {
  server: [
    { first: 'Westmere-EP', features: INTEL_BASE.westmere, source: GCC },
    { first: 'Sandy Bridge-EP', features: INTEL_BASE.sandyBridge, source: GCC },
    { first: 'Ivy Bridge-EP', features: INTEL_BASE.ivyBridge, source: SDM },
    { first: 'Haswell-EP', features: INTEL_BASE.haswell, source: SDM },
    { first: 'Broadwell-EP', features: INTEL_BASE.broadwell, source: GCC },
    { first: 'Skylake-SP', features: [...INTEL_BASE.skylake, ...AVX512_SKYLAKE, 'clwb', 'pku'], source: GCC },
    { last: 'Cascade Lake', features: ['mpx'], source: 'Intel SDM vol. 1, 2.5' },
    { first: 'Cascade Lake', features: ['avx512_vnni'], source: GCC },
    { first: 'Ice Lake-SP', features: [...AVX512_ICE_LAKE, ...ICE_LAKE, 'la57'], source: GCC },
    {
      first: 'Sapphire Rapids',
      features: [...AMX, 'avx512_fp16', 'serialize', 'tsxldtrk', 'cldemote', 'waitpkg', 'movdiri', 'movdir64b'],
      source: GCC,
    },
  ],
  client: [
    { first: 'Westmere', features: INTEL_BASE.westmere, source: GCC },
    { first: 'Sandy Bridge', features: INTEL_BASE.sandyBridge, source: GCC },
    { first: 'Ivy Bridge', features: INTEL_BASE.ivyBridge, source: SDM },
    { first: 'Haswell', features: INTEL_BASE.haswell, source: SDM },
    { first: 'Broadwell', features: INTEL_BASE.broadwell, source: GCC },
    { first: 'Skylake', features: INTEL_BASE.skylake, source: GCC },
    {
      first: 'Ice Lake',
      features: [...AVX512_SKYLAKE, ...AVX512_ICE_LAKE, ...ICE_LAKE, 'avx512_vnni'],
      source: GCC,
    },
    { first: 'Tiger Lake', features: ['movdiri', 'movdir64b', 'avx512_vp2intersect'], source: GCC },
    { first: 'Alder Lake', features: ['serialize', 'waitpkg'], source: GCC },
  ],
  amd: [
    {
      first: 'Bulldozer',
      features: ['ssse3', 'sse4_1', 'sse4_2', 'pclmulqdq', 'aes', 'avx', 'xsave', 'xop', 'fma4'],
      source: GCC,
    },
    { last: 'K10', features: ['3dnow', '3dnowext'], source: GCC },
    { first: 'Piledriver', features: ['f16c', 'fma', 'bmi1', 'tbm'], source: GCC },
    { first: 'Steamroller', features: ['fsgsbase'], source: GCC },
    { first: 'Excavator', features: ['avx2', 'bmi2', 'rdrand'], source: GCC },
    { last: 'Excavator', features: ['xop', 'fma4', 'tbm'], source: GCC },
    { first: 'Zen', features: ['rdseed', 'adx', 'smap', 'sha_ni', 'clfushopt', 'xsavec', 'xsaves'], source: GCC },
    { first: 'Zen 2', features: ['clwb'], source: GCC },
    { first: 'Zen 3', features: ['vaes', 'vpclmulqdq', 'pku', 'invpcid', 'pcid', 'erms', 'fsrm'], source: ZEN },
    { first: 'Zen 4', features: [...AVX512_SKYLAKE, ...AVX512_ICE_LAKE, 'avx512_vnni', 'gfni', 'la57'], source: GCC },
    { first: 'Zen 5', features: ['avx512_vp2intersect', 'movdiri', 'movdir64b'], source: GCC },
  ],
};

/** What came to Intel's larger cores with Westmere or later, and never to the small ones up to Tremont. */
const NOT_SMALL = [
  'avx',
  'avx2',
  'fma',
  'f16c',
  'bmi1',
  'bmi2',
  'abm',
  'adx',
  'hle',
  'rtm',
  'vaes',
  'vpclmulqdq',
  'pku',
] as const;
const AVX512 = [...AVX512_SKYLAKE, ...AVX512_ICE_LAKE, 'avx512_vnni', 'avx512_fp16', 'avx512_vp2intersect'] as const;

/** What only AMD has of leaf 0x80000001. */
const ONLY_AMD = {
  features: ['sse4a', 'misalignsse', 'mmxext', '3dnow', '3dnowext', 'xop', 'fma4', 'tbm', 'lwp', 'svm', 'skinit', 'mwaitx'],
  source: 'Intel SDM vol. 2A, CPUID leaf 80000001H: reserved',
} as const;

/** Features that no generation of a line has. */
const NEVER: { readonly [L in Line]?: readonly { readonly features: readonly string[]; readonly source: string }[] } = {
  server: [ONLY_AMD, { features: PHI, source: `${GCC}: knl and knm only` }],
  client: [ONLY_AMD, { features: [...PHI, ...AMX], source: GCC }],
  forest: [{ features: [...PHI, ...AMX, ...AVX512], source: `${GCC}: sierraforest, clearwaterforest` }],
  phi: [
    {
      features: [...AMX, 'mpx', 'hle', 'rtm', 'vaes', 'vpclmulqdq', 'gfni', 'sha_ni', 'clwb', 'pku'],
      source: `${GCC}: knl, knm`,
    },
  ],
  atom: [{ features: [...PHI, ...AMX, ...AVX512, ...NOT_SMALL], source: `${GCC}: goldmont, goldmont-plus, tremont` }],
  core2: [
    {
      features: [
        ...PHI,
        ...AMX,
        ...AVX512,
        ...NOT_SMALL,
        ...INTEL_BASE.westmere,
        ...INTEL_BASE.ivyBridge,
        ...INTEL_BASE.broadwell,
        ...INTEL_BASE.skylake,
        'sse4_2',
        'popcnt',
        'invpcid',
        'sha_ni',
        'gfni',
      ],
      source: `${GCC}: core2, nehalem`,
    },
  ],
  amd: [
    {
      features: [
        ...PHI,
        ...AMX,
        'mpx',
        'hle',
        'rtm',
        'vmx',
        'smx',
        'tsxldtrk',
        'serialize',
        'waitpkg',
        'cldemote',
        'avx512_fp16',
      ],
      source: 'AMD APM vol. 3, app. E: reserved',
    },
  ],
};

/**
 * Why no part of a generation has a feature, or null when that is not documented.
 *
 * @param feature gVisor name
 */
export function whyGenerationLacks(line: Line, name: string, feature: string): string | null {
  const generations: readonly string[] = GENERATION_LINES[line];
  const at = generations.indexOf(name);
  if (at === -1) return null;
  for (const { features, source } of NEVER[line] ?? []) if (features.includes(feature)) return source;
  for (const { first, last, features, source } of CHANGES[line] ?? []) {
    if (!features.includes(feature)) continue;
    if (first !== undefined && at < generations.indexOf(first)) return `it came with ${first} (${source})`;
    if (last !== undefined && at > generations.indexOf(last)) return `${last} was the last to have it (${source})`;
  }
  return null;
}

/**
 * The highest basic leaf of CPUID, at least, where it is below 0xd.
 *
 * @see InstLatx64: dumps of these generations
 */
const HIGHEST_BASIC_LEAF: Readonly<Record<string, number>> = {
  K10: 0x5,
  'Core 2 (Merom)': 0xa,
  'Core 2 (Penryn)': 0xa,
  Nehalem: 0xb,
  Westmere: 0xb,
};

/** The highest basic leaf that every part of a generation answers, 0xd where it is that or more. */
export function highestBasicLeaf(generation: string): number {
  return Object.hasOwn(HIGHEST_BASIC_LEAF, generation) ? (HIGHEST_BASIC_LEAF[generation] ?? 0xd) : 0xd;
}
