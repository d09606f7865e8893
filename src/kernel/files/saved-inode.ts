/** What an inode says of a file: number, device, type and mode, size. */

import { elements, field, fieldAt, fields, follow, integer, type Node, readNode, typeName } from '../../graph/node.ts';
import { readDentry, type SavedDentry } from './dentry.ts';

const OVERLAY = 'pkg/sentry/fsimpl/overlay.dentry';

/** A device number. */
export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

/** What stat would say of a file, as far as it is saved. */
export interface SavedInode {
  readonly ino: bigint | null;
  /** The file system's device. */
  readonly device: DeviceNumber | null;
  /** Permission and type bits (S_IFMT); null when they are not saved. */
  readonly mode: number | null;
  /** Bytes of a regular file as last known; null when they are not saved. */
  readonly size: bigint | null;
  /** The device that a device file stands for. */
  readonly represents: DeviceNumber | null;
}

const NOTHING: SavedInode = { ino: null, device: null, mode: null, size: null, represents: null };

/**
 * Reads what is saved of a file's inode.
 *
 * @param filesystem the implementation of the file system that the file was opened through (Mount.fs.impl), for entries that do not name
 * theirs.
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/fsimpl: statTo of gofer, tmpfs and overlay; kernfs.InodeAttrs.Stat; host, pipefs, fuse and erofs: Stat; pkg/sentry/vfs/anonfs.go.
 */
export function readInode(dentry: SavedDentry, filesystem: Node | null): SavedInode {
  const { inode } = dentry;
  if (inode === null) return NOTHING;
  switch (dentry.type) {
    case 'pkg/sentry/fsimpl/gofer.dentry':
      return goferInode(inode);
    case 'pkg/sentry/fsimpl/tmpfs.dentry':
      return tmpfsInode(inode);
    case OVERLAY:
      return overlayInode(inode);
    case 'pkg/sentry/fsimpl/erofs.dentry':
      return erofsInode(inode);
    case 'pkg/sentry/vfs.anonDentry':
      // gVisor gives every anonymous inode the number 1, and mode 0600 without a type.
      return { ...NOTHING, ino: 1n, device: anonymousDevice(filesystem), mode: 0o600 };
    default:
      return kernfsInode(inode, filesystem);
  }
}

/** File systems without a block device have major 0 (UNNAMED_MAJOR). */
function anonymousDevice(filesystem: Node | null): DeviceNumber | null {
  const minor = filesystem === null ? null : present(filesystem, 'devMinor');
  return minor === null ? null : { major: 0, minor: Number(minor) };
}

function goferInode(inode: Node): SavedInode {
  const mode = present(inode, 'mode');
  const major = present(inode, 'rdevMajor');
  return {
    ino: present(inode, 'ino'),
    device: anonymousDevice(fieldAt(inode, 'fs')),
    mode: mode === null ? null : Number(mode),
    size: present(inode, 'size'),
    represents: device(major, present(inode, 'rdevMinor'), mode),
  };
}

function tmpfsInode(inode: Node): SavedInode {
  const mode = present(inode, 'mode');
  const impl = fieldAt(inode, 'impl');
  const type = impl === null ? null : typeName(impl);
  return {
    ino: present(inode, 'ino'),
    device: anonymousDevice(fieldAt(inode, 'fs')),
    mode: mode === null ? null : Number(mode),
    size: impl !== null && type === 'pkg/sentry/fsimpl/tmpfs.regularFile' ? present(impl, 'size') : null,
    represents: impl === null ? null : device(present(impl, 'major'), present(impl, 'minor'), mode),
  };
}

function overlayInode(inode: Node): SavedInode {
  const mode = present(inode, 'mode');
  const major = present(inode, 'devMajor');
  const minor = present(inode, 'devMinor');
  const layer = isRegular(mode) ? layerInode(inode) : null;
  return {
    ...NOTHING,
    ino: present(inode, 'ino'),
    device: major === null || minor === null ? null : { major: Number(major), minor: Number(minor) },
    mode: mode === null ? null : Number(mode),
    size: layer?.size ?? null,
  };
}

/** The inode of the topmost layer that has the file: where its content is. A layer that is an overlay itself is not looked into. */
function layerInode(overlay: Node): SavedInode | null {
  let dentry = fieldAt(overlay, 'upperVD', 'dentry');
  for (const name of ['lowerVDs', 'inlineLowerVDs']) {
    if (dentry !== null) break;
    const lowers = field(overlay, name);
    for (const lower of lowers === null ? [] : elements(lowers)) {
      dentry = fieldAt(lower, 'dentry');
      break;
    }
  }
  const layer = dentry === null ? null : readDentry(dentry);
  return layer === null || layer.type === OVERLAY ? null : readInode(layer, null);
}

function isRegular(mode: bigint | null): boolean {
  return (Number(mode ?? 0n) & 0o170000) === 0o100000;
}

function erofsInode(inode: Node): SavedInode {
  const inner = fieldAt(inode, 'Inode');
  const mode = inner === null ? null : present(inner, 'mode');
  return {
    ino: inner === null ? null : present(inner, 'nid'),
    device: anonymousDevice(fieldAt(inode, 'fs')),
    mode: mode === null ? null : Number(mode),
    size: inner === null ? null : present(inner, 'size'),
    represents: null,
  };
}

const PIPE_MODE = 0o010600;

function kernfsInode(inode: Node, filesystem: Node | null): SavedInode {
  const type = typeName(inode);
  if (type === 'pkg/sentry/fsimpl/pipefs.inode') {
    return { ...NOTHING, ino: present(inode, 'ino'), device: anonymousDevice(filesystem), mode: PIPE_MODE };
  }
  if (type === 'pkg/sentry/fsimpl/host.inode') {
    const kind = present(inode, 'ftype');
    return {
      ...NOTHING,
      ino: present(inode, 'ino'),
      device: anonymousDevice(filesystem),
      mode: kind === null ? null : Number(kind),
    };
  }
  const attributes = attributesOf(inode) ?? inode;
  const mode = present(attributes, 'mode');
  const major = present(attributes, 'devMajor');
  const minor = present(attributes, 'devMinor');
  return {
    ino: present(attributes, 'ino'),
    device: major === null || minor === null ? anonymousDevice(filesystem) : { major: Number(major), minor: Number(minor) },
    mode: mode === null ? null : Number(mode),
    size: present(attributes, 'size'),
    represents: null,
  };
}

/** The most structs that are looked at for the attributes of one inode; real ones have them at most four levels down. */
const STRUCTS_AT_MOST = 48;

/** The attributes that a kernfs inode embeds, wherever its type does so; `Inode` is the field of those that wrap another inode. */
function attributesOf(inode: Node): Node | null {
  const queue: Node[] = [inode];
  for (let index = 0; index < queue.length && index < STRUCTS_AT_MOST; index++) {
    const parts = fields(queue[index] as Node);
    const attributes = parts.get('InodeAttrs');
    if (attributes !== undefined) return follow(attributes);
    for (const [name, part] of parts) {
      const target = name === 'Inode' ? follow(part) : part;
      if (target !== null && queue.length < STRUCTS_AT_MOST && readNode(target).kind === 'struct') queue.push(target);
    }
  }
  return null;
}

function device(major: bigint | null, minor: bigint | null, mode: bigint | null): DeviceNumber | null {
  const type = Number(mode ?? 0n) & 0o170000;
  if (major === null || minor === null || (type !== 0o020000 && type !== 0o060000)) return null;
  return { major: Number(major), minor: Number(minor) };
}

/** A number that this image's type has; a nil field is zero, a missing one null. */
function present(struct: Node, name: string): bigint | null {
  const at = field(struct, name);
  return at === null ? null : integer(at);
}
