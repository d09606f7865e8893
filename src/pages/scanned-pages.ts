/** What was found in the stored pages of one image: a number for each, in the order in which they are stored. */

/** Pages whose numbers are kept in one array. */
const CHUNK = 65_536;
/** Pages between two places at which the counts are known. */
const STEP = 64;
/** Marks a page whose content came before in the same image. The numbers of contents stay below it. */
const REPEATED = 0x8000_0000;

/** What some pages are. */
export interface PageCounts {
  /** How many of them were read. */
  readonly scanned: number;
  readonly zero: number;
  /** Not zero, and equal to a page that is stored before them in the same image. */
  readonly duplicate: number;
}

export const NO_PAGES: PageCounts = { scanned: 0, zero: 0, duplicate: 0 };

/** A growing list of pages. Holds 4 bytes for each, and 8 for each 64 of them. */
export class ScannedPages {
  #length = 0;
  readonly #chunks: Uint32Array[] = [];
  /** Zero and repeated pages before each step. */
  #zeroBefore: number[] = [];
  #repeatedBefore: number[] = [];
  #zero = 0;
  #repeated = 0;

  /** How many pages there are. */
  get length(): number {
    return this.#length;
  }

  /** @param content number of the content of the next page, from 1; 0 for zeros. */
  push(content: number, repeated: boolean): void {
    const index = this.#length % CHUNK;
    if (index === 0) this.#chunks.push(new Uint32Array(CHUNK));
    if (index % STEP === 0) {
      this.#zeroBefore.push(this.#zero);
      this.#repeatedBefore.push(this.#repeated);
    }
    (this.#chunks.at(-1) as Uint32Array)[index] = repeated ? content + REPEATED : content;
    if (content === 0) this.#zero++;
    else if (repeated) this.#repeated++;
    this.#length++;
  }

  /** What the pages `[start, end)` are, by their place among the stored pages. Costs the same for many as for few. */
  counts(start: number, end: number): PageCounts {
    const to = Math.min(end, this.#length);
    if (start >= to) return NO_PAGES;
    const [first, last] = [this.#before(start), this.#before(to)];
    return { scanned: to - start, zero: last.zero - first.zero, duplicate: last.duplicate - first.duplicate };
  }

  #before(page: number): { zero: number; duplicate: number } {
    if (page === this.#length) return { zero: this.#zero, duplicate: this.#repeated };
    const step = Math.floor(page / STEP);
    let zero = this.#zeroBefore[step] as number;
    let duplicate = this.#repeatedBefore[step] as number;
    const chunk = this.#chunks[Math.floor(page / CHUNK)] as Uint32Array;
    for (let index = (step * STEP) % CHUNK; index < page % CHUNK; index++) {
      const content = chunk[index] as number;
      if (content === 0) zero++;
      else if (content >= REPEATED) duplicate++;
    }
    return { zero, duplicate };
  }
}

/** The counts of two lots of pages together. */
export function addCounts(a: PageCounts, b: PageCounts): PageCounts {
  return { scanned: a.scanned + b.scanned, zero: a.zero + b.zero, duplicate: a.duplicate + b.duplicate };
}
