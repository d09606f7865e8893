/** Bytes that can be read at any position. */
export interface RandomSource {
  readonly size: number;
  /**
   * The bytes from `position` on, `length` of them; fewer at the end. The array belongs to the caller.
   *
   * @throws CkptError `io-error`.
   */
  readAt(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
