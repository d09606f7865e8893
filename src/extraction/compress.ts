/** Compresses what goes by. */
import { constants, createGzip } from 'node:zlib';
import { UsageError } from '../errors.ts';
import { openZstdCompressor } from '../io/zstd-codec.ts';
import type { WriteBytes } from './tar-writer.ts';

export const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** A compressor before an output. */
export interface Compressor {
  write: WriteBytes;
  /** Writes what is left. */
  finish(): Promise<void>;
  close(): void;
}

/** The usual middle between time and size. @see zstd(1): default level */
const ZSTD_LEVEL = 3;

/**
 * Compresses for an output. The bytes are the same for the same input and the same Node.js.
 *
 * @param zstd `native: false` for the codec of the zstd-codec package on every Node.js.
 */
export async function openCompressor(
  compression: Compression,
  write: WriteBytes,
  zstd: { readonly native?: boolean } = {},
): Promise<Compressor> {
  switch (compression) {
    case 'none':
      return { write, async finish() {}, close() {} };
    case 'gzip':
      return gzip(write);
    case 'zstd': {
      const stream = await openZstdCompressor(ZSTD_LEVEL, zstd);
      const pass = async (blocks: readonly Uint8Array[]): Promise<void> => {
        for (const block of blocks) await write(block);
      };
      return {
        write: async (bytes) => pass(await stream.push(bytes)),
        finish: async () => pass(await stream.end()),
        close: () => stream.close(),
      };
    }
  }
}

function gzip(write: WriteBytes): Compressor {
  const stream = createGzip({ level: constants.Z_DEFAULT_COMPRESSION });
  const drained = (async () => {
    for await (const block of stream) await write(block as Uint8Array);
  })();
  drained.catch(() => {});
  return {
    async write(bytes) {
      if (stream.write(bytes)) return;
      await Promise.race([new Promise<void>((resolve) => stream.once('drain', () => resolve())), drained]);
    },
    async finish() {
      stream.end();
      await drained;
    },
    close: () => stream.destroy(),
  };
}

/** Endings of compressions that are not written: a file of such a name would not be what it says. */
const OTHERS = /[.](?:xz|txz|lzma|bz2|tbz2?|lz4|br|zip|7z)$/i;

/**
 * What a name asks for.
 *
 * @throws UsageError when that is a compression that is not written
 */
export function compressionOfName(name: string): Compression {
  const other = OTHERS.exec(name)?.[0];
  if (other !== undefined)
    throw new UsageError(
      `${name}: ${other} is not written, only .tar, .tar.gz and .tar.zst; --compression writes under any name`,
    );
  if (/[.](?:tgz|gz)$/i.test(name)) return 'gzip';
  return /[.](?:tzst|zst|zstd)$/i.test(name) ? 'zstd' : 'none';
}
