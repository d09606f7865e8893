/** Indexes graphs that a test has built, as the second graph of a stream. */
import { PullReader } from '../../src/bytes/pull-reader.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { ObjectStream } from '../../src/graph/object-stream.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { rawBody } from '../../src/statefile/raw-body.ts';
import { concatBytes } from './byte-sink.ts';
import { createGraph, encodeSingleObjectGraph, type GraphBuilder } from './graph-builder.ts';
import { memorySource } from './memory-source.ts';
import { uint } from './wire-value.ts';

export interface OpenGraphs {
  readonly cpu: Graph;
  readonly kernel: Graph;
}

/** The graph of `bytes` as the kernel's, behind a first graph that is the number 7; references that lead nowhere are let through. */
export async function openGraphs(bytes: Uint8Array): Promise<OpenGraphs> {
  const stream = new ObjectStream(
    rawBody(new PullReader(memorySource(concatBytes([encodeSingleObjectGraph(uint(7)), bytes])))),
    DEFAULT_LIMITS,
  );
  const ignore = (): void => undefined;
  return {
    cpu: await stream.graph('the first graph', undefined, ignore),
    kernel: await stream.graph('the graph', undefined, ignore),
  };
}

/** As {@link openGraphs}, of a graph that `build` fills; its first object is the root. */
export function buildGraphs(build: (graph: GraphBuilder) => void): Promise<OpenGraphs> {
  const graph = createGraph();
  build(graph);
  return openGraphs(graph.encode());
}
