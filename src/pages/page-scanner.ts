/** Reads stored pages as they come, a fixed number of blocks at a time, and finds those that are zeros and those that are equal. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { BLOCK_BYTES, createPageMemory, HASH_WORDS, type PageMemory, type PageSlot, pageSlot } from '../bytes/page-hash.ts';
import { SAMPLE_PAGES } from '../bytes/page-work.ts';
import { MOST_THREADS, openPageWorkers, type PageWorkers } from '../io/page-workers.ts';
import { ContentTable } from './content-table.ts';
import { PAGE_BYTES } from './memory-file.ts';
import { NumberSet } from './number-set.ts';
import { PageSamples, type SampleSums } from './page-samples.ts';
import { ScannedPages } from './scanned-pages.ts';

export interface ScannerOptions {
  /** Threads that hash; 0: this one. */
  readonly threads: number;
  /** The most pages of one image that are looked at. */
  readonly mostPages: number;
  /** Is told the bytes that were read of an image so far, and of how many where that is known. */
  readonly onProgress?: (done: number, total: number | null) => void;
}

/** What a scan found. */
export interface PageScanResult {
  readonly pages: ScannedPages;
  /** Numbers of the contents other than zeros, the same for all images of a scanner. */
  readonly contents: NumberSet;
  readonly samples: SampleSums;
  /** Bytes that came, and of these those behind the last whole page. */
  readonly bytes: number;
  readonly restBytes: number;
  /** More pages came than the scanner looks at. */
  readonly overLimit: boolean;
}

/** The scan of one image. */
export interface PageScan {
  /** Takes the bytes that come next. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Takes a source to its end, or to the most pages that are looked at.
   *
   * @throws CkptError of the source.
   */
  fill(source: ByteSource): Promise<void>;
  /** What was found in all bytes that came; nothing may come after it. */
  end(): Promise<PageScanResult>;
}

/** Scans images one after the other, with one numbering of contents. */
export interface PageScanner {
  /** Begins a scan, and ends the one before. */
  begin(): Promise<PageScan>;
  close(): Promise<void>;
}

/** Blocks for each thread: one that it reads, one that waits for it. */
const BLOCKS_PER_THREAD = 3;

/** Opens a scanner; its memory is 2 MiB for each block and some 30 bytes for each page with a content of its own. */
export function openPageScanner({ threads, mostPages, onProgress }: ScannerOptions): PageScanner {
  const slots = Math.max(1, Math.min(threads, MOST_THREADS)) * BLOCKS_PER_THREAD;
  const memory = createPageMemory(slots);
  const workers = openPageWorkers(memory, threads);
  const table = new ContentTable();
  const shared = { memory, slots, workers, table, mostPages, onProgress: onProgress ?? (() => {}) };
  let last: PageScan | null = null;
  return {
    async begin() {
      // They use the same blocks.
      await last?.end();
      last = beginScan(shared);
      return last;
    },
    close: () => workers.close(),
  };
}

interface Shared {
  readonly memory: PageMemory;
  readonly slots: number;
  readonly workers: PageWorkers;
  readonly table: ContentTable;
  readonly mostPages: number;
  readonly onProgress: (done: number, total: number | null) => void;
}

/** A block that is being read. */
interface Flying {
  readonly slot: number;
  readonly pages: number;
  /** Number of its first sample, and which of them are compressed. */
  readonly firstSample: number;
  readonly samples: readonly number[];
  readonly sizes: Promise<number[]>;
}

function beginScan({ memory, slots, workers, table, mostPages, onProgress }: Shared): PageScan {
  const blocks: readonly PageSlot[] = Array.from({ length: slots }, (_, index) => pageSlot(memory, index));
  const free = Array.from({ length: slots }, (_, index) => index);
  const flying: Flying[] = [];
  const pages = new ScannedPages();
  const contents = new NumberSet();
  const samples = new PageSamples();
  let slot = free.pop() as number;
  let filled = 0;
  let bytes = 0;
  let sent = 0;
  let total: number | null = null;
  let ending: Promise<PageScanResult> | null = null;

  /** Takes the answer to the block that was sent first. */
  const take = async (): Promise<void> => {
    const block = flying.shift() as Flying;
    const sizes = await block.sizes;
    const { hashes, used } = blocks[block.slot] as PageSlot;
    for (let page = 0; page < block.pages; page++) {
      const content = used[page] === 0 ? 0 : table.numberOf(hashes, page * HASH_WORDS);
      pages.push(content, content !== 0 && !contents.add(content));
    }
    for (const [index, sample] of block.samples.entries()) {
      const length = Math.min(SAMPLE_PAGES, block.pages - sample * SAMPLE_PAGES);
      samples.add(block.firstSample + sample, length * PAGE_BYTES, sizes[index] as number);
    }
    free.push(block.slot);
    onProgress(pages.length * PAGE_BYTES, total);
  };
  /** Sends the whole pages of the block that is being filled, and takes another. */
  const send = async (): Promise<void> => {
    const count = Math.min(Math.floor(filled / PAGE_BYTES), mostPages - sent);
    filled = 0;
    if (count <= 0) return;
    const firstSample = sent / SAMPLE_PAGES;
    const wanted: number[] = [];
    for (let sample = 0; sample * SAMPLE_PAGES < count; sample++) if (samples.wants(firstSample + sample)) wanted.push(sample);
    const sizes = workers.run({ slot, pages: count, samples: wanted });
    // Whoever waits for it comes later.
    sizes.catch(() => {});
    flying.push({ slot, pages: count, firstSample, samples: wanted, sizes });
    sent += count;
    while (free.length === 0) await take();
    slot = free.pop() as number;
  };
  const room = (): Uint8Array<SharedArrayBuffer> => (blocks[slot] as PageSlot).bytes.subarray(filled);
  const came = async (count: number): Promise<void> => {
    filled += count;
    bytes += count;
    if (filled === BLOCK_BYTES) await send();
  };
  const write = async (block: Uint8Array): Promise<void> => {
    for (let at = 0; at < block.length; ) {
      const part = block.subarray(at, at + BLOCK_BYTES - filled);
      room().set(part);
      at += part.length;
      await came(part.length);
    }
  };
  const finish = async (): Promise<PageScanResult> => {
    await send();
    while (flying.length > 0) await take();
    return {
      pages,
      contents,
      samples: samples.sums(),
      bytes,
      restBytes: bytes % PAGE_BYTES,
      overLimit: Math.floor(bytes / PAGE_BYTES) > sent,
    };
  };

  return {
    write,
    async fill(source) {
      if (source.size !== null) {
        total = source.size;
        samples.expect(Math.ceil(Math.floor(Math.min(total / PAGE_BYTES, mostPages)) / SAMPLE_PAGES));
      }
      while (sent < mostPages) {
        if (source.readInto === undefined) {
          const block = await source.read(BLOCK_BYTES);
          if (block.length === 0) return;
          await write(block);
        } else {
          const count = await source.readInto(room());
          if (count === 0) return;
          await came(count);
        }
      }
      // What is behind is counted, not looked at.
      bytes += await source.skip(Number.MAX_SAFE_INTEGER);
    },
    end() {
      ending ??= finish();
      return ending;
    },
  };
}
