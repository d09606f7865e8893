/** Where the bytes of one file go: to a file that has its name when it is whole, or to a stream. */
import { beginFile } from '../io/finished-file.ts';
import type { WriteBytes } from './tar-writer.ts';

/** What the caller names. */
export type OutputPlace =
  | { readonly file: string; readonly force: boolean }
  /** A stream such as standard output. */
  | { readonly write: WriteBytes };

/** An output that was begun. */
export interface Output {
  readonly write: WriteBytes;
  /** So many zeros: a hole where there can be one. */
  zeros(count: number): Promise<void>;
  /** Gives a file its name. */
  finish(): void;
  /** Takes a file that is not finished away. */
  abandon(): void;
}

const ZEROS = new Uint8Array(256 * 1024);

/**
 * Begins to write.
 *
 * @throws UsageError when the file is there already, or cannot be written
 */
export function openOutput(place: OutputPlace, mode?: number): Output {
  const stream = (write: WriteBytes) => async (count: number) => {
    for (let left = count; left > 0; left -= ZEROS.length) await write(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
  };
  if ('write' in place) return { write: place.write, zeros: stream(place.write), finish() {}, abandon() {} };
  const file = beginFile(place.file, place.force, mode);
  const write = async (bytes: Uint8Array): Promise<void> => file.write(bytes);
  return {
    write,
    zeros: file.seekable ? async (count) => file.skip(count) : stream(write),
    finish: () => file.finish(),
    abandon: () => file.abandon(),
  };
}
