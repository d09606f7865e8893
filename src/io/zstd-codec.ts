/** Zstandard: Node's own where it has it (since 22.15), else the packages zstddec and zstd-codec. The only file that knows them. */
/// <reference path="./zstd-codec-package.d.ts" />

import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

/** A codec of one stream, fed by hand. Errors are what the codec says, to be given a place by the caller. */
export interface ZstdStream {
  /**
   * Takes bytes and gives what comes out of them.
   *
   * @throws ZstdError when the codec refuses them.
   */
  push(bytes: Uint8Array): Promise<Uint8Array[]>;
  /**
   * Ends the stream and gives the rest.
   *
   * @throws ZstdError.
   */
  end(): Promise<Uint8Array[]>;
  /** Frees its memory; nothing can be pushed any more. */
  close(): void;
}

/** The codec refused the bytes. */
export class ZstdError extends Error {
  override readonly name = 'ZstdError';
}

/** Parts of node:zlib that the oldest supported Node does not have. */
interface NativeZstd {
  readonly createZstdDecompress?: (options: { chunkSize: number }) => Transform;
  readonly createZstdCompress?: (options: { chunkSize: number; params: Record<number, number> }) => Transform;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number; readonly ZSTD_c_checksumFlag?: number };
}

const native = zlib as unknown as NativeZstd;
const CHUNK = 256 * 1024;
/** zstd-codec has 16 MiB of memory, which its WebAssembly says itself and no option raises: the tables of level 9 fit. */
const PACKAGE_LEVEL = 9;
/** What each of the decompressors has memory for; `zstd -d` itself takes no more unless it is told to. */
export const LARGEST_ZSTD_WINDOW = 128 * 1024 * 1024;

/** Chooses between Node's codec and the package; tests ask for the package. */
export interface ZstdChoice {
  readonly native?: boolean;
}

/** A decompressor of one frame. */
export interface ZstdDecompressor {
  /**
   * Takes the next part of the frame, the header or one block: no more than 128 KiB may come out of it. It may change after that.
   *
   * @throws ZstdError when the codec refuses it.
   */
  add(part: Uint8Array): void;
  /**
   * What came out of the parts since the last call.
   *
   * @throws ZstdError.
   */
  take(): Promise<Uint8Array[]>;
  /**
   * Ends the frame.
   *
   * @throws ZstdError when it is not complete.
   */
  end(): Promise<Uint8Array[]>;
  /** Frees its memory; nothing can be pushed any more. */
  close(): void;
}

/** A decompressor of one frame, whose window is at most {@link LARGEST_ZSTD_WINDOW}. */
export async function openZstdDecompressor(choice: ZstdChoice = {}): Promise<ZstdDecompressor> {
  if (choice.native !== false && native.createZstdDecompress !== undefined) {
    const { push, end, close } = nativeStream(native.createZstdDecompress({ chunkSize: CHUNK }));
    let parts: Uint8Array[] = [];
    return {
      add: (part) => void parts.push(part.slice()),
      take() {
        const input = Buffer.concat(parts);
        parts = [];
        return push(input);
      },
      end,
      close,
    };
  }
  const { ZSTDDecoder } = await import('zstddec/stream');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return packageDecompressor((parts) => decoder.decodeStreaming(parts));
}

/**
 * Hands parts to a generator that asks for the next when it has gone through the one before.
 *
 * It gives one output for each part, as no more comes out of a block than it gives at once. Where it has not asked for the part that it
 * was to take, the codec refused the one before: the generator would try that one for ever.
 */
function packageDecompressor(decode: (parts: Iterable<Uint8Array>) => Generator<Uint8Array>): ZstdDecompressor {
  let next: Uint8Array | null = null;
  const outputs = decode({
    [Symbol.iterator]: () => ({
      next: () => {
        if (next === null) return { done: true, value: undefined };
        const value = next;
        next = null;
        return { done: false, value };
      },
    }),
  });
  let waiting: Uint8Array[] = [];
  let state: 'open' | 'refused' | 'ended' = 'open';
  /** Makes the generator free its memory; it says then whether the frame was complete. */
  const finish = (): boolean => {
    state = 'ended';
    next = null;
    try {
      return outputs.next().done === true;
    } catch {
      return false;
    }
  };
  return {
    add(part) {
      next = part;
      const { value } = outputs.next();
      if (next !== null) {
        state = 'refused';
        throw new ZstdError('damaged data');
      }
      if (value !== undefined && value.length > 0) waiting.push(value);
    },
    async take() {
      const given = waiting;
      waiting = [];
      return given;
    },
    async end() {
      if (!finish()) throw new ZstdError('damaged data');
      return [];
    },
    close() {
      if (state === 'open') finish();
    },
  };
}

/**
 * A compressor of one frame, with a checksum where Node compresses (the package writes none).
 *
 * The bytes differ between Node's codec and the package, and between their versions.
 *
 * @param level 1 to 19; the package has memory for 9 at most, and takes that instead of a higher one.
 */
export async function openZstdCompressor(level: number, choice: ZstdChoice = {}): Promise<ZstdStream> {
  const { ZSTD_c_compressionLevel: levelKey, ZSTD_c_checksumFlag: checksumKey } = native.constants;
  if (choice.native !== false && native.createZstdCompress !== undefined && levelKey !== undefined && checksumKey !== undefined)
    return nativeStream(native.createZstdCompress({ chunkSize: CHUNK, params: { [levelKey]: level, [checksumKey]: 1 } }));
  const codec = await takeCodec();
  const stream = new codec.ZstdCompressStreamBinding();
  if (!stream.begin(Math.min(level, PACKAGE_LEVEL))) throw new ZstdError('the codec could not start');
  return packageStream(stream, codec);
}

type Codec = Required<import('zstd-codec/lib/zstd-codec-binding-wasm.js').Codec>;
type StreamBinding = import('zstd-codec/lib/zstd-codec-binding-wasm.js').StreamBinding;
type Bindings = Pick<Codec, 'ZstdCompressStreamBinding'>;

/** Started codecs without a stream: each has memory for one. */
const idle: Bindings[] = [];

async function takeCodec(): Promise<Bindings> {
  return idle.pop() ?? startCodec();
}

async function startCodec(): Promise<Bindings> {
  const { default: start } = await import('zstd-codec/lib/zstd-codec-binding-wasm.js');
  return new Promise((resolve, reject) => {
    const codec: Partial<Codec> = {
      print: () => {},
      printErr: () => {},
      onAbort: (what) => reject(new ZstdError(`the codec could not start (${String(what)})`)),
      // The codec has a `then` of its own, which would make a promise wait for itself: it is handed on in parts.
      onRuntimeInitialized: () => {
        const { ZstdCompressStreamBinding } = codec as Codec;
        resolve({ ZstdCompressStreamBinding });
      },
    };
    start(codec);
  });
}

function packageStream(stream: StreamBinding, codec: Bindings): ZstdStream {
  let broken = false;
  const run = (action: (take: (bytes: Uint8Array) => void) => boolean): Uint8Array[] => {
    const outputs: Uint8Array[] = [];
    let fine = false;
    try {
      fine = action((bytes) => {
        if (bytes.length > 0) outputs.push(bytes);
      });
    } catch (error) {
      // It throws strings when it runs out of memory, and cannot be used after that.
      broken = true;
      throw new ZstdError(typeof error === 'string' ? 'the codec ran out of memory' : String(error));
    }
    if (!fine) throw new ZstdError('damaged data');
    return outputs;
  };
  let open = true;
  return {
    // It keeps back what it takes for the beginning of a block, until it is flushed.
    push: async (bytes) => run((take) => stream.transform(bytes, take) && stream.flush(take)),
    end: async () => run((take) => stream.end(take)),
    close() {
      if (!open) return;
      open = false;
      if (broken) return;
      stream.delete();
      idle.push(codec);
    },
  };
}

function nativeStream(stream: Transform): ZstdStream {
  let outputs: Uint8Array[] = [];
  let failure: Error | null = null;
  let failed: (error: Error) => void = () => {};
  stream.on('data', (bytes: Uint8Array) => outputs.push(bytes));
  stream.on('error', (error) => {
    failure = error;
    failed(error);
  });
  const wait = (start: (done: () => void) => void): Promise<Uint8Array[]> =>
    new Promise((resolve, reject) => {
      failed = (error) => reject(new ZstdError(error.message));
      if (failure !== null) return failed(failure);
      start(() => {
        const given = outputs;
        outputs = [];
        resolve(given);
      });
    });
  return {
    push: (bytes) => wait((done) => stream.write(bytes, (error) => (error ? undefined : done()))),
    end: () =>
      wait((done) => {
        stream.on('end', done);
        stream.end();
      }),
    close: () => void stream.destroy(),
  };
}
