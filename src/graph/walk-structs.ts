/** Walks through all structs of an object, nested ones too, without building values: for measuring and finding. */
import { KIND, SPEC } from '../wire/kinds.ts';
import { beginScan, scanVarint, TAGGED, varintEnd } from '../wire/skip-value.ts';
import type { Graph } from './graph.ts';
import type { Node } from './node.ts';
import { fieldStep, stepOfKey } from './query/print-key.ts';

/** What is told of a walk. */
export interface StructVisitor {
  /** A struct begins; `position` is that of its type id. True ends the walk. */
  readonly enter: (typeId: number, position: number) => boolean;
  /** A struct ends: `nested` of its bytes belong to structs inside it. */
  readonly leave: (typeId: number, bytes: number, nested: number) => void;
  /** A reference to an object (0 is nil), or with dots to a part of one. True ends the walk. */
  readonly reference: (root: number, dots: number) => boolean;
}

/** A walk over the objects of one graph. */
export interface StructWalk {
  /**
   * Walks an object.
   *
   * @param position index of its tag
   * @returns the bytes of the structs in it, or -1 when the visitor ended the walk.
   */
  readonly object: (position: number) => number;
  /** Index behind the object that was walked last. */
  readonly end: () => number;
  /** While a visitor is told something: the steps from the object to there, as a node of the object's. */
  readonly here: (object: Node, position: number) => Node;
}

/** Frames of the explicit stack: one tagged value, the fields of a struct, elements, pairs. */
const ONE = 0;
const FIELDS = 1;
const ITEMS = 2;
const PAIRS = 3;

/**
 * A walk over a graph that is indexed: its bytes are known to be well formed, and nesting to be within the limits.
 *
 * Costs a pass over the bytes, and memory for the depth of nesting only.
 */
export function structWalk(graph: Graph, visitor: StructVisitor): StructWalk {
  const { bytes, limits } = graph.wire;
  const state = beginScan(graph.wire, null);
  const room = limits.depth * 2 + 8;
  const frame = new Uint8Array(room);
  /** Kind of the elements, or of the keys and (times 256) of the values. */
  const itemKind = new Uint16Array(room);
  const left = new Float64Array(room);
  const done = new Float64Array(room);
  const typeIds = new Float64Array(room);
  const starts = new Float64Array(room);
  const nested = new Float64Array(room);
  const keyAt = new Float64Array(room);
  let top = -1;
  let position = 0;

  function open(kind: number, count: number, item: number): void {
    top++;
    frame[top] = kind;
    itemKind[top] = item;
    left[top] = count;
    done[top] = 0;
    nested[top] = 0;
  }

  function varint(): number {
    const first = bytes[position] as number;
    if (first < 0x80) {
      position++;
      return first;
    }
    const value = scanVarint(state, position);
    position = varintEnd;
    return value;
  }

  function skipVarints(count: number): void {
    for (let more = count; more > 0; more--) {
      while ((bytes[position] as number) >= 0x80) position++;
      position++;
    }
  }

  function skipSpec(): void {
    for (let pending = 1; pending > 0; pending--) {
      const tag = varint();
      if (tag === SPEC.id) skipVarints(1);
      else if (tag === SPEC.map) pending += 2;
      else if (tag !== SPEC.nil) {
        if (tag === SPEC.array) skipVarints(1);
        pending++;
      }
    }
  }

  /** Steps over a reference; true ends the walk. */
  function reference(): boolean {
    const root = varint();
    const dots = varint();
    if (visitor.reference(root, dots)) return true;
    for (let dot = dots; dot > 0; dot--) {
      const raw = varint();
      if (raw % 2 === 1) position += (raw + 1) / 2;
    }
    if (dots > 0) skipSpec();
    return false;
  }

  function object(from: number): number {
    top = -1;
    position = from;
    open(ONE, 1, TAGGED);
    for (;;) {
      if (left[top] === 0) {
        const inner = nested[top] as number;
        if (frame[top] !== FIELDS) {
          if (top === 0) return inner;
          top--;
          nested[top] = (nested[top] as number) + inner;
          continue;
        }
        const size = position - (starts[top] as number);
        visitor.leave(typeIds[top] as number, size, inner);
        top--;
        nested[top] = (nested[top] as number) + size;
        continue;
      }
      left[top] = (left[top] as number) - 1;
      const index = done[top] as number;
      done[top] = index + 1;
      const start = position;
      let kind = itemKind[top] as number;
      if (frame[top] === PAIRS) {
        // The kind of the values stands before the first value.
        if (index === 1) {
          kind |= (bytes[position++] as number) << 8;
          itemKind[top] = kind;
          // Pairs of nothing and nothing take no bytes, however many there are said to be.
          if (kind === (KIND.nil | (KIND.nil << 8))) left[top] = 0;
        }
        if (index % 2 === 0) keyAt[top] = position;
        kind = index % 2 === 0 ? kind & 0xff : kind >> 8;
      } else if (kind === TAGGED) {
        kind = bytes[position++] as number;
      } else if (kind <= KIND.float64) {
        skipVarints((left[top] as number) + 1);
        left[top] = 0;
        continue;
      }
      switch (kind) {
        case KIND.nil:
          if (frame[top] === ITEMS) left[top] = 0;
          continue;
        case KIND.string: {
          const length = varint();
          position += length;
          continue;
        }
        case KIND.slice:
          skipVarints(2);
          if (reference()) return -1;
          continue;
        case KIND.ref:
          if (reference()) return -1;
          continue;
        case KIND.struct: {
          const at = position;
          const typeId = varint();
          if (visitor.enter(typeId, at)) return -1;
          const tag = bytes[position] as number;
          let count = 1;
          if (tag === KIND.noFields) {
            position++;
            count = 0;
          } else if (tag === KIND.fields) {
            position++;
            count = varint();
          }
          open(FIELDS, count, TAGGED);
          typeIds[top] = typeId;
          starts[top] = start;
          continue;
        }
        case KIND.interface:
          skipSpec();
          open(ONE, 1, TAGGED);
          continue;
        case KIND.array: {
          const count = varint();
          if (count > 0) open(ITEMS, count, bytes[position++] as number);
          continue;
        }
        case KIND.map: {
          const count = varint();
          if (count > 0) open(PAIRS, count * 2, bytes[position++] as number);
          continue;
        }
        case KIND.complex64:
        case KIND.complex128:
          skipVarints(2);
          continue;
        default:
          skipVarints(1);
      }
    }
  }

  function here(root: Node, at: number): Node {
    let path = root.path;
    for (let level = 0; level <= top; level++) {
      const index = (done[level] as number) - 1;
      const step = index < 0 ? null : stepAt(level, index);
      if (step !== null) path = { parent: path, step };
    }
    return { graph, at: { position: at, kind: KIND.struct }, path };
  }

  function stepAt(level: number, index: number): string | null {
    if (frame[level] === FIELDS) return fieldStep(graph.types[(typeIds[level] as number) - 1]?.fields[index] ?? `$${index}`);
    if (frame[level] === ITEMS) return `[${index}]`;
    if (frame[level] !== PAIRS) return null;
    if (index % 2 === 0) return `.$key${index / 2}`;
    const at = { position: keyAt[level] as number, kind: (itemKind[level] as number) & 0xff };
    return stepOfKey({ graph, at, path: { parent: null, step: '' } });
  }

  return { object, end: () => position, here };
}
