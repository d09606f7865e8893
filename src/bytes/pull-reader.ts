/** Exact reads over a {@link ByteSource}: how much is needed is known, how much arrives at once is not. */
import { CkptError, type ErrorLayer } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';

const EMPTY = new Uint8Array(0);
/** Smallest and largest block asked of the source; blocks double, so that a short look costs one short read. */
const FIRST_BLOCK = 64 * 1024;
const LARGEST_BLOCK = 1024 * 1024;
/** Block after a skip: what is skipped to is a header more often than not, and the bytes behind it are not wanted. */
const BLOCK_AFTER_SKIP = 512;

/** A cursor over a source. `offset` is the absolute offset of the next byte. */
export class PullReader {
  offset = 0;
  readonly source: ByteSource;
  #buffer: Uint8Array = EMPTY;
  #position = 0;
  #block = FIRST_BLOCK;
  #ended = false;

  constructor(source: ByteSource) {
    this.source = source;
  }

  /** Bytes between the cursor and the end of the source, or null when unknown. */
  get remaining(): number | null {
    return this.source.size === null ? null : Math.max(0, this.source.size - this.offset);
  }

  /** The next `count` bytes without moving; fewer at the end. Valid until the next call. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#buffer.length - this.#position < count && !this.#ended) await this.#fill(count);
    return this.#buffer.subarray(this.#position, this.#position + count);
  }

  /** The bytes that were read already, without moving. Valid until the next call. */
  atHand(): Uint8Array {
    return this.#buffer.subarray(this.#position);
  }

  /** The next `count` bytes; fewer at the end. Valid until the next call. */
  async upTo(count: number): Promise<Uint8Array> {
    const bytes = await this.peek(count);
    this.#advance(bytes.length);
    return bytes;
  }

  /** Whatever is at hand, at most `count` bytes; empty at the end. Valid until the next call. */
  async some(count: number): Promise<Uint8Array> {
    if (this.#position === this.#buffer.length && !this.#ended) await this.#fill(1);
    const bytes = this.#buffer.subarray(this.#position, this.#position + count);
    this.#advance(bytes.length);
    return bytes;
  }

  /**
   * The next `count` bytes.
   *
   * @throws CkptError `truncated` when the source ends before.
   */
  async exactly(count: number, layer: ErrorLayer, what: string): Promise<Uint8Array> {
    const start = this.offset;
    if (this.remaining !== null && count > this.remaining)
      throw truncated(layer, start + this.remaining, what, count, this.remaining);
    const bytes = await this.upTo(count);
    if (bytes.length < count) throw truncated(layer, start + bytes.length, what, count, bytes.length);
    return bytes;
  }

  /** Moves on by `count` bytes, without reading where the source can; returns by how many it moved. */
  async skip(count: number): Promise<number> {
    const buffered = Math.min(count, this.#buffer.length - this.#position);
    this.#advance(buffered);
    if (buffered === count) return count;
    const skipped = await this.source.skip(count - buffered);
    this.#block = BLOCK_AFTER_SKIP;
    this.offset += skipped;
    return buffered + skipped;
  }

  #advance(count: number): void {
    this.#position += count;
    this.offset += count;
  }

  async #fill(needed: number): Promise<void> {
    const rest = this.#buffer.length - this.#position;
    const block = await this.source.read(Math.max(this.#block, needed - rest));
    this.#block = Math.min(this.#block * 2, LARGEST_BLOCK);
    if (block.length === 0) {
      this.#ended = true;
      return;
    }
    if (rest === 0) {
      this.#buffer = block;
    } else {
      const joined = new Uint8Array(rest + block.length);
      joined.set(this.#buffer.subarray(this.#position));
      joined.set(block, rest);
      this.#buffer = joined;
    }
    this.#position = 0;
  }
}

function truncated(layer: ErrorLayer, offset: number, what: string, expected: number, found: number): CkptError {
  return new CkptError(
    'truncated',
    { layer, offset },
    {
      expected: `${expected} bytes of ${what}`,
      found: `the end of the file after ${found}`,
      hint: 'The file was cut short; copy it again or take the checkpoint again',
    },
  );
}
