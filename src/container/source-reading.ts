/** Reading exact amounts from a {@link ByteSource}, without reading ahead. */
import type { ByteSource } from '../bytes/byte-source.ts';

/** The next `count` bytes of a source; fewer at its end. */
export async function readUpTo(source: ByteSource, count: number): Promise<Uint8Array> {
  const first = await source.read(count);
  if (first.length === count || first.length === 0) return first;
  const bytes = new Uint8Array(count);
  bytes.set(first);
  let length = first.length;
  while (length < count) {
    const block = await source.read(count - length);
    if (block.length === 0) return bytes.subarray(0, length);
    bytes.set(block, length);
    length += block.length;
  }
  return bytes;
}

/** A source of bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  let position = 0;
  return {
    size: bytes.length,
    seekable: true,
    async read(max) {
      const block = bytes.slice(position, position + max);
      position += block.length;
      return block;
    },
    async skip(count) {
      const moved = Math.min(count, bytes.length - position);
      position += moved;
      return moved;
    },
    async close() {},
  };
}
