/** A stream of object graphs and raw bytes, as `pkg/state` writes it: one reader over the decoded body. */
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { readUint, type WireCursor } from '../wire/varint.ts';
import type { Graph } from './graph.ts';
import { advance, beginGraph, finishGraph, type GraphScan, indexedSoFar } from './index-graph.ts';

/** The part of a body reader that a stream needs. */
export interface StreamBody {
  next(): Promise<Uint8Array | null>;
  skip(count: number): Promise<number>;
  readonly atMost: number | null;
}

/** What a header announces: an object graph, or so many raw bytes. */
export type StreamHeader =
  | { readonly kind: 'graph'; readonly objects: number }
  | { readonly kind: 'raw'; readonly length: number };

const GRAPH_FLAG = 1n << 63n;
const EMPTY = new Uint8Array(0);

/** A cursor over a stream of graphs. `offset` is the absolute offset of the next decoded byte. */
export class ObjectStream {
  offset: number;
  readonly #body: StreamBody;
  readonly #limits: Limits;
  #buffer: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  #ended = false;
  #graphs = 0;

  /** @param origin offset of the first byte: that in the file where the body lies in it as it is, else 0. */
  constructor(body: StreamBody, limits: Limits, origin = 0) {
    this.offset = origin;
    this.#body = body;
    this.#limits = limits;
  }

  /** The next `count` bytes without moving; fewer at the end of the stream. Valid until the next call. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#end - this.#start < count && (await this.#more(count))) {}
    return this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + count));
  }

  /**
   * The next `count` bytes, copied.
   *
   * @throws CkptError `truncated`.
   */
  async take(count: number, what: string): Promise<Uint8Array> {
    const bytes = (await this.peek(count)).slice();
    if (bytes.length < count) throw this.#cut(`${count} bytes of ${what}`, bytes.length);
    this.#advance(count);
    return bytes;
  }

  /**
   * Whatever is at hand of the next `count` bytes, at least one of them. Valid until the next call.
   *
   * @throws CkptError `truncated`.
   */
  async some(count: number, what: string): Promise<Uint8Array> {
    if (this.#start === this.#end && !(await this.#more(1))) throw this.#cut(`${count} bytes of ${what}`, 0);
    const bytes = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + count));
    this.#advance(bytes.length);
    return bytes;
  }

  /**
   * Moves on by `count` bytes without looking at them.
   *
   * @throws CkptError `truncated`.
   */
  async skip(count: number, what: string): Promise<void> {
    const buffered = Math.min(count, this.#end - this.#start);
    this.#advance(buffered);
    const moved = buffered === count ? 0 : await this.#body.skip(count - buffered);
    this.offset += moved;
    if (buffered + moved < count) throw this.#cut(`${count} bytes of ${what}`, buffered + moved);
  }

  /** Whether the stream has ended. */
  async atEnd(): Promise<boolean> {
    return (await this.peek(1)).length === 0;
  }

  /**
   * Reads a header.
   *
   * @throws CkptError `truncated`, `bad-varint`, `over-limit`.
   * @see gVisor pkg/state/decode.go: ReadHeader (bit 63: objects).
   */
  async header(what: string): Promise<StreamHeader> {
    let bytes = await this.peek(1);
    if (bytes.length === 0) throw this.#cut(what, 0);
    // No further than the header: behind it may lie pages, which are not to be read.
    for (let count = 2; count <= 10 && (bytes.at(-1) as number) >= 0x80; count++) bytes = await this.peek(count);
    const cursor: WireCursor = { bytes, end: bytes.length, base: this.offset, position: 0 };
    const value = readUint(cursor);
    const isGraph = (value & GRAPH_FLAG) !== 0n;
    const count = value & ~GRAPH_FLAG;
    if (count > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new CkptError(
        'over-limit',
        { layer: 'graph', offset: this.offset },
        { expected: `the header of ${what}`, found: `a count of ${count}`, hint: 'The image is damaged' },
      );
    }
    this.#advance(cursor.position);
    return isGraph ? { kind: 'graph', objects: Number(count) } : { kind: 'raw', length: Number(count) };
  }

  /**
   * Reads the graph whose header comes next.
   *
   * @param watch names of struct types whose every occurrence is wanted (`Graph.found`).
   * @param onDamage is told what is wrong with the graph, which is then answered as far as it was indexed. The stream cannot be read
   *   further, unless only references are wrong.
   * @throws CkptError of any layer of a graph, when there is no `onDamage` or the graph cannot be begun.
   */
  async graph(
    what: string,
    watch: (name: string) => boolean = () => false,
    onDamage?: (error: CkptError) => void,
  ): Promise<Graph> {
    const at = this.offset;
    const header = await this.header(what);
    if (header.kind !== 'graph') {
      throw new CkptError(
        'unexpected-record',
        { layer: 'graph', offset: at },
        {
          expected: what,
          found: `${header.length} bytes of raw data`,
          hint: 'The image is damaged, or written by a runsc of another kind',
        },
      );
    }
    this.#compact();
    const state = beginGraph(this.#graphs, header.objects, this.offset, this.#limits, watch);
    let graph: Graph;
    try {
      await this.#index(state, what);
      graph = finishGraph(state);
    } catch (error) {
      if (onDamage === undefined || !(error instanceof CkptError)) throw error;
      onDamage(error);
      graph = indexedSoFar(state);
      if (state.count < state.wanted) return graph;
    }
    this.#detach(state.position);
    this.#graphs++;
    if (this.#graphs > this.#limits.graphs) {
      throw new CkptError(
        'over-limit',
        { layer: 'graph', offset: at },
        { expected: `at most ${this.#limits.graphs} graphs in a stream`, found: 'more', hint: 'The image is damaged or hostile' },
      );
    }
    return graph;
  }

  /** Reads and indexes until the graph is complete. */
  async #index(state: GraphScan, what: string): Promise<void> {
    while (!advance(state, this.#buffer, this.#end)) {
      // A record that did not fit is scanned again from its start: ask for half as much again as is there, so that the
      // cost of a large object stays linear.
      const wanted = Math.max(state.scan.needed, state.position + (this.#end - state.position) * 1.5);
      this.#checkRoom(state.scan.needed, what);
      const before = this.#end;
      while (this.#end < wanted && (await this.#more(Math.ceil(wanted)))) {}
      if (this.#end < state.scan.needed && this.#ended && this.#end === before) {
        throw this.#cutGraph(what, state.count, state.wanted);
      }
    }
  }

  /** Appends what the body gives next; false at its end. */
  async #more(hint: number): Promise<boolean> {
    if (this.#ended) return false;
    const next = await this.#body.next();
    if (next === null) {
      this.#ended = true;
      return false;
    }
    // Node's Buffers are another class: the scan would be compiled for both, and be slower for each.
    const block = Buffer.isBuffer(next) ? new Uint8Array(next.buffer, next.byteOffset, next.length) : next;
    const used = this.#end - this.#start;
    if (used === 0) {
      this.#buffer = block;
      this.#start = 0;
      this.#end = block.length;
      return true;
    }
    if (this.#end + block.length > this.#buffer.length) {
      const grown = new Uint8Array(this.#capacity(used + block.length, hint));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
      this.#start = 0;
      this.#end = used;
    }
    this.#buffer.set(block, this.#end);
    this.#end += block.length;
    return true;
  }

  /** Room for at least `needed` bytes, with half as much again to grow, but not beyond what can still come. */
  #capacity(needed: number, hint: number): number {
    const generous = Math.max(needed, Math.min(hint, needed * 1.5), Math.ceil(needed * 1.5));
    const atMost = this.#body.atMost;
    return atMost === null ? generous : Math.max(needed, Math.min(generous, needed + atMost));
  }

  /** Refuses a record that needs more bytes than can come or may be held. */
  #checkRoom(needed: number, what: string): void {
    const atMost = this.#body.atMost;
    if (atMost !== null && needed > this.#end + atMost) throw this.#cutAt(this.offset + this.#end + atMost, what);
    if (needed > this.#limits.graphBytes) {
      throw new CkptError(
        'over-limit',
        { layer: 'graph', offset: this.offset },
        {
          expected: `${what} of at most ${this.#limits.graphBytes} bytes`,
          found: 'a larger one',
          hint: 'The image is damaged, or its kernel state is larger than this limit',
        },
      );
    }
  }

  /** Moves what is unread to the beginning of the buffer, so that indexes count from the next byte. */
  #compact(): void {
    if (this.#start === 0) return;
    this.#buffer = this.#buffer.slice(this.#start, this.#end);
    this.#start = 0;
    this.#end = this.#buffer.length;
  }

  /** Lets a graph keep the first `length` bytes of the buffer and goes on behind them. */
  #detach(length: number): void {
    this.#buffer = this.#buffer.slice(length, this.#end);
    this.#start = 0;
    this.#end = this.#buffer.length;
    this.offset += length;
  }

  #advance(count: number): void {
    this.#start += count;
    this.offset += count;
  }

  #cut(expected: string, found: number): CkptError {
    return new CkptError(
      'truncated',
      { layer: 'graph', offset: this.offset + (this.#end - this.#start) },
      {
        expected,
        found: `the end of the data after ${found}`,
        hint: 'The image was cut short, or the checkpoint did not finish',
      },
    );
  }

  #cutAt(offset: number, what: string): CkptError {
    return new CkptError(
      'truncated',
      { layer: 'graph', offset },
      {
        expected: `the rest of ${what}`,
        found: 'the end of the data',
        hint: 'The image was cut short, or the checkpoint did not finish',
      },
    );
  }

  #cutGraph(what: string, count: number, wanted: number): CkptError {
    return new CkptError(
      'truncated',
      { layer: 'graph', offset: this.offset + this.#end },
      {
        expected: `${what} of ${wanted} objects`,
        found: `the end of the data after ${count}`,
        hint: 'The image was cut short, or the checkpoint did not finish',
      },
    );
  }
}

/** The little-endian 64-bit number in eight bytes, as a safe integer. */
export function readLittleEndian64(bytes: Uint8Array, offset: number, base: number, what: string): number {
  const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(offset, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new CkptError(
      'over-limit',
      { layer: 'pages', offset: base },
      { expected: what, found: String(value), hint: 'The image is damaged' },
    );
  }
  return Number(value);
}
