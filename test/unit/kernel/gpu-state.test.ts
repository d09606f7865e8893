import { describe, expect, it } from 'vitest';
import { PullReader } from '../../../src/bytes/pull-reader.ts';
import { ObjectStream } from '../../../src/graph/object-stream.ts';
import { isDeviceType, readGpuState } from '../../../src/kernel/gpu-state.ts';
import { kernelFields } from '../../../src/kernel/threads.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { rawBody } from '../../../src/statefile/raw-body.ts';
import { createGraph, type GraphBuilder } from '../../support/graph-builder.ts';
import { memorySource } from '../../support/memory-source.ts';
import { int, nil, type WireValue } from '../../support/wire-value.ts';

const NVPROXY = 'pkg/sentry/devices/nvproxy';

async function stateOf(fields: (graph: GraphBuilder) => Readonly<Record<string, WireValue>>) {
  const builder = createGraph();
  const kernel = builder.reserve();
  const made = fields(builder);
  builder.define(kernel, builder.struct('pkg/sentry/kernel.Kernel', made));
  const stream = new ObjectStream(rawBody(new PullReader(memorySource(builder.encode()))), DEFAULT_LIMITS);
  const graph = await stream.graph('a graph', isDeviceType);
  return readGpuState(graph, kernelFields(graph));
}

const version = (graph: GraphBuilder, type: string, [major, minor, patch]: readonly WireValue[]): WireValue =>
  graph.struct(type, { major: major ?? nil(), minor: minor ?? nil(), patch: patch ?? nil() });

describe('readGpuState', () => {
  it('finds nothing in an image without GPUs', async () => {
    const none = { driver: null, proxyDriver: null, openGpuFiles: 0, openTpuFiles: 0 };
    expect(await stateOf(() => ({ tasks: nil() }))).toEqual(none);
    const zero = (graph: GraphBuilder) => ({
      NvidiaDriverVersion: version(graph, `${NVPROXY}/nvconf.DriverVersion`, [nil(), nil(), nil()]),
    });
    expect(await stateOf(zero)).toEqual(none);
  });

  it('reads versions and counts open files', async () => {
    const state = await stateOf((graph) => ({
      NvidiaDriverVersion: version(graph, `${NVPROXY}/nvconf.DriverVersion`, [int(570n), int(124n), int(6n)]),
      proxy: graph.pointer(
        graph.struct(`${NVPROXY}.nvproxy`, { version: version(graph, `${NVPROXY}.DriverVersion`, [int(535n), int(54n), nil()]) }),
      ),
      files: graph.slice([
        graph.pointer(graph.struct(`${NVPROXY}.frontendFD`, { dev: nil() })),
        graph.pointer(graph.struct(`${NVPROXY}.uvmFD`, { dev: nil() })),
        graph.pointer(graph.struct('pkg/sentry/devices/tpuproxy/vfio.tpuFD', { hostFD: nil() })),
      ]),
    }));
    expect(state).toEqual({ driver: '570.124.06', proxyDriver: '535.54.00', openGpuFiles: 2, openTpuFiles: 1 });
  });

  it('refuses other shapes', async () => {
    await expect(stateOf(() => ({ NvidiaDriverVersion: int(5n) }))).rejects.toThrow(/expected a struct/);
  });
});
