/** Pages that are all zeros, and hashes by which equal pages are found. */
import { PAGE_HASH_BYTES, PAGE_HASH_KEY_BYTES, pageHashModule } from './page-hash-module.ts';

/** Bytes of a page. */
const PAGE = 4096;
/** Bytes of a page of WebAssembly memory. */
const MEMORY_PAGE = 65_536;
/** Pages of a block. */
export const BLOCK_PAGES = 512;
/** Bytes of a block. */
export const BLOCK_BYTES = BLOCK_PAGES * PAGE;
/** Words of 32 bits of the hash of one page. */
export const HASH_WORDS = PAGE_HASH_BYTES / 4;

/** Room for the key, before the first block. */
const KEY_ROOM = MEMORY_PAGE;
/** Room for the hashes of a block and, behind them, its flags. */
const RESULT_ROOM = MEMORY_PAGE;
const SLOT = BLOCK_BYTES + RESULT_ROOM;
/** 4 GiB, the most that such a memory can have. */
const MOST_MEMORY_PAGES = 65_536;

/** What WebAssembly gives, as far as it is used. Node has it; its types do not. */
interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => SharedMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: SharedMemory } },
  ) => { readonly exports: { readonly page: (page: number, key: number, result: number) => number } };
};

/** Memory for a key and some blocks, which threads share. */
export type PageMemory = SharedMemory;

/** One block in a {@link PageMemory}. */
export interface PageSlot {
  /** The bytes of {@link BLOCK_PAGES} pages. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** {@link HASH_WORDS} for each page. */
  readonly hashes: Uint32Array<SharedArrayBuffer>;
  /** 1 for each page that holds a byte other than zero. */
  readonly used: Uint8Array<SharedArrayBuffer>;
}

/**
 * Memory for so many blocks, at most 1,900, with a key that nobody can foresee: the hashes of two pages that differ are equal with a
 * probability of 2^-64, whatever the pages hold, so that no image can be made to look as if its pages were equal.
 */
export function createPageMemory(slots: number): PageMemory {
  const pages = (KEY_ROOM + slots * SLOT) / MEMORY_PAGE;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  // getRandomValues takes no shared memory.
  new Uint8Array(memory.buffer).set(crypto.getRandomValues(new Uint8Array(PAGE_HASH_KEY_BYTES)));
  return memory;
}

/** The block of a number from 0. */
export function pageSlot({ buffer }: PageMemory, index: number): PageSlot {
  const at = KEY_ROOM + index * SLOT;
  return {
    bytes: new Uint8Array(buffer, at, BLOCK_BYTES),
    hashes: new Uint32Array(buffer, at + BLOCK_BYTES, BLOCK_PAGES * HASH_WORDS),
    used: new Uint8Array(buffer, at + BLOCK_BYTES + BLOCK_PAGES * PAGE_HASH_BYTES, BLOCK_PAGES),
  };
}

/** Fills in hashes and flags of the first `pages` pages of a block. */
export type HashSlot = (index: number, pages: number) => void;

/** A function that reads the blocks of a memory. */
export function pageHasher(memory: PageMemory): HashSlot {
  const module = new WebAssembly.Module(pageHashModule(MOST_MEMORY_PAGES));
  const { page } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  return (index, pages) => {
    const at = KEY_ROOM + index * SLOT;
    const { used } = pageSlot(memory, index);
    for (let number = 0; number < pages; number++)
      used[number] = page(at + number * PAGE, 0, at + BLOCK_BYTES + number * PAGE_HASH_BYTES);
  };
}
