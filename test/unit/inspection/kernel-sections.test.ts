/** The sections of a kernel graph that no runsc wrote: each degrades on its own, and none takes long. */
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/graph/graph.ts';
import { type InspectDocument, SECTIONS } from '../../../src/inspection/document.ts';
import { type FoundParts, readKernelSections } from '../../../src/inspection/kernel-sections.ts';
import type { SavedKernel } from '../../../src/kernel/saved-kernel.ts';
import { kernelFields, readThreads } from '../../../src/kernel/threads.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import type { GraphBuilder } from '../../support/graph-builder.ts';
import { memoryManager } from '../../support/memory-manager-encoder.ts';
import { type GraphProcess, processGraph } from '../../support/process-graph.ts';
import { int, map, nil, ref, refInto, string, uint, type WireValue } from '../../support/wire-value.ts';

function kernelOf(graph: Graph): SavedKernel {
  return {
    graph,
    threads: readThreads(graph, kernelFields(graph)),
    fpStates: [],
    settings: { containerSpecs: null, runscVersion: null, privateMemoryFiles: null },
    privateMemoryLost: false,
    unread: [],
  };
}

/** All sections of a graph. */
async function sectionsOf(describeGraph: Parameters<typeof processGraph>[0]) {
  const kernel = kernelOf(await processGraph(describeGraph));
  const found: FoundParts = { incomplete: [], unavailable: [] };
  const options = { arch: 'amd64', networkMode: null, date: null, showEnv: false, limits: DEFAULT_LIMITS } as const;
  const document: Partial<InspectDocument> = readKernelSections(
    kernel,
    { layout: null, captured: null, memories: null, pagesGiven: false, pagesGone: null },
    new Set(SECTIONS),
    { ...options, only: () => true },
    found,
  );
  return { document, found };
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
const alone = (pid: number, fields: Readonly<Record<string, WireValue>> = {}): GraphProcess => ({
  pid,
  tasks: [{ tid: pid, name: `task-${pid}`, fields }],
});

/** A descriptor table whose every entry is one open file. */
function table(graph: GraphBuilder, length: number): WireValue {
  const file = graph.object(
    graph.struct('pkg/sentry/fsimpl/eventfd.EventFileDescription', {
      vfsfd: graph.struct('pkg/sentry/vfs.FileDescription', { statusFlags: uint(2), vd: nil(), impl: nil() }),
      val: uint(3),
    }),
  );
  const flags = graph.struct('pkg/sentry/kernel.FDFlags', { CloseOnExec: nil() });
  const entry = graph.struct('pkg/sentry/kernel.descriptor', { file: refInto(file, ['vfsfd'], { spec: 'nil' }), flags });
  const entries = range(length).map((fd) => [int(fd), entry] as const);
  return graph.pointer(graph.struct('pkg/sentry/kernel.FDTable', { descriptorTable: graph.pointer(map(entries)) }));
}

describe('one unreadable part', () => {
  it('is named with its path, and everything else is there', async () => {
    const { document, found } = await sectionsOf((graph) => ({
      processes: [alone(1, { fdTable: table(graph, 2), exitStatus: nil() }), alone(2, { fdTable: uint(7) }), alone(3)],
    }));
    expect(document.processes?.map(({ pid }) => pid)).toEqual([1, 2, 3]);
    expect(document.files?.map(({ pid, fd }) => [pid, fd])).toEqual([
      [1, 0],
      [1, 1],
    ]);
    const files = found.incomplete.filter(({ section }) => section === 'files');
    expect(files).toEqual([{ section: 'files', code: 'unknown-shape', message: expect.any(String), path: expect.any(String) }]);
    for (const section of ['threads', 'sockets', 'mounts', 'maps', 'network', 'objects'] as const)
      expect(document[section]).toBeDefined();
  });

  it('that is the table of sockets is told once, and leaves the files and the network', async () => {
    const { document, found } = await sectionsOf((graph) => ({
      processes: [alone(1, { fdTable: table(graph, 2) })],
      kernel: { sockets: uint(7) },
    }));
    expect(document.files?.map(({ pid, fd }) => [pid, fd])).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(document.network).toBeDefined();
    expect(document.sockets).toBeUndefined();
    expect(found.incomplete.map(({ section }) => section)).toEqual(['sockets']);
  });

  it('that is all of the memory leaves the processes', async () => {
    const { document, found } = await sectionsOf((graph) => ({
      processes: [
        alone(1, {
          image: graph.struct('pkg/sentry/kernel.TaskImage', { Name: string('x'), Arch: nil(), MemoryManager: uint(7) }),
        }),
      ],
    }));
    expect(document.processes?.map(({ pid, argv }) => [pid, argv])).toEqual([[1, null]]);
    expect(found.incomplete.map(({ code }) => code)).toContain('unknown-shape');
  });

  it('of a thousand and more is named a thousand times', async () => {
    const { document, found } = await sectionsOf(() => ({
      processes: range(1500).map((pid) => alone(pid + 1, { fdTable: uint(7) })),
    }));
    expect(document.processes).toHaveLength(1500);
    expect(found.incomplete).toHaveLength(1001);
    expect(found.incomplete.at(-1)).toMatchObject({ code: 'over-limit', path: null });
  });
});

describe('circles', () => {
  it('of parents end', async () => {
    const count = 300;
    const processes = range(count).map((index) => ({ pid: index + 1, tasks: [{ tid: index + 1, parent: (index + 1) % count }] }));
    const { document } = await sectionsOf(() => ({ processes }));
    expect(document.processes).toHaveLength(count);
    expect(document.processes?.[0]?.ppid).toBe(2);
  });

  it('of structs where a number is expected end', async () => {
    const { document, found } = await sectionsOf((graph) => {
      const id = graph.reserve();
      graph.define(id, graph.struct('pkg/atomicbitops.Int32', { value: ref(id) }));
      return { processes: [alone(1, { niceness: ref(id), exitState: ref(id) })] };
    });
    expect(document.processes).toHaveLength(1);
    for (const { code } of found.incomplete) expect(['unknown-shape', 'inconsistent']).toContain(code);
  });
});

describe('what many processes share', () => {
  it('a table of descriptors is shown for each, within a limit', async () => {
    const few = await sectionsOf((graph) => {
      const fdTable = table(graph, 3);
      return { processes: range(4).map((index) => alone(index + 1, { fdTable })) };
    });
    expect(few.document.files).toHaveLength(12);
    expect(few.document.files?.map(({ sameAs }) => sameAs?.pid ?? null)).toEqual([null, ...Array(11).fill(1)]);
    const many = await sectionsOf((graph) => {
      const fdTable = table(graph, 2000);
      return { processes: range(2000).map((index) => alone(index + 1, { fdTable })) };
    });
    expect(many.document.processes).toHaveLength(2000);
    expect(many.document.files?.length).toBeGreaterThan(100_000);
    expect(many.document.files?.length).toBeLessThan(200_000);
    expect(many.found.incomplete.some(({ section, code }) => section === 'files' && code === 'over-limit')).toBe(true);
  });

  it('an address space is shown for each, within a limit', async () => {
    const { document, found } = await sectionsOf((graph) => {
      const areas = range(1000).map((index) => {
        const start = 0x40_0000n + BigInt(index) * 0x2000n;
        return { start, end: start + 0x1000n };
      });
      const MemoryManager = memoryManager(graph, { areas });
      const image = graph.struct('pkg/sentry/kernel.TaskImage', { Name: string('x'), Arch: nil(), MemoryManager });
      return { processes: range(1000).map((index) => alone(index + 1, { image })) };
    });
    const shown = document.maps?.reduce((sum, { areas }) => sum + areas.length, 0) ?? 0;
    expect(document.maps).toHaveLength(1000);
    expect(document.maps?.[1]?.areas).toHaveLength(1000);
    expect(shown).toBeLessThan(200_000);
    expect(found.incomplete.some(({ section, code }) => section === 'maps' && code === 'over-limit')).toBe(true);
  });
});

it('twenty thousand processes, each the parent of the next, are shown', async () => {
  const count = 20_000;
  const { document, found } = await sectionsOf(() => ({
    processes: range(count).map((index) => ({
      pid: index + 1,
      tasks: [{ tid: index + 1, ...(index === 0 ? {} : { parent: index - 1 }) }],
    })),
  }));
  expect(document.processes).toHaveLength(count);
  expect(document.processes?.at(-1)?.ppid).toBe(count - 1);
  expect(found.incomplete).toEqual([]);
}, 120_000);
