/**
 * Encodes kernel graphs of processes whose fields the test gives itself, so that it can make what no runsc would.
 *
 * Type and field names are gVisor's; of every type only the fields that are given are declared.
 */
import { PullReader } from '../../src/bytes/pull-reader.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { ObjectStream } from '../../src/graph/object-stream.ts';
import { isThreadType } from '../../src/kernel/threads.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/limits.ts';
import { rawBody } from '../../src/statefile/raw-body.ts';
import { createGraph, type GraphBuilder } from './graph-builder.ts';
import { memorySource } from './memory-source.ts';
import { int, map, nil, ref, string, type WireValue } from './wire-value.ts';

type Fields = Readonly<Record<string, WireValue>>;

export interface GraphTask {
  /** Thread id in the root PID namespace; null for none. */
  readonly tid: number | null;
  readonly name?: string;
  /** Index of the parent in the list of tasks. */
  readonly parent?: number;
  readonly fields?: Fields;
}

export interface GraphProcess {
  readonly pid: number | null;
  readonly tasks: readonly GraphTask[];
  readonly fields?: Fields;
  /** Object id of its PID namespace; absent: the root. */
  readonly pidns?: bigint;
}

export interface ProcessGraph {
  readonly processes: readonly GraphProcess[];
  /** Further fields of the kernel. */
  readonly kernel?: Fields;
}

/** Object ids that a test may need before the objects are there. */
export interface KnownIds {
  readonly kernel: bigint;
  readonly rootPidns: bigint;
}

/** Builds, encodes and indexes a kernel graph; `describe` may define objects of its own. */
export async function processGraph(
  describe: (graph: GraphBuilder, ids: KnownIds) => ProcessGraph,
  limits: Limits = DEFAULT_LIMITS,
): Promise<Graph> {
  const graph = createGraph();
  const ids = { kernel: graph.reserve(), rootPidns: graph.reserve() };
  const { processes, kernel = {} } = describe(graph, ids);
  const groups = processes.map(() => graph.reserve());
  const tasks = processes.flatMap((process) => process.tasks.map((task) => ({ task, id: graph.reserve() })));
  const taskFields = filled(tasks.map(({ task }) => task.fields ?? {}));
  const groupFields = filled(processes.map(({ fields = {} }) => fields));
  let index = 0;
  for (const [at, process] of processes.entries()) {
    const node = graph.struct('pkg/sentry/kernel.threadGroupNode', { pidns: ref(process.pidns ?? ids.rootPidns) });
    graph.define(groups[at] ?? 0n, graph.struct('pkg/sentry/kernel.ThreadGroup', { threadGroupNode: node, ...groupFields[at] }));
    for (const task of process.tasks) {
      const { id } = tasks[index] ?? { id: 0n };
      const parent = task.parent === undefined ? nil() : ref(tasks[task.parent]?.id ?? 0n);
      graph.define(
        id,
        graph.struct('pkg/sentry/kernel.Task', {
          taskNode: graph.struct('pkg/sentry/kernel.taskNode', { tg: ref(groups[at] ?? 0n), parent }),
          containerID: string('container'),
          image: graph.struct('pkg/sentry/kernel.TaskImage', {
            Name: string(task.name ?? 'task'),
            Arch: nil(),
            MemoryManager: nil(),
          }),
          ...taskFields[index],
        }),
      );
      index++;
    }
  }
  const tids = tasks.filter(({ task }) => task.tid !== null).map(({ task, id }) => [ref(id), int(task.tid ?? 0)] as const);
  const tgids = processes.flatMap(({ pid }, at) => (pid === null ? [] : [[ref(groups[at] ?? 0n), int(pid)] as const]));
  graph.define(ids.rootPidns, pidNamespace(graph, { tids, tgids }));
  const taskSet = graph.pointer(graph.struct('pkg/sentry/kernel.TaskSet', { Root: ref(ids.rootPidns) }));
  graph.define(ids.kernel, graph.struct('pkg/sentry/kernel.Kernel', { tasks: taskSet, ...kernel }));
  const stream = new ObjectStream(rawBody(new PullReader(memorySource(graph.encode()))), limits);
  return stream.graph('the kernel graph', isThreadType);
}

type Entries = readonly (readonly [WireValue, WireValue])[];

/** A PIDNamespace; ids of process groups and sessions only where given. */
export function pidNamespace(
  graph: GraphBuilder,
  { parent, tids = [], tgids = [] }: { readonly parent?: bigint; readonly tids?: Entries; readonly tgids?: Entries },
): WireValue {
  return graph.struct('pkg/sentry/kernel.PIDNamespace', {
    parent: parent === undefined ? nil() : ref(parent),
    tids: graph.pointer(map(tids)),
    tgids: graph.pointer(map(tgids)),
  });
}

/** Structs of one type have the same fields: what one of them has, the others have as nil. */
function filled(all: readonly Fields[]): Fields[] {
  const names = new Set(all.flatMap((fields) => Object.keys(fields)));
  return all.map((fields) => Object.fromEntries([...names].map((name) => [name, fields[name] ?? nil()])));
}
