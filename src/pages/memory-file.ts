/** The metadata of one saved memory file: which ranges of it were saved, in every encoding since 2021. */
import { CkptError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { elements, field, fieldAt, follow, integer, type Node, objectNode, pathOf, readNode } from '../graph/node.ts';
import { type ObjectStream, readLittleEndian64 } from '../graph/object-stream.ts';

/** Bytes of one page of a memory file. */
export const PAGE_BYTES = 4096;

/** One saved memory file. Lengths are in bytes, whole pages. */
export interface MemoryFile {
  /** Lengths of the committed ranges in ascending order of their place in the file: the order in which they are saved. */
  readonly ranges: readonly number[];
  /** Their sum. */
  readonly committedBytes: number;
}

/**
 * Reads the metadata of the memory file that comes next.
 *
 * The encoding shows itself: a graph header has nine continued bytes, which no length of a protobuf message has; and the
 * root of the first graph tells the older encodings apart.
 *
 * @throws CkptError of any layer of a graph, `unknown-shape`.
 * @see gVisor pkg/sentry/pgalloc/save_restore.go: SaveTo, LoadFrom; docs/format.md "Memory".
 */
export async function readMemoryFile(stream: ObjectStream): Promise<MemoryFile> {
  const start = await stream.peek(9);
  if (start.length > 0 && !start.every((byte) => byte >= 0x80)) return summary(await protobufRanges(stream));
  const what = 'memory metadata';
  const first = await stream.graph(what);
  const root = follow(objectNode(first, first.ids[0] ?? 0));
  const value = root === null ? null : readNode(root);
  // Until 2024-06: the size of the file, then one set.
  if (value === null || value.kind === 'int' || value.kind === 'uint') return summary(segments(await stream.graph(what), null));
  // Since 2026-01: one struct with all sets.
  if (root !== null && field(root, 'memAcct') !== null) return summary(segments(first, 'memAcct'));
  // Between: nine graphs, the sixth of them is the accounting.
  let accounting = first;
  for (let index = 1; index < 9; index++) {
    const graph = await stream.graph(what);
    if (index === 5) accounting = graph;
  }
  return summary(segments(accounting, null));
}

function summary(ranges: number[]): MemoryFile {
  return { ranges, committedBytes: ranges.reduce((sum, length) => sum + length, 0) };
}

/** The lengths of the known-committed segments of a set that is the root of a graph, or a field of the root. */
function segments(graph: Graph, name: string | null): number[] {
  const root = objectNode(graph, graph.ids[0] ?? 0);
  const set = name === null ? root : field(root, name);
  const data = set === null ? null : fieldAt(set, 'root');
  if (data === null) return [];
  const ranges: number[] = [];
  const add = (start: bigint, end: bigint, value: Node | null): void => {
    if (value === null || integer(field(value, 'knownCommitted')) === 0n) return;
    const length = end - start;
    if (length <= 0n || length % BigInt(PAGE_BYTES) !== 0n || length > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new CkptError(
        'inconsistent',
        { layer: 'pages', path: pathOf(data) },
        { expected: 'ranges of whole pages', found: `${length} bytes` },
      );
    }
    ranges.push(Number(length));
  };
  if (readNode(data).kind === 'struct') {
    // Before 2023-11-17: three parallel slices.
    const starts = column(data, 'Start');
    const ends = column(data, 'End');
    const values = column(data, 'Values');
    for (const [index, value] of values.entries()) {
      const start = starts[index];
      const end = ends[index];
      if (start !== undefined && end !== undefined) add(integer(start), integer(end), follow(value));
    }
  } else {
    for (const segment of elements(data))
      add(integer(field(segment, 'Start')), integer(field(segment, 'End')), fieldAt(segment, 'Value'));
  }
  return ranges;
}

function column(data: Node, name: string): Node[] {
  const slice = field(data, name);
  return slice === null ? [] : [...elements(slice)];
}

/** Ceiling of one protobuf message; real ones hold some 20 bytes per range. */
const MESSAGE_BYTES = 512 * 1024 * 1024;

/** Since 2026-08: a 64-bit little-endian length and a MemoryFileMetadataProto. */
async function protobufRanges(stream: ObjectStream): Promise<number[]> {
  const at = stream.offset;
  const length = readLittleEndian64(
    await stream.take(8, 'the length of memory metadata'),
    0,
    at,
    'the length of memory metadata',
  );
  if (length > MESSAGE_BYTES) {
    throw new CkptError(
      'over-limit',
      { layer: 'pages', offset: at },
      { expected: `memory metadata of at most ${MESSAGE_BYTES} bytes`, found: String(length), hint: 'The image is damaged' },
    );
  }
  const bytes = await stream.take(length, 'memory metadata');
  const { committedRanges } = await import('./memory-proto.ts');
  return committedRanges(bytes, at + 8);
}
