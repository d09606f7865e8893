/** Holds every value of an indexed graph against what `pkg/state` writes: more than a reader needs, so that damage shows. */
import { CkptError, type ErrorCode } from '../errors.ts';
import { type Graph, indexOfObject } from '../graph/graph.ts';
import { resolve } from '../graph/node.ts';
import { KIND, kindName, SPEC } from '../wire/kinds.ts';
import { type RefValue, readValue } from '../wire/read-value.ts';
import { beginScan, scanVarint, TAGGED, varintEnd } from '../wire/skip-value.ts';

/** What was looked at of a graph. */
export interface GraphCoverage {
  readonly types: number;
  readonly objects: number;
  /** Structs, those inside others too. */
  readonly structs: number;
  /** References that are not nil, those of slices too. */
  readonly references: number;
}

/** Something that no runsc writes. */
export interface GraphFault {
  readonly code: ErrorCode;
  /** Index in the bytes of the graph. */
  readonly position: number;
  readonly expected: string;
  readonly found: string;
}

/** Frames of the explicit stack: one tagged value, the fields of a struct, elements, pairs. */
const ONE = 0;
const FIELDS = 1;
const ITEMS = 2;
const PAIRS = 3;

/** The value that an interface of a primitive type holds. @see gVisor pkg/state/types.go: primitiveTypeDatabase */
const PRIMITIVES: Readonly<Record<string, number>> = {
  bool: KIND.bool,
  int: KIND.int,
  int8: KIND.int,
  int16: KIND.int,
  int32: KIND.int,
  int64: KIND.int,
  uint: KIND.uint,
  uintptr: KIND.uint,
  uint8: KIND.uint,
  uint16: KIND.uint,
  uint32: KIND.uint,
  uint64: KIND.uint,
  string: KIND.string,
  float32: KIND.float32,
  float64: KIND.float64,
  complex64: KIND.complex64,
  complex128: KIND.complex128,
};

/**
 * Walks all objects, those that the root leads to first.
 *
 * @param complete the graph was indexed to its end; else references are not followed.
 * @param report is told of every fault, in the order in which they are met.
 * @see gVisor pkg/state/decode.go: decodeStruct, decodeArray, decodeInterface, Load ("unused deferred object"); encode.go.
 */
export function checkGraph(graph: Graph, complete: boolean, report: (fault: GraphFault) => void): GraphCoverage {
  const { types, ids, positions } = graph;
  const { bytes, limits } = graph.wire;
  const state = beginScan(graph.wire, null);
  const room = limits.depth * 2 + 8;
  const frame = new Uint8Array(room);
  const itemKind = new Uint16Array(room);
  const left = new Float64Array(room);
  const done = new Float64Array(room);
  const typeIds = new Float64Array(room);
  const keyStart = new Float64Array(room);
  const keys: (Set<string> | null)[] = [];
  /** What the references among elements, or keys and (behind them) values, lead to. */
  const targets = new Float64Array(room * 2);
  /** By type and field: what its values are, so that one of another kind stands out. 0: none was met. */
  const kindsOfFields = types.map(({ fields }) => new Float64Array(fields.length));
  /** The same of what references in them lead to: a pointer has one type. */
  const targetsOfFields = types.map(({ fields }) => new Float64Array(fields.length));
  const reached = new Uint8Array(ids.length);
  const waiting: number[] = [];
  let structs = 0;
  let references = 0;
  let top = -1;
  let position = 0;

  const fault = (code: ErrorCode, at: number, expected: string, found: string): void =>
    report({ code, position: at, expected, found });

  function open(kind: number, count: number, item: number): void {
    top++;
    frame[top] = kind;
    itemKind[top] = item;
    left[top] = count;
    done[top] = 0;
    keys[top] = null;
    targets[top * 2] = 0;
    targets[top * 2 + 1] = 0;
  }

  function varint(): number {
    const first = bytes[position] as number;
    if (first < 0x80) {
      position++;
      return first;
    }
    const at = position;
    const value = scanVarint(state, position);
    position = varintEnd;
    if (bytes[position - 1] === 0) fault('bad-varint', at, 'a varint in its shortest form', 'a longer one');
    return value;
  }

  function scalar(kind: number): void {
    const at = position;
    const value = varint();
    if (kind === KIND.bool && value > 1) fault('unknown-shape', at, 'a boolean of 0 or 1', String(value));
    if (kind === KIND.float32 && value > 0xffff_ffff) fault('unknown-shape', at, 'a number of 32 bits', 'a larger one');
  }

  /** Steps over a type spec and answers its first node: kind, and type id or length; and the type id of what a pointer leads to. */
  function spec(): { readonly kind: number; readonly value: number; readonly pointee: number } {
    let kind = -1;
    let value = 0;
    let pointee = 0;
    let nodes = 0;
    for (let pending = 1; pending > 0; pending--) {
      const tag = varint();
      const at = position;
      const detail = tag === SPEC.id || tag === SPEC.array ? varint() : 0;
      if (tag === SPEC.id && (detail === 0 || detail > types.length))
        fault('dangling-reference', at, `a type id from 1 to ${types.length}`, String(detail));
      if (++nodes === 1) {
        kind = tag;
        value = detail;
      } else if (nodes === 2 && kind === SPEC.pointer && tag === SPEC.id) pointee = detail;
      if (tag === SPEC.map) pending += 2;
      else if (tag === SPEC.pointer || tag === SPEC.slice || tag === SPEC.array) pending++;
    }
    return { kind, value, pointee };
  }

  /** Steps over the payload of a reference; `sliceAt`: that of a slice, whose length and capacity were read. */
  function reference(slice: { readonly at: number; readonly length: number; readonly capacity: number } | null): void {
    const start = position;
    const root = varint();
    const dots = varint();
    for (let dot = dots; dot > 0; dot--) {
      const raw = varint();
      if (raw % 2 === 1) position += (raw + 1) / 2;
    }
    const target = dots > 0 ? spec() : null;
    if (slice !== null && slice.length > slice.capacity)
      fault('inconsistent', slice.at, `a slice of at most its capacity, ${slice.capacity}`, `one of length ${slice.length}`);
    if (root === 0) return;
    references++;
    if (!complete) return;
    const index = indexOfObject(ids, root);
    if (index < 0) {
      fault('dangling-reference', start, `object ${root}, which is referred to`, 'no such object in the graph');
      return;
    }
    if (reached[index] === 0) {
      reached[index] = 1;
      waiting.push(index);
    }
    if (target !== null && target.kind === SPEC.id && !isStructOf(positions[index] as number, target.value))
      fault('inconsistent', start, `object ${root} to be of type ${typeLabel(target.value)}`, 'another value');
    if (dots === 0) {
      const at = positions[index] as number;
      if (slice === null) noteTarget(start, signatureAt(at, TAGGED));
      else checkArray(start, at, TAGGED, slice.capacity, true);
      return;
    }
    const value = readValue(
      graph.wire,
      slice === null ? { position: start, kind: KIND.ref } : { position: slice.at, kind: KIND.slice },
    );
    try {
      const { at } = resolve(graph, value.kind === 'slice' ? value.ref : (value as RefValue));
      if (slice === null) noteTarget(start, signatureAt(at.position, at.kind));
      else checkArray(start, at.position, at.kind, slice.capacity, false);
    } catch (error) {
      if (!(error instanceof CkptError)) throw error;
      // What is all zero is saved as nil: its parts cannot be told from others.
      if (error.facts.found !== 'nil')
        fault(error.code, start, `${error.facts.expected} of ${error.place.path}`, error.facts.found);
    }
  }

  /** The array behind a slice: it has all its capacity. */
  function checkArray(start: number, at: number, kind: number, capacity: number, whole: boolean): void {
    const tag = kind === TAGGED ? (bytes[at] as number) : kind;
    if (tag === KIND.nil) return;
    if (tag !== KIND.array) {
      fault('unknown-shape', start, 'an array behind a slice', kindName(tag));
      return;
    }
    const count = scanVarint(state, kind === TAGGED ? at + 1 : at);
    if (count < capacity || (whole && count !== capacity))
      fault('inconsistent', start, `an array of ${capacity} elements behind a slice`, String(count));
    else noteTarget(start, signatureAt(at, kind));
  }

  /** What a value is: its kind, the type of a struct, the elements of an array. 0 for what could be anything. */
  function signatureAt(at: number, kind: number): number {
    const tag = kind === TAGGED ? (bytes[at] as number) : kind;
    const payload = kind === TAGGED ? at + 1 : at;
    if (tag === KIND.nil) return 0;
    if (tag === KIND.struct) return tag + 1 + 32 * (scanVarint(state, payload) + 1);
    if (tag !== KIND.array) return tag + 1;
    if (scanVarint(state, payload) === 0) return 0;
    const item = bytes[varintEnd] as number;
    if (item === KIND.nil) return 0;
    return tag + 1 + 32 * (item === KIND.struct ? 32 + scanVarint(state, varintEnd + 1) : item);
  }

  /** A reference leads to this: others in the same place lead to the like. */
  function noteTarget(at: number, signature: number): void {
    if (signature === 0) return;
    const index = (done[top] as number) - 1;
    let before = 0;
    if (frame[top] === FIELDS) {
      const known = targetsOfFields[(typeIds[top] as number) - 1];
      if (known === undefined || index >= known.length) return;
      before = known[index] as number;
      if (before === 0) known[index] = signature;
    } else if (frame[top] === ONE) {
      const pointee = typeIds[top] as number;
      before = pointee === 0 ? 0 : KIND.struct + 1 + 32 * (pointee + 1);
      // A pointer to what is no struct.
      if ((signature - 1) % 32 !== KIND.struct) before = 0;
    } else {
      const slot = top * 2 + (frame[top] === PAIRS ? index % 2 : 0);
      before = targets[slot] as number;
      if (before === 0) targets[slot] = signature;
    }
    if (before === 0 || before === signature) return;
    const where =
      frame[top] === FIELDS
        ? ` from ${typeLabel(typeIds[top] as number)}.${types[(typeIds[top] as number) - 1]?.fields[index]}`
        : '';
    fault('inconsistent', at, `a reference${where} to ${label(before)}`, `one to ${label(signature)}`);
  }

  function label(signature: number): string {
    const kind = (signature - 1) % 32;
    const detail = Math.floor((signature - 1) / 32);
    if (kind === KIND.struct) return `a struct of type ${detail === 1 ? 'none' : typeLabel(detail - 1)}`;
    if (kind === KIND.array && detail > 0) return `an array of ${detail >= 32 ? typeLabel(detail - 32) : kindName(detail)}`;
    return `a value of kind ${kindName(kind)}`;
  }

  function isStructOf(at: number, typeId: number): boolean {
    if (bytes[at] !== KIND.struct) return bytes[at] === KIND.nil || (types[typeId - 1]?.fields.length ?? 0) === 0;
    scanVarint(state, at + 1);
    return scanVarint(state, at + 1) === typeId;
  }

  function typeLabel(typeId: number): string {
    return types[typeId - 1]?.name ?? `number ${typeId}`;
  }

  /** A value of a field begins: every struct of one type has values of one kind there. */
  function noteField(kind: number, at: number): void {
    if (kind === KIND.nil) return;
    const typeId = typeIds[top] as number;
    const index = (done[top] as number) - 1;
    const seen = kindsOfFields[typeId - 1];
    if (seen === undefined || index >= seen.length) return;
    let signature = kind + 1;
    if (kind === KIND.struct) signature += 32 * (scanVarint(state, position) + 1);
    const before = seen[index] as number;
    if (before === 0) seen[index] = signature;
    else if (before !== signature) {
      fault(
        'inconsistent',
        at,
        `${label(before)} in ${typeLabel(typeId)}.${types[typeId - 1]?.fields[index]}, as in other structs of this type`,
        label(signature),
      );
    }
  }

  function struct(): void {
    const at = position;
    const typeId = varint();
    structs++;
    const tag = bytes[position] as number;
    let count = 1;
    if (tag === KIND.noFields || tag === KIND.fields) {
      position++;
      count = tag === KIND.fields ? varint() : 0;
    }
    const declared = typeId === 0 ? 0 : types[typeId - 1]?.fields.length;
    if (declared === undefined) fault('dangling-reference', at, `a type id up to ${types.length}`, `a struct of type ${typeId}`);
    else if (declared !== count || (tag === KIND.fields && count < 2))
      fault(
        'inconsistent',
        at,
        `${declared} fields in a struct of type ${typeId === 0 ? 'none' : typeLabel(typeId)}`,
        String(count),
      );
    open(FIELDS, count, TAGGED);
    typeIds[top] = typeId;
  }

  function interfaceValue(): void {
    const at = position;
    const { kind, value, pointee } = spec();
    const tag = bytes[position] as number;
    let fits = true;
    if (kind === SPEC.nil) fits = tag === KIND.nil;
    else if (tag === KIND.nil) fits = true;
    else if (kind === SPEC.pointer || kind === SPEC.map) fits = tag === KIND.ref;
    else if (kind === SPEC.slice) fits = tag === KIND.slice;
    else if (kind === SPEC.array) fits = tag === KIND.array;
    else if (kind === SPEC.id) {
      const primitive = PRIMITIVES[types[value - 1]?.name ?? ''];
      if (primitive !== undefined) fits = tag === primitive;
      else if (tag === KIND.struct) fits = isStructOf(position, value) || scanVarint(state, position + 1) === 0;
    }
    if (!fits) fault('inconsistent', at, 'an interface whose value is of its type', `a value of kind ${kindName(tag)}`);
    open(ONE, 1, TAGGED);
    typeIds[top] = pointee;
  }

  function walk(from: number): void {
    top = -1;
    position = from;
    open(ONE, 1, TAGGED);
    typeIds[top] = 0;
    while (top >= 0) {
      if (left[top] === 0) {
        if (frame[top] === PAIRS) endKey(false);
        top--;
        continue;
      }
      left[top] = (left[top] as number) - 1;
      const index = done[top] as number;
      done[top] = index + 1;
      const at = position;
      let kind = itemKind[top] as number;
      if (frame[top] === PAIRS) {
        if (index === 1) {
          kind |= (bytes[position++] as number) << 8;
          itemKind[top] = kind;
          if (kind === (KIND.nil | (KIND.nil << 8))) left[top] = 0;
        }
        if (index % 2 === 0) keyStart[top] = position;
        else endKey(true);
        kind = index % 2 === 0 ? kind & 0xff : kind >> 8;
      } else if (kind === TAGGED) {
        kind = bytes[position++] as number;
      } else if (kind <= KIND.float64) {
        for (let more = (left[top] as number) + 1; more > 0; more--) scalar(kind);
        left[top] = 0;
        continue;
      }
      if (frame[top] === FIELDS) noteField(kind, at);
      switch (kind) {
        case KIND.nil:
          if (frame[top] === ITEMS) left[top] = 0;
          continue;
        case KIND.string: {
          const length = varint();
          position += length;
          continue;
        }
        case KIND.slice: {
          const start = position;
          const length = varint();
          const capacity = varint();
          reference({ at: start, length, capacity });
          continue;
        }
        case KIND.ref:
          reference(null);
          continue;
        case KIND.struct:
          struct();
          continue;
        case KIND.interface:
          interfaceValue();
          continue;
        case KIND.array: {
          const count = varint();
          if (count > 0) open(ITEMS, count, bytes[position++] as number);
          continue;
        }
        case KIND.map: {
          const count = varint();
          if (count === 0) continue;
          open(PAIRS, count * 2, bytes[position++] as number);
          if (count <= limits.elements) keys[top] = new Set();
          continue;
        }
        case KIND.complex64:
        case KIND.complex128:
          scalar(kind);
          scalar(kind);
          continue;
        default:
          scalar(kind);
      }
    }
  }

  /** A key of a map has ended: no map has one twice. */
  function endKey(more: boolean): void {
    const known = keys[top];
    if (!more || known === null || known === undefined) return;
    const start = keyStart[top] as number;
    // Before the first value stands the kind of the values.
    const end = (done[top] as number) === 2 ? position - 1 : position;
    const key = LATIN1.decode(bytes.subarray(start, end));
    if (known.has(key)) fault('inconsistent', start, 'keys of a map that differ', 'one that was there before');
    else known.add(key);
  }

  const walkFrom = (first: number): void => {
    reached[first] = 1;
    waiting.push(first);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) walk(positions[next] as number);
  };
  if (ids.length > 0) {
    if (complete && ids[0] !== 1) fault('inconsistent', 0, 'object 1, the root of the graph', `object ${ids[0]} first`);
    walkFrom(0);
  }
  for (let index = 0; index < ids.length; index++) {
    if (reached[index] === 1) continue;
    if (complete)
      fault(
        'inconsistent',
        positions[index] as number,
        `object ${ids[index]} to be referred to`,
        'no reference that leads to it from the root',
      );
    walkFrom(index);
  }
  return { types: types.length, objects: ids.length, structs, references };
}

const LATIN1 = new TextDecoder('latin1');
