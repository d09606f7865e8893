/** Indexes one object graph in a single pass over its bytes, which may still be arriving. */
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { KIND, kindName } from '../wire/kinds.ts';
import { readFields } from '../wire/read-type.ts';
import { readBytes, text } from '../wire/read-value.ts';
import { beginScan, NEED_MORE, type ScanState, scanVarint, skipValue, TAGGED, varintEnd } from '../wire/skip-value.ts';
import type { WireCursor } from '../wire/varint.ts';
import type { DeclaredType, Found, Graph } from './graph.ts';

/** An indexing in progress. Call {@link advance} with more bytes until it says that it is done. */
export interface GraphScan {
  readonly scan: ScanState;
  readonly number: number;
  readonly wanted: number;
  /** Index of the next record; everything before it is indexed. */
  position: number;
  readonly types: DeclaredType[];
  ids: Uint32Array;
  positions: Uint32Array;
  count: number;
  readonly found: Found[];
  readonly watch: (name: string) => boolean;
}

/**
 * Begins a graph of `objects` objects.
 *
 * @param watch names of struct types whose every occurrence is wanted in `found`.
 * @throws CkptError `over-limit` when the graph announces more objects than `limits.graphObjects`.
 */
export function beginGraph(
  number: number,
  objects: number,
  base: number,
  limits: Limits,
  watch: (name: string) => boolean,
): GraphScan {
  if (objects > limits.graphObjects) {
    throw new CkptError(
      'over-limit',
      { layer: 'graph', offset: base },
      {
        expected: `at most ${limits.graphObjects} objects in a graph`,
        found: String(objects),
        hint: 'The header lies or the image is damaged',
      },
    );
  }
  const guess = Math.min(objects, 4096);
  return {
    scan: beginScan({ bytes: new Uint8Array(0), end: 0, base, limits }, new Uint8Array(guess / 8 + 1)),
    number,
    wanted: objects,
    position: 0,
    types: [],
    ids: new Uint32Array(guess),
    positions: new Uint32Array(guess),
    count: 0,
    found: [],
    watch,
  };
}

/** Indexes as far as the bytes go. True when the graph is complete; else `scan.needed` says how many bytes are needed at least. */
export function advance(state: GraphScan, bytes: Uint8Array, end: number): boolean {
  const { scan } = state;
  scan.bytes = bytes;
  scan.end = end;
  while (state.count < state.wanted) {
    if (state.position >= end) {
      scan.needed = state.position + 1;
      return false;
    }
    const tag = bytes[state.position] as number;
    if (tag === KIND.uint) {
      if (!indexObject(state)) return false;
    } else if (tag === KIND.type) {
      if (!indexType(state)) return false;
    } else {
      throw new CkptError(
        'unexpected-record',
        { layer: 'graph', offset: scan.base + state.position },
        { expected: 'a type or an object id', found: kindName(tag), hint: 'The image is damaged' },
      );
    }
  }
  return true;
}

/**
 * The finished graph, its references checked.
 *
 * @throws CkptError `dangling-reference`, `inconsistent`.
 */
export function finishGraph(state: GraphScan): Graph {
  const { scan } = state;
  const graph = indexedSoFar(state);
  if (scan.topTypeId > state.types.length) {
    throw new CkptError(
      'dangling-reference',
      { layer: 'graph', path: `g${graph.number}` },
      {
        expected: `type ids up to ${state.types.length}`,
        found: `a struct of type ${scan.topTypeId}`,
        hint: 'The image is damaged',
      },
    );
  }
  checkReferences(graph, scan.references, scan.topReference);
  return graph;
}

/** The objects and types that were indexed, whole each, as a graph; its references are not checked and may lead nowhere. */
export function indexedSoFar({ scan, number, position, types, ids, positions, count, found }: GraphScan): Graph {
  return {
    number,
    wire: { bytes: scan.bytes.subarray(0, position), end: position, base: scan.base, limits: scan.limits },
    types,
    ids: ids.subarray(0, count),
    positions: positions.subarray(0, count),
    found,
  };
}

function checkReferences(graph: Graph, seen: Uint8Array, top: number): void {
  const last = graph.ids[graph.ids.length - 1] ?? 0;
  if (top > last) throw dangling(graph, top);
  let index = 0;
  for (let byte = 0; byte < seen.length; byte++) {
    if (seen[byte] === 0) continue;
    for (let bit = 0; bit < 8; bit++) {
      const id = byte * 8 + bit;
      // Id 0 is the nil pointer.
      if (id === 0 || (((seen[byte] as number) >> bit) & 1) === 0) continue;
      while (index < graph.ids.length && (graph.ids[index] as number) < id) index++;
      if (graph.ids[index] !== id) throw dangling(graph, id);
    }
  }
}

function dangling(graph: Graph, id: number): CkptError {
  return new CkptError(
    'dangling-reference',
    { layer: 'graph', path: `g${graph.number}r${id}` },
    {
      expected: `object ${id}, which another object refers to`,
      found: 'no such object in the graph',
      hint: 'The image is damaged',
    },
  );
}

/** Ids are kept in 32 bits; a graph of so many objects is over every limit. */
const TOP_ID = 0xffff_ffff;

function indexObject(state: GraphScan): boolean {
  const { scan } = state;
  const id = scanVarint(scan, state.position + 1);
  if (id === NEED_MORE) return false;
  const afterId = varintEnd;
  const hits = scan.hits.length;
  const next = skipValue(scan, afterId, TAGGED);
  if (next === NEED_MORE) {
    scan.hits.length = hits;
    return false;
  }
  const last = state.count === 0 ? 0 : (state.ids[state.count - 1] as number);
  if (id <= last || id > TOP_ID) {
    throw new CkptError(
      'inconsistent',
      { layer: 'graph', offset: scan.base + state.position },
      { expected: `an object id over ${last} and at most ${TOP_ID}`, found: String(id), hint: 'The image is damaged' },
    );
  }
  if (state.count === state.ids.length) {
    state.ids = grown(state.ids, state.wanted);
    state.positions = grown(state.positions, state.wanted);
  }
  state.ids[state.count] = id;
  state.positions[state.count] = afterId;
  state.count++;
  if (state.found.length + scan.hits.length / 2 > scan.limits.watchedStructs) {
    throw new CkptError(
      'over-limit',
      { layer: 'graph', offset: scan.base + state.position },
      {
        expected: `at most ${scan.limits.watchedStructs} structs that are looked at`,
        found: 'more',
        hint: 'The image is damaged or hostile, or has more threads than this limit (watchedStructs)',
      },
    );
  }
  for (let index = hits; index < scan.hits.length; index += 2) {
    state.found.push({ typeId: scan.hits[index] as number, objectId: id, position: scan.hits[index + 1] as number });
  }
  if (scan.hits.length > 0) scan.hits.length = 0;
  state.position = next;
  return true;
}

function indexType(state: GraphScan): boolean {
  const { scan } = state;
  const cursor: WireCursor = { bytes: scan.bytes, end: scan.end, base: scan.base, position: state.position + 1 };
  let name: string;
  let fields: string[];
  try {
    name = text(readBytes(cursor, 'a type name'));
    fields = readFields(cursor, scan.limits.typeFields);
  } catch (error) {
    if (!(error instanceof CkptError) || error.code !== 'truncated') throw error;
    scan.needed = scan.end + 1;
    return false;
  }
  if (state.types.length >= scan.limits.graphTypes) {
    throw new CkptError(
      'over-limit',
      { layer: 'graph', offset: scan.base + state.position },
      { expected: `at most ${scan.limits.graphTypes} types`, found: 'more', hint: 'The image is damaged or hostile' },
    );
  }
  const id = state.types.length + 1;
  state.types.push({ id, name, fields });
  if (state.watch(name)) {
    if (id >= scan.watch.length) {
      const watch = new Uint8Array(Math.max(64, id * 2));
      watch.set(scan.watch);
      scan.watch = watch;
    }
    scan.watch[id] = 1;
  }
  state.position = cursor.position;
  return true;
}

function grown(from: Uint32Array, wanted: number): Uint32Array {
  const to = new Uint32Array(Math.min(wanted, Math.ceil(from.length * 1.5) + 1));
  to.set(from);
  return to;
}
