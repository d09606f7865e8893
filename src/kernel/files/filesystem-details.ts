/** What stands behind a mount: a gofer's directory of the host, a memory file, the layers of an overlay. */
import { elements, field, fieldAt, integer, type Node, typeName } from '../../graph/node.ts';
import { type ResourceId, readResourceId } from '../resource-id.ts';
import { integerIn, safeNumber, structOf } from '../struct-values.ts';
import { readDentry } from './dentry.ts';
import { pathInFilesystem } from './dentry-path.ts';
import { countedEntries, countText, type FileReading } from './file-reading.ts';
import { readPlace, type SavedMount } from './mount.ts';
import { readInode } from './saved-inode.ts';

/** Files of the host, served by a gofer process. */
export interface GoferDetails {
  readonly type: 'gofer';
  /** How a restore is told which directory to give; null when it has none. */
  readonly id: ResourceId | null;
  /** Whether the sentry opens the files itself; null before release-20230227.0, which had no such way. */
  readonly directfs: boolean | null;
  /** Files whose handles a restore opens again, for reading and for writing. */
  readonly reopenRead: number;
  readonly reopenWrite: number;
  /** Files that were removed while open, with their content in the image. Null before release-20250319.0, which refuses to save them. */
  readonly deletedOpen: number | null;
}

/** Files in memory. */
export interface TmpfsDetails {
  readonly type: 'tmpfs';
  /** Name of the memory file of its own that holds the data, or null for the main one. */
  readonly memoryFile: ResourceId | null;
  /** Most bytes, or null for no limit or an image that does not save it. */
  readonly sizeLimit: number | null;
  /** Bytes of pages that are accounted to it; null before release-20220425.0. */
  readonly usedBytes: number | null;
  /** What lies in it, the root included. */
  readonly contents: TmpfsContents;
}

export interface TmpfsContents {
  readonly directories: number;
  /** Regular files, and the sum of their lengths in bytes. */
  readonly files: number;
  readonly bytes: number;
  readonly others: number;
}

/** One layer of an overlay. */
export interface OverlayLayer {
  /** Type name of its file system. */
  readonly filesystem: string | null;
  /** The directory of it that is the layer. */
  readonly path: string;
  readonly details: GoferDetails | TmpfsDetails | null;
}

export interface OverlayDetails {
  readonly type: 'overlay';
  /** Null for a read-only overlay. */
  readonly upper: OverlayLayer | null;
  /** The topmost first. */
  readonly lowers: readonly OverlayLayer[];
}

export type FileSystemDetails = GoferDetails | TmpfsDetails | OverlayDetails;

/**
 * What stands behind a mount; null for file systems that the kernel makes up.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`, `inconsistent`.
 * @see gVisor pkg/sentry/fsimpl/{gofer,tmpfs,overlay}: filesystem
 */
export function readFileSystem({ filesystem }: SavedMount, reading: FileReading): FileSystemDetails | null {
  if (filesystem === null) return null;
  return typeName(filesystem) === 'pkg/sentry/fsimpl/overlay.filesystem'
    ? overlayDetails(filesystem, reading)
    : plainDetails(filesystem, reading);
}

function plainDetails(filesystem: Node, reading: FileReading): GoferDetails | TmpfsDetails | null {
  switch (typeName(filesystem)) {
    case 'pkg/sentry/fsimpl/gofer.filesystem':
      return goferDetails(filesystem, reading);
    case 'pkg/sentry/fsimpl/tmpfs.filesystem':
      return tmpfsDetails(filesystem, reading);
    default:
      return null;
  }
}

function goferDetails(filesystem: Node, reading: FileReading): GoferDetails {
  const directfs = fieldAt(filesystem, 'opts', 'directfs');
  const handles = field(filesystem, 'savedDentryRW');
  const deleted = field(filesystem, 'savedDeletedOpenDentries');
  let reopenRead = 0;
  let reopenWrite = 0;
  for (const { value } of countedEntries(handles, reading)) {
    if (integer(field(value, 'read')) !== 0n) reopenRead++;
    if (integer(field(value, 'write')) !== 0n) reopenWrite++;
  }
  const id = goferId(filesystem);
  countId(id, filesystem, reading);
  return {
    type: 'gofer',
    id,
    directfs: directfs === null ? null : integer(field(directfs, 'enabled')) !== 0n,
    reopenRead,
    reopenWrite,
    deletedOpen: deleted === null ? null : countedEntries(deleted, reading).length,
  };
}

/** The name by which a restore finds the directory of a gofer's file system. */
export function goferId(filesystem: Node): ResourceId | null {
  const options = fieldAt(filesystem, 'iopts');
  return options === null ? null : readResourceId(field(options, 'UniqueID'));
}

function countId(id: ResourceId | null, where: Node, reading: FileReading): void {
  if (id !== null) countText(id.path.length + (id.container?.length ?? 0), where, reading);
}

const PAGE_BYTES = 4096n;

/** maxSizeInPages of a file system without a limit: the largest file in pages. */
const NO_LIMIT = (1n << 63n) / PAGE_BYTES - 1n;

function tmpfsDetails(filesystem: Node, reading: FileReading): TmpfsDetails {
  const values = structOf(filesystem);
  const limit = integerIn(values, 'maxSizeInPages');
  const used = integerIn(values, 'pagesUsed');
  const memoryFile = readResourceId(values.get('mf') ?? null) ?? readResourceId(values.get('uniqueID') ?? null);
  countId(memoryFile, filesystem, reading);
  return {
    type: 'tmpfs',
    memoryFile,
    sizeLimit: limit === null || limit === 0n || limit >= NO_LIMIT ? null : safeNumber(limit * PAGE_BYTES),
    usedBytes: used === null ? null : safeNumber(used * PAGE_BYTES),
    contents: tmpfsContents(fieldAt(filesystem, 'root'), reading),
  };
}

function tmpfsContents(root: Node | null, reading: FileReading): TmpfsContents {
  const contents = { directories: 0, files: 0, bytes: 0, others: 0 };
  const seen = new Set<number>();
  const waiting: Node[] = root === null ? [] : [root];
  while (waiting.length > 0) {
    const dentry = readDentry(waiting.pop() as Node);
    if (seen.has(dentry.id)) continue;
    seen.add(dentry.id);
    const impl = dentry.inode === null ? null : fieldAt(dentry.inode, 'impl');
    const type = impl === null ? null : typeName(impl);
    if (impl !== null && type === 'pkg/sentry/fsimpl/tmpfs.directory') {
      contents.directories++;
      const children = field(impl, 'childMap');
      for (const { value } of countedEntries(children, reading)) waiting.push(value);
    } else if (impl !== null && type === 'pkg/sentry/fsimpl/tmpfs.regularFile') {
      contents.files++;
      contents.bytes += safeNumber(readInode(dentry, null).size ?? 0n) ?? 0;
    } else contents.others++;
  }
  return contents;
}

function overlayDetails(filesystem: Node, reading: FileReading): OverlayDetails {
  const lowers = fieldAt(filesystem, 'opts', 'LowerRoots');
  const layers: OverlayLayer[] = [];
  for (const lower of lowers === null ? [] : elements(lowers)) {
    const one = layer(lower, reading);
    reading.spend(1, filesystem);
    if (one !== null) layers.push(one);
  }
  return { type: 'overlay', upper: layer(fieldAt(filesystem, 'opts', 'UpperRoot'), reading), lowers: layers };
}

function layer(root: Node | null, reading: FileReading): OverlayLayer | null {
  const place = readPlace(root);
  if (place === null) return null;
  const { mount, dentry } = place;
  return {
    filesystem: mount.type,
    path: pathInFilesystem(dentry),
    details: mount.filesystem === null ? null : plainDetails(mount.filesystem, reading),
  };
}
