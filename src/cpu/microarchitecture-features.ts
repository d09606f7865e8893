/** Which CPU generations have a feature, for advice. */

/**
 * Generations in the order of their capabilities, oldest first, by line of products. Parts whose features vary or are poorly documented
 * (Cooper Lake, Comet Lake, Cannon Lake) are left out, so nothing is claimed of them; of the lines atom and core2 only what they lack is told.
 */
export const GENERATION_LINES = {
  server: [
    'Nehalem-EP',
    'Westmere-EP',
    'Sandy Bridge-EP',
    'Ivy Bridge-EP',
    'Haswell-EP',
    'Broadwell-EP',
    'Skylake-SP',
    'Cascade Lake',
    'Ice Lake-SP',
    'Sapphire Rapids',
    'Emerald Rapids',
    'Granite Rapids',
  ],
  client: [
    'Nehalem',
    'Westmere',
    'Sandy Bridge',
    'Ivy Bridge',
    'Haswell',
    'Broadwell',
    'Skylake',
    'Coffee Lake',
    'Ice Lake',
    'Rocket Lake',
    'Tiger Lake',
    'Alder Lake',
    'Raptor Lake',
    'Meteor Lake',
    'Arrow Lake',
  ],
  forest: ['Sierra Forest', 'Clearwater Forest'],
  phi: ['Knights Landing', 'Knights Mill'],
  atom: ['Goldmont', 'Goldmont (Denverton)', 'Goldmont Plus', 'Tremont'],
  core2: ['Core 2 (Merom)', 'Core 2 (Penryn)'],
  amd: ['K10', 'Bulldozer', 'Piledriver', 'Steamroller', 'Excavator', 'Zen', 'Zen 2', 'Zen 3', 'Zen 4', 'Zen 5'],
} as const satisfies Record<string, readonly string[]>;

export type Line = keyof typeof GENERATION_LINES;
type Generation<L extends Line> = (typeof GENERATION_LINES)[L][number];

/** First generation of a line that has the feature and, where a later one dropped it, the last. */
type Span<L extends Line> = readonly [first: Generation<L>, last?: Generation<L>];

/** A line that is not mentioned lacks the feature or is not known to have it; no generation of it is named then. */
interface Row {
  readonly server?: Span<'server'>;
  readonly client?: Span<'client'>;
  readonly forest?: Span<'forest'>;
  readonly phi?: Span<'phi'>;
  readonly atom?: Span<'atom'>;
  readonly core2?: Span<'core2'>;
  readonly amd?: Span<'amd'>;
  readonly source: string;
}

const GCC = 'GCC manual, x86 options, -march';
const QEMU = 'QEMU target/i386/cpu.c: builtin_x86_defs';
const APM = 'AMD APM vol. 3, app. D and E';
const INTEL_BASE = { server: ['Nehalem-EP'], client: ['Nehalem'], forest: ['Sierra Forest'], phi: ['Knights Landing'] } as const;
const WESTMERE = { server: ['Westmere-EP'], client: ['Westmere'], forest: ['Sierra Forest'], phi: ['Knights Landing'] } as const;
const SANDY_BRIDGE = {
  server: ['Sandy Bridge-EP'],
  client: ['Sandy Bridge'],
  forest: ['Sierra Forest'],
  phi: ['Knights Landing'],
} as const;
const IVY_BRIDGE = {
  server: ['Ivy Bridge-EP'],
  client: ['Ivy Bridge'],
  forest: ['Sierra Forest'],
  phi: ['Knights Landing'],
} as const;
const HASWELL = { server: ['Haswell-EP'], client: ['Haswell'], forest: ['Sierra Forest'], phi: ['Knights Landing'] } as const;
const BROADWELL = {
  server: ['Broadwell-EP'],
  client: ['Broadwell'],
  forest: ['Sierra Forest'],
  phi: ['Knights Landing'],
} as const;
const SKYLAKE = { server: ['Skylake-SP'], client: ['Skylake'], forest: ['Sierra Forest'] } as const;
const AVX512 = { server: ['Skylake-SP'], client: ['Ice Lake', 'Tiger Lake'], amd: ['Zen 4'] } as const;
const AVX512_ICE_LAKE = { server: ['Ice Lake-SP'], client: ['Ice Lake', 'Tiger Lake'], amd: ['Zen 4'] } as const;
const ICE_LAKE = { server: ['Ice Lake-SP'], client: ['Ice Lake'], forest: ['Sierra Forest'] } as const;
const SAPPHIRE_RAPIDS = { server: ['Sapphire Rapids'] } as const;

/**
 * Features whose history is documented. `hle` and `rtm` are left out on purpose: microcode switches them off on parts of one model.
 */
const ROWS: Readonly<Record<string, Row>> = {
  pni: { ...INTEL_BASE, amd: ['K10'], source: GCC },
  ssse3: { ...INTEL_BASE, amd: ['Bulldozer'], source: GCC },
  sse4_1: { ...INTEL_BASE, amd: ['Bulldozer'], source: GCC },
  sse4_2: { ...INTEL_BASE, amd: ['Bulldozer'], source: GCC },
  popcnt: { ...INTEL_BASE, amd: ['K10'], source: GCC },
  cx16: { ...INTEL_BASE, amd: ['K10'], source: GCC },
  lahf_lm: { ...INTEL_BASE, amd: ['K10'], source: GCC },
  rdtscp: { ...INTEL_BASE, amd: ['K10'], source: QEMU },
  pclmulqdq: { ...WESTMERE, amd: ['Bulldozer'], source: GCC },
  aes: { ...WESTMERE, amd: ['Bulldozer'], source: GCC },
  xsave: { ...SANDY_BRIDGE, amd: ['Bulldozer'], source: GCC },
  xsaveopt: { ...SANDY_BRIDGE, amd: ['Zen'], source: GCC },
  avx: { ...SANDY_BRIDGE, amd: ['Bulldozer'], source: GCC },
  f16c: { ...IVY_BRIDGE, amd: ['Piledriver'], source: GCC },
  rdrand: { ...IVY_BRIDGE, amd: ['Excavator'], source: GCC },
  fsgsbase: { ...IVY_BRIDGE, amd: ['Steamroller'], source: GCC },
  erms: { server: ['Ivy Bridge-EP'], client: ['Ivy Bridge'], amd: ['Zen 3'], source: QEMU },
  avx2: { ...HASWELL, amd: ['Excavator'], source: GCC },
  bmi1: { ...HASWELL, amd: ['Piledriver'], source: GCC },
  bmi2: { ...HASWELL, amd: ['Excavator'], source: GCC },
  abm: { ...HASWELL, amd: ['K10'], source: GCC },
  fma: { ...HASWELL, amd: ['Piledriver'], source: GCC },
  movbe: { ...HASWELL, amd: ['Excavator'], source: GCC },
  invpcid: { server: ['Haswell-EP'], client: ['Haswell'], amd: ['Zen 3'], source: QEMU },
  rdseed: { ...BROADWELL, amd: ['Zen'], source: GCC },
  adx: { ...BROADWELL, amd: ['Zen'], source: GCC },
  '3dnowprefetch': { ...BROADWELL, amd: ['K10'], source: GCC },
  smap: { server: ['Broadwell-EP'], client: ['Broadwell'], amd: ['Zen'], source: QEMU },
  clfushopt: { ...SKYLAKE, amd: ['Zen'], source: GCC },
  xsavec: { ...SKYLAKE, amd: ['Zen'], source: GCC },
  xgetbv1: { server: ['Skylake-SP'], client: ['Skylake'], amd: ['Zen'], source: QEMU },
  xsaves: { ...SKYLAKE, amd: ['Zen'], source: GCC },
  mpx: { server: ['Skylake-SP', 'Cascade Lake'], client: ['Skylake', 'Coffee Lake'], source: 'Intel SDM vol. 1, 2.5' },
  avx512f: { ...AVX512, phi: ['Knights Landing'], source: GCC },
  avx512cd: { ...AVX512, phi: ['Knights Landing'], source: GCC },
  avx512dq: { ...AVX512, source: GCC },
  avx512bw: { ...AVX512, source: GCC },
  avx512vl: { ...AVX512, source: GCC },
  avx512pf: { phi: ['Knights Landing'], source: GCC },
  avx512er: { phi: ['Knights Landing'], source: GCC },
  prefetchwt1: { phi: ['Knights Landing'], source: GCC },
  avx512_4vnniw: { phi: ['Knights Mill'], source: GCC },
  avx512_4fmaps: { phi: ['Knights Mill'], source: GCC },
  avx512_vnni: { server: ['Cascade Lake'], client: ['Ice Lake', 'Tiger Lake'], amd: ['Zen 4'], source: GCC },
  avx512vbmi: { ...AVX512_ICE_LAKE, source: GCC },
  avx512_vbmi2: { ...AVX512_ICE_LAKE, source: GCC },
  avx512_bitalg: { ...AVX512_ICE_LAKE, source: GCC },
  avx512_vpopcntdq: { ...AVX512_ICE_LAKE, phi: ['Knights Mill'], source: GCC },
  avx512_vp2intersect: { client: ['Tiger Lake', 'Tiger Lake'], amd: ['Zen 5'], source: GCC },
  avx512_fp16: { ...SAPPHIRE_RAPIDS, source: GCC },
  pku: { server: ['Skylake-SP'], client: ['Ice Lake'], forest: ['Sierra Forest'], amd: ['Zen 3'], source: GCC },
  clwb: { server: ['Skylake-SP'], client: ['Tiger Lake'], forest: ['Sierra Forest'], amd: ['Zen 2'], source: GCC },
  sha_ni: { ...ICE_LAKE, amd: ['Zen'], source: GCC },
  rdpid: { ...ICE_LAKE, amd: ['Zen 2'], source: GCC },
  gfni: { ...ICE_LAKE, amd: ['Zen 4'], source: GCC },
  vaes: { ...ICE_LAKE, amd: ['Zen 3'], source: GCC },
  vpclmulqdq: { ...ICE_LAKE, amd: ['Zen 3'], source: GCC },
  umip: { server: ['Ice Lake-SP'], client: ['Ice Lake'], amd: ['Zen 2'], source: QEMU },
  fsrm: { server: ['Ice Lake-SP'], client: ['Ice Lake'], amd: ['Zen 3'], source: QEMU },
  la57: { server: ['Ice Lake-SP'], amd: ['Zen 4'], source: QEMU },
  movdiri: { server: ['Sapphire Rapids'], client: ['Tiger Lake'], forest: ['Sierra Forest'], amd: ['Zen 5'], source: GCC },
  movdir64b: { server: ['Sapphire Rapids'], client: ['Tiger Lake'], forest: ['Sierra Forest'], amd: ['Zen 5'], source: GCC },
  waitpkg: { server: ['Sapphire Rapids'], client: ['Alder Lake'], forest: ['Sierra Forest'], source: GCC },
  serialize: { server: ['Sapphire Rapids'], client: ['Alder Lake'], forest: ['Sierra Forest'], source: GCC },
  cldemote: { server: ['Sapphire Rapids'], forest: ['Sierra Forest'], source: GCC },
  amx_tile: { ...SAPPHIRE_RAPIDS, source: GCC },
  amx_int8: { ...SAPPHIRE_RAPIDS, source: GCC },
  amx_bf16: { ...SAPPHIRE_RAPIDS, source: GCC },
  sse4a: { amd: ['K10'], source: GCC },
  misalignsse: { amd: ['K10'], source: APM },
  mmxext: { amd: ['K10'], source: APM },
  fxsr_opt: { amd: ['K10'], source: APM },
  cmp_legacy: { amd: ['K10'], source: QEMU },
  cr8_legacy: { amd: ['K10'], source: QEMU },
  '3dnow': { amd: ['K10', 'K10'], source: GCC },
  '3dnowext': { amd: ['K10', 'K10'], source: GCC },
  xop: { amd: ['Bulldozer', 'Excavator'], source: GCC },
  fma4: { amd: ['Bulldozer', 'Excavator'], source: GCC },
  tbm: { amd: ['Piledriver', 'Excavator'], source: GCC },
  mwaitx: { amd: ['Excavator'], source: GCC },
};

const LINE_NAMES: readonly Line[] = ['server', 'client', 'forest', 'phi', 'amd'];

/** Generations that have all of the features that the table decides. */
export interface Generations {
  /** Names, Intel's server line first, oldest first in each line; empty when no generation has them all or none is decided. */
  readonly known: readonly string[];
  /** The features that the table does not know, in the order given. They may exclude some of the known generations. */
  readonly undecided: readonly string[];
}

/**
 * The CPU generations that have all of these features by design. A hypervisor or firmware can still hide a feature on such a machine.
 *
 * @param features gVisor names
 */
export function generationsWith(features: readonly string[]): Generations {
  const rows = features.flatMap((name) => (Object.hasOwn(ROWS, name) ? [ROWS[name]] : [])).filter((row) => row !== undefined);
  const undecided = features.filter((name) => !Object.hasOwn(ROWS, name));
  if (rows.length === 0) return { known: [], undecided };
  const known = LINE_NAMES.flatMap((line) => {
    const generations: readonly string[] = GENERATION_LINES[line];
    return generations.filter((_, index) => rows.every((row) => spans(row[line], generations, index)));
  });
  return { known, undecided };
}

/** A feature that every part of a generation has by design, and the source of that. */
interface DocumentedFeature {
  readonly name: string;
  readonly source: string;
}

/** The features that every part of a generation is documented to have, as far as the table goes; none for a name that the line lacks. */
export function featuresOfGeneration(line: Line, name: string): DocumentedFeature[] {
  const generations: readonly string[] = GENERATION_LINES[line];
  const index = generations.indexOf(name);
  if (index === -1) return [];
  return Object.entries(ROWS).flatMap(([feature, row]) =>
    spans(row[line], generations, index) ? [{ name: feature, source: row.source }] : [],
  );
}

function spans(span: readonly [string, string?] | undefined, generations: readonly string[], index: number): boolean {
  if (span === undefined) return false;
  const [first, last] = span;
  return index >= generations.indexOf(first) && (last === undefined || index <= generations.indexOf(last));
}
