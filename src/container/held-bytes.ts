/** What is kept in memory of an input that cannot be read again. */
import type { ByteSource } from '../bytes/byte-source.ts';

/** Bytes in blocks as they came. */
export type HeldBlocks = readonly Uint8Array[];

/** Keeps content up to a ceiling that all of it shares. */
export interface Holder {
  /** The rest of a source, or null when it does not fit: then it was read in vain, and nothing of it is kept. */
  hold(source: ByteSource): Promise<HeldBlocks | null>;
}

const BLOCK = 256 * 1024;

/** @param ceiling bytes of everything that is held. */
export function holder(ceiling: number): Holder {
  let held = 0;
  return {
    async hold(source) {
      if (source.size !== null && held + source.size > ceiling) return null;
      const blocks: Uint8Array[] = [];
      let length = 0;
      for (;;) {
        const block = await source.read(BLOCK);
        if (block.length === 0) break;
        length += block.length;
        if (held + length > ceiling) return null;
        blocks.push(block);
      }
      held += length;
      return blocks;
    },
  };
}

/** Held bytes as a source. */
export function heldSource(blocks: HeldBlocks): ByteSource {
  let index = 0;
  let position = 0;
  return {
    size: heldLength(blocks),
    seekable: true,
    async read(max) {
      const block = blocks[index];
      if (block === undefined) return new Uint8Array(0);
      const bytes = block.slice(position, position + max);
      position += bytes.length;
      if (position === block.length) {
        index++;
        position = 0;
      }
      return bytes;
    },
    async skip(count) {
      let left = count;
      for (let block = blocks[index]; block !== undefined && left > 0; block = blocks[index]) {
        const step = Math.min(left, block.length - position);
        left -= step;
        position += step;
        if (position < block.length) break;
        index++;
        position = 0;
      }
      return count - left;
    },
    async close() {},
  };
}

/** Bytes in all blocks. */
export function heldLength(blocks: HeldBlocks): number {
  return blocks.reduce((sum, block) => sum + block.length, 0);
}
