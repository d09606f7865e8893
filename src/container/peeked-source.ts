/** Looks at the first bytes of a source without losing them. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { readUpTo } from '../bytes/source-reading.ts';

/** The first bytes, and a source that still begins with them. */
export interface Peeked {
  readonly bytes: Uint8Array;
  readonly source: ByteSource;
}

/**
 * The first `count` bytes of a source, fewer when it ends before.
 *
 * @throws CkptError `io-error`.
 */
export async function peeked(source: ByteSource, count: number): Promise<Peeked> {
  const bytes = await readUpTo(source, count);
  return { bytes, source: withStart(bytes, source) };
}

function withStart(start: Uint8Array, source: ByteSource): ByteSource {
  let position = 0;
  return {
    size: source.size,
    seekable: source.seekable,
    async read(max) {
      if (position === start.length) return source.read(max);
      const bytes = start.slice(position, position + max);
      position += bytes.length;
      return bytes;
    },
    async skip(count) {
      const first = Math.min(count, start.length - position);
      position += first;
      return first === count ? first : first + (await source.skip(count - first));
    },
    close: () => source.close(),
  };
}
