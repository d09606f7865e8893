/** The comparison of gate `cpu-features`: what the image has and the host lacks. */
import { featureNumberFact } from './cpuid-features.ts';
import type { CpuidTable } from './cpuid-table.ts';
import type { Arch, Presence } from './feature.ts';
import { featuresOf } from './feature-names.ts';
import type { FeatureSet } from './feature-set.ts';

/** How a host relates to an image, seen from the image: a `superset` host has all of the image's features and more. */
export type FeatureRelation = 'identical' | 'superset' | 'subset' | 'incompatible';

/** Features of the host, by gVisor name; a name that is missing is unknown. */
export type HostFeatures = ReadonlyMap<string, { readonly presence: Presence }>;

export interface FeatureDifference {
  /** Required and absent, in feature-number order. */
  readonly missing: readonly string[];
  /** Required and not decidable from the host's evidence, in feature-number order. */
  readonly unknown: readonly string[];
}

/**
 * Date (YYYYMMDD) of gVisor commit 266cabd00. Since then the features of the restoring runsc's table are compared; before, every set
 * bit of blocks 0 to 6 on amd64, named or not, and nothing on arm64.
 */
export const TABLE_COMPARED_SINCE = '20220113';

const OLD_BLOCKS = 7;

interface ComparedFeature {
  readonly label: string;
  readonly required: boolean;
  readonly presence: Presence;
}

/**
 * The features that an image requires and a host lacks, under the rules of a restoring runsc.
 *
 * @param rulesDate date of the restoring runsc's code, YYYYMMDD
 * @param hostCpuid the host's CPUID answers, for rules before 2022-01-13, where bits without a name count; without them such bits are
 *   unknown
 * @see gVisor pkg/cpuid/cpuid.go: FeatureSet.Subtract; before 2022-01-13 pkg/cpuid/cpuid_x86.go: FeatureSet.Subtract, Feature.String
 */
export function missingFeatures(
  required: FeatureSet,
  host: HostFeatures,
  rulesDate: string,
  hostCpuid: CpuidTable | null = null,
): FeatureDifference {
  const needed = comparedFeatures(required, host, rulesDate, hostCpuid).filter((feature) => feature.required);
  return {
    missing: needed.filter((feature) => feature.presence === 'absent').map((feature) => feature.label),
    unknown: needed.filter((feature) => feature.presence === 'unknown').map((feature) => feature.label),
  };
}

/** How the host relates to the image over the features that gVisor compares; null when one of them is unknown on the host. */
export function relationOf(
  required: FeatureSet,
  host: HostFeatures,
  rulesDate: string,
  hostCpuid: CpuidTable | null = null,
): FeatureRelation | null {
  const compared = comparedFeatures(required, host, rulesDate, hostCpuid);
  if (compared.some((feature) => feature.presence === 'unknown')) return null;
  const lacks = compared.some((feature) => feature.required && feature.presence === 'absent');
  const more = compared.some((feature) => !feature.required && feature.presence === 'present');
  if (lacks) return more ? 'incompatible' : 'subset';
  return more ? 'superset' : 'identical';
}

/** The gVisor names that a restoring runsc of a date compares, in feature-number order. */
export function comparedNames(arch: Arch, rulesDate: string): string[] {
  if (rulesDate >= TABLE_COMPARED_SINCE) {
    return featuresOf(arch)
      .filter((feature) => feature.comparedSince <= rulesDate)
      .map((feature) => feature.name);
  }
  if (arch === 'arm64') return [];
  return featuresOf(arch)
    .filter((feature) => feature.number < 32 * OLD_BLOCKS)
    .map((feature) => feature.name);
}

function comparedFeatures(
  required: FeatureSet,
  host: HostFeatures,
  rulesDate: string,
  hostCpuid: CpuidTable | null,
): ComparedFeature[] {
  const has = new Set(required.features);
  const byNumber = new Map(featuresOf(required.arch).map((feature) => [feature.name, feature.number]));
  const named = comparedNames(required.arch, rulesDate).map((label) => ({
    number: byNumber.get(label) ?? 0,
    label,
    required: has.has(label),
    presence: host.get(label)?.presence ?? 'unknown',
  }));
  const unnamed = rulesDate < TABLE_COMPARED_SINCE && required.arch === 'amd64' ? unnamedFeatures(required, hostCpuid) : [];
  return [...named, ...unnamed].sort((a, b) => a.number - b.number);
}

/** Bits of blocks 0 to 6 without a name: those of the image, and those of the host where its CPUID answers are known. */
function unnamedFeatures(required: FeatureSet, hostCpuid: CpuidTable | null): (ComparedFeature & { number: number })[] {
  const named = new Set(featuresOf('amd64').map((feature) => feature.number));
  const has = new Set(required.unnamed);
  const features: (ComparedFeature & { number: number })[] = [];
  for (let number = 0; number < 32 * OLD_BLOCKS; number++) {
    if (named.has(number) || (isDuplicate(number) && !has.has(number))) continue;
    if (hostCpuid === null && !has.has(number)) continue;
    const presence = hostCpuid === null ? 'unknown' : featureNumberFact(hostCpuid, number).presence;
    features.push({ number, label: unnamedLabel(number), required: has.has(number), presence });
  }
  return features;
}

/**
 * Bits of CPUID leaf 0x80000001 EDX that repeat leaf 1 on AMD; gVisor does not count them.
 *
 * @see gVisor pkg/cpuid/features_amd64.go: block6DuplicateMask
 */
function isDuplicate(number: number): boolean {
  return Math.floor(number / 32) === 6 && ((0x0183_f3ff >>> (number % 32)) & 1) === 1;
}

/** What runsc before 2022-01-13 called a bit without a name. */
function unnamedLabel(number: number): string {
  return `<cpuflag ${number}; block ${Math.floor(number / 32)} bit ${number % 32}>`;
}
