/**
 * Goes through an object graph in the order in which runsc decodes it, to find which type it would meet first.
 *
 * runsc takes the objects as they stand in the stream. An object that nothing has referred to yet is put aside, and decoded in the
 * middle of the one that first refers to it. Types are looked at when a struct of them is decoded, and where an interface or a
 * reference into the inside of an object that is new names them.
 *
 * @see gVisor pkg/state/decode.go: decodeState.Load, register, decodeObject, findType
 */
import { type Graph, indexOfObject } from '../../graph/graph.ts';
import { KIND } from '../../wire/kinds.ts';
import { after, readTypeSpec, readValue, type TypeSpec } from '../../wire/read-value.ts';
import { TAGGED } from '../../wire/skip-value.ts';
import { readCount, type WireCursor } from '../../wire/varint.ts';

/** How a type is met: as that of a struct, or by its name (in an interface, or in a reference to the inside of an object). */
export type MetAs = 'struct' | 'name';

/** What to do with the types while going through a graph. */
export interface DecodeVisitor {
  /** Called for every type that runsc looks at, each time; `object` is the index of the stream object that is being decoded. */
  readonly type: (typeId: number, as: MetAs, object: number) => void;
  /** The order in which runsc decodes the fields of a type, as indices into its encoded fields; null: as they are encoded. */
  readonly order: (typeId: number) => readonly number[] | null;
}

/** Frames of the explicit stack: so many values with tags, values of one kind, pairs of a map, a place to go on at. */
const VALUES = 0;
const ITEMS = 1;
const PAIRS = 2;
const GO_TO = 3;

interface Frame {
  readonly what: number;
  left: number;
  /** Items: their kind. Pairs: kind of the keys, and of the values * 256, once they are known. Go to: the index. */
  detail: number;
}

const UNSEEN = 0;
const WANTED = 1;
const ASIDE = 2;

/**
 * Goes through the whole graph. Objects that nothing refers to are left out: runsc never decodes them.
 *
 * @throws CkptError of a damaged graph; none when it was indexed.
 */
export function inDecodeOrder(graph: Graph, visitor: DecodeVisitor): void {
  const walk = new Walk(graph, visitor);
  for (let index = 0; index < graph.ids.length; index++) walk.object(index);
}

class Walk {
  readonly #graph: Graph;
  readonly #visitor: DecodeVisitor;
  readonly #state: Uint8Array;
  readonly #stack: Frame[] = [];
  readonly #cursor: WireCursor;
  #object = 0;

  constructor(graph: Graph, visitor: DecodeVisitor) {
    this.#graph = graph;
    this.#visitor = visitor;
    this.#state = new Uint8Array(graph.ids.length);
    const { bytes, end, base } = graph.wire;
    this.#cursor = { bytes, end, base, position: 0 };
    const root = indexOfObject(graph.ids, 1);
    if (root >= 0) this.#state[root] = WANTED;
  }

  /** What runsc does when the object at this index comes in the stream. */
  object(index: number): void {
    if (this.#state[index] === UNSEEN) {
      this.#state[index] = ASIDE;
      return;
    }
    this.#object = index;
    this.#cursor.position = this.#graph.positions[index] as number;
    this.#push(VALUES, 1, 0);
    while (this.#stack.length > 0) this.#step();
  }

  #step(): void {
    const frame = this.#stack.at(-1) as Frame;
    if (frame.left === 0) {
      this.#stack.pop();
      return;
    }
    frame.left--;
    if (frame.what === GO_TO) this.#cursor.position = frame.detail;
    else if (frame.what === VALUES) this.#value(this.#tag());
    else if (frame.what === ITEMS) this.#value(frame.detail);
    else this.#pairs(frame);
  }

  /** Keys and values take turns. Each kind stands before the first of its sort only. */
  #pairs(frame: Frame): void {
    const isKey = frame.left % 2 === 1;
    const known = isKey ? (frame.detail & 0xff) - 1 : (frame.detail >> 8) - 1;
    const kind = known >= 0 ? known : this.#tag();
    if (known < 0) frame.detail |= isKey ? kind + 1 : (kind + 1) << 8;
    this.#value(kind);
  }

  #value(kind: number): void {
    const cursor = this.#cursor;
    switch (kind) {
      case KIND.ref:
        this.#reference();
        break;
      case KIND.slice:
        this.#count();
        this.#count();
        this.#reference();
        break;
      case KIND.struct:
        this.#struct();
        break;
      case KIND.interface:
        this.#spec(readTypeSpec(this.#graph.wire, cursor));
        this.#push(VALUES, 1, 0);
        break;
      case KIND.map:
        this.#push(PAIRS, this.#count() * 2, 0);
        break;
      case KIND.array: {
        const start = cursor.position;
        const items = this.#count();
        if (items === 0) break;
        const item = this.#tag();
        if (HOLDS_TYPES.has(item)) this.#push(ITEMS, items, item);
        else cursor.position = after(this.#graph.wire, { position: start, kind });
        break;
      }
      default:
        cursor.position = after(this.#graph.wire, { position: cursor.position, kind });
    }
  }

  #struct(): void {
    const cursor = this.#cursor;
    const typeId = this.#count();
    // Type 0 is an unnamed struct without fields.
    if (typeId !== 0) this.#visitor.type(typeId, 'struct', this.#object);
    const tag = this.#tag();
    if (tag === KIND.noFields) return;
    if (tag !== KIND.fields) {
      cursor.position--;
      this.#push(VALUES, 1, 0);
      return;
    }
    const count = this.#count();
    const order = this.#visitor.order(typeId);
    if (order === null || order.length !== count) {
      this.#push(VALUES, count, 0);
      return;
    }
    const starts: number[] = [];
    for (let field = 0; field < count; field++) {
      starts.push(cursor.position);
      cursor.position = after(this.#graph.wire, { position: cursor.position, kind: TAGGED });
    }
    this.#push(GO_TO, 1, cursor.position);
    // The last pushed is the first decoded.
    for (const field of [...order].reverse()) {
      this.#push(VALUES, 1, 0);
      this.#push(GO_TO, 1, starts[field] as number);
    }
  }

  #reference(): void {
    const { wire, ids, positions } = this.#graph;
    const cursor = this.#cursor;
    const start = cursor.position;
    const root = this.#count();
    const dots = this.#count();
    let spec: TypeSpec | null = null;
    if (dots > 0) {
      const value = readValue(wire, { position: start, kind: KIND.ref });
      spec = value.kind === 'ref' ? value.type : null;
      cursor.position = after(wire, { position: start, kind: KIND.ref });
    }
    const index = root === 0 ? -1 : indexOfObject(ids, root);
    if (index < 0) return;
    const state = this.#state[index];
    if (state === WANTED) return;
    this.#state[index] = WANTED;
    if (spec !== null) this.#spec(spec);
    if (state === UNSEEN) return;
    this.#push(GO_TO, 1, cursor.position);
    this.#push(VALUES, 1, 0);
    cursor.position = positions[index] as number;
  }

  /** The types that a spec names, in the order in which runsc asks for them. */
  #spec(spec: TypeSpec): void {
    const pending: TypeSpec[] = [spec];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next.kind === 'id') this.#visitor.type(next.typeId, 'name', this.#object);
      else if (next.kind === 'map') pending.push(next.value, next.key);
      else if (next.kind !== 'nil') pending.push(next.element);
    }
  }

  #count(): number {
    return readCount(this.#cursor, 'a count', Number.MAX_SAFE_INTEGER);
  }

  #tag(): number {
    return this.#cursor.bytes[this.#cursor.position++] as number;
  }

  #push(what: number, left: number, detail: number): void {
    this.#stack.push({ what, left, detail });
  }
}

/** Kinds of items of an array that can name types, in themselves or in what they hold or refer to. */
const HOLDS_TYPES: ReadonlySet<number> = new Set([KIND.ref, KIND.slice, KIND.array, KIND.map, KIND.struct, KIND.interface]);
