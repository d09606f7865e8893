/** To whom files belong. */
import { lstatSync, statSync } from 'node:fs';

/**
 * The numbers of the users to whom what is at a path belongs: of a link, both to whom it and what it leads to belong. Empty where nothing is, or
 * where users have no numbers.
 */
export function ownersOf(path: string): readonly number[] {
  if (process.geteuid === undefined) return [];
  return [lstatSync(path, { throwIfNoEntry: false }), statSync(path, { throwIfNoEntry: false })].flatMap(
    (stats) => stats?.uid ?? [],
  );
}

/** The number of the user that this process acts as, or null where users have none. */
export function currentUser(): number | null {
  return process.geteuid?.() ?? null;
}
