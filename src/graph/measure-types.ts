/** How many structs of each type a graph holds, and what they take. */
import { KIND, kindName } from '../wire/kinds.ts';
import { type Graph, indexOfObject } from './graph.ts';
import { objectNode, pathOf } from './node.ts';
import { structWalk } from './walk-structs.ts';

/** The structs of one type, wherever they lie: objects of their own and parts of others. */
export interface MeasuredType {
  readonly type: string;
  readonly structs: number;
  /** Encoded bytes of these structs without the structs inside them, which count for their own types. */
  readonly bytes: number;
  /** The same with the structs inside them. What they refer to is not in it. */
  readonly inclusiveBytes: number;
}

/** What belongs to no struct: objects of another kind (without the structs in them), declarations, ids. */
export interface MeasuredRest {
  readonly kind: string;
  readonly count: number;
  readonly bytes: number;
}

export interface MeasuredObject {
  readonly id: number;
  /** Declared type, or kind of value. */
  readonly type: string;
  /** Encoded bytes of the whole object, its id included; what it refers to is not in it. */
  readonly bytes: number;
  /** A path that leads to it: from the kernel where the way is short, else from an object that refers to it. */
  readonly path: string;
}

/** The bytes of `types` and `rest` add up to `bytes`, those of the graph without its header. */
export interface Measure {
  readonly objects: number;
  readonly bytes: number;
  /** In declared order, those without structs too. */
  readonly types: readonly MeasuredType[];
  readonly rest: readonly MeasuredRest[];
  /** The largest first; of equal ones that with the smaller id. */
  readonly largest: readonly MeasuredObject[];
}

/** The longest way from the kernel that is worth reading, in references. */
const LONGEST_WAY = 8;

/** Bytes that are looked through again to name the ways to the largest objects. */
const WAY_BYTES = 256 * 1024 * 1024;

/**
 * Measures a graph in one pass over its bytes.
 *
 * @param largest how many of the largest objects to name
 */
export function measureTypes(graph: Graph, largest: number): Measure {
  const { types, ids, positions, wire } = graph;
  const counts = new Float64Array(types.length + 1);
  const own = new Float64Array(types.length + 1);
  const inclusive = new Float64Array(types.length + 1);
  // Index of the first object that refers to an object, plus one. References from later objects do not count, so that ways end.
  const referrers = new Uint32Array(ids.length);
  const rest = new Map<string, { count: number; bytes: number }>();
  const top: { index: number; bytes: number }[] = [];
  const known = (typeId: number): number => (typeId <= types.length ? typeId : 0);
  let current = 0;
  const walk = structWalk(graph, {
    enter: () => false,
    leave(typeId, bytes, nested) {
      const id = known(typeId);
      counts[id] = (counts[id] as number) + 1;
      own[id] = (own[id] as number) + bytes - nested;
      inclusive[id] = (inclusive[id] as number) + bytes;
    },
    reference(root, dots) {
      if (dots > 0) return false;
      const index = indexOfObject(ids, root);
      if (index > current && referrers[index] === 0) referrers[index] = current + 1;
      return false;
    },
  });
  let recordBytes = 0;
  for (; current < ids.length; current++) {
    const position = positions[current] as number;
    const inStructs = walk.object(position);
    const end = walk.end();
    const idBytes = 1 + varintBytes(ids[current] as number);
    recordBytes += end - position + idBytes;
    add(rest, 'object ids', 1, idBytes);
    const tag = wire.bytes[position] as number;
    if (tag !== KIND.struct) add(rest, kindOf(graph, position), 1, end - position - inStructs);
    insert(top, { index: current, bytes: end - position + idBytes }, largest);
  }
  const declared = types.length;
  add(rest, 'type declarations', declared, wire.end - recordBytes);
  if ((counts[0] as number) > 0) add(rest, 'structs without a declared type', counts[0] as number, own[0] as number);
  return {
    objects: ids.length,
    bytes: wire.end,
    types: types.map(({ id, name }) => ({
      type: name,
      structs: counts[id] as number,
      bytes: own[id] as number,
      inclusiveBytes: inclusive[id] as number,
    })),
    rest: [...rest].map(([kind, { count, bytes }]) => ({ kind, count, bytes })),
    largest: nameWays(graph, referrers, top),
  };
}

/** `array of uint`, `map`, `string`. */
function kindOf({ wire }: Graph, position: number): string {
  const tag = wire.bytes[position] as number;
  if (tag !== KIND.array) return kindName(tag);
  let at = position + 1;
  const empty = wire.bytes[at] === 0;
  while ((wire.bytes[at] as number) >= 0x80) at++;
  return empty ? 'array of nothing' : `array of ${kindName(wire.bytes[at + 1] as number)}`;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

function add(rest: Map<string, { count: number; bytes: number }>, kind: string, count: number, bytes: number): void {
  const entry = rest.get(kind);
  if (entry === undefined) rest.set(kind, { count, bytes });
  else {
    entry.count += count;
    entry.bytes += bytes;
  }
}

function insert(top: { index: number; bytes: number }[], item: { index: number; bytes: number }, most: number): void {
  if (top.length >= most && item.bytes <= (top.at(-1)?.bytes ?? 0)) return;
  let at = top.length;
  while (at > 0 && (top[at - 1] as typeof item).bytes < item.bytes) at--;
  top.splice(at, 0, item);
  if (top.length > most) top.pop();
}

function nameWays(graph: Graph, referrers: Uint32Array, top: readonly { index: number; bytes: number }[]): MeasuredObject[] {
  let budget = WAY_BYTES;
  return top.map(({ index, bytes }) => {
    const id = graph.ids[index] as number;
    const node = objectNode(graph, id);
    const tag = graph.wire.bytes[node.at.position] as number;
    const type = tag === KIND.struct ? structName(graph, node.at.position) : kindOf(graph, node.at.position);
    const ways: string[] = [];
    let at = index;
    while (ways.length < LONGEST_WAY && budget > 0 && (referrers[at] as number) > 0) {
      const from = (referrers[at] as number) - 1;
      const size = objectBytes(graph, from);
      budget -= size;
      const way = budget < 0 ? null : wayInto(graph, from, graph.ids[at] as number);
      if (way === null) break;
      ways.unshift(way);
      at = from;
    }
    const begin = at === 0 && graph.ids[0] === 1 && graph.number === 1;
    if (begin) return { id, type, bytes, path: `kernel${ways.join('')}` };
    // Too far from the kernel: the last way says more than the whole of it.
    const last = referrers[index] === 0 ? null : (graph.ids[(referrers[index] as number) - 1] as number);
    return {
      id,
      type,
      bytes,
      path: last === null || ways.length === 0 ? pathOf(node) : `g${graph.number}r${last}${ways.at(-1)}`,
    };
  });
}

function objectBytes(graph: Graph, index: number): number {
  return (graph.positions[index + 1] ?? graph.wire.end) - (graph.positions[index] as number);
}

/** The steps from an object to its first reference to another: `.tasks`, `[3].file`. */
function wayInto(graph: Graph, index: number, wanted: number): string | null {
  const from = objectNode(graph, graph.ids[index] as number);
  let way: string | null = null;
  const walk = structWalk(graph, {
    enter: () => false,
    leave: () => undefined,
    reference(root, dots) {
      if (root !== wanted || dots > 0) return false;
      way = pathOf(walk.here(from, 0)).slice(pathOf(from).length);
      return true;
    },
  });
  walk.object(from.at.position);
  return way;
}

function structName(graph: Graph, position: number): string {
  let name = 'struct';
  const walk = structWalk(graph, {
    enter(typeId) {
      name = graph.types[typeId - 1]?.name ?? (typeId === 0 ? 'struct' : `type ${typeId}`);
      return true;
    },
    leave: () => undefined,
    reference: () => false,
  });
  walk.object(position);
  return name;
}
