/** Version strings of runsc, and the date of the code that they name. */
import { RELEASE_TAGS, type ReleaseTag, releaseTag } from './release-tags.ts';

/** What a version string says of the code. */
export interface RunscVersion {
  /** The string as runsc compares it, without `runsc version ` before it. */
  readonly text: string;
  /** Date of the code, YYYYMMDD. For a build between two tags it is the date of the tag that it follows. */
  readonly date: string;
  /** The release tag that it is, or null for a date or a version that is no known tag. */
  readonly tag: ReleaseTag | null;
  /** Commits after the tag, from `git describe`; 0 otherwise. */
  readonly commitsAfter: number;
  /** A person gave a date, not a version string. */
  readonly bareDate: boolean;
}

const PREFIX = /^runsc version\s+/;
const RELEASE = /^release-(\d{8})\.(\d+)(?:-(\d+)-g[0-9a-f]+)?(?:[-+.].*)?$/;
/** Debian stamps the upstream tag behind `0.0~`, and may add its own revision. */
const DEBIAN = /^0\.0~(\d{8})\.(\d+)(?:[-+].*)?$/;
const DATE = /^(\d{4})-?(\d{2})-?(\d{2})$/;

/**
 * Reads a version of runsc: `release-20260817.0`, `release-20260817.0-5-gabc1234`, Debian's `0.0~20240729.0`, or a bare date
 * (`20240729`, `2024-07-29`), which names the code of that day.
 *
 * @returns null when the string names no code: empty, `VERSION_MISSING` (a build without a stamp), or of unknown form
 * @see gVisor runsc/version/version.go (stamped at build time), RELEASE_TAGS for the dates of tags
 */
export function parseRunscVersion(input: string): RunscVersion | null {
  const text = versionText(input);
  const date = DATE.exec(text);
  if (date !== null) {
    const digits = `${date[1]}${date[2]}${date[3]}`;
    return isDate(digits) ? { text, date: digits, tag: null, commitsAfter: 0, bareDate: true } : null;
  }
  const match = RELEASE.exec(text) ?? DEBIAN.exec(text);
  const digits = match?.[1];
  if (match === null || digits === undefined || !isDate(digits)) return null;
  const tag = releaseTag(`release-${digits}.${match[2]}`) ?? null;
  return { text, date: tag?.date ?? digits, tag, commitsAfter: Number(match[3] ?? 0), bareDate: false };
}

/** The version in what a person gave: `runsc --version` prints it behind a name, and more lines behind it. */
export function versionText(input: string): string {
  return (input.trim().split('\n')[0] ?? '').trim().replace(PREFIX, '');
}

/** The version string that a person means: a bare date stands for the release of that name. */
export function versionString(version: RunscVersion): string {
  return version.bareDate ? `release-${version.date}.0` : version.text;
}

/** Whether the code of a version contains a change that landed on a date (YYYYMMDD) and was first released with a tag. */
export function containsChange(
  version: RunscVersion,
  change: { readonly date: string; readonly firstRelease: string; readonly distance: number },
): boolean {
  const first = releaseTag(change.firstRelease);
  if (version.tag === null || first === undefined) return version.date >= change.date;
  if (version.tag.rank >= first.rank) return true;
  // A build behind a tag (`git describe`) has what landed on master within so many commits. Two tags may be one commit.
  const before = RELEASE_TAGS[first.rank - 1];
  return version.commitsAfter >= change.distance && version.tag.date === before?.date;
}

/** How a version lies to the releases `first` to `last` (tag names): inside, outside, or in the gap next to them, where nothing is known. */
export function placeInReleases(version: RunscVersion, first: string, last: string): 'inside' | 'beside' | 'outside' {
  const from = releaseTag(first);
  const to = releaseTag(last);
  if (from === undefined || to === undefined) return 'beside';
  // A bare date may name a release as well as the day of its code.
  const named = version.bareDate ? releaseTag(versionString(version)) : undefined;
  if (named !== undefined && named.rank >= from.rank && named.rank <= to.rank) return 'inside';
  const before = RELEASE_TAGS[from.rank - 1]?.date ?? '';
  const after = RELEASE_TAGS[to.rank + 1]?.date ?? '99999999';
  if (version.tag !== null && version.commitsAfter === 0) {
    return version.tag.rank >= from.rank && version.tag.rank <= to.rank ? 'inside' : 'outside';
  }
  if (version.date >= from.date && version.date <= to.date) return 'inside';
  return version.date > before && version.date < after ? 'beside' : 'outside';
}

function isDate(digits: string): boolean {
  const time = Date.parse(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}T00:00:00Z`);
  if (Number.isNaN(time)) return false;
  // Date.parse accepts 30 February and calls it 1 or 2 March.
  return new Date(time).toISOString().slice(0, 10).replaceAll('-', '') === digits;
}
