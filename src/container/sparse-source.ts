/** A sparse member with its holes filled. */
import type { ByteSource } from '../bytes/byte-source.ts';
import type { SparseMap } from './sparse-map.ts';

/** Most zeros given at once. */
const HOLE_BLOCK = 1024 * 1024;

/**
 * The real content of a sparse member.
 *
 * @param stored the stored bytes, one part behind the other.
 * @param charge is told of the zeros of holes that were read; those that are skipped cost nothing.
 */
export function sparseSource(
  { size, stored: parts }: SparseMap,
  stored: ByteSource,
  charge: (bytes: number) => void,
): ByteSource {
  let position = 0;
  let part = 0;
  /** How far the hole or the stored bytes at the position go. */
  const here = (): { readonly hole: boolean; readonly length: number } => {
    for (; part < parts.length; part++) {
      const { start, length } = parts[part] as SparseMap['stored'][number];
      if (position < start) return { hole: true, length: start - position };
      if (position < start + length) return { hole: false, length: start + length - position };
    }
    return { hole: true, length: size - position };
  };
  return {
    size,
    seekable: stored.seekable,
    async read(max) {
      const { hole, length } = here();
      const wanted = Math.min(max, length);
      if (wanted <= 0) return new Uint8Array(0);
      const block = hole ? new Uint8Array(Math.min(wanted, HOLE_BLOCK)) : await stored.read(wanted);
      if (hole) charge(block.length);
      position += block.length;
      return block;
    },
    async skip(count) {
      let moved = 0;
      while (moved < count) {
        const { hole, length } = here();
        const wanted = Math.min(count - moved, length);
        if (wanted <= 0) break;
        const step = hole ? wanted : await stored.skip(wanted);
        position += step;
        moved += step;
        if (step < wanted) break;
      }
      return moved;
    },
    close: () => stored.close(),
  };
}
