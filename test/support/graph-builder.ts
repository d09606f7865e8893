/** Builds one object graph: declares types on first use, hands out ids, and encodes the whole. */
import { createByteSink } from './byte-sink.ts';
import { encodeGraphHeader, encodeValue } from './wire-encoder.ts';
import { array, type RefValue, ref, type TypeSpec, uint, type WireValue } from './wire-value.ts';

export interface GraphBuilder {
  /** Type id of a name with these fields; declared when it is new. */
  readonly type: (name: string, fields?: readonly string[]) => number;
  /** Type spec of a declared or new type. */
  readonly spec: (name: string, fields?: readonly string[]) => TypeSpec;
  /** A struct value with its type declared; fields in the order given. */
  readonly struct: (name: string, fields?: Readonly<Record<string, WireValue>>) => WireValue;
  /** Hands out the next object id, to be defined later; the first is the root, 1. */
  readonly reserve: () => bigint;
  readonly define: (id: bigint, value: WireValue) => void;
  /** Reserves and defines at once, and answers the id. */
  readonly object: (value: WireValue) => bigint;
  /** A pointer to a new object. */
  readonly pointer: (value: WireValue) => RefValue;
  /** A slice over a new array object; `spare` items lie behind its length. */
  readonly slice: (items: readonly WireValue[], spare?: readonly WireValue[]) => WireValue;
  /** Bytes as gVisor saves them: a slice over an array of Uint. */
  readonly byteSlice: (bytes: Uint8Array, spare?: Uint8Array) => WireValue;
  /** Leaves out object ids. */
  readonly skipIds: (count: number) => void;
  /** Number of objects defined so far. */
  readonly size: () => number;
  /** The graph with its header: types first, then objects by ascending id. */
  readonly encode: () => Uint8Array;
}

export function createGraph(): GraphBuilder {
  const types = new Map<string, { readonly id: number; readonly fields: readonly string[] }>();
  const objects = new Map<bigint, WireValue>();
  let nextId = 1n;

  function type(name: string, fields: readonly string[] = []): number {
    const known = types.get(name);
    if (known !== undefined) {
      if (known.fields.join() !== fields.join()) throw new Error(`type ${name} is declared with other fields`);
      return known.id;
    }
    types.set(name, { id: types.size + 1, fields: [...fields] });
    return types.size;
  }

  const reserve = (): bigint => nextId++;

  function define(id: bigint, value: WireValue): void {
    if (objects.has(id)) throw new Error(`object ${id} is defined already`);
    objects.set(id, value);
  }

  function object(value: WireValue): bigint {
    const id = reserve();
    define(id, value);
    return id;
  }

  function slice(items: readonly WireValue[], spare: readonly WireValue[] = []): WireValue {
    const capacity = items.length + spare.length;
    if (capacity === 0) return { kind: 'nil' };
    return { kind: 'slice', length: items.length, capacity, ref: ref(object(array([...items, ...spare]))) };
  }

  const bytesAsUints = (bytes: Uint8Array): WireValue[] => Array.from(bytes, (byte) => uint(byte));

  return {
    type,
    spec: (name, fields = []) => ({ spec: 'id', id: type(name, fields) }),
    struct: (name, fields = {}) => ({ kind: 'struct', typeId: type(name, Object.keys(fields)), fields: Object.values(fields) }),
    reserve,
    define,
    object,
    pointer: (value) => ref(object(value)),
    slice,
    byteSlice: (bytes, spare = new Uint8Array()) => slice(bytesAsUints(bytes), bytesAsUints(spare)),
    skipIds(count) {
      nextId += BigInt(count);
    },
    size: () => objects.size,
    encode() {
      const sink = createByteSink();
      encodeGraphHeader(sink, objects.size);
      for (const [name, { fields }] of types) encodeValue(sink, { kind: 'type', name, fields });
      for (const [id, value] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
        encodeValue(sink, uint(id));
        encodeValue(sink, value);
      }
      return sink.take();
    },
  };
}

/** A graph whose only object is its root. */
export function encodeSingleObjectGraph(root: WireValue): Uint8Array {
  const graph = createGraph();
  graph.object(root);
  return graph.encode();
}
