/** How the restoring runsc relates to the one that saved an image. */
import type { ImageFacts } from './image-facts.ts';
import { parseRunscVersion, placeInReleases, versionString, versionText } from './runsc-version.ts';

/**
 * `unasked`: nobody said which runsc restores, so that it is taken for the one that saved. `same`: the versions are equal, or the types of
 * an image without a version are those of that release. `beside`: they are those of the release beside it, and the restoring runsc is a
 * build between releases. `other`: none of these. `nameless`: the version of the restoring runsc names no code.
 */
export type SaverRelation = 'unasked' | 'same' | 'beside' | 'other' | 'nameless';

/** @param restoring version of the restoring runsc as it was given, or null */
export function relationToSaver(
  image: Pick<ImageFacts, 'runscVersion' | 'typesRelease'>,
  restoring: string | null,
): SaverRelation {
  const text = restoring === null ? '' : versionText(restoring);
  if (text === '') return 'unasked';
  const version = parseRunscVersion(text);
  if (version === null) return 'nameless';
  const saved = image.runscVersion?.value ?? null;
  if (saved !== null) {
    if (saved === text || saved === versionString(version)) return 'same';
    return version.bareDate && namesDate(saved, version.date) ? 'same' : 'other';
  }
  const types = image.typesRelease;
  if (types?.exact !== true) return 'other';
  const place = placeInReleases(version, types.first, types.last);
  return place === 'inside' ? 'same' : place === 'beside' ? 'beside' : 'other';
}

/** A date may mean the name of a release or the day of its code; a release with another number of the same day is the same date. */
export function namesDate(saved: string, date: string): boolean {
  return parseRunscVersion(saved)?.date === date || saved.includes(date);
}
