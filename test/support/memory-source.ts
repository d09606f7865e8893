/** A byte source over bytes in memory, in blocks of chosen sizes. */
import type { ByteSource } from '../../src/bytes/byte-source.ts';

export interface MemorySource extends ByteSource {
  /** Bytes that were read (not skipped). */
  readonly bytesRead: number;
}

/** `blocks`: sizes of the blocks that reads give, used in turn; a pipe neither knows its size nor skips for free. */
export function memorySource(
  bytes: Uint8Array,
  options: { readonly blocks?: readonly number[]; readonly pipe?: boolean } = {},
): MemorySource {
  const pipe = options.pipe ?? false;
  let position = 0;
  let turn = 0;
  let bytesRead = 0;
  return {
    size: pipe ? null : bytes.length,
    seekable: !pipe,
    get bytesRead() {
      return bytesRead;
    },
    async read(max) {
      const blocks = options.blocks ?? [];
      const size = blocks.length === 0 ? max : Math.min(max, Math.max(1, blocks[turn++ % blocks.length] ?? 1));
      const block = bytes.slice(position, position + size);
      position += block.length;
      bytesRead += block.length;
      return block;
    },
    async skip(count) {
      const moved = Math.min(count, bytes.length - position);
      position += moved;
      return moved;
    },
    async close() {},
  };
}
