/** Zstandard, expanded block by block, so that neither a large window nor a bomb takes memory. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { PullReader } from '../bytes/pull-reader.ts';
import {
  LARGEST_ZSTD_WINDOW,
  openZstdDecompressor,
  type ZstdChoice,
  type ZstdDecompressor,
  ZstdError,
} from '../io/zstd-codec.ts';
import { badArchive } from './archive-error.ts';
import { expandingSource } from './expanding-source.ts';
import { nextZstdBlock, nextZstdFrame, type ZstdFrame } from './zstd-frames.ts';

/** Most blocks given to the codec at once: what comes out of them is at most this many times 128 KiB. */
const BLOCKS_AT_ONCE = 8;

/**
 * The content of a zstd stream of any number of frames.
 *
 * @param charge is told of the bytes that come out before they are given on.
 */
export function expandZstd(source: ByteSource, charge: (bytes: number) => void, choice: ZstdChoice = {}): ByteSource {
  const reader = new PullReader(source);
  let frame: ZstdFrame | null = null;
  let codec: ZstdDecompressor | null = null;
  let first = true;
  const pieces: Uint8Array[] = [];

  const take = (outputs: readonly Uint8Array[]): void => {
    for (const bytes of outputs) {
      charge(bytes.length);
      if (bytes.length > 0) pieces.push(bytes);
    }
  };
  const closeCodec = (): void => {
    codec?.close();
    codec = null;
    frame = null;
  };

  /** Gives the codec some blocks; false at the end of the stream. */
  const advance = async (): Promise<boolean> => {
    const at = reader.offset;
    let last = false;
    try {
      if (frame === null || codec === null) {
        frame = await nextZstdFrame(reader, first, LARGEST_ZSTD_WINDOW);
        first = false;
        if (frame === null) return false;
        codec = await openZstdDecompressor(choice);
        codec.add(frame.header);
      }
      for (let blocks = 0; blocks < BLOCKS_AT_ONCE && !last; blocks++) {
        const block = await nextZstdBlock(reader, frame);
        codec.add(block.bytes);
        last = block.last;
      }
      take(await codec.take());
      if (last) take(await codec.end());
    } catch (error) {
      closeCodec();
      if (!(error instanceof ZstdError)) throw error;
      throw badArchive(at, 'zstd data', error.message, 'The archive is damaged; copy it again');
    }
    if (last) closeCodec();
    return true;
  };

  return expandingSource(
    async () => {
      while (pieces.length === 0) if (!(await advance())) return null;
      return pieces.shift() ?? null;
    },
    async () => {
      closeCodec();
      await source.close();
    },
  );
}
