/** Where the configuration of a directory is. */
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { whatIsAt } from '../io/small-files.ts';

const NAMES = ['ckpt.yaml', 'ckpt.yml'] as const;
/** What the top directory of a project holds. */
const TOP = '.git';

/**
 * The configuration of a directory: its own, else the nearest of those around it, as far as the top of the project (the directory that
 * holds `.git`); outside of one, as far as the root.
 *
 * @returns the absolute path, or null when there is none
 * @throws UsageError when both names are there
 */
export function findConfig(directory: string): string | null {
  for (let place = resolve(directory); ; place = dirname(place)) {
    const found = NAMES.map((name) => join(place, name)).filter((path) => whatIsAt(path) === 'other');
    if (found.length > 1) throw new UsageError(`${place} has both ${NAMES.join(' and ')}: keep one`);
    if (found[0] !== undefined) return found[0];
    if (whatIsAt(join(place, TOP)) !== 'nothing' || dirname(place) === place) return null;
  }
}
