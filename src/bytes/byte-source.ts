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
  /**
   * Reads into memory of the caller instead, at most as much as it holds, and answers how many bytes: 0 at the end. Only where that spares
   * a copy.
   *
   * @throws CkptError `io-error`.
   */
  readInto?(target: Uint8Array): Promise<number>;
  /** Moves `count` bytes on and returns by how many it really moved: fewer at the end. */
  skip(count: number): Promise<number>;
  close(): Promise<void>;
}
