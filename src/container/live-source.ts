/** A file of an archive that is read while the archive goes by, and goes on being readable when the archive moves on. */
import type { ByteSource } from '../bytes/byte-source.ts';

/** The file, and what the archive does with it. */
export interface LiveSource extends ByteSource {
  /** Whether somebody still wants bytes of it that were not read. */
  readonly wanted: boolean;
  /** Bytes that were read or skipped. */
  readonly position: number;
  /** From now on, the bytes at the position come from elsewhere; asked for when they are needed. */
  moveTo(rest: () => Promise<ByteSource>): void;
}

/** @param source its content at the cursor of the archive. */
export function liveSource(source: ByteSource): LiveSource {
  let from: ByteSource | null = source;
  let elsewhere: (() => Promise<ByteSource>) | null = null;
  let position = 0;
  let ended = false;
  let closed = false;
  const here = async (): Promise<ByteSource> => {
    from ??= elsewhere === null ? source : await elsewhere();
    return from;
  };
  return {
    size: source.size,
    seekable: source.seekable,
    get wanted() {
      return !closed && !ended && position !== source.size;
    },
    get position() {
      return position;
    },
    moveTo(rest) {
      from = null;
      elsewhere = rest;
    },
    async read(max) {
      if (ended || position === source.size) return new Uint8Array(0);
      const bytes = await (await here()).read(max);
      position += bytes.length;
      ended = bytes.length === 0;
      return bytes;
    },
    async skip(count) {
      if (ended || position === source.size) return 0;
      const moved = await (await here()).skip(count);
      position += moved;
      ended = moved < count;
      return moved;
    },
    async close() {
      closed = true;
      // The archive itself is closed by who opened it.
      if (elsewhere !== null) await from?.close();
    },
  };
}
