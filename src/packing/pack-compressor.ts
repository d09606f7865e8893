/** Compresses an archive to the same bytes on every machine, as far as the codecs allow. */
import { type Compression, type Compressor, openCompressor } from '../extraction/compress.ts';
import type { WriteBytes } from '../extraction/tar-writer.ts';

/** What is compressed at once: codecs may cut their blocks where they are handed bytes. */
const BLOCK = 1024 * 1024;

/** Byte of a gzip header that names the operating system, and its value for none. @see RFC 1952, 2.3.1 */
const GZIP_OS = 9;
const UNKNOWN_OS = 255;

/**
 * A compressor whose output depends on the bytes alone, not on how they come.
 *
 * zstd is always that of the zstd-codec package, whatever Node has of its own, so that one version of ckpt writes the same bytes on every
 * Node.js. gzip is Node's: the same on the same build of Node.js.
 */
export async function openPackCompressor(compression: Compression, write: WriteBytes): Promise<Compressor> {
  if (compression === 'none') return openCompressor('none', write);
  return inBlocks(await openCompressor(compression, compression === 'gzip' ? withoutSystem(write) : write, { native: false }));
}

function withoutSystem(write: WriteBytes): WriteBytes {
  let at = 0;
  return async (bytes) => {
    const index = GZIP_OS - at;
    at += bytes.length;
    if (index < 0 || index >= bytes.length) return write(bytes);
    const changed = bytes.slice();
    changed[index] = UNKNOWN_OS;
    return write(changed);
  };
}

function inBlocks({ write, finish, close }: Compressor): Compressor {
  let waiting = new Uint8Array(BLOCK);
  let length = 0;
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const part = bytes.subarray(at, at + BLOCK - length);
        waiting.set(part, length);
        length += part.length;
        at += part.length;
        if (length < BLOCK) continue;
        const full = waiting;
        // The compressor may still read it when the next bytes come.
        waiting = new Uint8Array(BLOCK);
        length = 0;
        await write(full);
      }
    },
    async finish() {
      if (length > 0) await write(waiting.subarray(0, length));
      await finish();
    },
    close,
  };
}
