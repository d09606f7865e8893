/** A source whose bytes come out of another one, in pieces. */
import type { ByteSource } from '../bytes/byte-source.ts';

/** Gives the next bytes, not none, or null at the end. */
export type NextPiece = () => Promise<Uint8Array | null>;

/** A source of the pieces that `next` gives. */
export function expandingSource(next: NextPiece, close: () => Promise<void>): ByteSource {
  let piece: Uint8Array = new Uint8Array(0);
  let ended = false;
  const fill = async (): Promise<boolean> => {
    if (piece.length > 0) return true;
    if (ended) return false;
    const given = await next();
    if (given === null) ended = true;
    else piece = given;
    return given !== null;
  };
  return {
    size: null,
    seekable: false,
    async read(max) {
      if (!(await fill())) return new Uint8Array(0);
      const bytes = piece.length <= max ? piece : piece.slice(0, max);
      piece = piece.subarray(bytes.length);
      return bytes;
    },
    async skip(count) {
      let left = count;
      while (left > 0 && (await fill())) {
        const step = Math.min(left, piece.length);
        piece = piece.subarray(step);
        left -= step;
      }
      return count - left;
    },
    close,
  };
}
