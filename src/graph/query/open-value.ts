/** One value of a graph in the shape that people expect: references, interfaces and atomic wrappers stepped through. */
import { KIND } from '../../wire/kinds.ts';
import { after, arrayBytes, type ValueAt } from '../../wire/read-value.ts';
import { typeOf } from '../graph.ts';
import { child, follow, type Node, readNode, resolve, wrongShape } from '../node.ts';
import { fieldStep, keySteps, type MapEntry } from './print-key.ts';

/** The shortest array of small unsigned numbers that counts as bytes: arrays do not say what their elements are. */
const LEAST_BYTES = 16;

/** A value that is neither reference nor interface. `node` is where it lies. */
export type OpenedValue =
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly node: Node; readonly value: boolean }
  | { readonly kind: 'integer'; readonly node: Node; readonly value: bigint }
  | { readonly kind: 'float'; readonly node: Node; readonly value: number }
  | { readonly kind: 'complex'; readonly node: Node; readonly real: number; readonly imaginary: number }
  | { readonly kind: 'string'; readonly node: Node; readonly bytes: Uint8Array }
  | OpenedStruct
  | OpenedMap
  | OpenedList;

export interface OpenedStruct {
  readonly kind: 'struct';
  readonly node: Node;
  /** Declared name; `struct` for unregistered ones, `type 12` for an id that is not declared. */
  readonly type: string;
  /** Fields in encoded order; one without a name of its own is called by its position: `$3`. */
  readonly fields: readonly (readonly [name: string, field: Node])[];
}

export interface OpenedMap {
  readonly kind: 'map';
  readonly node: Node;
  readonly count: number;
  /** Entries in a stable order, with the steps that lead to them. */
  readonly entries: () => readonly MapEntry[];
}

export interface OpenedList {
  readonly kind: 'list';
  readonly node: Node;
  /** Elements of an array, or of a slice up to its length; any number, where the image says so and holds none of them. */
  readonly length: number;
  /** The first `most` elements. @throws CkptError */
  readonly items: (most: number) => Node[];
  /** @throws CkptError */
  readonly item: (index: number) => Node;
  /** The elements as bytes, when there are many and all are unsigned and below 256; else null. */
  readonly bytes: () => Uint8Array | null;
  /** Where the elements lie: two lists with equal values here are the same. */
  readonly identity: string;
}

const ATOMIC = /^pkg\/atomicbitops\.(\w+)$/;

/**
 * Opens a value.
 *
 * @param atomics `wrapped` leaves atomic integers in their structs, for those who name the field inside
 * @throws CkptError `dangling-reference`, `inconsistent`, `unknown-shape`, and those of the wire.
 */
export function openValue(node: Node, atomics: 'unwrapped' | 'wrapped' = 'unwrapped'): OpenedValue {
  const target = follow(node);
  if (target === null) return { kind: 'nil' };
  const value = readNode(target);
  switch (value.kind) {
    case 'bool':
      return { kind: 'bool', node: target, value: value.value };
    case 'int':
    case 'uint':
      return { kind: 'integer', node: target, value: value.value };
    case 'float32':
    case 'float64':
      return { kind: 'float', node: target, value: value.value };
    case 'complex64':
    case 'complex128':
      return { kind: 'complex', node: target, real: value.real, imaginary: value.imaginary };
    case 'string':
      return { kind: 'string', node: target, bytes: value.bytes };
    case 'struct': {
      const struct = openStruct(target, value.typeId, value.fields);
      return atomics === 'unwrapped' ? (unwrapped(struct) ?? struct) : struct;
    }
    case 'map':
      return { kind: 'map', node: target, count: value.entries.length, entries: () => keySteps(target, value.entries) };
    case 'slice':
    case 'array':
      return openList(target);
    default:
      throw wrongShape(target, 'a value', value.kind);
  }
}

function openStruct(node: Node, typeId: number, positions: readonly ValueAt[]): OpenedStruct {
  const declared = typeOf(node.graph, typeId);
  const taken = new Set<string>();
  const fields = positions.map((at, index) => {
    const given = declared?.fields[index];
    const name = given === undefined || taken.has(given) ? `$${index}` : given;
    taken.add(name);
    return [name, child(node, at, fieldStep(name))] as const;
  });
  return { kind: 'struct', node, type: declared?.name ?? (typeId === 0 ? 'struct' : `type ${typeId}`), fields };
}

/**
 * What an atomic integer, float or boolean wraps; null for any other struct. A zero is saved as nil.
 *
 * @see gVisor pkg/atomicbitops: Bool holds a Uint32, Float64 the bits of its value.
 */
function unwrapped(struct: OpenedStruct): OpenedValue | null {
  const { node } = struct;
  const name = ATOMIC.exec(struct.type)?.[1];
  if (name === undefined) return null;
  let inner: OpenedStruct = struct;
  for (let wrappers = 0; wrappers < 3; wrappers++) {
    const [only, ...others] = inner.fields;
    if (only === undefined || others.length > 0 || !ATOMIC.test(inner.type)) return null;
    const value = readNode(only[1]);
    if (value.kind === 'struct') inner = openStruct(only[1], value.typeId, value.fields);
    else if (value.kind === 'nil') return atomic(node, name, 0n);
    else return value.kind === 'int' || value.kind === 'uint' ? atomic(node, name, value.value) : null;
  }
  return null;
}

function atomic(node: Node, name: string, value: bigint): OpenedValue {
  if (name === 'Bool') return { kind: 'bool', node, value: value !== 0n };
  if (name !== 'Float64') return { kind: 'integer', node, value };
  const bits = new DataView(new ArrayBuffer(8));
  bits.setBigUint64(0, BigInt.asUintN(64, value));
  return { kind: 'float', node, value: bits.getFloat64(0) };
}

function openList(node: Node): OpenedList {
  const value = readNode(node);
  const empty = value.kind === 'slice' && value.ref.root === 0;
  const array = value.kind === 'slice' && !empty ? resolve(node.graph, value.ref) : node;
  const target = empty ? null : readNode(array);
  const found = target?.kind === 'array' ? target : null;
  // An array of zeros is saved as nil, however long it is.
  const zeros = target?.kind === 'nil' && value.kind === 'slice';
  if (target !== null && found === null && !zeros) throw wrongShape(array, 'an array', target.kind);
  const held = zeros ? Number.MAX_SAFE_INTEGER : (found?.count ?? 0);
  const length = value.kind === 'slice' ? (empty ? 0 : value.length) : held;
  if (length > held) throw wrongShape(node, `a slice of at most ${held} elements`, String(length));
  const { wire } = node.graph;
  const position = found?.position ?? array.at.position;
  const kind = found?.item ?? KIND.nil;
  const itemAt = (at: number, index: number): Node => child(array, { position: at, kind }, `[${index}]`);
  return {
    kind: 'list',
    node,
    length,
    items(most) {
      const items: Node[] = [];
      const count = Math.min(most, length, wire.limits.elements);
      let at = position;
      for (let index = 0; index < count; index++) {
        if (index > 0) at = after(wire, { position: at, kind });
        items.push(itemAt(at, index));
      }
      return items;
    },
    item(index) {
      let at = position;
      if (kind !== KIND.nil) for (let left = index; left > 0; left--) at = after(wire, { position: at, kind });
      return itemAt(at, index);
    },
    bytes() {
      if (length < LEAST_BYTES || kind !== KIND.uint || found === null) return null;
      return holdsBytes(wire.bytes, position, length) ? arrayBytes(wire, found, length) : null;
    },
    identity: `${found === null ? 'nil ' : ''}${position}:${length}`,
  };
}

/** Whether `length` varints from `position` on are each below 256. */
function holdsBytes(bytes: Uint8Array, position: number, length: number): boolean {
  let at = position;
  for (let left = length; left > 0; left--) {
    const byte = bytes[at++];
    if (byte === undefined) return false;
    if (byte >= 0x80 && bytes[at++] !== 1) return false;
  }
  return true;
}
