/**
 * Encodes a small kernel graph: kernel, task set, PID namespace, processes, threads and their saved registers.
 *
 * Type and field names are gVisor's; of most types only the fields that say something are declared.
 * @see docs/format.md, kernel graph
 */
import { featureSetValue, type SavedCpu, savedArch } from './feature-set-encoder.ts';
import { createGraph, type GraphBuilder } from './graph-builder.ts';
import { array, field, int, map, nil, ref, string, uint, type WireValue } from './wire-value.ts';

export interface TestThread {
  /** Thread id in the root PID namespace; null for a dead task that no namespace names any more. */
  readonly tid: number | null;
  readonly name?: string;
  readonly fpu?: TestFpu;
}

/** Saved XSAVE area (amd64). */
export interface TestFpu {
  readonly xstateBv?: bigint;
  readonly xcompBv?: bigint;
  readonly mxcsr?: number;
  /** Length of the saved area; below 520 it has no XSTATE_BV. */
  readonly bytes?: number;
  /** Capacity of the slice; the bytes behind the length are 0xee. */
  readonly capacity?: number;
}

export interface TestProcess {
  readonly pid: number;
  readonly name: string;
  readonly containerId?: string;
  /** The first is the leader; absent: one thread with the process's id. */
  readonly threads?: readonly TestThread[];
  /** Encodes the address space of all threads; absent: nil. */
  readonly memory?: (graph: GraphBuilder) => WireValue;
}

export interface KernelOptions {
  readonly cpu: SavedCpu;
  readonly processes: readonly TestProcess[];
  /** Container id to name; absent before 2024-04. */
  readonly containerNames?: Readonly<Record<string, string>>;
  /** Kept in Kernel.additionalCheckpointState from 2024-11 to 2025-03. */
  readonly runscVersion?: string;
  /** JSON of a spec per container, kept there from 2024-09 to 2025-04. */
  readonly containerSpecs?: Readonly<Record<string, unknown>>;
  /** Name of the register context's type: `context64` before 2022-08. */
  readonly contextType?: 'pkg/sentry/arch.Context64' | 'pkg/sentry/arch.context64';
  /** Numbers wrapped in pkg/atomicbitops structs, as newer releases have them. */
  readonly atomics?: boolean;
  /** Object ids left out between the kernel and the rest. */
  readonly idGap?: number;
}

const AMD64_REGISTERS = [
  ...['R15', 'R14', 'R13', 'R12', 'Rbp', 'Rbx', 'R11', 'R10', 'R9', 'R8', 'Rax', 'Rcx', 'Rdx', 'Rsi', 'Rdi', 'Orig_rax'],
  ...['Rip', 'Cs', 'Eflags', 'Rsp', 'Ss', 'Fs_base', 'Gs_base', 'Ds', 'Es', 'Fs', 'Gs'],
];

/** The graph of the FeatureSet alone, the first in every image. */
export function encodeFeatureSetGraph(cpu: SavedCpu): Uint8Array {
  const graph = createGraph();
  const root = graph.reserve();
  graph.define(root, featureSetValue(graph, cpu));
  return graph.encode();
}

/** The kernel graph, the second in every image. */
export function encodeKernelGraph(options: KernelOptions): Uint8Array {
  const graph = createGraph();
  const kernel = graph.reserve();
  graph.type('pkg/sentry/kernel.Kernel', kernelFields(options));
  graph.skipIds(options.idGap ?? 0);
  const features = featureSetValue(graph, options.cpu);
  const taskSet = graph.reserve();
  const namespace = graph.reserve();
  const tasks = options.processes.map((process) => encodeProcess(graph, options, process, kernel, namespace));
  const named = tasks.flat().filter((task) => task.tid !== null);
  graph.define(
    namespace,
    graph.struct('pkg/sentry/kernel.PIDNamespace', {
      owner: ref(taskSet),
      parent: nil(),
      last: field(int(Math.max(0, ...named.map((task) => Number(task.tid))))),
      tasks: graph.pointer(map(named.map((task) => [int(task.tid ?? 0), ref(task.id)]))),
      tids: graph.pointer(map(named.map((task) => [ref(task.id), int(task.tid ?? 0)]))),
      tgids: graph.pointer(map(options.processes.map((process, i) => [ref(tasks[i]?.[0]?.group ?? 0), int(process.pid)]))),
      exiting: nil(),
    }),
  );
  graph.define(taskSet, graph.struct('pkg/sentry/kernel.TaskSet', { Root: ref(namespace) }));
  graph.define(kernel, kernelValue(graph, options, features, taskSet));
  return graph.encode();
}

function kernelFields(options: KernelOptions): string[] {
  const names = ['featureSet', 'tasks', 'applicationCores', 'useHostCores'];
  if (options.containerNames !== undefined) names.push('containerNames');
  if (hasExtraState(options)) names.push('additionalCheckpointState');
  return names;
}

const hasExtraState = (options: KernelOptions): boolean =>
  options.runscVersion !== undefined || options.containerSpecs !== undefined;

function kernelValue(graph: GraphBuilder, options: KernelOptions, features: WireValue, taskSet: bigint): WireValue {
  const pointerEra = options.cpu.encoding.endsWith('-table');
  const fields: Record<string, WireValue> = {
    featureSet: pointerEra ? graph.pointer(features) : features,
    tasks: ref(taskSet),
    applicationCores: uint(2),
    useHostCores: nil(),
  };
  if (options.containerNames !== undefined) {
    const names = Object.entries(options.containerNames);
    fields.containerNames = graph.pointer(map(names.map(([id, name]) => [string(id), string(name)])));
  }
  if (hasExtraState(options)) fields.additionalCheckpointState = extraState(graph, options);
  return graph.struct('pkg/sentry/kernel.Kernel', fields);
}

function extraState(graph: GraphBuilder, options: KernelOptions): WireValue {
  const text = graph.spec('string');
  const entries: [WireValue, WireValue][] = [];
  const key = (name: string): WireValue => ({ kind: 'interface', type: text, value: string(name) });
  if (options.runscVersion !== undefined) {
    entries.push([key('runsc_version'), { kind: 'interface', type: text, value: string(options.runscVersion) }]);
  }
  if (options.containerSpecs !== undefined) {
    const specs = Object.entries(options.containerSpecs).map(([name, spec]): [WireValue, WireValue] => [
      string(name),
      graph.byteSlice(new TextEncoder().encode(JSON.stringify(spec))),
    ]);
    const type = { spec: 'map', key: text, value: { spec: 'slice', of: graph.spec('uint8') } } as const;
    entries.push([key('container_specs'), { kind: 'interface', type, value: graph.pointer(map(specs)) }]);
  }
  return graph.pointer(map(entries));
}

interface EncodedTask {
  readonly id: bigint;
  readonly tid: number | null;
  readonly group: bigint;
}

function encodeProcess(
  graph: GraphBuilder,
  options: KernelOptions,
  process: TestProcess,
  kernel: bigint,
  namespace: bigint,
): readonly EncodedTask[] {
  const threads = process.threads ?? [{ tid: process.pid }];
  const group = graph.reserve();
  const tasks = threads.map((thread) => ({ id: graph.reserve(), tid: thread.tid, group }));
  const leader = ref(tasks[0]?.id ?? 0);
  const memory = process.memory?.(graph) ?? nil();
  graph.define(
    group,
    graph.struct('pkg/sentry/kernel.ThreadGroup', {
      threadGroupNode: graph.struct('pkg/sentry/kernel.threadGroupNode', {
        pidns: ref(namespace),
        leader,
        execing: nil(),
        tasksCount: field(int(tasks.length)),
      }),
      exitStatus: nil(),
    }),
  );
  threads.forEach((thread, i) => {
    const state = graph.pointer(contextValue(graph, options, thread));
    const atomic = (name: string): WireValue =>
      options.atomics === false ? nil() : graph.struct(`pkg/atomicbitops.${name}`, { value: nil() });
    graph.define(
      tasks[i]?.id ?? 0n,
      graph.struct('pkg/sentry/kernel.Task', {
        taskNode: graph.struct('pkg/sentry/kernel.taskNode', {
          tg: ref(group),
          parent: nil(),
          children: graph.pointer(map([])),
          childPIDNamespace: nil(),
        }),
        runState: {
          kind: 'interface',
          type: { spec: 'pointer', to: graph.spec('pkg/sentry/kernel.runApp') },
          value: ref(0),
        },
        exitStatus: nil(),
        k: ref(kernel),
        containerID: field(string(process.containerId ?? '')),
        image: graph.struct('pkg/sentry/kernel.TaskImage', {
          Name: field(string(thread.name ?? process.name)),
          Arch: state,
          MemoryManager: memory,
        }),
        exitState: atomic('Uint32'),
      }),
    );
  });
  return tasks;
}

function contextValue(graph: GraphBuilder, options: KernelOptions, thread: TestThread): WireValue {
  const type = options.contextType ?? 'pkg/sentry/arch.Context64';
  if (savedArch(options.cpu) === 'arm64') {
    const registers = graph.struct('pkg/sentry/arch.Registers', {
      PtraceRegs: graph.struct('pkg/abi/linux.PtraceRegs', {
        Regs: array(Array.from({ length: 31 }, (_, i) => uint(i))),
        Sp: uint(0xfe00_0000_1000n),
        Pc: uint(4_395_940),
        Pstate: uint(0x6000_0000),
      }),
      TPIDR_EL0: uint(6_137_664),
    });
    const state = graph.struct('pkg/sentry/arch.State', {
      Regs: registers,
      fpState: graph.byteSlice(new Uint8Array(528), new Uint8Array(4096 - 528)),
      OrigR0: uint(0xffff_ffff_ffff_ffffn),
    });
    return graph.struct(type, { State: state, sigFPState: nil() });
  }
  const registers = Object.fromEntries(AMD64_REGISTERS.map((name, i) => [name, field(uint(i))]));
  const fpu = thread.fpu ?? {};
  const saved = xsaveArea(fpu);
  const state = graph.struct('pkg/sentry/arch.State', {
    Regs: graph.struct('pkg/sentry/arch.Registers', { PtraceRegs: graph.struct('pkg/abi/linux.PtraceRegs', registers) }),
    fpState: graph.byteSlice(saved, new Uint8Array(Math.max(0, (fpu.capacity ?? 4096) - saved.length)).fill(0xee)),
  });
  return graph.struct(type, { State: state });
}

/** A standard-format XSAVE area with FP_XSTATE_MAGIC2 behind it, cut to the length asked for. */
export function xsaveArea(fpu: TestFpu): Uint8Array {
  const area = new Uint8Array(4096);
  const view = new DataView(area.buffer);
  view.setUint16(0, 0x37f, true);
  view.setUint32(24, fpu.mxcsr ?? 0x1f80, true);
  view.setUint32(28, 0xffff, true);
  view.setBigUint64(512, fpu.xstateBv ?? 3n, true);
  view.setBigUint64(520, fpu.xcompBv ?? 0n, true);
  return area.slice(0, fpu.bytes ?? 2436);
}
