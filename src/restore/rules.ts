/** The rules that a restoring runsc applies: which changes of its restore path its code contains. */
import { CHANGES, type ChangeId, NEWEST_KNOWN_DATE, NEWEST_KNOWN_RELEASE } from './changes.ts';
import type { ImageFacts } from './image-facts.ts';
import type { RulesUsed } from './result.ts';
import { containsChange, parseRunscVersion, type RunscVersion, versionString } from './runsc-version.ts';

/** Whose version of runsc is known, in the order in which they are asked. */
export interface RulesInput {
  /** What the caller gave (`--runsc-version`), or null. */
  readonly flag: string | null;
  /** The host's runsc, or null. */
  readonly host: string | null;
}

/** The rules of one restoring runsc. */
export interface Rules {
  /** The version, for people and documents; a bare date as the release of that name. */
  readonly release: string;
  readonly from: RulesUsed['from'];
  /** Date of that code, YYYYMMDD. */
  readonly date: string;
  /** Whether that runsc's code contains a change. */
  readonly has: (change: ChangeId) => boolean;
  /** The code is newer than what these rules were read from, so that changes may be missing. */
  readonly newerThanKnown: boolean;
  /** The version of the restoring runsc as it is known for the host: flag, else host's; null when neither was given. */
  readonly restoring: string | null;
}

/**
 * Chooses the rules: those of the version given by flag, else of the host's runsc, else of the image's own, else of the newest release
 * whose types equal the image's, else the newest known. A version that names no code (`VERSION_MISSING`) is passed over.
 *
 * @see docs/gates.md
 */
export function selectRules(image: Pick<ImageFacts, 'runscVersion' | 'typesRelease'>, input: RulesInput): Rules {
  const restoring = input.flag ?? input.host;
  const candidates: readonly (readonly [RulesUsed['from'], string | null | undefined])[] = [
    ['flag', input.flag],
    ['host', input.host],
    ['image', image.runscVersion?.value],
    ['types', image.typesRelease?.last],
  ];
  for (const [from, text] of candidates) {
    if (text === null || text === undefined) continue;
    const version = parseRunscVersion(text);
    if (version !== null) return rulesOf(version, from, restoring);
  }
  const newest: RunscVersion = {
    text: NEWEST_KNOWN_RELEASE,
    date: NEWEST_KNOWN_DATE,
    tag: null,
    commitsAfter: 0,
    bareDate: false,
  };
  return rulesOf(newest, 'newest', restoring);
}

/** The date of the code: of a build behind a tag, that of the newest change that it contains. */
function dateOf(version: RunscVersion): string {
  if (version.commitsAfter === 0) return version.date;
  const dates = Object.values(CHANGES)
    .filter((change) => containsChange(version, change))
    .map(({ date }) => date);
  return [version.date, ...dates].sort().at(-1) ?? version.date;
}

function rulesOf(version: RunscVersion, from: RulesUsed['from'], restoring: string | null): Rules {
  return {
    release: versionString(version),
    from,
    date: dateOf(version),
    has: (change) => containsChange(version, CHANGES[change]),
    newerThanKnown: version.date > NEWEST_KNOWN_DATE,
    restoring,
  };
}
