/** Paths that a pattern names. */
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { isPattern, namePattern } from '../bytes/name-pattern.ts';
import { CkptError } from '../errors.ts';
import { systemError } from './system-error.ts';

/** The most names that one pattern may make us look at. Stops a pattern with two `**` from reading a whole machine for hours. */
const MOST_NAMES = 1_000_000;

/**
 * The paths that a pattern names, sorted: `*`, `?`, `[…]` within one name, and `**` as a whole name for any number of directories. Names
 * that begin with a dot are taken only where the pattern writes that dot. `**` does not follow links. A directory that may not be read,
 * or is gone, has no names.
 *
 * @throws CkptError `not-found` when nothing matches; `over-limit` when a million names were looked at
 */
export function expandPattern(pattern: string): string[] {
  const absolute = pattern.startsWith('/');
  const parts = pattern.split('/').filter((part) => part !== '');
  const directoriesOnly = pattern.endsWith('/');
  const walk: Walk = { pattern, looked: 0 };
  let places = new Set([absolute ? '/' : '']);
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1 && !directoriesOnly;
    const next = new Set<string>();
    for (const place of places) for (const path of step(place, part, last, walk)) next.add(path);
    places = next;
  }
  places.delete('');
  if (places.size === 0) {
    throw new CkptError(
      'not-found',
      { layer: 'file', file: pattern },
      { expected: 'files that match the pattern', found: 'none' },
    );
  }
  return [...places].sort();
}

interface Walk {
  readonly pattern: string;
  /** Names that were looked at. */
  looked: number;
}

function step(place: string, part: string, last: boolean, walk: Walk): string[] {
  if (part === '**') return last ? allBelow(place, walk, false) : [place, ...allBelow(place, walk, true)];
  if (!isPattern(part)) {
    const path = below(place, part.replaceAll(/\\(.)/g, '$1'));
    return isThere(path, !last) ? [path] : [];
  }
  const fits = namePattern(part);
  const hidden = part.startsWith('.') || part.startsWith('\\.');
  return namesIn(place, walk)
    .filter(({ name }) => (hidden || !name.startsWith('.')) && fits(name))
    .map(({ name }) => below(place, name))
    .filter((path) => last || isThere(path, true));
}

/** Everything below a directory, however deep; without hidden names. */
function allBelow(place: string, walk: Walk, directoriesOnly: boolean): string[] {
  const found: string[] = [];
  const waiting = [place];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    for (const entry of namesIn(directory, walk)) {
      if (entry.name.startsWith('.')) continue;
      const path = below(directory, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      if (entry.isDirectory() || !directoriesOnly) found.push(path);
    }
  }
  return found;
}

function namesIn(place: string, walk: Walk): Dirent[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(place === '' ? '.' : place, { withFileTypes: true });
  } catch (error) {
    const { code } = systemError(place, error);
    if (code === 'not-found' || code === 'permission-denied' || code === 'io-error') return [];
    throw error;
  }
  walk.looked += entries.length;
  if (walk.looked > MOST_NAMES) {
    throw new CkptError(
      'over-limit',
      { layer: 'file', file: walk.pattern },
      {
        expected: `a pattern that looks at no more than ${MOST_NAMES} names`,
        found: 'more',
        hint: 'Name a directory further down',
      },
    );
  }
  return entries;
}

function below(place: string, name: string): string {
  return place === '' || place === '/' ? place + name : `${place}/${name}`;
}

function isThere(path: string, directory: boolean): boolean {
  try {
    const found = statSync(path);
    return !directory || found.isDirectory();
  } catch {
    return false;
  }
}
