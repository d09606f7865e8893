/** The saved threads: who they are, and their floating-point state. */

import { type Found, type Graph, typeOf } from '../graph/graph.ts';
import {
  byteArray,
  field,
  fieldAt,
  fields,
  follow,
  foundNode,
  integer,
  mapEntries,
  type Node,
  objectNode,
  readNode,
  string,
} from '../graph/node.ts';
import { attempt, type OnDamage } from './attempt.ts';

/** One saved thread (gVisor: Task). */
export interface SavedThread {
  /** Id of the task object in the graph. */
  readonly objectId: number;
  /** Ids in the root PID namespace, or null for a task that is in no namespace any more: dead, but still in the graph. */
  readonly tid: number | null;
  readonly pid: number | null;
  readonly ppid: number | null;
  /** Thread name (comm). Any bytes may be in it. */
  readonly name: string;
  readonly containerId: string;
  /** Container name by Kernel.containerNames, or null when the image holds no names. */
  readonly containerName: string | null;
}

/** One saved floating-point state and the thread it belongs to, when one does. */
export interface SavedFpState {
  readonly thread: SavedThread | null;
  /** Graph path of the state: `g1r440`. */
  readonly path: string;
  /** The XSAVE area as saved, or null when the state is nil. */
  readonly bytes: Uint8Array | null;
}

/** For callers that want all or nothing. */
const refuse: OnDamage = (error) => {
  throw error;
};

const TASK = 'pkg/sentry/kernel.Task';
const STATE = 'pkg/sentry/arch.State';

/** The types whose every occurrence must be known to answer for all threads: pass it to the indexing. */
export function isThreadType(name: string): boolean {
  return name === TASK || name === STATE;
}

/** The fields of the kernel, which is the root of its graph. */
export function kernelFields(graph: Graph): ReadonlyMap<string, Node> {
  return fields(objectNode(graph, 1));
}

/**
 * All threads of a kernel graph in order of their thread ids, the dead ones last. One that cannot be read is left out and reported.
 *
 * @param onDamage default: throws what it is told.
 * @throws CkptError `unknown-shape`, `dangling-reference` when the lists of ids cannot be read.
 * @see gVisor pkg/sentry/kernel: TaskSet.Root, PIDNamespace.tids and tgids, Task.taskNode, Task.image.
 */
export function readThreads(graph: Graph, kernel: ReadonlyMap<string, Node>, onDamage: OnDamage = refuse): SavedThread[] {
  const tasks = kernel.get('tasks');
  const root = tasks === undefined ? null : fieldAt(tasks, 'Root');
  const tids = idsByObject(root, 'tids');
  const tgids = idsByObject(root, 'tgids');
  const names = containerNames(kernel);
  const threads: SavedThread[] = [];
  for (const found of graph.found) {
    if (typeOf(graph, found.typeId)?.name !== TASK) continue;
    const thread = attempt(() => readThread(graph, found, { tids, tgids, names }), onDamage);
    if (thread !== null) threads.push(thread);
  }
  return threads.sort(
    (a, b) => (a.tid ?? Number.MAX_SAFE_INTEGER) - (b.tid ?? Number.MAX_SAFE_INTEGER) || a.objectId - b.objectId,
  );
}

/** What is known of all threads together. */
interface ThreadNames {
  readonly tids: ReadonlyMap<number, number>;
  readonly tgids: ReadonlyMap<number, number>;
  /** Of containers by id. */
  readonly names: ReadonlyMap<string, string>;
}

function readThread(graph: Graph, { objectId, position }: Found, { tids, tgids, names }: ThreadNames): SavedThread {
  const task = foundNode(graph, objectId, position);
  const node = field(task, 'taskNode');
  const group = node === null ? null : field(node, 'tg');
  const parent = node === null ? null : field(node, 'parent');
  const parentTask = parent === null ? null : follow(parent);
  const parentNode = parentTask === null ? null : field(parentTask, 'taskNode');
  const parentGroup = parentNode === null ? null : field(parentNode, 'tg');
  const containerId = string(field(task, 'containerID'));
  return {
    objectId,
    tid: tids.get(objectId) ?? null,
    pid: tgids.get(rootOf(group)) ?? null,
    ppid: parentGroup === null ? null : (tgids.get(rootOf(parentGroup)) ?? null),
    name: string(fieldAt(task, 'image', 'Name')),
    containerId,
    containerName: names.get(containerId) ?? null,
  };
}

/**
 * Every floating-point state of a kernel graph, in the order of the graph: runsc checks each, whoever it belongs to. One that cannot be read is left out and
 * reported.
 *
 * @see gVisor pkg/sentry/arch: State.fpState (x86FPState before 2021-04-08), afterLoad.
 */
export function readFpStates(graph: Graph, threads: readonly SavedThread[], onDamage: OnDamage): SavedFpState[] {
  const byContext = new Map<number, SavedThread>();
  for (const thread of threads) {
    const context = attempt(() => {
      const image = fieldAt(objectNode(graph, thread.objectId), 'image');
      // The reference itself, not what it leads to.
      return image === null ? 0 : rootOf(field(image, 'Arch'));
    }, onDamage);
    if (context !== null && context !== 0) byContext.set(context, thread);
  }
  const states: SavedFpState[] = [];
  for (const found of graph.found) {
    const type = typeOf(graph, found.typeId);
    if (type?.name !== STATE) continue;
    const name = ['fpState', 'x86FPState', 'aarch64FPState'].find((candidate) => type.fields.includes(candidate));
    const state = attempt(
      () => ({
        thread: byContext.get(found.objectId) ?? null,
        path: `g${graph.number}r${found.objectId}`,
        bytes: name === undefined ? null : byteArray(field(foundNode(graph, found.objectId, found.position), name)),
      }),
      onDamage,
    );
    if (state !== null) states.push(state);
  }
  return states;
}

/** Ids by the object id of their holder: the maps of PIDNamespace go from object to id. */
function idsByObject(namespace: Node | null, name: string): Map<number, number> {
  const map = namespace === null ? null : field(namespace, name);
  const ids = new Map<number, number>();
  if (map === null) return ids;
  for (const { key, value } of mapEntries(map)) ids.set(rootOf(key), Number(integer(value)));
  return ids;
}

function containerNames(kernel: ReadonlyMap<string, Node>): Map<string, string> {
  const map = kernel.get('containerNames');
  return new Map(map === undefined ? [] : mapEntries(map).map(({ key, value }) => [string(key), string(value)]));
}

/** Object id that a reference (perhaps inside an interface) leads to; 0 for nil. */
function rootOf(node: Node | null): number {
  let current = node;
  while (current !== null) {
    const value = readNode(current);
    if (value.kind === 'ref') return value.root;
    if (value.kind !== 'interface') return 0;
    current = { ...current, at: value.value };
  }
  return 0;
}
