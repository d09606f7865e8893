/** What is done with one block of pages: the part of a scan that threads share. */
import { deflateRawSync } from 'node:zlib';
import { type PageMemory, pageHasher, pageSlot } from './page-hash.ts';

/** Pages of one sample of how well pages compress: 32 KiB, the window of DEFLATE. */
export const SAMPLE_PAGES = 8;
const SAMPLE_BYTES = SAMPLE_PAGES * 4096;

/** One block to read. */
export interface PageJob {
  /** Number of the block in the shared memory. */
  readonly slot: number;
  /** Pages in it. */
  readonly pages: number;
  /** Which of its samples to compress, by number from 0; the last may be shorter than others. */
  readonly samples: readonly number[];
}

/** Fills in hashes and flags of a block, and answers the compressed bytes of each sample. */
export type PageWork = (job: PageJob) => number[];

/** Work on the blocks of a memory. */
export function pageWork(memory: PageMemory): PageWork {
  const hash = pageHasher(memory);
  return ({ slot, pages, samples }) => {
    hash(slot, pages);
    const { bytes } = pageSlot(memory, slot);
    // What zlib reads must not be shared.
    return samples.map((sample) => {
      const end = Math.min((sample + 1) * SAMPLE_BYTES, pages * 4096);
      return deflateRawSync(bytes.slice(sample * SAMPLE_BYTES, end), { level: 1 }).length;
    });
  };
}
