/** What is known of one CPU feature. */
import type { Arch, CpuFeature, Impact } from '../cpu/feature.ts';
import { featuresOf, findFeature, spellingsOf } from '../cpu/feature-names.ts';
import { GENERATION_LINES, generationsWith } from '../cpu/microarchitecture-features.ts';
import { componentNames } from '../cpu/xsave.ts';
import { runTimeSettings } from '../fleet/run-time-settings.ts';
import { CPUINFO_EVIDENCE } from '../host/cpuinfo-evidence.ts';
import { RELEASE_TAGS } from '../restore/release-tags.ts';
import { COMPONENTS, trapsOf } from './feature-traps.ts';
import { UNCOMPARED_FLAGS, type UncomparedFlag, uncomparedFlags } from './uncompared-flags.ts';

/** Where the bit lies. */
interface FeaturePlace {
  /** `0x7`; null on arm64. */
  readonly leaf: string | null;
  readonly subleaf: string | null;
  readonly register: string;
  readonly bit: number;
}

/** What /proc/cpuinfo tells of it; null where nothing has to be inferred (arm64). */
interface CpuinfoAnswer {
  /** The flag that Linux shows, or null. */
  readonly flag: string | null;
  /** What a shown flag proves: always the bit, under conditions, or nothing. */
  readonly shown: 'bit set' | 'conditional' | 'nothing';
  readonly missing: 'bit clear' | 'conditional' | 'nothing';
  readonly because: string;
  readonly source: string;
}

/** The CPU generations of one line of products that have it. */
interface GenerationSpan {
  readonly line: string;
  readonly first: string;
  /** Last one of the line that has it; null: all later ones of the table have it. */
  readonly last: string | null;
}

/** One feature that gVisor compares. */
export interface ComparedFeature {
  readonly name: string;
  readonly arch: Arch;
  readonly compared: true;
  readonly description: string;
  readonly impact: Impact;
  readonly impactMeaning: string;
  readonly number: number;
  readonly block: number;
  readonly place: FeaturePlace;
  readonly linuxName: string | null;
  readonly otherSpellings: readonly string[];
  /** Day of the gVisor commit, and the first release that has it; null: every release since 2021 has it. */
  readonly comparedSince: { readonly date: string; readonly release: string | null };
  readonly cpuinfo: CpuinfoAnswer | null;
  /** Null: not known which generations have it. */
  readonly generations: readonly GenerationSpan[] | null;
  /** XSAVE components whose state it brings. */
  readonly components: readonly string[];
  readonly annotation: { readonly canName: boolean; readonly note: string };
  /** Settings that keep programs from using it where CPUID cannot be faulted. */
  readonly settings: readonly FeatureSetting[];
  readonly traps: readonly string[];
  readonly source: string;
}

/** One setting of a run-time library. */
interface FeatureSetting {
  readonly program: string;
  readonly kind: 'environment' | 'argument';
  readonly setting: string;
  /** `experiment`: tried; `documentation`: as its makers describe it. */
  readonly verified: 'experiment' | 'documentation';
}

/** One flag that gVisor does not compare. */
export interface UncomparedFeature {
  readonly name: string;
  readonly arch: Arch;
  readonly compared: false;
  readonly description: string;
  /** Null for a flag that Linux makes up. */
  readonly place: FeaturePlace | null;
  readonly note: string;
  readonly source: string;
}

export const IMPACT_MEANINGS = {
  instruction: 'an instruction that programs execute: without it a program that uses it dies of SIGILL',
  os: 'of kernels and hypervisors only: a program in a sandbox never notices that it is missing, and runsc demands it all the same',
  performance: 'about speed, errata or topology: results are the same without it, and runsc demands it all the same',
  dynamic: 'decided by the virtual machine or the running kernel, not by the CPU: change these, not the CPU',
} as const satisfies Record<Impact, string>;

/** The lines of which the table says what they have. */
const LINE_NAMES = {
  server: 'Intel Xeon',
  client: 'Intel Core',
  forest: 'Intel Xeon with efficient cores',
  phi: 'Intel Xeon Phi',
  amd: 'AMD',
} as const satisfies Partial<Record<keyof typeof GENERATION_LINES, string>>;

/** What a name means on each architecture that has it; empty when nothing knows it. */
export function explainFeature(name: string): (ComparedFeature | UncomparedFeature)[] {
  const compared = (['amd64', 'arm64'] as const).flatMap((arch) => {
    const feature = findFeature(arch, name);
    return feature === undefined ? [] : [comparedFeature(arch, feature)];
  });
  const taken = new Set<Arch>(compared.map(({ arch }) => arch));
  return [...compared, ...uncomparedFlags(name).flatMap((flag) => (taken.has(flag.arch) ? [] : [uncomparedFeature(flag)]))];
}

/** Every name that {@link explainFeature} knows as gVisor or Linux spells it, for suggestions. */
export function featureNames(): string[] {
  const compared = (['amd64', 'arm64'] as const).flatMap((arch) =>
    featuresOf(arch).flatMap(({ name }) => spellingsOf(arch, name)),
  );
  return [...new Set([...compared, ...UNCOMPARED_FLAGS.map(({ name }) => name)])];
}

function comparedFeature(arch: Arch, feature: CpuFeature): ComparedFeature {
  const { name, number, impact, linuxName, comparedSince } = feature;
  const bits = arch === 'amd64' && Object.hasOwn(COMPONENTS, name) ? (COMPONENTS[name] ?? []) : [];
  return {
    name,
    arch,
    compared: true,
    description: feature.description,
    impact,
    impactMeaning: IMPACT_MEANINGS[impact],
    number,
    block: Math.floor(number / 32),
    place: {
      leaf: feature.leaf === null ? null : hex(feature.leaf),
      subleaf: feature.subleaf === null ? null : hex(feature.subleaf),
      register: feature.register === 'hwcap' ? 'AT_HWCAP' : feature.register.toUpperCase(),
      bit: feature.bit,
    },
    linuxName,
    otherSpellings: spellingsOf(arch, name).filter((spelling) => spelling !== name && spelling !== linuxName),
    comparedSince: {
      date: `${comparedSince.slice(0, 4)}-${comparedSince.slice(4, 6)}-${comparedSince.slice(6)}`,
      release: releaseSince(comparedSince),
    },
    cpuinfo: arch === 'amd64' ? cpuinfoAnswer(name) : null,
    generations: arch === 'amd64' ? generationSpans(name) : null,
    components: componentNames(bits.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n)),
    annotation:
      arch === 'amd64'
        ? {
            canName: true,
            note: `\`${name}\` in \`dev.gvisor.internal.cpufeatures\` keeps it; a list without it removes it (since release-20250820.0)`,
          }
        : { canName: false, note: 'the annotation does not exist on arm64: a sandbox with it does not start there' },
    settings: arch === 'amd64' && impact === 'instruction' ? settingsOf(name) : [],
    traps: trapsOf(arch, name),
    source: feature.source,
  };
}

function settingsOf(name: string): FeatureSetting[] {
  return runTimeSettings([name], { avx512: name.startsWith('avx512'), avx: name === 'avx' }).map(
    ({ program, kind, setting, verified }) => ({ program, kind, setting, verified }),
  );
}

/** Null where the commit is older than the oldest release of the table. */
function releaseSince(day: string): string | null {
  const [oldest] = RELEASE_TAGS;
  if (oldest === undefined || day < oldest.date) return null;
  return RELEASE_TAGS.find(({ date }) => date >= day)?.name ?? null;
}

function cpuinfoAnswer(name: string): CpuinfoAnswer | null {
  const evidence = CPUINFO_EVIDENCE.find(({ feature }) => feature.name === name);
  if (evidence === undefined) return null;
  const { present, absent, because, source } = evidence.rule;
  return {
    flag: evidence.flag,
    shown: present === null ? 'nothing' : present.length === 0 ? 'bit set' : 'conditional',
    missing: absent === null ? 'nothing' : absent.length === 0 ? 'bit clear' : 'conditional',
    because,
    source: `Linux ${source}`,
  };
}

function generationSpans(name: string): GenerationSpan[] | null {
  const { known, undecided } = generationsWith([name]);
  if (undecided.length > 0) return null;
  const have = new Set(known);
  return (Object.keys(LINE_NAMES) as (keyof typeof LINE_NAMES)[]).flatMap((line) => {
    const generations: readonly string[] = GENERATION_LINES[line];
    const those = generations.filter((generation) => have.has(generation));
    const [first] = those;
    const last = those.at(-1);
    if (first === undefined || last === undefined) return [];
    return [{ line: LINE_NAMES[line], first, last: last === generations.at(-1) ? null : last }];
  });
}

const USE_NOTES = {
  application:
    'gVisor does not compare it, and the annotation cannot name or remove it: a restore does not look at it. A program that has seen it before the save goes on using it, and dies of SIGILL on a host without it.',
  system: 'gVisor does not compare it, and programs in a sandbox have no use for it: a restore does not look at it.',
  linux: 'Linux makes this flag up itself: it is no bit of CPUID. gVisor does not compare it.',
} as const satisfies Record<UncomparedFlag['use'], string>;

/** Constants of gVisor that are missing from its list of features. */
const DEFINED_ONLY: ReadonlySet<string> = new Set(['avx512ifma', 'pcommit']);

function uncomparedFeature({ name, arch, place, hwcap, use, description }: UncomparedFlag): UncomparedFeature {
  const defined = DEFINED_ONLY.has(name)
    ? ' gVisor has a constant for it, which is missing from its list of features since 266cabd00 (2022-01-13).'
    : '';
  return {
    name,
    arch,
    compared: false,
    description,
    place:
      place !== null
        ? { leaf: hex(place.leaf), subleaf: hex(place.subleaf), register: place.register.toUpperCase(), bit: place.bit }
        : hwcap === null
          ? null
          : { leaf: null, subleaf: null, register: hwcap.word, bit: hwcap.bit },
    note: USE_NOTES[use] + defined,
    source:
      arch === 'amd64'
        ? 'Linux arch/x86/include/asm/cpufeatures.h; gVisor pkg/cpuid/features_amd64.go: allFeatures'
        : 'Linux Documentation/arch/arm64/elf_hwcaps.rst; gVisor pkg/cpuid/features_arm64.go: allFeatures',
  };
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
