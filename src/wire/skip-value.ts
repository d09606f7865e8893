/** Steps over one encoded value without building anything: the hot path of indexing. */
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { KIND, kindName, SPEC } from './kinds.ts';
import { longVarint } from './varint.ts';

/** What a scan works on. The bytes may end before the value does: more may arrive later. */
export interface ScanState {
  bytes: Uint8Array;
  /** Index after the last valid byte. */
  end: number;
  /** Absolute offset of `bytes[0]` in the decoded stream. */
  base: number;
  readonly limits: Limits;
  /** After {@link NEED_MORE}: index up to which bytes are needed at the least. */
  needed: number;
  /** By type id: 1 where the positions of structs of this type are wanted in `hits`. */
  watch: Uint8Array;
  /** Pairs of type id and index of the struct's payload (its type id varint). */
  readonly hits: number[];
  /** A bit per object id: set where some reference names it. {@link NOT_NOTED} when nobody wants to know. */
  references: Uint8Array;
  /** The largest object id that any reference names. */
  topReference: number;
  /** The largest type id of any struct. */
  topTypeId: number;
}

/** In place of the bits of references: they are not noted. */
const NOT_NOTED: Uint8Array = new Uint8Array(0);

/**
 * A scan of bytes.
 *
 * @param references room for a bit per object id, or null when nobody wants to know which objects are referred to.
 */
export function beginScan(
  { bytes, end, base, limits }: Pick<ScanState, 'bytes' | 'end' | 'base' | 'limits'>,
  references: Uint8Array | null,
): ScanState {
  // Made in one place, so that all scans have one hidden class: the functions below are compiled for it.
  return {
    bytes,
    end,
    base,
    limits,
    needed: 0,
    watch: new Uint8Array(0),
    hits: [],
    references: references ?? NOT_NOTED,
    topReference: 0,
    topTypeId: 0,
  };
}

/** The value goes on after the bytes at hand; scan it again from its start when there are more. */
export const NEED_MORE = -1;

/** A value that carries its own tag. */
export const TAGGED = 255;

/** Frame kinds of the explicit stack, beside the wire kinds 0..16 (so many values of that kind, without tags). */
const PAIRS = 254;
const SPECS = 253;
const MAP_VALUE = 252;

/**
 * The explicit stack, shared by all calls (a scan never calls itself): per frame what to step over, how many of it,
 * and a detail: nodes seen of a type spec, the two kinds of pairs, or 32 * pairs + kind of key before a map's first value.
 */
let frameKind = new Uint8Array(64);
let frameLeft = new Float64Array(64);
let frameOther = new Float64Array(64);

/** More pairs than any memory holds; below it, 32 * pairs + kind is exact. */
const MOST_PAIRS = 2 ** 40;

/** Index after the varint that {@link scanVarint} read last. */
export let varintEnd = 0;

/** Reads a varint as a number, exact to 2^53; larger values come out as Infinity. Sets `varintEnd`, or returns {@link NEED_MORE}. */
export function scanVarint(state: ScanState, start: number): number {
  const { bytes, end } = state;
  if (start < end) {
    const first = bytes[start] as number;
    if (first < 0x80) {
      varintEnd = start + 1;
      return first;
    }
  }
  let position = start;
  let value = 0;
  let scale = 1;
  for (let count = 0; count < 10; count++) {
    if (position >= end) {
      state.needed = position + 1;
      return NEED_MORE;
    }
    const byte = bytes[position++] as number;
    if (count === 9 && byte > 1) throw longVarint(state.base + start);
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) {
      varintEnd = position;
      return value > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : value;
    }
  }
  throw longVarint(state.base + start);
}

/**
 * The index after the value of `kind` (or {@link TAGGED}) at index `start`, or {@link NEED_MORE}.
 *
 * Iterative: nesting costs a frame of the explicit stack, never of the call stack, and is bounded by `limits.depth`. The
 * innermost frame lives in local variables (`kind`, `left`, `other`); the stack holds the ones around it.
 *
 * @throws CkptError `unknown-kind`, `bad-varint`, `over-limit`.
 */
export function skipValue(state: ScanState, start: number, kindOfValue: number): number {
  const { bytes, end, limits } = state;
  let kind = kindOfValue;
  let left = 1;
  let other = 0;
  let top = 0;
  let position = start;

  for (;;) {
    if (left === 0) {
      if (top === 0) return position;
      top--;
      kind = frameKind[top] as number;
      left = frameLeft[top] as number;
      other = frameOther[top] as number;
      continue;
    }
    left--;
    let current = kind;
    if (kind === TAGGED) {
      if (position >= end) return needOne(state, position);
      current = bytes[position++] as number;
    } else if (kind <= KIND.float64) {
      position = skipVarints(state, position, left + 1);
      if (position === NEED_MORE) return NEED_MORE;
      left = 0;
      continue;
    } else if (kind === PAIRS) {
      current = left % 2 === 1 ? other & 0xff : other >> 8;
    } else if (kind === MAP_VALUE) {
      // The kind of the values stands before the first value, after the first key; the other pairs follow without kinds.
      if (position >= end) return needOne(state, position);
      const keyKind = other % 32;
      const more = (other - keyKind) / 32 - 1;
      const valueKind = checkedItem(state, position, bytes[position] as number);
      position++;
      const size = more * (Number(keyKind !== KIND.nil) + Number(valueKind !== KIND.nil));
      if (position + size > end) return waitFor(state, position + size);
      // This frame becomes the one of the remaining pairs; the first value goes on top of it.
      kind = PAIRS;
      left = size > 0 ? more * 2 : 0;
      other = keyKind | (valueKind << 8);
      top = spill(state, position, top, kind, left, other);
      kind = valueKind;
      left = 1;
      continue;
    } else if (kind === SPECS) {
      const extra = skipSpecNode(state, position);
      if (extra === NEED_MORE) return NEED_MORE;
      position = varintEnd;
      left += extra;
      other++;
      if (other > limits.depth * 2) throw overLimit(state, position, 'nodes of a type spec', limits.depth * 2);
      continue;
    }

    switch (current) {
      case KIND.nil:
        continue;
      case KIND.bool:
      case KIND.int:
      case KIND.uint:
      case KIND.float32:
      case KIND.float64:
        if (position < end && (bytes[position] as number) < 0x80) {
          position++;
        } else {
          if (scanVarint(state, position) === NEED_MORE) return NEED_MORE;
          position = varintEnd;
        }
        continue;
      case KIND.slice:
      case KIND.ref: {
        // A slice is its length and capacity, then the payload of a reference.
        if (current === KIND.slice) position = skipVarints(state, position, 2);
        if (position === NEED_MORE) return NEED_MORE;
        position = skipRef(state, position);
        if (position === NEED_MORE) return NEED_MORE;
        if (dotsSeen === 0) continue;
        // A reference with dots goes on with a type spec.
        top = spill(state, position, top, kind, left, other);
        kind = SPECS;
        left = 1;
        other = 0;
        continue;
      }
      case KIND.string: {
        const length = scanVarint(state, position);
        if (length === NEED_MORE) return NEED_MORE;
        position = varintEnd + length;
        if (position > end) return waitFor(state, position);
        continue;
      }
      case KIND.struct: {
        const at = position;
        const typeId = scanVarint(state, position);
        if (typeId === NEED_MORE) return NEED_MORE;
        position = varintEnd;
        if (typeId > state.topTypeId) state.topTypeId = typeId;
        if (state.watch[typeId] === 1) {
          if (state.hits.length >= 2 * limits.watchedStructs)
            throw overLimit(state, at, 'structs that are looked at', limits.watchedStructs);
          state.hits.push(typeId, at);
        }
        if (position >= end) return needOne(state, position);
        const tag = bytes[position] as number;
        if (tag === KIND.noFields) {
          position++;
          continue;
        }
        let count = 1;
        if (tag === KIND.fields) {
          count = scanVarint(state, position + 1);
          if (count === NEED_MORE) return NEED_MORE;
          if (count > limits.typeFields) throw overLimit(state, position + 1, 'fields of a struct', limits.typeFields);
          position = varintEnd;
        }
        top = spill(state, position, top, kind, left, other);
        kind = TAGGED;
        left = count;
        continue;
      }
      case KIND.interface:
        // A type spec, then the value with its tag.
        top = spill(state, position, top, kind, left, other);
        top = spill(state, position, top, TAGGED, 1, 0);
        kind = SPECS;
        left = 1;
        other = 0;
        continue;
      case KIND.array: {
        const count = scanVarint(state, position);
        if (count === NEED_MORE) return NEED_MORE;
        position = varintEnd;
        if (count === 0) continue;
        if (position >= end) return needOne(state, position);
        const item = checkedItem(state, position, bytes[position] as number);
        position++;
        if (item === KIND.nil) continue;
        if (position + count > end) return waitFor(state, position + count);
        top = spill(state, position, top, kind, left, other);
        kind = item;
        left = count;
        continue;
      }
      case KIND.map: {
        const count = scanVarint(state, position);
        if (count === NEED_MORE) return NEED_MORE;
        position = varintEnd;
        if (count === 0) continue;
        if (count > MOST_PAIRS) return waitFor(state, Number.POSITIVE_INFINITY);
        if (position >= end) return needOne(state, position);
        const keyKind = checkedItem(state, position, bytes[position] as number);
        position++;
        top = spill(state, position, top, kind, left, other);
        top = spill(state, position, top, MAP_VALUE, 1, count * 32 + keyKind);
        kind = keyKind;
        left = 1;
        continue;
      }
      case KIND.complex64:
      case KIND.complex128:
        position = skipVarints(state, position, 2);
        if (position === NEED_MORE) return NEED_MORE;
        continue;
      default:
        throw unknownKind(state, position - 1, current);
    }
  }
}

let dotsSeen = 0;

/** Steps over root id, number of dots and the dots; sets `dotsSeen`. A type spec follows when there are dots. */
function skipRef(state: ScanState, start: number): number {
  const root = scanVarint(state, start);
  if (root === NEED_MORE) return NEED_MORE;
  if (state.references !== NOT_NOTED) noteReference(state, state.references, root);
  const dots = scanVarint(state, varintEnd);
  if (dots === NEED_MORE) return NEED_MORE;
  let position = varintEnd;
  if (dots > state.limits.dots) throw overLimit(state, position, 'dots of a reference', state.limits.dots);
  for (let index = 0; index < dots; index++) {
    const raw = scanVarint(state, position);
    if (raw === NEED_MORE) return NEED_MORE;
    // Zigzag: odd is negative, and a negative dot -k is followed by a field name of k bytes.
    position = raw % 2 === 1 ? varintEnd + (raw + 1) / 2 : varintEnd;
    if (position > state.end) {
      state.needed = position;
      return NEED_MORE;
    }
  }
  dotsSeen = dots;
  return position;
}

/** Steps over one node of a type spec (end in `varintEnd`) and returns how many nodes follow below it. */
function skipSpecNode(state: ScanState, start: number): number {
  const tag = scanVarint(state, start);
  switch (tag) {
    case NEED_MORE:
      return NEED_MORE;
    case SPEC.id:
      return scanVarint(state, varintEnd) === NEED_MORE ? NEED_MORE : 0;
    case SPEC.pointer:
    case SPEC.slice:
      return 1;
    case SPEC.array:
      return scanVarint(state, varintEnd) === NEED_MORE ? NEED_MORE : 1;
    case SPEC.map:
      return 2;
    case SPEC.nil:
      return 0;
    default:
      throw new CkptError(
        'unknown-kind',
        { layer: 'wire', offset: state.base + start },
        { expected: 'a type spec (0 to 5)', found: `0x${tag.toString(16)}`, hint: 'The image is damaged' },
      );
  }
}

function skipVarints(state: ScanState, start: number, count: number): number {
  const { bytes, end } = state;
  if (start + count > end) return waitFor(state, start + count);
  let position = start;
  for (let left = count; left > 0; left--) {
    const first = position;
    while (position < end && (bytes[position] as number) >= 0x80) position++;
    if (position >= end) return needOne(state, position);
    const length = ++position - first;
    if (length > 9 && (length > 10 || (bytes[position - 1] as number) > 1)) throw longVarint(state.base + first);
  }
  return position;
}

/** Notes that the bytes up to `index` are needed. */
function waitFor(state: ScanState, index: number): number {
  state.needed = index;
  return NEED_MORE;
}

function needOne(state: ScanState, position: number): number {
  return waitFor(state, position + 1);
}

/** Puts the innermost frame on the stack, so that another can be opened inside it, and returns the new height. */
function spill(state: ScanState, position: number, top: number, kind: number, left: number, other: number): number {
  if (top >= state.limits.depth) throw overLimit(state, position, 'nested values', state.limits.depth);
  if (top === frameKind.length) growStack();
  frameKind[top] = kind;
  frameLeft[top] = left;
  frameOther[top] = other;
  return top + 1;
}

/** Sets the bit of an id. Ids beyond what the bytes at hand could hold get no bit, only the mark of the largest. */
function noteReference(state: ScanState, seen: Uint8Array, root: number): void {
  if (root > state.topReference) state.topReference = root;
  // Ids with room for their bit fit into 32 bits.
  if (root < seen.length * 8) seen[root >>> 3] = (seen[root >>> 3] as number) | (1 << (root & 7));
  else if (root <= state.end + 64) noteInLargerRoom(state, seen, root);
}

function noteInLargerRoom(state: ScanState, seen: Uint8Array, root: number): void {
  const index = Math.floor(root / 8);
  const larger = new Uint8Array(Math.max(index + 1, seen.length * 2));
  larger.set(seen);
  larger[index] = 1 << (root & 7);
  state.references = larger;
}

function growStack(): void {
  const grow = <T extends Uint8Array | Float64Array>(from: T, to: T): T => {
    to.set(from);
    return to;
  };
  frameKind = grow(frameKind, new Uint8Array(frameKind.length * 2));
  frameLeft = grow(frameLeft, new Float64Array(frameLeft.length * 2));
  frameOther = grow(frameOther, new Float64Array(frameOther.length * 2));
}

function checkedItem(state: ScanState, position: number, kind: number): number {
  if (kind > KIND.complex128 || kind === KIND.noFields || kind === KIND.fields) throw unknownKind(state, position, kind);
  return kind;
}

function unknownKind(state: ScanState, position: number, tag: number): CkptError {
  return new CkptError(
    'unknown-kind',
    { layer: 'wire', offset: state.base + position },
    { expected: 'an object kind (0 to 11, 14 to 16)', found: kindName(tag), hint: 'The image is damaged' },
  );
}

function overLimit(state: ScanState, position: number, what: string, limit: number): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'wire', offset: state.base + position },
    { expected: `at most ${limit} ${what}`, found: 'more', hint: 'The image is damaged or hostile' },
  );
}
