/** Where bytes come from: the interface between `io` (files, pipes) and everything that decodes. */

/** A forward-only source of bytes. Nothing is read before it is asked for. */
export interface ByteSource {
  /** Bytes in the whole source, or null when that is not known in advance (a pipe). */
  readonly size: number | null;
  /** Whether {@link ByteSource.skip} moves without reading. */
  readonly seekable: boolean;
  /**
   * The next bytes, at most `max` of them and at least one; an empty array at the end. The array belongs to the caller.
   *
   * @throws CkptError `io-error` when the operating system cannot read.
   */
  read(max: number): Promise<Uint8Array>;
  /** Moves `count` bytes on and returns by how many it really moved: fewer at the end. */
  skip(count: number): Promise<number>;
  close(): Promise<void>;
}
