/** Saved mounts one by one: what each shows, and where it hangs. */
import type { Graph } from '../../graph/graph.ts';
import { field, fieldAt, fields, follow, integer, type Node } from '../../graph/node.ts';
import { dynamicType, identityOf, readDentry, type SavedDentry } from './dentry.ts';

/** A place in the tree of files: a directory entry seen through a mount. */
export interface Place {
  readonly mount: SavedMount;
  readonly dentry: SavedDentry;
}

/** One mount (gVisor: vfs.Mount). */
export interface SavedMount {
  /** The same for every reference to this mount. */
  readonly identity: number;
  readonly node: Node;
  /** The number that /proc/PID/mountinfo shows. */
  readonly id: number;
  /** What it shows at its mount point; null for the internal mounts of pipes, sockets and the like. */
  readonly root: SavedDentry | null;
  /** The mount it hangs in, or null for the root of a namespace and for a mount that is not attached. */
  readonly parent: Node | null;
  /** The directory entry in the parent that it covers. */
  readonly point: Node | null;
  /** The implementation of its file system: gofer.filesystem, tmpfs.filesystem, proc.filesystem … */
  readonly filesystem: Node | null;
  /** Name of the file system's type as /proc shows it: `9p`, `tmpfs`, `overlay`; null for one that is not known here. */
  readonly type: string | null;
}

/**
 * Names of gVisor's file systems by the Go type of theirs.
 *
 * @see gVisor: the Name methods of vfs.FilesystemType in pkg/sentry/fsimpl and pkg/sentry/vfs/anonfs.go, 2021 to 2026.
 */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  'pkg/sentry/fsimpl/cgroup2fs.FilesystemType': 'cgroup2',
  'pkg/sentry/fsimpl/cgroupfs.FilesystemType': 'cgroup',
  'pkg/sentry/fsimpl/dev.FilesystemType': 'dev',
  'pkg/sentry/fsimpl/devpts.FilesystemType': 'devpts',
  'pkg/sentry/fsimpl/devtmpfs.FilesystemType': 'devtmpfs',
  'pkg/sentry/fsimpl/erofs.FilesystemType': 'erofs',
  'pkg/sentry/fsimpl/fuse.FilesystemType': 'fuse',
  'pkg/sentry/fsimpl/gofer.FilesystemType': '9p',
  'pkg/sentry/fsimpl/host.filesystemType': 'none',
  'pkg/sentry/fsimpl/mqfs.FilesystemType': 'mqueue',
  'pkg/sentry/fsimpl/nsfs.filesystemType': 'nsfs',
  'pkg/sentry/fsimpl/overlay.FilesystemType': 'overlay',
  'pkg/sentry/fsimpl/pipefs.filesystemType': 'pipefs',
  'pkg/sentry/fsimpl/proc.FilesystemType': 'proc',
  'pkg/sentry/fsimpl/sockfs.filesystemType': 'sockfs',
  'pkg/sentry/fsimpl/sys.FilesystemType': 'sysfs',
  'pkg/sentry/fsimpl/tmpfs.FilesystemType': 'tmpfs',
  'pkg/sentry/fsimpl/verity.FilesystemType': 'verity',
  'pkg/sentry/vfs.anonFilesystemType': 'none',
};

const known = new WeakMap<Graph, Map<number, SavedMount>>();

/**
 * The mount behind a node.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/vfs/mount.go: Mount.key is the mount and the entry that it covers.
 */
export function readMount(node: Node): SavedMount {
  const target = follow(node) ?? node;
  const identity = identityOf(target);
  const mounts = known.get(target.graph) ?? new Map<number, SavedMount>();
  known.set(target.graph, mounts);
  const before = mounts.get(identity);
  if (before !== undefined) return before;
  const parts = fields(target);
  const of = (name: string): Node | null => {
    const part = parts.get(name);
    return part === undefined ? null : follow(part);
  };
  const root = of('root');
  const key = of('key');
  const filesystem = of('fs');
  const type = filesystem === null ? null : dynamicType(field(filesystem, 'fsType'));
  const mount: SavedMount = {
    identity,
    node: target,
    id: Number(integer(parts.get('ID') ?? null)),
    root: root === null ? null : readDentry(root),
    parent: key === null ? null : fieldAt(key, 'mount'),
    point: key === null ? null : fieldAt(key, 'dentry'),
    filesystem: filesystem === null ? null : fieldAt(filesystem, 'impl'),
    type: type === null ? null : (TYPE_NAMES[type] ?? null),
  };
  mounts.set(identity, mount);
  return mount;
}

/**
 * The place that a vfs.VirtualDentry stands for, or null when it is empty.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 */
export function readPlace(virtualDentry: Node | null): Place | null {
  const target = virtualDentry === null ? null : follow(virtualDentry);
  if (target === null) return null;
  const mount = fieldAt(target, 'mount');
  const dentry = fieldAt(target, 'dentry');
  return mount === null || dentry === null ? null : { mount: readMount(mount), dentry: readDentry(dentry) };
}
