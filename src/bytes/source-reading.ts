/** Reading from a {@link ByteSource}, and sources over what is at hand. Nothing is read ahead. */
import type { ByteSource } from './byte-source.ts';
import type { RandomSource } from './random-source.ts';

/** The most bytes that are moved at once where the content matters to nobody. */
const BLOCK = 1024 * 1024;

/** The next `count` bytes of a source; fewer at its end. */
export async function readUpTo(source: Pick<ByteSource, 'read'>, count: number): Promise<Uint8Array> {
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

/** A source of which every byte is read by `read`, also what is skipped. */
export function readThrough(source: ByteSource, read: ByteSource['read']): ByteSource {
  return {
    size: source.size,
    seekable: false,
    read,
    async skip(count) {
      let left = count;
      while (left > 0) {
        const { length } = await read(Math.min(left, BLOCK));
        if (length === 0) break;
        left -= length;
      }
      return count - left;
    },
    close: () => source.close(),
  };
}

/** The source, which tells by how many bytes each reading or skipping moved it. */
export function countedSource(source: ByteSource, moved: (count: number) => void): ByteSource {
  return {
    size: source.size,
    seekable: source.seekable,
    async read(max) {
      const bytes = await source.read(max);
      moved(bytes.length);
      return bytes;
    },
    async skip(count) {
      const skipped = await source.skip(count);
      moved(skipped);
      return skipped;
    },
    close: () => source.close(),
  };
}

/** The source, whose errors go to `fail`, which throws them or others. */
export function guardedSource(source: ByteSource, fail: (error: unknown) => never): ByteSource {
  return {
    size: source.size,
    seekable: source.seekable,
    async read(max) {
      try {
        return await source.read(max);
      } catch (error) {
        return fail(error);
      }
    },
    async skip(count) {
      try {
        return await source.skip(count);
      } catch (error) {
        return fail(error);
      }
    },
    close: () => source.close(),
  };
}

/** Reads a source to its end, and gives every block to `each`. */
export async function eachBlock(source: Pick<ByteSource, 'read'>, each: (bytes: Uint8Array) => void): Promise<void> {
  for (let bytes = await source.read(BLOCK); bytes.length > 0; bytes = await source.read(BLOCK)) each(bytes);
}

/** A source of bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return forwardSource({ size: bytes.length, readAt: async (position, length) => bytes.slice(position, position + length) });
}

/** A source over bytes that can be read at any position; closing it closes nothing. */
export function forwardSource(room: Pick<RandomSource, 'size' | 'readAt'>): ByteSource {
  let position = 0;
  return {
    size: room.size,
    seekable: true,
    async read(max) {
      const bytes = await room.readAt(position, max);
      position += bytes.length;
      return bytes;
    },
    async skip(count) {
      const moved = Math.min(count, room.size - position);
      position += moved;
      return moved;
    },
    async close() {},
  };
}

/** The next `size` bytes of a source, which is closed with it. */
export function partOf(source: ByteSource, size: number): ByteSource {
  let left = size;
  return {
    size,
    seekable: source.seekable,
    async read(max) {
      if (left === 0) return new Uint8Array(0);
      const bytes = await source.read(Math.min(max, left));
      left -= bytes.length;
      return bytes;
    },
    async skip(count) {
      const moved = await source.skip(Math.min(count, left));
      left -= moved;
      return moved;
    },
    close: () => source.close(),
  };
}

/** Bytes one behind the other; the part itself when there is one only. */
export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}
