/** The value of gVisor's annotation, as runsc reads it. */
import { closestName } from '../closest-name.ts';
import type { CpuFeature } from '../cpu/feature.ts';
import { featureNamed, featuresOf, findFeature } from '../cpu/feature-names.ts';
import { CHANGES } from '../restore/changes.ts';
import { containsChange, type RunscVersion } from '../restore/runsc-version.ts';

/** The key of the annotation. @see gVisor runsc/specutils/specutils.go: AnnotationCPUFeatures */
export const ANNOTATION = 'dev.gvisor.internal.cpufeatures';

/**
 * Features with a number and without a name: they are never compared, and the annotation can neither keep nor remove them.
 *
 * @see gVisor pkg/cpuid/features_amd64.go: X86FeatureAVX512IFMA, X86FeaturePCOMMIT, missing in allFeatures
 */
const NAMELESS: ReadonlySet<string> = new Set(['avx512ifma', 'avx512_ifma', 'pcommit']);

/** One element between two commas. */
export type ListedName =
  /** runsc knows it. */
  | { readonly kind: 'known'; readonly text: string; readonly feature: CpuFeature }
  /** Nothing between the commas; runsc passes over it. */
  | { readonly kind: 'empty'; readonly text: '' }
  /** A later release knows it. */
  | { readonly kind: 'later'; readonly text: string; readonly feature: CpuFeature }
  | { readonly kind: 'nameless'; readonly text: string }
  /** gVisor's name in other letters, or with white space around it. */
  | { readonly kind: 'misspelt'; readonly text: string; readonly feature: CpuFeature }
  /** What another vocabulary calls it. */
  | { readonly kind: 'foreign'; readonly text: string; readonly feature: CpuFeature }
  | { readonly kind: 'unknown'; readonly text: string; readonly closest: string | null };

/** The features as one value. */
export function annotationValue(names: readonly string[]): string {
  return names.join(',');
}

/**
 * Splits a value as runsc does: at commas, and nothing is trimmed or folded.
 *
 * @param date date of the code of the runsc that reads it, YYYYMMDD
 * @see gVisor runsc/boot/loader.go: New
 */
export function readAnnotation(value: string, date: string): ListedName[] {
  let guesses = 0;
  return value.split(',').map((text) => {
    const name = listedName(text, date);
    return name.kind === 'unknown' && guesses++ < MOST_GUESSES ? { ...name, closest: closestFeature(text) } : name;
  });
}

/** Whether that runsc reads the annotation at all. */
export function readsAnnotation(version: RunscVersion): boolean {
  return containsChange(version, CHANGES['cpufeatures-annotation']);
}

function listedName(text: string, date: string): ListedName {
  if (text === '') return { kind: 'empty', text };
  const exact = featureNamed('amd64', text);
  if (exact !== undefined) return { kind: exact.comparedSince <= date ? 'known' : 'later', text, feature: exact };
  const plain = text.trim().toLowerCase();
  if (NAMELESS.has(plain)) return { kind: 'nameless', text };
  const misspelt = featureNamed('amd64', plain);
  if (misspelt !== undefined) return { kind: 'misspelt', text, feature: misspelt };
  const meant = findFeature('amd64', text);
  if (meant !== undefined) return { kind: 'foreign', text, feature: meant };
  return { kind: 'unknown', text, closest: null };
}

/** Unknown names of one value for which the near name is looked up; the work for one is that of a thousand known ones. */
const MOST_GUESSES = 200;

function closestFeature(text: string): string | null {
  const plain = text.trim().toLowerCase();
  return closestName(plain, NAMES, plain.length < SHORT ? 1 : undefined);
}

/** Letters below which a name is taken for another one only when a single one differs. */
const SHORT = 5;

const NAMES: readonly string[] = featuresOf('amd64').map(({ name }) => name);
