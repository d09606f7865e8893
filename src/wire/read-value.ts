/** Reads one encoded value, shallowly: what it contains is given as positions, to be read when asked for. */
import { CkptError } from '../errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { KIND, kindName, SPEC } from './kinds.ts';
import { beginScan, NEED_MORE, type ScanState, skipValue, TAGGED } from './skip-value.ts';
import { cutVarint, readCount, readInt, readUint, type WireCursor } from './varint.ts';

/** Where a value lies: index of its payload and its kind ({@link TAGGED} when the tag stands before the payload). */
export interface ValueAt {
  readonly position: number;
  readonly kind: number;
}

/** A step from an object to a part of it: a field by name or an element by index. */
export type Dot = string | number;

/** A declared type as a reference or interface names it. */
export type TypeSpec =
  | { readonly kind: 'id'; readonly typeId: number }
  | { readonly kind: 'pointer' | 'slice'; readonly element: TypeSpec }
  | { readonly kind: 'array'; readonly count: bigint; readonly element: TypeSpec }
  | { readonly kind: 'map'; readonly key: TypeSpec; readonly value: TypeSpec }
  | { readonly kind: 'nil' };

export interface RefValue {
  readonly kind: 'ref';
  /** Object id; 0 is the nil pointer. */
  readonly root: number;
  /** Steps from the root object inwards, outermost first. */
  readonly dots: readonly Dot[];
  /** Type of the root object; null without dots. */
  readonly type: TypeSpec | null;
}

/** One value. Integers are exact; parts of composite values are positions. */
export type WireValue =
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int' | 'uint'; readonly value: bigint }
  | { readonly kind: 'float32' | 'float64'; readonly value: number }
  | { readonly kind: 'complex64' | 'complex128'; readonly real: number; readonly imaginary: number }
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | RefValue
  | { readonly kind: 'slice'; readonly length: number; readonly capacity: number; readonly ref: RefValue }
  | { readonly kind: 'array'; readonly count: number; readonly item: number; readonly position: number }
  | { readonly kind: 'map'; readonly entries: readonly { readonly key: ValueAt; readonly value: ValueAt }[] }
  | { readonly kind: 'struct'; readonly typeId: number; readonly fields: readonly ValueAt[] }
  | { readonly kind: 'interface'; readonly type: TypeSpec; readonly value: ValueAt };

/** The bytes that values are read from, all of them at hand. */
export interface WireBytes {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly base: number;
  readonly limits: Limits;
}

/**
 * Reads the value at `at`.
 *
 * @throws CkptError `truncated`, `bad-varint`, `unknown-kind`, `unexpected-record`, `over-limit`.
 * @see gVisor pkg/state/wire/wire.go: Load and the load methods of each kind.
 */
export function readValue(wire: WireBytes, at: ValueAt): WireValue {
  const cursor: WireCursor = { bytes: wire.bytes, end: wire.end, base: wire.base, position: at.position };
  return readAt(wire, cursor, at.kind === TAGGED ? readTag(cursor) : at.kind);
}

/** The positions of an array's elements, in order. */
export function* arrayItems(wire: WireBytes, array: Extract<WireValue, { kind: 'array' }>): Generator<ValueAt> {
  checkElements(wire, array.count, array.position);
  let position = array.position;
  for (let index = 0; index < array.count; index++) {
    yield { position, kind: array.item };
    position = after(wire, { position, kind: array.item });
  }
}

/**
 * The bytes of an array of unsigned integers, each at most 255; at most `length` of them.
 *
 * @throws CkptError `unknown-shape` when it is not such an array.
 */
export function arrayBytes(wire: WireBytes, array: Extract<WireValue, { kind: 'array' }>, length: number): Uint8Array {
  const wrong = (found: string, position: number): CkptError =>
    new CkptError('unknown-shape', { layer: 'wire', offset: wire.base + position }, { expected: 'an array of bytes', found });
  if (array.count > 0 && array.item !== KIND.uint) throw wrong(`an array of ${kindName(array.item)}`, array.position);
  if (length > array.count) throw wrong(`${array.count} elements where ${length} are in use`, array.position);
  if (array.position + length > wire.end) throw wrong('fewer elements than announced', array.position);
  const result = new Uint8Array(length);
  const { bytes } = wire;
  let position = array.position;
  for (let index = 0; index < length; index++) {
    const low = bytes[position++] as number;
    if (low < 0x80) {
      result[index] = low;
    } else {
      const high = bytes[position++] as number;
      if (high !== 1) throw wrong('an element over 255', position - 2);
      result[index] = low;
    }
  }
  return result;
}

/** Index after the value at `at`. */
export function after(wire: WireBytes, at: ValueAt): number {
  if (scan.bytes !== wire.bytes || scan.limits !== wire.limits) scan = beginScan(wire, null);
  const position = skipValue(scan, at.position, at.kind);
  if (position === NEED_MORE) throw cutVarint({ ...wire, position: wire.end });
  return position;
}

/** The scan of the bytes that were read last, kept because values of one graph are read one after another. */
let scan: ScanState = beginScan({ bytes: new Uint8Array(0), end: 0, base: 0, limits: DEFAULT_LIMITS }, null);

function checkElements(wire: WireBytes, count: number, position: number): void {
  const { elements } = wire.limits;
  if (count <= elements) return;
  throw new CkptError(
    'over-limit',
    { layer: 'wire', offset: wire.base + position },
    {
      expected: `at most ${elements} elements to be read one by one`,
      found: String(count),
      hint: 'The image is damaged or hostile',
    },
  );
}

function readTag(cursor: WireCursor): number {
  if (cursor.position >= cursor.end) throw cutVarint(cursor);
  return cursor.bytes[cursor.position++] as number;
}

function readAt(wire: WireBytes, cursor: WireCursor, kind: number): WireValue {
  switch (kind) {
    case KIND.nil:
      return { kind: 'nil' };
    case KIND.bool:
      return { kind: 'bool', value: readUint(cursor) !== 0n };
    case KIND.int:
      return { kind: 'int', value: readInt(cursor) };
    case KIND.uint:
      return { kind: 'uint', value: readUint(cursor) };
    case KIND.float32:
      return { kind: 'float32', value: float32(readUint(cursor)) };
    case KIND.float64:
      return { kind: 'float64', value: float64(readUint(cursor)) };
    case KIND.complex64:
      return { kind: 'complex64', real: float32(readUint(cursor)), imaginary: float32(readUint(cursor)) };
    case KIND.complex128:
      return { kind: 'complex128', real: float64(readUint(cursor)), imaginary: float64(readUint(cursor)) };
    case KIND.string:
      return { kind: 'string', bytes: readBytes(cursor, 'a string') };
    case KIND.ref:
      return readRef(wire, cursor);
    case KIND.slice: {
      const length = readCount(cursor, 'the length of a slice', Number.MAX_SAFE_INTEGER);
      const capacity = readCount(cursor, 'the capacity of a slice', Number.MAX_SAFE_INTEGER);
      return { kind: 'slice', length, capacity, ref: readRef(wire, cursor) };
    }
    case KIND.array: {
      const count = readCount(cursor, 'the elements of an array', Number.MAX_SAFE_INTEGER);
      if (count === 0) return { kind: 'array', count, item: KIND.nil, position: cursor.position };
      const item = readTag(cursor);
      return { kind: 'array', count, item, position: cursor.position };
    }
    case KIND.map:
      return { kind: 'map', entries: readEntries(wire, cursor) };
    case KIND.struct:
      return readStruct(wire, cursor);
    case KIND.interface: {
      const type = readTypeSpec(wire, cursor);
      return { kind: 'interface', type, value: { position: cursor.position, kind: TAGGED } };
    }
    default:
      throw unexpected(cursor, 'a value', kindName(kind));
  }
}

function readStruct(wire: WireBytes, cursor: WireCursor): WireValue {
  const typeId = readCount(cursor, 'a type id', Number.MAX_SAFE_INTEGER);
  const at = cursor.position;
  const tag = readTag(cursor);
  if (tag === KIND.noFields) return { kind: 'struct', typeId, fields: [] };
  if (tag !== KIND.fields) return { kind: 'struct', typeId, fields: [{ position: at, kind: TAGGED }] };
  const count = readCount(cursor, 'the fields of a struct', wire.limits.typeFields);
  const fields: ValueAt[] = [];
  let position = cursor.position;
  for (let index = 0; index < count; index++) {
    const field = { position, kind: TAGGED };
    fields.push(field);
    position = after(wire, field);
  }
  return { kind: 'struct', typeId, fields };
}

function readEntries(wire: WireBytes, cursor: WireCursor): { key: ValueAt; value: ValueAt }[] {
  const count = readCount(cursor, 'the entries of a map', wire.end);
  checkElements(wire, count, cursor.position);
  const entries: { key: ValueAt; value: ValueAt }[] = [];
  let keyKind = TAGGED;
  let valueKind = TAGGED;
  let position = cursor.position;
  for (let index = 0; index < count; index++) {
    const key = { position, kind: keyKind };
    const value = { position: after(wire, key), kind: valueKind };
    entries.push({ key, value });
    if (index === 0) {
      keyKind = wire.bytes[key.position] as number;
      valueKind = wire.bytes[value.position] as number;
    }
    position = after(wire, value);
  }
  return entries;
}

function readRef(wire: WireBytes, cursor: WireCursor): RefValue {
  const root = readCount(cursor, 'an object id', Number.MAX_SAFE_INTEGER);
  const count = readCount(cursor, 'the dots of a reference', wire.limits.dots);
  if (count === 0) return { kind: 'ref', root, dots: [], type: null };
  const dots: Dot[] = [];
  for (let index = 0; index < count; index++) {
    const dot = readInt(cursor);
    if (dot >= 0n) dots.push(Number(dot));
    else dots.push(text(take(cursor, Number(-dot), 'a field name')));
  }
  // Stored innermost first.
  dots.reverse();
  return { kind: 'ref', root, dots, type: readTypeSpec(wire, cursor) };
}

/**
 * A type spec. Iterative: nodes are collected in prefix order, then built from the last to the first.
 *
 * @throws CkptError `unknown-kind`, `over-limit`, `truncated`.
 */
export function readTypeSpec(wire: WireBytes, cursor: WireCursor): TypeSpec {
  const nodes: { tag: number; value: bigint }[] = [];
  for (let pending = 1; pending > 0; pending--) {
    if (nodes.length > wire.limits.depth * 2)
      throw unexpected(cursor, `at most ${wire.limits.depth * 2} nodes of a type spec`, 'more');
    const tag = readCount(cursor, 'the kind of a type spec', Number.MAX_SAFE_INTEGER);
    if (tag > SPEC.nil) throw unexpected(cursor, 'a type spec (0 to 5)', `0x${tag.toString(16)}`);
    nodes.push({ tag, value: tag === SPEC.id || tag === SPEC.array ? readUint(cursor) : 0n });
    if (tag === SPEC.pointer || tag === SPEC.slice || tag === SPEC.array) pending += 1;
    else if (tag === SPEC.map) pending += 2;
  }
  const built: TypeSpec[] = [];
  for (const { tag, value } of nodes.reverse()) {
    if (tag === SPEC.id) built.push({ kind: 'id', typeId: Number(value) });
    else if (tag === SPEC.nil) built.push({ kind: 'nil' });
    else {
      const element = built.pop() as TypeSpec;
      if (tag === SPEC.pointer) built.push({ kind: 'pointer', element });
      else if (tag === SPEC.slice) built.push({ kind: 'slice', element });
      else if (tag === SPEC.array) built.push({ kind: 'array', count: value, element });
      else built.push({ kind: 'map', key: element, value: built.pop() as TypeSpec });
    }
  }
  return built[0] as TypeSpec;
}

/** Length-prefixed bytes, not copied. */
export function readBytes(cursor: WireCursor, what: string): Uint8Array {
  return take(cursor, readCount(cursor, `the length of ${what}`, Number.MAX_SAFE_INTEGER), what);
}

/** Bytes as text; invalid UTF-8 becomes U+FFFD. */
export function text(bytes: Uint8Array): string {
  return TEXT.decode(bytes);
}

const TEXT = new TextDecoder('utf-8', { ignoreBOM: true });

function take(cursor: WireCursor, length: number, what: string): Uint8Array {
  if (cursor.position + length > cursor.end) {
    throw new CkptError(
      'truncated',
      { layer: 'wire', offset: cursor.base + cursor.end },
      { expected: `${length} bytes of ${what}`, found: `the end of the data after ${cursor.end - cursor.position}` },
    );
  }
  const bytes = cursor.bytes.subarray(cursor.position, cursor.position + length);
  cursor.position += length;
  return bytes;
}

const floats = new DataView(new ArrayBuffer(8));

function float32(bits: bigint): number {
  floats.setUint32(0, Number(BigInt.asUintN(32, bits)));
  return floats.getFloat32(0);
}

function float64(bits: bigint): number {
  floats.setBigUint64(0, bits);
  return floats.getFloat64(0);
}

function unexpected(cursor: WireCursor, expected: string, found: string): CkptError {
  return new CkptError(
    'unexpected-record',
    { layer: 'wire', offset: cursor.base + Math.max(0, cursor.position - 1) },
    { expected, found, hint: 'The image is damaged' },
  );
}
