/** The part of zstd-codec that is WebAssembly; the package has no types of its own. */
declare module 'zstd-codec/lib/zstd-codec-binding-wasm.js' {
  /** A stream of the codec: each function is false when the codec failed. What comes out is given to the callback before it returns. */
  export interface StreamBinding {
    transform(chunk: Uint8Array, callback: (output: Uint8Array) => void): boolean;
    flush(callback: (output: Uint8Array) => void): boolean;
    end(callback: (output: Uint8Array) => void): boolean;
    /** Frees its memory. */
    delete(): void;
  }
  export interface Codec {
    print?: (text: string) => void;
    printErr?: (text: string) => void;
    onRuntimeInitialized?: () => void;
    onAbort?: (what: unknown) => void;
    ZstdCompressStreamBinding: new () => StreamBinding & { begin(level: number): boolean };
  }
  const start: (options: Partial<Codec>) => unknown;
  // biome-ignore lint/style/noDefaultExport: it is what the package has.
  export default start;
}
