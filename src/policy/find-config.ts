/** Where the configuration of a directory is. */
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { currentUser, ownersOf } from '../io/file-owner.ts';
import { whatIsAt } from '../io/small-files.ts';

const NAMES = ['ckpt.yaml', 'ckpt.yml'] as const;
/** What the top directory of a project holds. */
const TOP = '.git';
/** The superuser's number. */
const ROOT = 0;

/**
 * The configuration of a directory: its own, else the nearest of those above it within its project, as far as the directory that holds
 * `.git`. Outside of a project only its own: what lies in a directory that many share, such as the one for temporary files, is not meant.
 *
 * @returns the absolute path, or null when there is none
 * @throws UsageError when both names are there, or when it belongs to another user: what it lets pass is somebody else's word
 */
export function findConfig(directory: string): string | null {
  const start = resolve(directory);
  for (const place of placesOf(start)) {
    const found = NAMES.map((name) => join(place, name)).filter((path) => whatIsAt(path) === 'other');
    if (found.length > 1) throw new UsageError(`${place} has both ${NAMES.join(' and ')}: keep one`);
    const [path] = found;
    if (path === undefined) continue;
    const foreign = foreignOwner(ownersOf(path), [ROOT, currentUser(), ...ownersOf(start)]);
    if (foreign !== null)
      throw new UsageError(
        `${path} belongs to another user (${foreign}): --config names it where it is meant, --no-config goes by none`,
      );
    return path;
  }
  return null;
}

/** A directory and those above it in its project, or it alone. */
function placesOf(start: string): readonly string[] {
  const places: string[] = [];
  for (let place = start; ; place = dirname(place)) {
    places.push(place);
    if (whatIsAt(join(place, TOP)) !== 'nothing') return places;
    if (dirname(place) === place) return [start];
  }
}

/**
 * Who has a file and is none of those whose files are gone by, or null: the superuser, the user, and whoever has the directory one is in, as of
 * a project that a container sees under another user.
 */
export function foreignOwner(owners: readonly number[], trusted: readonly (number | null)[]): number | null {
  return owners.find((owner) => !trusted.includes(owner)) ?? null;
}
