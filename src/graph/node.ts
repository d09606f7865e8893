/** Values of a graph read on demand, with the path that names them. */
import { CkptError } from '../errors.ts';
import { KIND } from '../wire/kinds.ts';
import {
  after,
  arrayBytes,
  arrayItems,
  type RefValue,
  readValue,
  text,
  type ValueAt,
  type WireValue,
} from '../wire/read-value.ts';
import { TAGGED } from '../wire/skip-value.ts';
import { findObject, type Graph, typeOf } from './graph.ts';

/** One value of a graph: where it lies and how a person would name it. */
export interface Node {
  readonly graph: Graph;
  readonly at: ValueAt;
  /** How the value was reached: `g1r12.vmas.root[3]`. A chain, so that it costs nothing until it is printed. */
  readonly path: Path;
}

interface Path {
  readonly parent: Path | null;
  readonly step: string;
}

/** The path of a node as text. */
export function pathOf(node: Node): string {
  const steps: string[] = [];
  for (let path: Path | null = node.path; path !== null; path = path.parent) steps.push(path.step);
  return steps.reverse().join('');
}

/**
 * The object with this id.
 *
 * @throws CkptError `dangling-reference`.
 */
export function objectNode(graph: Graph, id: number): Node {
  const position = findObject(graph, id);
  if (position < 0) {
    throw new CkptError(
      'dangling-reference',
      { layer: 'graph', path: `g${graph.number}r${id}` },
      { expected: `object ${id}`, found: 'no such object in the graph', hint: 'The image is damaged' },
    );
  }
  return { graph, at: { position, kind: TAGGED }, path: { parent: null, step: `g${graph.number}r${id}` } };
}

/** The struct that was found at an index while indexing. */
export function foundNode(graph: Graph, objectId: number, position: number): Node {
  return { graph, at: { position, kind: KIND.struct }, path: { parent: null, step: `g${graph.number}r${objectId}` } };
}

/** Reads a node's value, shallowly. */
export function readNode({ graph, at }: Node): WireValue {
  const { wire } = graph;
  const start =
    at.kind === KIND.struct ? at.position : at.kind === TAGGED && wire.bytes[at.position] === KIND.struct ? at.position + 1 : -1;
  if (start < 0) return readValue(wire, at);
  let structs = recent.get(graph);
  if (structs === undefined) {
    structs = Array.from({ length: STRUCTS_KEPT }, () => undefined);
    recent.set(graph, structs);
  }
  const before = structs[start % STRUCTS_KEPT];
  if (before?.start === start) return before.value;
  const value = readValue(wire, at);
  if (value.kind === 'struct' && value.fields.length <= FIELDS_KEPT) structs[start % STRUCTS_KEPT] = { start, value };
  return value;
}

/** Structs that were read last, by graph: readers ask the same few for one field after another. */
const recent = new WeakMap<Graph, ({ readonly start: number; readonly value: WireValue } | undefined)[]>();

/** How many structs are kept, and of how many fields at most. Keeps what a hostile graph can fill with them at some megabytes. */
const STRUCTS_KEPT = 1024;
const FIELDS_KEPT = 128;

/** The declared type of a struct node, or null for other values and unregistered structs. */
export function typeName(node: Node): string | null {
  const value = readNode(node);
  return value.kind === 'struct' ? (typeOf(node.graph, value.typeId)?.name ?? null) : null;
}

/**
 * The field of a struct, or null when its type does not have it or the value is nil.
 *
 * @throws CkptError `unknown-shape` when the node is no struct.
 */
export function field(node: Node, name: string): Node | null {
  const { names, positions } = structOf(node);
  const at = positions[names.indexOf(name)];
  return at === undefined ? null : child(node, at, `.${name}`);
}

/** All fields of a struct by name, read at once; none for nil. */
export function fields(node: Node): ReadonlyMap<string, Node> {
  const { names, positions } = structOf(node);
  return new Map(
    positions.slice(0, names.length).map((at, index) => [names[index] as string, child(node, at, `.${names[index]}`)]),
  );
}

/** The declared names and the positions of a struct's fields; none for nil. */
function structOf(node: Node): { readonly names: readonly string[]; readonly positions: readonly ValueAt[] } {
  const value = readNode(node);
  if (value.kind === 'nil') return { names: [], positions: [] };
  if (value.kind !== 'struct') throw wrongShape(node, 'a struct', value.kind);
  return { names: typeOf(node.graph, value.typeId)?.fields ?? [], positions: value.fields };
}

/** The field reached by several names, stepping through references and interfaces on the way; null when any step is nil or missing. */
export function fieldAt(node: Node, ...names: readonly string[]): Node | null {
  let current: Node | null = node;
  for (const name of names) {
    current = current === null ? null : follow(current);
    current = current === null ? null : field(current, name);
  }
  return current === null ? null : follow(current);
}

/**
 * What a reference or an interface leads to: the first value that is neither. Null for nil.
 *
 * @throws CkptError `dangling-reference`, `inconsistent` when references lead in a circle.
 */
export function follow(node: Node): Node | null {
  let current = node;
  for (let steps = 0; steps < 64; steps++) {
    const value = readNode(current);
    if (value.kind === 'nil') return null;
    if (value.kind === 'interface') {
      if (value.type.kind === 'nil') return null;
      current = { ...current, at: value.value };
    } else if (value.kind === 'ref') {
      if (value.root === 0) return null;
      current = resolve(node.graph, value);
    } else {
      return current;
    }
  }
  throw new CkptError(
    'inconsistent',
    { layer: 'graph', path: pathOf(node) },
    { expected: 'a value', found: 'references that lead in a circle' },
  );
}

/**
 * What a reference points to, walking its dots by field name and index.
 *
 * @throws CkptError `dangling-reference`.
 */
export function resolve(graph: Graph, ref: RefValue): Node {
  let node = objectNode(graph, ref.root);
  for (const dot of ref.dots) {
    const value = readNode(node);
    if (typeof dot === 'string') {
      const next: Node | null = value.kind === 'struct' ? field(node, dot) : null;
      if (next === null) throw deadEnd(node, `a field ${JSON.stringify(dot)}`, value.kind);
      node = next;
    } else {
      if (value.kind !== 'array' || dot >= value.count) throw deadEnd(node, `an element ${dot}`, value.kind);
      node = element(node, value, dot);
    }
  }
  return node;
}

type ArrayValue = Extract<WireValue, { kind: 'array' }>;

interface FoundArray {
  readonly array: Node;
  /** Null for an array whose elements are all zero, which is saved as nil. */
  readonly items: ArrayValue | null;
  readonly length: number;
}

/** The array of a slice or array, and how many of its elements count; null for nil and for a slice of nothing. */
function arrayOf(target: Node): FoundArray | null {
  const value = readNode(target);
  if (value.kind === 'slice' && value.ref.root === 0) return null;
  const array = value.kind === 'slice' ? resolve(target.graph, value.ref) : target;
  const items = readNode(array);
  if (items.kind === 'nil' && value.kind === 'slice') return { array, items: null, length: checkedLength(array, value.length) };
  if (items.kind !== 'array') throw wrongShape(array, 'an array', items.kind);
  return { array, items, length: value.kind === 'slice' ? value.length : items.count };
}

/** The length of a slice over zeros, of which the image holds not one: it could claim any number of them. */
function checkedLength(array: Node, length: number): number {
  const { elements: most } = array.graph.wire.limits;
  if (length <= most) return length;
  throw new CkptError(
    'over-limit',
    { layer: 'graph', path: pathOf(array) },
    { expected: `at most ${most} elements that are all zero`, found: String(length), hint: 'The image is damaged or hostile' },
  );
}

/** The elements of a slice (up to its length) or array; none for nil. */
export function* elements(node: Node): Generator<Node> {
  const target = follow(node);
  const found = target === null ? null : arrayOf(target);
  if (found === null) return;
  if (found.items === null) {
    for (let zero = 0; zero < found.length; zero++) yield child(found.array, found.array.at, `[${zero}]`);
    return;
  }
  let index = 0;
  for (const at of arrayItems(node.graph.wire, found.items)) {
    if (index >= found.length) return;
    yield child(found.array, at, `[${index++}]`);
  }
}

/** How many elements a slice (up to its length) or array has, without reading them; 0 for nil. */
export function countElements(node: Node): number {
  const target = follow(node);
  const found = target === null ? null : arrayOf(target);
  return found === null ? 0 : Math.min(found.length, found.items?.count ?? found.length);
}

/** The entries of a map, in stored order; none for nil. */
export function mapEntries(node: Node): { key: Node; value: Node }[] {
  const target = follow(node);
  if (target === null) return [];
  const value = readNode(target);
  if (value.kind !== 'map') throw wrongShape(target, 'a map', value.kind);
  return value.entries.map(({ key, value: item }, index) => ({
    key: child(target, key, `.key${index}`),
    value: child(target, item, `[${index}]`),
  }));
}

/** The most structs around an integer. pkg/atomicbitops has types that wrap one value, and one that wraps such a type. */
const MOST_WRAPPERS = 4;

/** An integer, exact; 0 for nil, as gVisor saves zeros. Atomic integers are unwrapped. */
export function integer(node: Node | null): bigint {
  let target = node === null ? null : follow(node);
  for (let wrappers = 0; target !== null; wrappers++) {
    const value: WireValue = readNode(target);
    if (value.kind === 'int' || value.kind === 'uint') return value.value;
    if (value.kind === 'bool') return value.value ? 1n : 0n;
    if (value.kind !== 'struct' || value.fields.length !== 1 || wrappers === MOST_WRAPPERS)
      throw wrongShape(target, 'an integer', value.kind);
    target = follow(child(target, value.fields[0] as ValueAt, '.value'));
  }
  return 0n;
}

/** A string's bytes as text; the empty string for nil. */
export function string(node: Node | null): string {
  const target = node === null ? null : follow(node);
  if (target === null) return '';
  const value = readNode(target);
  if (value.kind !== 'string') throw wrongShape(target, 'a string', value.kind);
  return text(value.bytes);
}

/** A slice or array of bytes; null for nil. Only its length, not its capacity. */
export function byteArray(node: Node | null): Uint8Array | null {
  const target = node === null ? null : follow(node);
  if (target === null) return null;
  const found = arrayOf(target);
  if (found === null) return new Uint8Array(0);
  if (found.items === null) return new Uint8Array(found.length);
  try {
    return arrayBytes(target.graph.wire, found.items, found.length);
  } catch (error) {
    throw error instanceof CkptError ? error.at({ path: pathOf(target) }) : error;
  }
}

/** Positions of the elements of arrays that references lead into, as far as they were needed: by graph, then by array. */
const elementPositions = new WeakMap<Graph, Map<number, number[]>>();

function element(node: Node, array: ArrayValue, index: number): Node {
  const { graph } = node;
  if (index >= graph.wire.limits.elements) throw deadEnd(node, `an element up to ${graph.wire.limits.elements}`, String(index));
  const arrays = elementPositions.get(graph) ?? new Map<number, number[]>();
  elementPositions.set(graph, arrays);
  const positions = arrays.get(array.position) ?? [array.position];
  arrays.set(array.position, positions);
  while (positions.length <= index) positions.push(after(graph.wire, { position: positions.at(-1) as number, kind: array.item }));
  return child(node, { position: positions[index] as number, kind: array.item }, `[${index}]`);
}

/** A part of a node's value, with the step that leads to it: `.name`, `[3]`. */
export function child(node: Node, at: ValueAt, step: string): Node {
  return { graph: node.graph, at, path: { parent: node.path, step } };
}

function deadEnd(node: Node, expected: string, found: string): CkptError {
  return new CkptError(
    'dangling-reference',
    { layer: 'graph', path: pathOf(node), offset: node.graph.wire.base + node.at.position },
    { expected, found, hint: 'The image is damaged' },
  );
}

/** A value of another kind than any runsc saves there. */
export function wrongShape(node: Node, expected: string, found: string): CkptError {
  return new CkptError(
    'unknown-shape',
    { layer: 'graph', path: pathOf(node), offset: node.graph.wire.base + node.at.position },
    { expected, found, hint: 'The image is damaged, or written by a runsc that this version does not know' },
  );
}
