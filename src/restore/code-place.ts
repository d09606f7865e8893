/** Where the code of a version lies in the history of types. */
import type { CodePlace, SchemaHistory } from '../kernel/types/schema-history.ts';
import { NEWEST_KNOWN_DATE } from './changes.ts';
import { RELEASE_TAGS, releaseTag } from './release-tags.ts';
import { type RunscVersion, versionString } from './runsc-version.ts';

type Releases = Pick<SchemaHistory, 'releases' | 'inexact'>;

/**
 * The place of a release tag, or the one between the releases around a build or a date; null for code outside of the history.
 *
 * The lists of some releases were read a few commits beside the tag: such a release lies between it and its neighbour. A bare date may name
 * a release as well as the day of its code, and gets a place that holds both.
 */
export function placeOf(history: Releases, version: RunscVersion): CodePlace | null {
  const { tag, date, commitsAfter, bareDate } = version;
  if (tag !== null && commitsAfter === 0) return placeOfTag(history, tag.rank);
  // The number of commits behind a tag says nothing of the day.
  if (tag !== null) return between(history, [tag.rank, tag.rank + 1], null);
  if (date > NEWEST_KNOWN_DATE) return null;
  const before = RELEASE_TAGS.filter((other) => other.date < date).at(-1);
  if (before === undefined) return null;
  const later = RELEASE_TAGS.findIndex((other) => other.date > date);
  const around = [before.rank, later < 0 ? RELEASE_TAGS.length : later];
  const named = bareDate ? releaseTag(versionString(version)) : undefined;
  return named === undefined ? between(history, around, date) : between(history, [...around, named.rank], null);
}

function placeOfTag(history: Releases, rank: number): CodePlace | null {
  const tag = RELEASE_TAGS[rank];
  const off = tag === undefined ? 0 : (history.inexact?.[tag.name] ?? 0);
  return between(history, [rank, rank - Math.sign(off)], tag?.date ?? null);
}

function between(history: Releases, ranks: readonly number[], date: string | null): CodePlace | null {
  const indices = ranks.map((rank) => indexOf(history, rank));
  if (indices.includes(-1)) return null;
  const from = Math.min(...indices);
  const to = Math.max(...indices);
  return { from, to, date: from === to ? null : date };
}

/** Index in the history of a place in the chain of tags; behind the last tag lies the commit that the history ends with. */
function indexOf({ releases }: Releases, rank: number): number {
  const tag = RELEASE_TAGS[rank];
  if (tag !== undefined) return releases.indexOf(tag.name);
  return rank === RELEASE_TAGS.length && releases.length > 0 ? releases.length - 1 : -1;
}
