/** What to say about a `--runsc-version` that names no release known to this version. */
import { parseRunscVersion, RELEASE_TAGS } from '../check.ts';
import { closestName } from '../closest-name.ts';
import type { RulesUsed } from '../restore/result.ts';

const RULES_FROM = {
  flag: 'as given',
  host: 'the runsc of the host',
  image: 'the runsc that saved the image',
  types: 'dated by the types in the image',
  newest: 'the newest known',
} as const satisfies Record<RulesUsed['from'], string>;

/** The most days between a date and the release that was probably meant. */
const NEAR_DAYS = 3;
const NEAR_EDITS = 2;
const DAY_MS = 86_400_000;

/**
 * A warning, or null for a known release, a date, or a release newer than this version (which the advice of the answer names).
 *
 * @param rules those that were applied
 */
export function runscVersionWarning(given: string, rules: readonly RulesUsed[]): string | null {
  const version = parseRunscVersion(given);
  if (version !== null && (version.tag !== null || version.bareDate || version.date > newestDate())) return null;
  const meant = nearestRelease(given);
  const hint = meant === null ? '' : `. Did you mean ${meant}?`;
  const name = `--runsc-version ${JSON.stringify(given)}`;
  if (version !== null) return `${name} names no known release: its date is taken for that of its code${hint}`;
  const applied = [...new Set(rules.map(({ release, from }) => `${release} (${RULES_FROM[from]})`))];
  const instead = applied.length === 0 ? '' : `: the rules applied are those of ${applied.join(', ')}`;
  return `${name} names no known release or date${instead}${hint}`;
}

/** The newest release by its name, which may be some days later than its code. */
function newestDate(): string {
  return /\d{8}/.exec(RELEASE_TAGS.at(-1)?.name ?? '')?.[0] ?? '';
}

/** The release of that date or next to it, or of nearly that spelling. */
function nearestRelease(given: string): string | null {
  const time = dayOf(given);
  let nearest: { readonly name: string; readonly days: number } | null = null;
  for (const { name } of time === null ? [] : RELEASE_TAGS) {
    const days = Math.abs((dayOf(name) ?? Number.POSITIVE_INFINITY) - (time ?? 0)) / DAY_MS;
    if (days <= NEAR_DAYS && (nearest === null || days < nearest.days)) nearest = { name, days };
  }
  if (nearest !== null) return nearest.name;
  const names = RELEASE_TAGS.map(({ name }) => name);
  return closestName(given.trim(), names, NEAR_EDITS);
}

function dayOf(text: string): number | null {
  const match = /(\d{4})(\d{2})(\d{2})/.exec(text);
  if (match === null) return null;
  const time = Date.parse(`${match[1]}-${match[2]}-${match[3]}T00:00:00Z`);
  return Number.isNaN(time) ? null : time;
}
