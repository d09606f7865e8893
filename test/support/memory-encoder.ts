/**
 * Encodes the metadata of memory files and the framing of their pages, for every epoch of the layout.
 * @see docs/format.md, memory
 */
import { concatBytes, createByteSink } from './byte-sink.ts';
import { createGraph, encodeSingleObjectGraph, type GraphBuilder } from './graph-builder.ts';
import { type BodySegment, segmentLength } from './statefile-encoder.ts';
import { encodeRawHeader } from './wire-encoder.ts';
import { bool, field, int, map, nil, string, uint, type WireValue } from './wire-value.ts';

/** Layouts of checkpoint directory and memory metadata, oldest first (docs/format.md). */
export const EPOCHS = ['E0', 'E1', 'E2', 'E3', 'E4', 'E5', 'E6'] as const;
export type Epoch = (typeof EPOCHS)[number];

const CHUNK_BYTES = 1n << 30n;
const END = (1n << 64n) - 1n;

/** One stretch of a memory file with its bytes; committed unless said otherwise. */
export interface TestRange {
  /** Offset in the memory file, a multiple of 4096. */
  readonly start: bigint;
  readonly bytes: BodySegment;
  readonly committed?: boolean;
  /** 1 anonymous, 2 page cache, 3 tmpfs … */
  readonly kind?: number;
  readonly memCgId?: number;
}

export interface TestMemoryFile {
  /** Null for the main file. */
  readonly owner: { readonly container: string; readonly path: string } | null;
  /** Ascending, without overlap. */
  readonly ranges: readonly TestRange[];
}

export interface MemoryOptions {
  readonly epoch: Epoch;
  /** Main file first, then private ones. */
  readonly files: readonly TestMemoryFile[];
  /** Pages follow each range in the stream; otherwise they go to a file of their own. */
  readonly inline: boolean;
  /** E0 only: the segment set is three parallel slices (before 2023-11) and there is no list of owners. */
  readonly parallelSlices?: boolean;
}

export interface EncodedMemory {
  /** The metadata stream, with the pages in it when they are inline. */
  readonly stream: readonly BodySegment[];
  /** What goes to pages.img; empty when inline. */
  readonly pages: readonly BodySegment[];
}

export function encodeMemory(options: MemoryOptions): EncodedMemory {
  const stream: BodySegment[] = [];
  const pages: BodySegment[] = [];
  options.files.forEach((file, i) => {
    stream.push(memoryFileMetadata(options, file));
    const headers = options.inline || options.epoch <= 'E3';
    for (const range of file.ranges.filter((range) => range.committed !== false)) {
      if (headers) stream.push(rawHeader(segmentLength(range.bytes)));
      (options.inline ? stream : pages).push(range.bytes);
    }
    if (i === 0 && options.parallelSlices !== true) stream.push(ownersGraph(options));
  });
  return { stream, pages };
}

function rawHeader(length: number): Uint8Array {
  const sink = createByteSink();
  encodeRawHeader(sink, length);
  return sink.take();
}

function ownersGraph(options: MemoryOptions): Uint8Array {
  const graph = createGraph();
  const root = graph.reserve();
  const owners = options.files.flatMap(({ owner }) => (owner === null ? [] : [owner]));
  const items = owners.map((owner) =>
    options.epoch >= 'E5'
      ? graph.struct('pkg/sentry/checkpoint.ResourceID', {
          ContainerName: field(string(owner.container)),
          Path: field(string(owner.path)),
        })
      : string(`${owner.container}:${owner.path}`),
  );
  graph.define(root, graph.struct('pkg/sentry/kernel.privateMemoryFileMetadata', { owners: graph.slice(items) }));
  return graph.encode();
}

function memoryFileMetadata(options: MemoryOptions, file: TestMemoryFile): Uint8Array {
  const chunks = chunkCount(file);
  switch (options.epoch) {
    case 'E0':
    case 'E1':
    case 'E2':
      return concatBytes([
        encodeSingleObjectGraph(int(BigInt(chunks) * CHUNK_BYTES)),
        options.parallelSlices === true ? parallelUsageGraph(file) : flatUsageGraph(file),
      ]);
    case 'E3':
    case 'E4':
      return nineGraphs(file, chunks);
    case 'E5':
      return savedGraph(file, chunks);
    case 'E6':
      return protoMetadata(file, chunks);
  }
}

function chunkCount(file: TestMemoryFile): number {
  const last = file.ranges.at(-1);
  return last === undefined ? 1 : Number((endOf(last) + CHUNK_BYTES - 1n) / CHUNK_BYTES);
}

const endOf = (range: TestRange): bigint => range.start + BigInt(segmentLength(range.bytes));

function usageInfo(graph: GraphBuilder, range: TestRange, withCgroup: boolean): WireValue {
  return graph.struct('pkg/sentry/pgalloc.usageInfo', {
    kind: field(int(range.kind ?? 1)),
    knownCommitted: field(bool(range.committed !== false)),
    refs: uint(2),
    ...(withCgroup ? { memCgID: field(uint(range.memCgId ?? 0)) } : {}),
  });
}

function parallelUsageGraph(file: TestMemoryFile): Uint8Array {
  const graph = createGraph();
  const root = graph.reserve();
  const slices = graph.reserve();
  graph.define(root, graph.struct('pkg/sentry/pgalloc.usageSet', { root: { ...pointerTo(slices) } }));
  const data = {
    Start: graph.slice(file.ranges.map((range) => uint(range.start))),
    End: graph.slice(file.ranges.map((range) => uint(endOf(range)))),
    Values: graph.slice(file.ranges.map((range) => usageInfo(graph, range, false))),
  };
  graph.define(slices, graph.struct('pkg/sentry/pgalloc.usageSegmentDataSlices', data));
  return graph.encode();
}

const pointerTo = (id: bigint): WireValue => ({ kind: 'ref', root: id, dots: [], type: { spec: 'nil' } });

interface FlatSegment {
  readonly start: bigint;
  readonly end: bigint;
  readonly value: WireValue;
}

function segmentSet(graph: GraphBuilder, name: string, segments: readonly FlatSegment[]): WireValue {
  const items = segments.map(({ start, end, value }) =>
    graph.struct(`pkg/sentry/pgalloc.${name}FlatSegment`, { Start: field(uint(start)), End: uint(end), Value: value }),
  );
  return graph.struct(`pkg/sentry/pgalloc.${name}Set`, { root: graph.slice(items) });
}

function flatUsageGraph(file: TestMemoryFile): Uint8Array {
  return graphOf((graph) =>
    segmentSet(
      graph,
      'usage',
      file.ranges.map((range) => ({ start: range.start, end: endOf(range), value: usageInfo(graph, range, true) })),
    ),
  );
}

function graphOf(build: (graph: GraphBuilder) => WireValue): Uint8Array {
  const graph = createGraph();
  const root = graph.reserve();
  graph.define(root, build(graph));
  return graph.encode();
}

const whole = (value: WireValue): FlatSegment[] => [{ start: 0n, end: END, value }];
const unwaste = (graph: GraphBuilder): WireValue =>
  segmentSet(graph, 'unwaste', whole(graph.struct('pkg/sentry/pgalloc.unwasteInfo')));
const unfree = (graph: GraphBuilder): WireValue =>
  segmentSet(graph, 'unfree', whole(graph.struct('pkg/sentry/pgalloc.unfreeInfo', { refs: uint(1) })));

function memAcct(graph: GraphBuilder, file: TestMemoryFile): WireValue {
  const value = (range: TestRange): WireValue =>
    graph.struct('pkg/sentry/pgalloc.memAcctInfo', {
      kind: field(uint(range.kind ?? 1)),
      memCgID: field(uint(range.memCgId ?? 0)),
      knownCommitted: field(bool(range.committed !== false)),
      wasteOrReleasing: nil(),
      commitSeq: nil(),
    });
  const segments = file.ranges.map((range) => ({ start: range.start, end: endOf(range), value: value(range) }));
  return segmentSet(graph, 'memAcct', segments);
}

function chunkSlice(graph: GraphBuilder, chunks: number): WireValue {
  const chunk = graph.struct('pkg/sentry/pgalloc.chunkInfo', { huge: nil() });
  return graph.slice(Array.from({ length: chunks }, () => chunk));
}

function committedBytes(file: TestMemoryFile): number {
  const committed = file.ranges.filter((range) => range.committed !== false);
  return committed.reduce((sum, range) => sum + segmentLength(range.bytes), 0);
}

function nineGraphs(file: TestMemoryFile, chunks: number): Uint8Array {
  return concatBytes([
    graphOf(unwaste),
    graphOf(unwaste),
    graphOf(unfree),
    graphOf(unfree),
    graphOf((graph) => graph.pointer(map([]))),
    graphOf((graph) => memAcct(graph, file)),
    encodeSingleObjectGraph(uint(committedBytes(file))),
    encodeSingleObjectGraph(uint(9)),
    graphOf((graph) => chunkSlice(graph, chunks)),
  ]);
}

function savedGraph(file: TestMemoryFile, chunks: number): Uint8Array {
  return graphOf((graph) =>
    graph.struct('pkg/sentry/pgalloc.memoryFileSaved', {
      unwasteSmall: graph.pointer(unwaste(graph)),
      unwasteHuge: graph.pointer(unwaste(graph)),
      unfreeSmall: graph.pointer(unfree(graph)),
      unfreeHuge: graph.pointer(unfree(graph)),
      subreleased: graph.pointer(map([])),
      memAcct: graph.pointer(memAcct(graph, file)),
      chunks: chunkSlice(graph, chunks),
    }),
  );
}

function protoMetadata(file: TestMemoryFile, chunks: number): Uint8Array {
  const sink = createByteSink();
  protoNumber(sink, 1, 1n);
  for (let i = 0; i < chunks; i++) protoMessage(sink, 2, []);
  for (const range of file.ranges) {
    protoMessage(sink, 3, [
      [1, range.start],
      [2, endOf(range)],
      [3, BigInt(range.kind ?? 1)],
      [4, BigInt(range.memCgId ?? 0)],
      [5, range.committed === false ? 0n : 1n],
    ]);
  }
  for (const number of [4, 5])
    protoMessage(sink, number, [
      [2, END],
      [3, 1n],
    ]);
  for (const number of [6, 7]) protoMessage(sink, number, [[2, END]]);
  const message = sink.take();
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(message.length), true);
  return concatBytes([length, message]);
}

type Sink = ReturnType<typeof createByteSink>;

function protoNumber(sink: Sink, number: number, value: bigint): void {
  if (value === 0n) return;
  sink.varint(number << 3);
  sink.varint(value);
}

function protoMessage(sink: Sink, number: number, fields: readonly (readonly [number, bigint])[]): void {
  const inner = createByteSink();
  for (const [inside, value] of fields) protoNumber(inner, inside, value);
  const bytes = inner.take();
  sink.varint((number << 3) | 2);
  sink.varint(bytes.length);
  sink.bytes(bytes);
}
