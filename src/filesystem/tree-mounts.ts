/** Which container sees a saved tmpfs, and where. */
import { fieldAt, type Node, objectNode, typeName } from '../graph/node.ts';
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { fact } from '../kernel/epochs.ts';
import { identityOf, readDentry, type SavedDentry } from '../kernel/files/dentry.ts';
import { countedPath } from '../kernel/files/file-reading.ts';
import { readMount, readPlace, type SavedMount } from '../kernel/files/mount.ts';
import { mountsBelow } from '../kernel/files/mounts.ts';
import type { SavedKernel } from '../kernel/saved-kernel.ts';
import type { SavedThread } from '../kernel/threads.ts';
import type { SavedFileSystem } from './saved-file.ts';
import type { TreeReading } from './tree-reading.ts';

/** Type name of the implementation of every file system in memory, those of /dev too. */
export const TMPFS = 'pkg/sentry/fsimpl/tmpfs.filesystem';
const OVERLAY = 'pkg/sentry/fsimpl/overlay.filesystem';

/** Where a file system is mounted. */
export interface TreePlace extends Pick<SavedFileSystem, 'container' | 'mountPoint' | 'kind'> {
  /** The implementation, a tmpfs. */
  readonly filesystem: Node;
  /** Position of the container among those of the image. */
  readonly order: number;
}

/** How good a place is: mounted as a whole, the writable layer of an overlay, mounted in part or below another mount. */
const WHOLE = 0;
const LAYER = 1;
const HIDDEN = 2;

/**
 * The place of each tmpfs that is mounted in a mount namespace with a live process, or is the upper layer of an overlay there, by identity
 * of the implementation. Of several places the first counts: containers in order of their first process, then mounts in order of their
 * ids; but a mount of the whole before all others. One that is mounted only in part, or that other mounts cover, has no mount point.
 *
 * @throws CkptError `over-limit` when more is read than {@link TreeReading} allows.
 * @see gVisor pkg/sentry/vfs/mount.go: MountNamespace.root; runsc/boot/vfs.go: configureOverlay
 */
export function treePlaces(kernel: SavedKernel, reading: TreeReading, onDamage: OnDamage): Map<number, TreePlace> {
  const places = new Map<number, TreePlace & { readonly rank: number }>();
  for (const [order, { top, process }] of namespacesOf(kernel, onDamage).entries()) {
    const container = process.containerName || process.containerId || null;
    const mounts = attempt(() => mountsBelow(top, reading), onDamage) ?? [];
    const covered = attempt(() => coveredPlaces(mounts), onDamage) ?? new Set<string>();
    for (const mount of mounts.sort((a, b) => a.id - b.id)) {
      attempt(() => {
        const found = tmpfsBehind(mount);
        if (found === null) return;
        const { filesystem } = found;
        const identity = identityOf(filesystem);
        const rank = isHidden(mount, covered) ? HIDDEN : found.rank;
        if ((places.get(identity)?.rank ?? HIDDEN + 1) <= rank) return;
        const path = rank === HIDDEN ? null : pathOfMount(mount, reading);
        const kind = rank === LAYER ? 'overlay-upper' : path === '/' ? 'rootfs' : 'tmpfs';
        places.set(identity, { filesystem, container, mountPoint: path, kind, order, rank });
      }, onDamage);
    }
  }
  return places;
}

/** The root mounts of all mount namespaces, each with the first process in it. */
function namespacesOf(kernel: SavedKernel, onDamage: OnDamage): { readonly top: SavedMount; readonly process: SavedThread }[] {
  const found = new Map<number, { top: SavedMount; process: SavedThread }>();
  for (const process of kernel.threads) {
    if (process.pid === null || process.tid !== process.pid) continue;
    attempt(() => {
      const namespace = fact(objectNode(kernel.graph, process.objectId), 'Task.mountNamespace');
      const root = namespace === null ? null : fieldAt(namespace, 'root');
      if (namespace === null || root === null) return;
      const identity = identityOf(namespace);
      if (!found.has(identity)) found.set(identity, { top: readMount(root), process });
    }, onDamage);
  }
  return [...found.values()];
}

/** The places that mounts hang at: what lies there in the file system below is hidden, with all below it. */
function coveredPlaces(mounts: readonly SavedMount[]): Set<string> {
  const covered = new Set<string>();
  for (const { parent, point } of mounts)
    if (parent !== null && point !== null) covered.add(placeKey(identityOf(parent), readDentry(point)));
  return covered;
}

function placeKey(mount: number, dentry: SavedDentry | null): string {
  return `${mount} ${dentry?.id}`;
}

/** The most directories above a mount that are looked at; real paths have under 4096 names. */
const NAMES_AT_MOST = 4096;

/** Whether another mount lies over a mount, or over a directory above the place that it hangs at. */
function isHidden(mount: SavedMount, covered: ReadonlySet<string>): boolean {
  if (covered.has(placeKey(mount.identity, mount.root))) return true;
  let { parent, point } = mount;
  for (let names = 0; parent !== null && point !== null; ) {
    const below = readMount(parent);
    for (let at = readDentry(point); at.id !== below.root?.id && at.parent !== null; ) {
      at = readDentry(at.parent);
      if (covered.has(placeKey(below.identity, at))) return true;
      if (++names > NAMES_AT_MOST) return true;
    }
    if (++names > NAMES_AT_MOST) return true;
    ({ parent, point } = below);
  }
  return false;
}

function tmpfsBehind(mount: SavedMount): { readonly filesystem: Node; readonly rank: number } | null {
  const { filesystem } = mount;
  const type = filesystem === null ? null : typeName(filesystem);
  if (filesystem === null) return null;
  if (type === TMPFS) return { filesystem, rank: mount.root?.id === rootOf(filesystem) ? WHOLE : HIDDEN };
  const upper = type === OVERLAY ? readPlace(fieldAt(filesystem, 'opts', 'UpperRoot')) : null;
  const layer = upper?.mount.filesystem ?? null;
  if (upper === null || layer === null || typeName(layer) !== TMPFS) return null;
  return { filesystem: layer, rank: upper.dentry.id === rootOf(layer) ? LAYER : HIDDEN };
}

function rootOf(filesystem: Node): number | null {
  const root = fieldAt(filesystem, 'root');
  return root === null ? null : readDentry(root).id;
}

function pathOfMount(mount: SavedMount, reading: TreeReading): string | null {
  if (mount.root === null) return null;
  const { text, reachable } = countedPath({ mount, dentry: mount.root }, null, reading);
  return reachable ? text : null;
}
