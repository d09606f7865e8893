/** Who wants to see the saved memory itself while an image is read. */
import type { ByteSource } from '../bytes/byte-source.ts';
import type { MemoryFile } from './memory-file.ts';

/** Is told of the saved memory in the order of the image. */
export interface PageReading {
  /** The image is read, from its beginning; perhaps again. */
  begin(): void;
  /**
   * The metadata of a memory file was read. Where its pages lie behind it in the stream, their positions are filled in as they come: a
   * position of 0 was not reached.
   */
  file(file: MemoryFile): void;
  /** Pages that lie in the stream, as they come: valid until the call ends. Null: they are not wanted. */
  readonly inline: ((bytes: Uint8Array) => Promise<void>) | null;
  /**
   * Takes pages.img; a pipe may give it before anything else is known of the image. Null: it is not wanted.
   *
   * @throws CkptError of the source.
   */
  readonly separate: ((source: ByteSource) => Promise<void>) | null;
}
