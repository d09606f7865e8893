/** What the formats for CI show of a verification: the checks that found damage. */
import type { Check, CheckId } from '../verification/check.ts';
import type { VerifiedImage, VerifyDocument } from '../verify.ts';
import { countOf } from './quantities.ts';
import { CHECK_NAMES, damageText } from './verify-text.ts';

/** Damages of one check that are written out. */
const MOST_DAMAGES = 10;

/** One check of one image that found damage. */
export interface DamagedCheck {
  readonly image: VerifiedImage;
  readonly check: Check;
  /** `chunks: 2 places damaged`; may hold unescaped text of the image. */
  readonly sentence: string;
  /** The first places, one a line. */
  readonly lines: readonly string[];
}

export function damagedChecks({ images }: VerifyDocument): DamagedCheck[] {
  return images.flatMap((image) =>
    image.checks.filter(({ outcome }) => outcome === 'damaged').map((check) => damagedCheck(image, check)),
  );
}

function damagedCheck(image: VerifiedImage, check: Check): DamagedCheck {
  const { id, damages, unlisted } = check;
  const count = damages.length + unlisted;
  const more = count - Math.min(damages.length, MOST_DAMAGES);
  const lines = [...damages.slice(0, MOST_DAMAGES).map(damageText), ...(more === 0 ? [] : [`… and ${more} more`])];
  return { image, check, sentence: `${CHECK_NAMES[id]}: ${countOf(count, 'place')} damaged`, lines };
}

/** `2 images: 1 damaged, 1 intact`. */
export function verifySummary({ images }: VerifyDocument): string {
  const counts = (['unreadable', 'damaged', 'intact'] as const).map((wanted) => ({
    wanted,
    count: images.filter(({ verdict }) => verdict === wanted).length,
  }));
  const told = counts.filter(({ count }) => count > 0).map(({ wanted, count }) => `${count} ${wanted}`);
  return `${countOf(images.length, 'image')}${told.length === 0 ? '' : `: ${told.join(', ')}`}`;
}

/** What a check that finds damage means. */
export function checkMeaning(id: CheckId): string {
  return `The ${CHECK_NAMES[id]} of the image cannot be read as runsc reads it, or does not agree with the rest of the image.`;
}
