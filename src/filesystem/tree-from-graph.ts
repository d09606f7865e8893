/** The writable files of a full checkpoint, out of its kernel graph. */
import { fieldAt, type Node, objectNode, typeName } from '../graph/node.ts';
import { MAIN_OWNER, resourceOwner } from '../graph/resource-owner.ts';
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { fact } from '../kernel/epochs.ts';
import { identityOf } from '../kernel/files/dentry.ts';
import { countedEntries } from '../kernel/files/file-reading.ts';
import type { SavedKernel } from '../kernel/saved-kernel.ts';
import { integerIn, structOf } from '../kernel/struct-values.ts';
import type { Limits } from '../limits.ts';
import type { SavedFile, SavedFileSystem } from './saved-file.ts';
import { readTreeFiles } from './tree-files.ts';
import { TMPFS, type TreePlace, treePlaces } from './tree-mounts.ts';
import { newTreeReading, type TreeReading } from './tree-reading.ts';

/**
 * Every file system whose files the image holds: mounts of tmpfs, of /dev and /dev/shm, and the upper layers of overlays with their
 * whiteouts and `trusted.overlay.` attributes as they are. Files of the host, which gofers serve, are not in an image.
 *
 * One that several containers or mounts show is listed once, for the first. One that nobody sees (not mounted any more, or covered by
 * another mount) has no mount point, comes behind the others, and is left out when it holds nothing but its root. The kernel's own, for
 * memfd_create and shared memory, is left out, and so are files that were removed and are only held open. A root need not be a
 * directory: a single file can be mounted.
 *
 * @param limits `elements` counts all names, stretches and attributes together; what is read when it is met stays, and is reported.
 * @param onDamage is told of every file that could not be read and is missing.
 * @see gVisor pkg/sentry/fsimpl/tmpfs, pkg/sentry/vfs: VirtualFilesystem.filesystems
 */
export function savedFileSystems(kernel: SavedKernel, limits: Pick<Limits, 'elements'>, onDamage: OnDamage): SavedFileSystem[] {
  const reading = newTreeReading(limits);
  const found: (TreePlace & { readonly files: readonly SavedFile[] })[] = [];
  attempt(() => {
    const inside: OnDamage = (error) => {
      if (reading.spent()) throw error;
      onDamage(error);
    };
    const places = allPlaces(kernel, reading, inside);
    for (const place of places) {
      const files: SavedFile[] = [];
      found.push({ ...place, files });
      attempt(() => readFiles(place.filesystem, reading, inside, files), inside);
    }
  }, onDamage);
  // Such as the root below the root of a container, which is mounted there since 4455d3305 (2023-08-18).
  const seen = found.filter(({ mountPoint, files }) => mountPoint !== null || files.length > 1);
  return seen.map(({ container, mountPoint, kind, files }) => ({ container, mountPoint, kind, files }));
}

function allPlaces(kernel: SavedKernel, reading: TreeReading, onDamage: OnDamage): TreePlace[] {
  const places = treePlaces(kernel, reading, onDamage);
  const root = objectNode(kernel.graph, 1);
  const own = attempt(() => fieldAt(root, 'shmMount', 'fs', 'impl'), onDamage);
  const all = attempt(() => fieldAt(root, 'vfs', 'filesystems'), onDamage);
  for (const { key } of attempt(() => countedEntries(all, reading), onDamage) ?? []) {
    attempt(() => {
      const filesystem = fieldAt(key, 'impl');
      if (filesystem === null || typeName(filesystem) !== TMPFS || places.has(identityOf(filesystem))) return;
      const container = null;
      places.set(identityOf(filesystem), {
        filesystem,
        container,
        mountPoint: null,
        kind: 'tmpfs',
        order: Number.MAX_SAFE_INTEGER,
      });
    }, onDamage);
  }
  if (own !== null) places.delete(identityOf(own));
  return [...places.values()].sort(
    (a, b) => a.order - b.order || compare(a.mountPoint, b.mountPoint) || identityOf(a.filesystem) - identityOf(b.filesystem),
  );
}

/** Mount points in order, those of devices behind the files of people, then what has none. */
function compare(a: string | null, b: string | null): number {
  const [first, second] = [rank(a), rank(b)];
  if (first !== second) return first - second;
  return (a ?? '') < (b ?? '') ? -1 : (a ?? '') > (b ?? '') ? 1 : 0;
}

function rank(mountPoint: string | null): number {
  if (mountPoint === null) return 2;
  return mountPoint === '/dev' || mountPoint.startsWith('/dev/') ? 1 : 0;
}

function readFiles(filesystem: Node, reading: TreeReading, onDamage: OnDamage, files: SavedFile[]): void {
  const root = fieldAt(filesystem, 'root');
  if (root !== null) readTreeFiles({ root, owner: memoryOwner(filesystem) }, reading, onDamage, files);
}

/**
 * Owner of the memory file that holds the content; null for a private one of a release that did not save it.
 *
 * @see gVisor c16cbd3f6 (2023-01-31), 2d90b66af (2023-11-29), 3b314aad8 (2024-03-12): tmpfs.filesystem.mf
 */
function memoryOwner(filesystem: Node): string | null {
  const values = structOf(filesystem);
  const isPrivate = integerIn(values, 'privateMF');
  if (isPrivate === 0n) return MAIN_OWNER;
  if (isPrivate !== null && !values.has('uniqueID')) return null;
  const owner = fact(filesystem, 'TmpfsFilesystem.memoryFile');
  return resourceOwner(owner);
}
