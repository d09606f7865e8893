/** Decodes a whole value with the reader under test, into the shape that the test encoder takes. */
import { arrayItems, type TypeSpec as ReadSpec, readValue, type ValueAt, type WireBytes } from '../../src/wire/read-value.ts';
import type { RefValue, TypeSpec, WireValue } from './wire-value.ts';

export function decodeDeeply(wire: WireBytes, at: ValueAt): WireValue {
  const value = readValue(wire, at);
  switch (value.kind) {
    case 'ref':
      return decodeRef(value);
    case 'slice':
      return { kind: 'slice', length: value.length, capacity: value.capacity, ref: decodeRef(value.ref) };
    case 'array':
      return { kind: 'array', items: [...arrayItems(wire, value)].map((item) => decodeDeeply(wire, item)) };
    case 'map':
      return {
        kind: 'map',
        entries: value.entries.map(({ key, value: item }) => [decodeDeeply(wire, key), decodeDeeply(wire, item)]),
      };
    case 'struct':
      return { kind: 'struct', typeId: value.typeId, fields: value.fields.map((field) => decodeDeeply(wire, field)) };
    case 'interface':
      return { kind: 'interface', type: decodeSpec(value.type), value: decodeDeeply(wire, value.value) };
    default:
      return value;
  }
}

/** Makes object ids fit what a graph can hold; everything else stays. */
export function withSmallIds(value: WireValue): WireValue {
  switch (value.kind) {
    case 'ref':
      return { ...value, root: BigInt.asUintN(40, value.root) };
    case 'slice':
      return { ...value, ref: { ...value.ref, root: BigInt.asUintN(40, value.ref.root) } };
    case 'array':
      return { kind: 'array', items: value.items.map(withSmallIds) };
    case 'map':
      return { kind: 'map', entries: value.entries.map(([key, item]) => [withSmallIds(key), withSmallIds(item)] as const) };
    case 'struct':
      return { ...value, fields: value.fields.map(withSmallIds) };
    case 'interface':
      return { ...value, value: withSmallIds(value.value) };
    default:
      return value;
  }
}

function decodeRef(value: Extract<ReturnType<typeof readValue>, { kind: 'ref' }>): RefValue {
  return {
    kind: 'ref',
    root: BigInt(value.root),
    dots: value.dots,
    type: value.type === null ? { spec: 'nil' } : decodeSpec(value.type),
  };
}

function decodeSpec(spec: ReadSpec): TypeSpec {
  switch (spec.kind) {
    case 'id':
      return { spec: 'id', id: spec.typeId };
    case 'pointer':
      return { spec: 'pointer', to: decodeSpec(spec.element) };
    case 'slice':
      return { spec: 'slice', of: decodeSpec(spec.element) };
    case 'array':
      return { spec: 'array', count: Number(spec.count), of: decodeSpec(spec.element) };
    case 'map':
      return { spec: 'map', key: decodeSpec(spec.key), value: decodeSpec(spec.value) };
    case 'nil':
      return { spec: 'nil' };
  }
}
