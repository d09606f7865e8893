/** Paths of saved files, as gVisor's own /proc shows them. */
import { CkptError } from '../../errors.ts';
import { type Node, pathOf } from '../../graph/node.ts';
import { readDentry, type SavedDentry } from './dentry.ts';
import { type Place, readMount, readPlace, type SavedMount } from './mount.ts';
import { type DeviceNumber, readInode } from './saved-inode.ts';

/** A file's path and what else says which file it is. */
export interface SavedPath {
  /** As the target of a link in /proc/PID/fd: `/tmp/log`, `/tmp/gone (deleted)`, `pipe:[3]`, `anon_inode:[eventfd]`. */
  readonly text: string;
  /** Removed while something still uses it. */
  readonly deleted: boolean;
  /** Whether it lies below the given root. Pipes, sockets and other files without a place do not. */
  readonly reachable: boolean;
  /** Name of the file system's type, or null for one that is not known here. */
  readonly filesystem: string | null;
  readonly ino: bigint | null;
  readonly device: DeviceNumber | null;
  /** Permission and type bits (S_IFMT). */
  readonly mode: number | null;
}

/** The most names in one path. Linux takes paths of 4096 bytes; stops a chain of a million directories, each of them open. */
const NAMES_AT_MOST = 4096;

/** The most characters of one path; stops one name of a hundred megabytes that a million files share. */
const CHARACTERS_AT_MOST = 32_768;

/**
 * The path of a vfs.VirtualDentry as a process with this root sees it; null for an empty one.
 *
 * @param root the process's root (FSContext.root), or null for that of the mount namespace.
 * @throws CkptError `unknown-shape`, `dangling-reference`, `inconsistent` for a path that leads in a circle, `over-limit`.
 * @see gVisor pkg/sentry/vfs/pathname.go: PathnameWithDeleted; PrependPath of each file system.
 */
export function pathOfVirtualDentry(virtualDentry: Node | null, root: Node | null): SavedPath | null {
  const place = readPlace(virtualDentry);
  return place === null ? null : pathOfPlace(place, readPlace(root));
}

/**
 * The path of a place as a process with this root sees it.
 *
 * @throws CkptError as {@link pathOfVirtualDentry}.
 */
export function pathOfPlace(place: Place, root: Place | null): SavedPath {
  const { mount, dentry } = place;
  const name = nameWithoutPlace(place);
  const walk = name === null ? walkUp(place, root) : null;
  const inode = readInode(dentry, mount.filesystem);
  return {
    text: name ?? `${walk?.text}${dentry.dead ? ' (deleted)' : ''}`,
    deleted: dentry.dead || (name?.endsWith(' (deleted)') ?? false),
    reachable: walk?.reachable ?? false,
    filesystem: mount.type,
    ino: inode.ino,
    device: inode.device,
    mode: inode.mode,
  };
}

/**
 * The path of an entry in its own file system, from that system's root: `/`, `/a/b`, `/gone//deleted`.
 *
 * @throws CkptError `inconsistent`, `over-limit`.
 * @see gVisor pkg/sentry/vfs/pathname.go: PathnameInFilesystem.
 */
export function pathInFilesystem(dentry: SavedDentry): string {
  const names: string[] = [];
  prepend(dentry, () => false, names);
  const text = joined(names, dentry);
  return dentry.dead ? `${text}//deleted` : text;
}

/** A walk towards the root: what it passed, and whether it got there. */
interface Walk {
  readonly text: string;
  readonly reachable: boolean;
}

function walkUp(place: Place, root: Place | null): Walk {
  const names: string[] = [];
  let { mount, dentry } = place;
  for (let steps = 0; steps <= NAMES_AT_MOST; steps++) {
    const isRoot = (at: SavedDentry): boolean =>
      root !== null && mount.identity === root.mount.identity && at.id === root.dentry.id;
    const top = prepend(dentry, (at) => isRoot(at) || at.id === mount.root?.id, names);
    if (isRoot(top)) return { text: joined(names, place.dentry), reachable: true };
    // A root of a file system that this mount does not show: the entry was moved or unmounted away.
    if (top.id !== mount.root?.id) return { text: joined(names, place.dentry), reachable: false };
    const over = mountPointOf(mount);
    if (over === null) return { text: joined(names, place.dentry), reachable: root === null };
    ({ mount, dentry } = over);
  }
  throw circle(place.dentry);
}

/** Where a mount hangs, or null when it hangs nowhere. */
function mountPointOf(mount: SavedMount): Place | null {
  if (mount.parent === null || mount.point === null) return null;
  return { mount: readMount(mount.parent), dentry: readDentry(mount.point) };
}

/** Collects names, innermost first, up to the first entry where `stop` holds or that has no parent, and answers that entry. */
function prepend(dentry: SavedDentry, stop: (at: SavedDentry) => boolean, names: string[]): SavedDentry {
  let at = dentry;
  while (!stop(at)) {
    if (at.parent === null) return at;
    if (names.length >= NAMES_AT_MOST) throw circle(dentry);
    names.push(at.name);
    at = readDentry(at.parent);
  }
  return at;
}

function joined(names: readonly string[], dentry: SavedDentry): string {
  checkLength(
    names.reduce((sum, name) => sum + name.length + 1, 0),
    dentry,
  );
  return `/${names.toReversed().join('/')}`;
}

function checkLength(length: number, dentry: SavedDentry): void {
  if (length > CHARACTERS_AT_MOST) {
    throw new CkptError(
      'over-limit',
      { layer: 'kernel', path: pathOf(dentry.impl) },
      {
        expected: `a path of at most ${CHARACTERS_AT_MOST} characters`,
        found: String(length),
        hint: 'The image is damaged or hostile',
      },
    );
  }
}

function circle(dentry: SavedDentry): CkptError {
  return new CkptError(
    'inconsistent',
    { layer: 'kernel', path: pathOf(dentry.impl) },
    { expected: `a path of at most ${NAMES_AT_MOST} names`, found: 'more: directories that lead in a circle' },
  );
}

/** The text for files that lie in no directory, as their file systems make it; null for all others. */
function nameWithoutPlace({ dentry, mount }: Place): string | null {
  switch (mount.type) {
    case 'pipefs':
      return `pipe:[${number(dentry, mount)}]`;
    case 'sockfs':
      return `socket:[${number(dentry, mount)}]`;
    default:
      break;
  }
  checkLength(dentry.name.length, dentry);
  if (dentry.type === 'pkg/sentry/vfs.anonDentry') return `anon_inode:${dentry.name}`;
  if (dentry.type === 'pkg/sentry/fsimpl/kernfs.Dentry' && mount.type === 'none') return `host:[${number(dentry, mount)}]`;
  // A file of memfd_create or shared memory: never in a directory, but named.
  if (dentry.type === 'pkg/sentry/fsimpl/tmpfs.dentry' && dentry.parent === null && dentry.name !== '') {
    return `/${dentry.name} (deleted)`;
  }
  return null;
}

function number(dentry: SavedDentry, mount: SavedMount): string {
  return String(readInode(dentry, mount.filesystem).ino ?? '?');
}
