/**
 * Encodes wire values, independently of the decoder under test.
 *
 * It works with an explicit stack, so that tests can build values of any depth.
 * @see docs/format.md, wire format
 */
import { type ByteSink, createByteSink } from './byte-sink.ts';
import type { Dot, RefValue, TypeSpec, WireKind, WireValue } from './wire-value.ts';

/** The tag in front of each kind of record. */
export const WIRE_TAGS = {
  bool: 0,
  int: 1,
  uint: 2,
  float32: 3,
  float64: 4,
  nil: 5,
  ref: 6,
  string: 7,
  slice: 8,
  array: 9,
  map: 10,
  struct: 11,
  interface: 14,
  complex64: 15,
  complex128: 16,
  type: 17,
} as const satisfies Record<WireKind, number>;

const TAG_NO_FIELDS = 12;
const TAG_MANY_FIELDS = 13;
const GRAPH_FLAG = 1n << 63n;

interface Step {
  readonly value: WireValue;
  readonly tagged: boolean;
}

/** Writes one value; `tagged: false` leaves out the tag, as for all items of an array but the first. */
export function encodeValue(sink: ByteSink, value: WireValue, tagged = true): void {
  const stack: Step[] = [{ value, tagged }];
  const push = (children: readonly Step[]): void => {
    for (let i = children.length - 1; i >= 0; i--) stack.push(children[i] as Step);
  };
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    if (step.tagged) sink.varint(WIRE_TAGS[step.value.kind]);
    push(encodePayload(sink, step.value));
  }
}

/** The bytes of one tagged value. */
export function wireBytes(value: WireValue): Uint8Array {
  const sink = createByteSink();
  encodeValue(sink, value);
  return sink.take();
}

/** Header of an object graph with `objects` objects. */
export function encodeGraphHeader(sink: ByteSink, objects: bigint | number): void {
  sink.varint(BigInt(objects) | GRAPH_FLAG);
}

/** Header of `length` raw bytes. */
export function encodeRawHeader(sink: ByteSink, length: bigint | number): void {
  sink.varint(length);
}

/** Writes what does not nest and answers what has to follow. */
function encodePayload(sink: ByteSink, value: WireValue): readonly Step[] {
  switch (value.kind) {
    case 'bool':
      sink.varint(value.value ? 1 : 0);
      return [];
    case 'int':
      sink.varint(zigzag(value.value));
      return [];
    case 'uint':
      sink.varint(value.value);
      return [];
    case 'float32':
      sink.varint(float32Bits(value.value));
      return [];
    case 'float64':
      sink.varint(float64Bits(value.value));
      return [];
    case 'nil':
      return [];
    case 'ref':
      encodeRef(sink, value);
      return [];
    case 'string':
      encodeText(sink, value.bytes);
      return [];
    case 'slice':
      sink.varint(value.length);
      sink.varint(value.capacity);
      encodeRef(sink, value.ref);
      return [];
    case 'array':
      sink.varint(value.items.length);
      sameKind(value.items);
      return value.items.map((item, i) => ({ value: item, tagged: i === 0 }));
    case 'map':
      sink.varint(value.entries.length);
      sameKind(value.entries.map(([key]) => key));
      sameKind(value.entries.map(([, item]) => item));
      return value.entries.flatMap((entry, i) => entry.map((part) => ({ value: part, tagged: i === 0 })));
    case 'struct':
      sink.varint(value.typeId);
      if (value.fields.length === 0) sink.varint(TAG_NO_FIELDS);
      if (value.fields.length > 1) {
        sink.varint(TAG_MANY_FIELDS);
        sink.varint(value.fields.length);
      }
      return value.fields.map((item) => ({ value: item, tagged: true }));
    case 'interface':
      encodeTypeSpec(sink, value.type);
      return [{ value: value.value, tagged: true }];
    case 'complex64':
      sink.varint(float32Bits(value.real));
      sink.varint(float32Bits(value.imaginary));
      return [];
    case 'complex128':
      sink.varint(float64Bits(value.real));
      sink.varint(float64Bits(value.imaginary));
      return [];
    case 'type':
      encodeText(sink, new TextEncoder().encode(value.name));
      sink.varint(value.fields.length);
      for (const name of value.fields) encodeText(sink, new TextEncoder().encode(name));
      return [];
  }
}

function encodeRef(sink: ByteSink, value: RefValue): void {
  sink.varint(value.root);
  sink.varint(value.dots.length);
  for (const dot of [...value.dots].reverse()) encodeDot(sink, dot);
  if (value.dots.length > 0) encodeTypeSpec(sink, value.type);
}

function encodeDot(sink: ByteSink, dot: Dot): void {
  if (typeof dot === 'number') {
    sink.varint(zigzag(BigInt(dot)));
    return;
  }
  const name = new TextEncoder().encode(dot);
  sink.varint(zigzag(-BigInt(name.length)));
  sink.bytes(name);
}

/** Writes a type spec; specs are short, so this may recurse. */
export function encodeTypeSpec(sink: ByteSink, type: TypeSpec): void {
  switch (type.spec) {
    case 'id':
      sink.varint(0);
      sink.varint(type.id);
      return;
    case 'pointer':
      sink.varint(1);
      encodeTypeSpec(sink, type.to);
      return;
    case 'array':
      sink.varint(2);
      sink.varint(type.count);
      encodeTypeSpec(sink, type.of);
      return;
    case 'slice':
      sink.varint(3);
      encodeTypeSpec(sink, type.of);
      return;
    case 'map':
      sink.varint(4);
      encodeTypeSpec(sink, type.key);
      encodeTypeSpec(sink, type.value);
      return;
    case 'nil':
      sink.varint(5);
  }
}

function encodeText(sink: ByteSink, bytes: Uint8Array): void {
  sink.varint(bytes.length);
  sink.bytes(bytes);
}

function sameKind(items: readonly WireValue[]): void {
  const first = items[0];
  const other = items.find((item) => item.kind !== first?.kind);
  if (first !== undefined && other !== undefined) throw new Error(`items of one kind needed: ${first.kind}, ${other.kind}`);
}

function zigzag(value: bigint): bigint {
  return value >= 0n ? value * 2n : -value * 2n - 1n;
}

function float32Bits(value: number): bigint {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return BigInt(view.getUint32(0));
}

function float64Bits(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}
