/** Features and masks as messages name them, in words. */
import type { Arch } from '../cpu/feature.ts';
import { featureNamed, findFeature } from '../cpu/feature-names.ts';
import { generationsWith } from '../cpu/microarchitecture-features.ts';
import { componentNames } from '../cpu/xsave.ts';
import type { NamedFeature, NamedFeatures, NamedMask, NamedState } from './log-finding.ts';

/** Names of one message that are looked up; gVisor compares fewer than 200. */
const MOST_NAMES = 512;

/**
 * The features in the text of a Go map (`avx512f:{} avx512dq:{}`) or of a list with commas or spaces.
 *
 * @param arch where the log says it; else it is told by the names
 */
export function namedFeatures(text: string, arch: Arch | null): NamedFeatures {
  const given = text
    .split(/[\s,]+/, MOST_NAMES)
    .map((word) => word.replace(/:\{\}$/, ''))
    .filter((word) => word !== '');
  const where = arch ?? archOf(given);
  const list = given.map((word): NamedFeature => {
    const feature = findFeature(where, word);
    return {
      given: word,
      name: feature?.name ?? null,
      impact: feature?.impact ?? null,
      description: feature?.description ?? null,
    };
  });
  const names = list.flatMap(({ name }) => (name === null ? [] : [name]));
  const { known, undecided } = where === 'amd64' ? generationsWith(names) : { known: [], undecided: names };
  return { arch: where, list, generations: known, undecided };
}

/** The architecture on which more of the names are gVisor's; amd64 when they are equal. */
function archOf(names: readonly string[]): Arch {
  const count = (arch: Arch): number => names.filter((name) => featureNamed(arch, name) !== undefined).length;
  return count('arm64') > count('amd64') ? 'arm64' : 'amd64';
}

/** The masks of a refused state; null when they are no numbers of 64 bits. */
export function namedState(supported: string, saved: string): NamedState | null {
  const [left, right] = [mask(supported), mask(saved)];
  if (left === null || right === null) return null;
  return { supported: namedMask(left), saved: namedMask(right), missing: namedMask(right & ~left) };
}

function mask(text: string): bigint | null {
  return /^0x[0-9a-f]{1,16}$/i.test(text) ? BigInt(text) : null;
}

function namedMask(value: bigint): NamedMask {
  return { mask: `0x${value.toString(16)}`, components: componentNames(value) };
}
