/** Bounded fast-check arbitraries for wire values and whole graphs. */
import fc from 'fast-check';
import { createGraph, type GraphBuilder } from './graph-builder.ts';
import { type Dot, type RefValue, ref, type TypeSpec, type WireValue } from './wire-value.ts';

const MAX_U64 = (1n << 64n) - 1n;
const MAX_I64 = (1n << 63n) - 1n;

const uint64 = fc.bigInt({ min: 0n, max: MAX_U64 });
const int64 = fc.bigInt({ min: -MAX_I64 - 1n, max: MAX_I64 });
const count = fc.nat({ max: 1000 });
const name = fc.string({ minLength: 1, maxLength: 12 });
const dot: fc.Arbitrary<Dot> = fc.oneof(fc.nat({ max: 100_000 }), name);

/** Type specs up to a depth of about four. */
export const typeSpecArbitrary: fc.Arbitrary<TypeSpec> = fc.letrec<{ spec: TypeSpec }>((tie) => ({
  spec: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({ spec: fc.constant('id' as const), id: fc.integer({ min: 1, max: 700 }) }),
    fc.constant({ spec: 'nil' as const }),
    fc.record({ spec: fc.constant('pointer' as const), to: tie('spec') }),
    fc.record({ spec: fc.constant('array' as const), count, of: tie('spec') }),
    fc.record({ spec: fc.constant('slice' as const), of: tie('spec') }),
    fc.record({ spec: fc.constant('map' as const), key: tie('spec'), value: tie('spec') }),
  ),
})).spec;

/** References to any object id, with or without dots; they need not resolve. */
export const refArbitrary: fc.Arbitrary<RefValue> = fc
  .tuple(uint64, fc.array(dot, { maxLength: 5 }), typeSpecArbitrary)
  .map(([root, dots, type]) => ({ kind: 'ref', root, dots, type: dots.length === 0 ? { spec: 'nil' } : type }));

/** Kinds that hold no other value, each by its own arbitrary. */
const leaves = {
  bool: fc.record({ kind: fc.constant('bool' as const), value: fc.boolean() }),
  int: fc.record({ kind: fc.constant('int' as const), value: int64 }),
  uint: fc.record({ kind: fc.constant('uint' as const), value: uint64 }),
  float32: fc.record({ kind: fc.constant('float32' as const), value: fc.float({ noNaN: true }) }),
  float64: fc.record({ kind: fc.constant('float64' as const), value: fc.double({ noNaN: true }) }),
  nil: fc.constant({ kind: 'nil' as const }),
  ref: refArbitrary,
  string: fc.record({ kind: fc.constant('string' as const), bytes: fc.uint8Array({ maxLength: 40 }) }),
  slice: fc.record({ kind: fc.constant('slice' as const), length: count, capacity: count, ref: refArbitrary }),
  complex64: fc.record({
    kind: fc.constant('complex64' as const),
    real: fc.float({ noNaN: true }),
    imaginary: fc.float({ noNaN: true }),
  }),
  complex128: fc.record({
    kind: fc.constant('complex128' as const),
    real: fc.double({ noNaN: true }),
    imaginary: fc.double({ noNaN: true }),
  }),
} as const satisfies Partial<Record<WireValue['kind'], fc.Arbitrary<WireValue>>>;

const leaf: fc.Arbitrary<WireValue> = fc.oneof(...Object.values(leaves));

/** Values of one kind, as arrays and maps need them. */
const sameKindValues = (item: fc.Arbitrary<WireValue>): fc.Arbitrary<WireValue[]> =>
  fc.array(item, { maxLength: 6 }).map((items) => items.filter((other) => other.kind === items[0]?.kind));

/** Any value of any kind but Type, with type ids up to `types`, nested up to four deep. */
export function wireValueArbitrary(types = 700): fc.Arbitrary<WireValue> {
  return fc.letrec<{ value: WireValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      leaf,
      sameKindValues(tie('value')).map((items): WireValue => ({ kind: 'array', items })),
      fc.tuple(sameKindValues(leaf), sameKindValues(tie('value'))).map(([keys, values]): WireValue => {
        const entries = keys.slice(0, values.length).map((key, i) => [key, values[i] ?? key] as const);
        return { kind: 'map', entries };
      }),
      fc
        .tuple(fc.nat({ max: types }), fc.array(tie('value'), { maxLength: 5 }))
        .map(([typeId, fields]): WireValue => ({ kind: 'struct', typeId, fields: typeId === 0 ? [] : fields })),
      fc.tuple(typeSpecArbitrary, tie('value')).map(([type, value]): WireValue => ({ kind: 'interface', type, value })),
    ),
  })).value;
}

/** A graph as data: what a decoder of it must find. */
export interface GraphModel {
  readonly types: readonly { readonly name: string; readonly fields: readonly string[] }[];
  /** Ascending ids, the first is 1. */
  readonly objects: readonly { readonly id: bigint; readonly value: WireValue }[];
}

/** Consistent graphs: structs match their types, references without dots meet an object or nil. */
export const graphArbitrary: fc.Arbitrary<GraphModel> = fc
  .tuple(
    fc.uniqueArray(fc.tuple(name, fc.uniqueArray(name, { maxLength: 4 })), { maxLength: 5, selector: ([type]) => type }),
    fc.array(fc.tuple(fc.nat({ max: 3 }), wireValueArbitrary()), { minLength: 1, maxLength: 8 }),
  )
  .map(([declared, drafts]) => {
    const types = declared.map(([type, fields]) => ({ name: type, fields }));
    let id = 0n;
    const ids = drafts.map(([gap], i) => (id += i === 0 ? 1n : BigInt(gap + 1)));
    const objects = drafts.map(([, value], i) => ({ id: ids[i] ?? 1n, value: conform(value, types, ids) }));
    return { types, objects };
  });

/** Makes a value consistent with the types and ids of its graph. */
function conform(value: WireValue, types: GraphModel['types'], ids: readonly bigint[]): WireValue {
  const inner = (part: WireValue): WireValue => conform(part, types, ids);
  const conformRef = (part: RefValue): RefValue => ref([0n, ...ids][Number(part.root % BigInt(ids.length + 1))] ?? 0n);
  switch (value.kind) {
    case 'ref':
      return conformRef(value);
    case 'slice':
      return { ...value, capacity: Math.max(value.length, value.capacity), ref: conformRef(value.ref) };
    case 'array':
      return { kind: 'array', items: value.items.map(inner) };
    case 'map':
      return { kind: 'map', entries: value.entries.map(([key, item]) => [inner(key), inner(item)] as const) };
    case 'interface':
      return { kind: 'interface', type: conformSpec(value.type, types.length), value: inner(value.value) };
    case 'struct': {
      const typeId = types.length === 0 ? 0 : value.typeId % (types.length + 1);
      const names = types[typeId - 1]?.fields ?? [];
      return { kind: 'struct', typeId, fields: names.map((_, i) => inner(value.fields[i] ?? { kind: 'nil' })) };
    }
    default:
      return value;
  }
}

function conformSpec(type: TypeSpec, types: number): TypeSpec {
  switch (type.spec) {
    case 'id':
      return types === 0 ? { spec: 'nil' } : { spec: 'id', id: (type.id % types) + 1 };
    case 'pointer':
      return { spec: 'pointer', to: conformSpec(type.to, types) };
    case 'array':
      return { spec: 'array', count: type.count, of: conformSpec(type.of, types) };
    case 'slice':
      return { spec: 'slice', of: conformSpec(type.of, types) };
    case 'map':
      return { spec: 'map', key: conformSpec(type.key, types), value: conformSpec(type.value, types) };
    case 'nil':
      return type;
  }
}

/** The bytes of a model. */
export function encodeModel(model: GraphModel): Uint8Array {
  const graph: GraphBuilder = createGraph();
  for (const type of model.types) graph.type(type.name, type.fields);
  for (const { id, value } of model.objects) graph.define(id, value);
  return graph.encode();
}
