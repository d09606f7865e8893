/** Segment sets: gVisor's ordered, disjoint ranges with values, as every release saves them. */
import type { ValueAt } from '../wire/read-value.ts';
import { typeOf } from './graph.ts';
import { child, countElements, elements, field, fieldAt, follow, integer, type Node, readNode, wrongShape } from './node.ts';

/** One segment: `[start, end)`. */
export interface Segment {
  readonly start: bigint;
  readonly end: bigint;
  /** Null for a value that is nil: all zeros. */
  readonly value: Node | null;
}

/**
 * The segments of a set, in stored order; none for nil.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/segment/set.go: ExportSlice since 88d35cd8f (2023-11-17); before, one struct of three parallel slices.
 */
export function* segmentsOf(set: Node | null): Generator<Segment> {
  const data = set === null ? null : fieldAt(set, 'root');
  if (data === null) return;
  if (readNode(data).kind !== 'struct') {
    for (const segment of elements(data)) yield readSegment(segment);
    return;
  }
  const starts = column(data, 'Start');
  const ends = column(data, 'End');
  for (const value of column(data, 'Values')) {
    const start = starts.next();
    const end = ends.next();
    if (start.done === true || end.done === true) return;
    yield { start: integer(start.value), end: integer(end.value), value: follow(value) };
  }
}

/**
 * The last segments of a set: those behind the last one that ends at or before an address, in stored order.
 *
 * Costs little more than stepping over the others: what is looked for, such as a stack, lies at the end.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 */
export function segmentsBehind(set: Node | null, address: bigint): Segment[] {
  const data = set === null ? null : fieldAt(set, 'root');
  const flat = data !== null && readNode(data).kind !== 'struct';
  const all: readonly (Node | Segment)[] = flat ? [...elements(data)] : [...segmentsOf(set)];
  const found: Segment[] = [];
  for (let index = all.length - 1; index >= 0; index--) {
    const item = all[index] as Node | Segment;
    const segment = 'graph' in item ? readSegment(item) : item;
    if (segment.end <= address) break;
    found.push(segment);
  }
  return found.reverse();
}

/** How many segments a set has, without reading them. */
export function countSegments(set: Node | null): number {
  const data = set === null ? null : fieldAt(set, 'root');
  if (data === null) return 0;
  if (readNode(data).kind !== 'struct') return countElements(data);
  const ends = field(data, 'End');
  return ends === null ? 0 : countElements(ends);
}

/** @see gVisor pkg/segment/set.go: FlatSegment{Start, End, Value}. Reads the struct once: sets have many of them. */
function readSegment(node: Node): Segment {
  const struct = readNode(node);
  if (struct.kind !== 'struct') throw wrongShape(node, 'a segment', struct.kind);
  const names = typeOf(node.graph, struct.typeId)?.fields ?? [];
  const part = (name: string): Node | null => {
    const at: ValueAt | undefined = struct.fields[names.indexOf(name)];
    return at === undefined ? null : child(node, at, `.${name}`);
  };
  const value = part('Value');
  return { start: integer(part('Start')), end: integer(part('End')), value: value === null ? null : follow(value) };
}

function* column(data: Node, name: string): Generator<Node> {
  const slice = field(data, name);
  if (slice !== null) yield* elements(slice);
}
