/** The metadata of one saved memory file: which ranges of it were saved, in every encoding since 2021. */
import { CkptError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { field, follow, integer, objectNode, pathOf, readNode } from '../graph/node.ts';
import { type ObjectStream, readLittleEndian64 } from '../graph/object-stream.ts';
import { segmentsOf } from '../graph/segment-set.ts';
import { checkedSegment, collectRanges, type MemoryRanges } from './memory-ranges.ts';

/** Bytes of one page of a memory file. */
export const PAGE_BYTES = 4096;

/** The accounting of one saved memory file. */
export interface MemoryAccount {
  /** The committed ranges, in the order in which they are saved. */
  readonly ranges: MemoryRanges;
  /** Their sum in bytes. */
  readonly committedBytes: number;
}

/** One saved memory file. */
export interface MemoryFile extends MemoryAccount {
  /** Who it belongs to, as `container:path`; empty for the main file, null where the image does not say. */
  readonly owner: string | null;
  /**
   * Offset of the first byte of each range: in the decoded body of the state file (in the file itself where that is not framed) or in
   * pages.img.
   */
  readonly positions: Float64Array;
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
export async function readMemoryFile(stream: ObjectStream): Promise<MemoryAccount> {
  const start = await stream.peek(9);
  if (start.length > 0 && !start.every((byte) => byte >= 0x80)) return summary(await protobufRanges(stream));
  const what = 'memory metadata';
  const first = await stream.graph(what);
  const root = follow(objectNode(first, first.ids[0] ?? 0));
  const value = root === null ? null : readNode(root);
  // Until 2024-06: the size of the file, then one set.
  if (value === null || value.kind === 'int' || value.kind === 'uint') return summary(committed(await stream.graph(what), null));
  // Since 2026-01: one struct with all sets.
  if (root !== null && field(root, 'memAcct') !== null) return summary(committed(first, 'memAcct'));
  // Between: nine graphs, the sixth of them is the accounting.
  let accounting = first;
  for (let index = 1; index < 9; index++) {
    const graph = await stream.graph(what);
    if (index === 5) accounting = graph;
  }
  return summary(committed(accounting, null));
}

function summary(ranges: MemoryRanges): MemoryAccount {
  return { ranges, committedBytes: ranges.before[ranges.length] as number };
}

/** The known-committed segments of a set that is the root of a graph, or a field of the root. */
function committed(graph: Graph, name: string | null): MemoryRanges {
  const collector = collectRanges(PAGE_BYTES);
  const root = objectNode(graph, graph.ids[0] ?? 0);
  const set = name === null ? root : field(root, name);
  for (const { start, end, value } of segmentsOf(set)) {
    if (value === null || integer(field(value, 'knownCommitted')) === 0n) continue;
    const kind = Number(integer(field(value, 'kind')));
    const cgroup = Number(integer(field(value, 'memCgID')));
    try {
      collector.add(checkedSegment({ start: Number(start), end: Number(end), kind, cgroup }));
    } catch (error) {
      throw error instanceof CkptError ? error.at({ path: pathOf(value) }) : error;
    }
  }
  return collector.finish();
}

/** Ceiling of one protobuf message; real ones hold some 20 bytes per range. */
const MESSAGE_BYTES = 512 * 1024 * 1024;

/** Since 2026-08: a 64-bit little-endian length and a MemoryFileMetadataProto. */
async function protobufRanges(stream: ObjectStream): Promise<MemoryRanges> {
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
  return committedRanges(bytes, at + 8, collectRanges(PAGE_BYTES));
}
