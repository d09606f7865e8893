/** Paths of directory entries that are known without a mount, as inotify knows what it watches. */
import type { Graph } from '../../graph/graph.ts';
import { readDentry, type SavedDentry } from './dentry.ts';
import { pathInFilesystem } from './dentry-path.ts';
import { countedPath, type FileReading } from './file-reading.ts';
import type { Place, SavedMount } from './mount.ts';
import { mountsBelow } from './mounts.ts';

/** Mounts by the entry that they show at their mount point; by graph, then by the mount of the root. */
const known = new WeakMap<Graph, Map<number, ReadonlyMap<number, SavedMount>>>();

/** The most directories between an entry and the root of its mount. */
const DEPTH_AT_MOST = 4096;

/**
 * The path of an entry from the root of the mount namespace, through the mount that shows the nearest directory above it; its path in its
 * own file system when no mount does.
 *
 * @param root of a process; the mounts below it are looked through.
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`, `inconsistent`.
 */
export function watchedPath(dentry: SavedDentry, root: Place | null, reading: FileReading): string {
  const mounts = root === null ? null : mountsByRoot(root, reading);
  let at: SavedDentry = dentry;
  for (let depth = 0; root !== null && depth < DEPTH_AT_MOST; depth++) {
    const mount = mounts?.get(at.id);
    if (mount !== undefined) return countedPath({ mount, dentry }, null, reading).text;
    if (at.parent === null) break;
    at = readDentry(at.parent);
  }
  return pathInFilesystem(dentry);
}

function mountsByRoot({ mount }: Place, reading: FileReading): ReadonlyMap<number, SavedMount> {
  const trees = known.get(mount.node.graph) ?? new Map<number, ReadonlyMap<number, SavedMount>>();
  known.set(mount.node.graph, trees);
  const before = trees.get(mount.identity);
  if (before !== undefined) return before;
  const byRoot = new Map<number, SavedMount>();
  for (const one of mountsBelow(mount, reading)) if (one.root !== null && !byRoot.has(one.root.id)) byRoot.set(one.root.id, one);
  trees.set(mount.identity, byRoot);
  return byRoot;
}
