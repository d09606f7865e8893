/** A number for every content that a page has, by its hash. */
import { HASH_WORDS } from '../bytes/page-hash.ts';

/** Contents whose hashes are kept in one array. */
const CHUNK = 65_536;
const FIRST_ROOM = 16_384;

/** Contents of pages, numbered from 1 in the order in which they came. Holds 16 bytes for each, and 6 to 14 of places. */
export class ContentTable {
  #size = 0;
  #places = new Uint32Array(FIRST_ROOM);
  readonly #hashes: Uint32Array[] = [];

  /** The number of the content whose hash begins at `at`; a new one if it was not there. */
  numberOf(hashes: Uint32Array, at: number): number {
    if (this.#size >= this.#places.length * 0.7) this.#grow();
    const mask = this.#places.length - 1;
    for (let place = placeOf(hashes, at) & mask; ; place = (place + 1) & mask) {
      const number = this.#places[place] as number;
      if (number === 0) {
        this.#places[place] = this.#keep(hashes, at);
        return this.#size;
      }
      if (this.#equals(number, hashes, at)) return number;
    }
  }

  #keep(hashes: Uint32Array, at: number): number {
    const index = this.#size % CHUNK;
    if (index === 0) this.#hashes.push(new Uint32Array(CHUNK * HASH_WORDS));
    const chunk = this.#hashes.at(-1) as Uint32Array;
    for (let word = 0; word < HASH_WORDS; word++) chunk[index * HASH_WORDS + word] = hashes[at + word] as number;
    return ++this.#size;
  }

  #equals(number: number, hashes: Uint32Array, at: number): boolean {
    const chunk = this.#hashes[Math.floor((number - 1) / CHUNK)] as Uint32Array;
    const base = ((number - 1) % CHUNK) * HASH_WORDS;
    for (let word = 0; word < HASH_WORDS; word++) if (chunk[base + word] !== hashes[at + word]) return false;
    return true;
  }

  #grow(): void {
    const places = new Uint32Array(this.#places.length * 2);
    const mask = places.length - 1;
    for (let number = 1; number <= this.#size; number++) {
      const chunk = this.#hashes[Math.floor((number - 1) / CHUNK)] as Uint32Array;
      let place = placeOf(chunk, ((number - 1) % CHUNK) * HASH_WORDS) & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = number;
    }
    this.#places = places;
  }
}

/** Spreads a hash over 32 bits. */
function placeOf(hashes: Uint32Array, at: number): number {
  const mixed = Math.imul((hashes[at] as number) ^ (hashes[at + 2] as number), 0x9e3779b1);
  return mixed ^ (mixed >>> 15) ^ (hashes[at + 1] as number);
}
