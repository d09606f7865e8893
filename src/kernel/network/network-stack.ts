/** Network namespaces and their stacks, as far as a release saves them. */
import type { Graph } from '../../graph/graph.ts';
import { field, fieldAt, integer, type Node, objectNode, string } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { objectOf } from '../object-of.ts';
import { readStack, type SavedStack } from './saved-stack.ts';
import { countedEntries, newSocketReading, type SocketReading } from './socket-reading.ts';

/** Why a stack is not in the image. */
export type StackAbsence =
  /** Before release-20240916.0 no release saved it. */
  | 'release'
  /** Until release-20250611.0 the default was not to. */
  | 'setting';

export interface SavedNetworkNamespace {
  readonly objectId: number;
  readonly path: string;
  /** N of `net:[N]`; null before release-20230731.0. */
  readonly inode: bigint | null;
  readonly root: boolean;
  /** Null when it is absent, and when it cannot be read. */
  readonly stack: SavedStack | null;
  readonly absence: StackAbsence | null;
  /** Names of abstract unix sockets, sorted; null before release-20231016.0, when there was one table for all namespaces. */
  readonly abstractNames: readonly string[] | null;
  /** Setting of the sandbox for what it becomes at the next save; null before release-20260622.0. */
  readonly liveTcpMigration: boolean | null;
}

/**
 * The network namespaces of a kernel: the root one first, then by object id.
 *
 * @param tasks object ids of the threads whose namespaces are wanted, too.
 * @param others object ids of more namespaces, such as those of sockets.
 * @param onDamage is told of namespaces that cannot be read.
 *
 * @throws CkptError when the kernel itself cannot be read.
 * @see gVisor pkg/sentry/inet/namespace.go, pkg/tcpip/stack/stack.go
 */
export function readNetworkNamespaces(
  graph: Graph,
  tasks: readonly number[],
  others: readonly number[],
  onDamage: OnDamage,
): SavedNetworkNamespace[] {
  const reading = newSocketReading();
  const root = objectOf(field(objectNode(graph, 1), 'rootNetworkNamespace'));
  const ids = new Set(others);
  for (const task of tasks) {
    const id = attempt(() => namespaceOf(objectNode(graph, task)), onDamage);
    if (id !== null) ids.add(id);
  }
  ids.delete(0);
  ids.delete(root);
  const order = [...(root === 0 ? [] : [root]), ...[...ids].sort((a, b) => a - b)];
  return order.flatMap((id) => attempt(() => readNamespace(graph, id, reading, onDamage), onDamage) ?? []);
}

/** Object id of a thread's namespace; from 2021-09 to release-20230801.0 it was behind an atomic pointer. */
function namespaceOf(task: Node): number {
  const netns = field(task, 'netns');
  if (netns === null) return 0;
  const target = objectOf(netns);
  return target !== 0 ? target : objectOf(field(netns, 'ptr'));
}

function readNamespace(graph: Graph, objectId: number, reading: SocketReading, onDamage: OnDamage): SavedNetworkNamespace {
  const node = objectNode(graph, objectId);
  const attributes = fieldAt(node, 'inode', 'InodeAttrs');
  const abstract = fieldAt(node, 'abstractSockets', 'endpoints');
  const declared = field(node, 'stack') !== null;
  const stack = attempt(() => ({ read: readStack(fieldAt(node, 'stack'), reading, onDamage) }), onDamage);
  const creator = fieldAt(node, 'creator');
  const live = creator === null ? null : field(creator, 'allowLiveTCPMigration');
  return {
    objectId,
    path: `g${graph.number}r${objectId}`,
    inode: attributes === null ? null : integer(field(attributes, 'ino')),
    root: integer(field(node, 'isRoot')) !== 0n,
    stack: stack?.read ?? null,
    absence: stack?.read === null ? (declared ? 'setting' : 'release') : null,
    abstractNames:
      abstract === null
        ? null
        : countedEntries(abstract, reading)
            .map(({ key }) => string(key))
            .sort(),
    liveTcpMigration: live === null ? null : integer(live) !== 0n,
  };
}
