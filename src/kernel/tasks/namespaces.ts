/** The namespaces of a task. */
import { fieldAt, integer, type Node, string } from '../../graph/node.ts';
import { objectOf } from '../object-of.ts';
import { integerIn, type Struct, structOf } from '../struct-values.ts';

export interface SavedNamespace {
  /** Object id: tells namespaces of one image apart. */
  readonly object: number;
  /** Number as in /proc/PID/ns; saved since 2023-08, that of PID namespaces since 2025-07 and of user namespaces since 2026-06. */
  readonly inode: bigint | null;
  /** The one that the kernel began with. */
  readonly initial: boolean;
}

export interface SavedUtsNamespace extends SavedNamespace {
  readonly hostname: string;
  readonly domainname: string;
}

/** Null for a namespace that a task has left (dead tasks) or that this image does not have. */
export interface SavedNamespaces {
  readonly pid: SavedNamespace | null;
  readonly net: SavedNamespace | null;
  readonly uts: SavedUtsNamespace | null;
  readonly ipc: SavedNamespace | null;
  readonly mnt: SavedNamespace | null;
  readonly user: SavedNamespace | null;
  readonly cgroup: SavedNamespace | null;
}

/** Object ids of the namespaces that a kernel began with; mount namespaces have none, because each container has its own. */
type InitialNamespaces = Readonly<Record<'pid' | 'net' | 'uts' | 'ipc' | 'user' | 'cgroup', number>>;

/** The initial namespaces, from the fields of the kernel. */
export function initialNamespaces(kernel: Struct): InitialNamespaces {
  const of = (name: string): number => objectOf(kernel.get(name) ?? null);
  return {
    pid: objectOf(structOf(kernel.get('tasks')).get('Root') ?? null),
    net: of('rootNetworkNamespace'),
    uts: of('rootUTSNamespace'),
    ipc: of('rootIPCNamespace'),
    user: of('rootUserNamespace'),
    cgroup: of('rootCgroupNamespace'),
  };
}

/**
 * The namespaces of a task.
 *
 * @param fields those of a Task. The mount namespace has had its name since release-20221107.0.
 * @param pid its thread group's PID namespace.
 * @param user its credentials' user namespace.
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/kernel/task.go: utsns, ipcns, netns, cgroupns, mountNamespace
 */
export function readNamespaces(fields: Struct, pid: Node | null, user: Node | null, initial: InitialNamespaces): SavedNamespaces {
  const uts = fields.get('utsns') ?? null;
  const names = structOf(uts);
  const utsNamespace = namespaceOf(uts, initial.uts);
  return {
    pid: namespaceOf(pid, initial.pid),
    net: namespaceOf(pointer(fields.get('netns')), initial.net),
    uts:
      utsNamespace === null
        ? null
        : {
            ...utsNamespace,
            hostname: string(names.get('hostName') ?? null),
            domainname: string(names.get('domainName') ?? null),
          },
    ipc: namespaceOf(fields.get('ipcns') ?? null, initial.ipc),
    mnt: mountNamespace(fields.get('mountNamespace') ?? fields.get('mountNamespaceVFS2') ?? null),
    user: namespaceOf(user, initial.user),
    cgroup: namespaceOf(fields.get('cgroupns') ?? null, initial.cgroup),
  };
}

function namespaceOf(node: Node | null, initial: number): SavedNamespace | null {
  const object = objectOf(node);
  if (node === null || object === 0) return null;
  const inode = fieldAt(node, 'inode', 'InodeAttrs', 'ino');
  return { object, inode: inode === null ? null : integer(inode), initial: object === initial };
}

/** A mount namespace keeps its inode where others count references. */
function mountNamespace(node: Node | null): SavedNamespace | null {
  const object = objectOf(node);
  if (node === null || object === 0) return null;
  const inode = structOf(structOf(structOf(node).get('Refs')).get('InodeAttrs'));
  return { object, inode: integerIn(inode, 'ino'), initial: false };
}

/** The network namespace is a pointer, or (2022-10 to 2023) an atomic pointer around one. */
function pointer(node: Node | undefined): Node | null {
  if (node === undefined) return null;
  if (objectOf(node) !== 0) return node;
  return structOf(node).get('ptr') ?? null;
}
