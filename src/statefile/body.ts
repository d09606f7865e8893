/** The decoded body of a state file: what remains when framing, compression and hashes are taken off. */

/** A forward-only stream of decoded bytes. */
export interface BodyReader {
  /**
   * The next decoded bytes, or null at the end. The array belongs to the caller.
   *
   * @throws CkptError `truncated`, `bad-deflate`, `bad-hmac`, `wrong-key`, `over-limit`.
   */
  next(): Promise<Uint8Array | null>;
  /**
   * Moves `count` decoded bytes on, without reading, hashing or inflating them where the framing allows; returns by how
   * many it moved: fewer at the end.
   */
  skip(count: number): Promise<number>;
  /**
   * Steps over what is left, by its framing: how runsc reads ahead decides whether bytes behind the end of the last range matter.
   *
   * @throws CkptError `truncated` when the file ends where runsc would notice it.
   */
  finish(): Promise<void>;
  /** Decoded bytes that can still come at most, when the framing tells. */
  readonly atMost: number | null;
}
