/** What readers of one image's files share: a ceiling on all that they read one by one. */
import { mapEntries, type Node } from '../../graph/node.ts';
import { elementCounter } from '../element-budget.ts';
import { pathOfPlace, type SavedPath } from './dentry-path.ts';
import type { Place } from './mount.ts';

export interface FileReading {
  /**
   * Counts what is read, for all files together. Stops a small image in which a million files all lead to one long list.
   *
   * @throws CkptError `over-limit` when it is more than the ceiling on elements.
   */
  readonly spend: (count: number, where: Node) => void;
}

export function newFileReading(): FileReading {
  return { spend: elementCounter('lists of files') };
}

/**
 * The entries of a map, none for a missing one; they count.
 *
 * @throws CkptError `over-limit`, `unknown-shape`, `dangling-reference`.
 */
export function countedEntries(map: Node | null, reading: FileReading): { key: Node; value: Node }[] {
  if (map === null) return [];
  // Fails before another long list is read when there were too many.
  reading.spend(1, map);
  const entries = mapEntries(map);
  reading.spend(entries.length, map);
  return entries;
}

/** Characters that count as one entry: those of ordinary names are free. */
const CHARACTERS_PER_ENTRY = 64;

/**
 * Counts text that is shown; many files may share one long name.
 *
 * @throws CkptError `over-limit`.
 */
export function countText(characters: number, where: Node, reading: FileReading): void {
  reading.spend(Math.floor(characters / CHARACTERS_PER_ENTRY), where);
}

/**
 * The path of a place, which counts.
 *
 * @throws CkptError `over-limit` and as pathOfPlace.
 */
export function countedPath(place: Place, root: Place | null, reading: FileReading): SavedPath {
  const path = pathOfPlace(place, root);
  countText(path.text.length, place.dentry.impl, reading);
  return path;
}
