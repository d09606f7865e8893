/** A set of small numbers, one bit each. */

const FIRST_WORDS = 2048;

/** Numbers from 0 to 2^31. */
export class NumberSet {
  #words = new Uint32Array(FIRST_WORDS);
  #size = 0;

  /** How many numbers are in it. */
  get size(): number {
    return this.#size;
  }

  /** Puts a number in; false when it was there. */
  add(number: number): boolean {
    const word = number >>> 5;
    if (word >= this.#words.length) {
      const larger = new Uint32Array(Math.max(word + 1, this.#words.length * 2));
      larger.set(this.#words);
      this.#words = larger;
    }
    const before = this.#words[word] as number;
    const after = (before | (1 << (number & 31))) >>> 0;
    if (before === after) return false;
    this.#words[word] = after;
    this.#size++;
    return true;
  }

  /** How many numbers are in both. */
  shared(other: NumberSet): number {
    const words = Math.min(this.#words.length, other.#words.length);
    let count = 0;
    for (let word = 0; word < words; word++) count += bitsOf((this.#words[word] as number) & (other.#words[word] as number));
    return count;
  }

  /** Puts every number into one of two sets: the second, when it is in the first already. */
  addTo(once: NumberSet, twice: NumberSet): void {
    for (let word = 0; word < this.#words.length; word++) {
      for (let bits = this.#words[word] as number; bits !== 0; bits &= bits - 1) {
        const number = word * 32 + 31 - Math.clz32(bits & -bits);
        if (!once.add(number)) twice.add(number);
      }
    }
  }
}

/** Bits that are set. @see Warren, Hacker's Delight, section 5-1 */
function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
