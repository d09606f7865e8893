/** The files of the host that a saved sandbox still holds, and that a restore must find again. */
import { field, fieldAt, follow, integer, type Node, objectNode, readNode, typeName } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { listItems } from '../linked-list.ts';
import type { ResourceId } from '../resource-id.ts';
import type { SavedKernel } from '../saved-kernel.ts';
import { identityOf, readDentry, type SavedDentry } from './dentry.ts';
import { pathInFilesystem } from './dentry-path.ts';
import { type FileKind, kindOfMode } from './file-kinds.ts';
import { countedEntries, countText, type FileReading, newFileReading } from './file-reading.ts';
import { goferId } from './filesystem-details.ts';
import { readInode } from './saved-inode.ts';

/** One file that a restore walks to. */
export interface GoferFile {
  /** From the mount's root: `/`, `/usr/bin/python3`. */
  readonly path: string;
  readonly kind: FileKind;
  /** Permission and type bits; null when they are not saved. */
  readonly mode: number | null;
  /** Whether a restore opens it again. */
  readonly reopen: { readonly read: boolean; readonly write: boolean } | null;
  /** Was removed while open: a restore makes it again in its directory, opens and removes it. */
  readonly deleted: boolean;
  /** Something is mounted on it. */
  readonly mountPoint: boolean;
  /** Was made when the mounts of a container were set up: a restore makes it again when it is missing. Never before release-20240624.0. */
  readonly remade: boolean;
  /** Pipes, sockets and devices that are open, and that a restore opens without waiting. */
  readonly special: boolean;
}

/** The files of one gofer file system. */
export interface GoferFiles {
  readonly id: ResourceId | null;
  /** Null before release-20230227.0. */
  readonly directfs: boolean | null;
  /** Others may change it too (`--file-access-mounts=shared`): a restore looks at the types of files again. Null when it is not saved. */
  readonly shared: boolean | null;
  /** Sorted by path; the root is the first. */
  readonly files: readonly GoferFile[];
}

/** @see gVisor pkg/sentry/fsimpl/gofer/gofer.go: InteropModeShared */
const SHARED = 2n;

/**
 * The files of every gofer file system of the image, whether a mount of it is left or not: a restore completes all of them.
 *
 * Files that exist only in the sandbox (synthetic ones: mount points, sockets and pipes made there) are not asked for and not listed.
 *
 * @see gVisor pkg/sentry/fsimpl/gofer/save_restore.go: CompleteRestore, restoreDescendantsRecursive, savedDentryRW
 */
export function readGoferFiles({ graph }: SavedKernel, onDamage: OnDamage): GoferFiles[] {
  const filesystems = attempt(() => fieldAt(objectNode(graph, 1), 'vfs', 'filesystems'), onDamage);
  const reading = newFileReading();
  const result: GoferFiles[] = [];
  for (const { key } of filesystems === null ? [] : (attempt(() => countedEntries(filesystems, reading), onDamage) ?? [])) {
    const one = attempt(() => readFiles(fieldAt(key, 'impl'), reading, onDamage), onDamage);
    if (one !== null) result.push(one);
  }
  return result.sort((a, b) => order(sortKey(a), sortKey(b)));
}

function sortKey({ id }: GoferFiles): string {
  return `${id?.container ?? ''}\0${id?.path ?? ''}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function readFiles(filesystem: Node | null, reading: FileReading, onDamage: OnDamage): GoferFiles | null {
  if (filesystem === null || typeName(filesystem) !== 'pkg/sentry/fsimpl/gofer.filesystem') return null;
  const directfs = fieldAt(filesystem, 'opts', 'directfs');
  const options = fieldAt(filesystem, 'opts');
  // Encoded as nothing when it is zero.
  const interop = options === null ? null : field(options, 'interop');
  const handles = handlesOf(filesystem, reading);
  const special = specialFiles(filesystem, reading);
  const isSynthetic = syntheticTest(filesystem, reading);
  const files: GoferFile[] = [];
  const seen = new Set<number>();
  const root = fieldAt(filesystem, 'root');
  const deleted = field(filesystem, 'savedDeletedOpenDentries');
  const waiting: Node[] = root === null ? [] : [root];
  const isDeleted = new Set<number>();
  for (const { key } of countedEntries(deleted, reading)) {
    isDeleted.add(readDentry(key).id);
    waiting.push(key);
  }
  while (waiting.length > 0) {
    const node = waiting.pop() as Node;
    const file = attempt(() => {
      const dentry = readDentry(node);
      if (seen.has(dentry.id) || isSynthetic(dentry)) return null;
      seen.add(dentry.id);
      const children = field(dentry.impl, 'children');
      for (const { value } of countedEntries(children, reading)) {
        // A name that is known not to exist has no entry.
        const child = follow(value);
        if (child !== null) waiting.push(child);
      }
      return fileOf(dentry, handles, special, isDeleted, reading);
    }, onDamage);
    if (file !== null) files.push(file);
  }
  return {
    id: goferId(filesystem),
    directfs: directfs === null ? null : integer(field(directfs, 'enabled')) !== 0n,
    shared: interop === null ? null : integer(interop) === SHARED,
    files: files.sort((a, b) => order(a.path, b.path)),
  };
}

type Handles = ReadonlyMap<number, { readonly read: boolean; readonly write: boolean }>;

function handlesOf(filesystem: Node, reading: FileReading): Handles {
  const map = field(filesystem, 'savedDentryRW');
  return new Map(
    countedEntries(map, reading).map(({ key, value }) => [
      readDentry(key).id,
      { read: integer(field(value, 'read')) !== 0n, write: integer(field(value, 'write')) !== 0n },
    ]),
  );
}

/** Entries that are open through a specialFileFD. */
function specialFiles(filesystem: Node, reading: FileReading): ReadonlySet<number> {
  const list = field(filesystem, 'specialFileFDs');
  const target = list === null ? null : follow(list);
  const found = new Set<number>();
  if (target === null) return found;
  const add = (file: Node): void => {
    const dentry = fieldAt(file, 'fileDescription', 'vfsfd', 'vd', 'dentry');
    if (dentry !== null) found.add(readDentry(dentry).id);
  };
  // A set until release-20220926.0, a list since.
  if (readNode(target).kind === 'map') for (const { key } of countedEntries(target, reading)) add(key);
  else for (const file of listItems(target, 'specialFDEntry', reading)) add(file);
  return found;
}

/**
 * How this release tells files that exist only in the sandbox.
 *
 * @see gVisor: isSynthetic since release-20230123.0 (an implementation that is nil); before, what is not among filesystem.syncableDentries
 */
function syntheticTest(filesystem: Node, reading: FileReading): (dentry: SavedDentry) => boolean {
  const syncable = field(filesystem, 'syncableDentries');
  const target = syncable === null ? null : follow(syncable);
  const byList = new Set<number>();
  if (target !== null && readNode(target).kind === 'map')
    for (const { key } of countedEntries(target, reading)) byList.add(readDentry(key).id);
  const head = target !== null && readNode(target).kind === 'struct' ? fieldAt(target, 'head') : null;
  return ({ id, impl, inode }) => {
    const way = inode === null ? null : field(inode, 'impl');
    if (way !== null) return follow(way) === null;
    const entry = fieldAt(impl, 'syncableListEntry');
    if (entry === null) return !byList.has(id);
    const linked = fieldAt(entry, 'dentryEntry', 'next') !== null || fieldAt(entry, 'dentryEntry', 'prev') !== null;
    return !linked && (head === null || identityOf(head) !== identityOf(entry));
  };
}

function fileOf(
  dentry: SavedDentry,
  handles: Handles,
  special: ReadonlySet<number>,
  deleted: ReadonlySet<number>,
  reading: FileReading,
): GoferFile {
  const { mode } = readInode(dentry, null);
  const path = pathInFilesystem(dentry);
  countText(path.length, dentry.impl, reading);
  const reopen = handles.get(dentry.id);
  return {
    path: path.replace(/\/\/deleted$/, ''),
    kind: kindOfMode(mode),
    mode,
    reopen: reopen !== undefined && (reopen.read || reopen.write) ? reopen : null,
    deleted: deleted.has(dentry.id),
    mountPoint: integer(fieldAt(dentry.impl, 'vfsd', 'mounts')) > 0n,
    remade: integer(field(dentry.impl, 'forMountpoint')) !== 0n,
    special: special.has(dentry.id),
  };
}
