/** Sets of small numbers as bits: what 10,000 hosts and 2,000 images are compared with. */

/** A set of numbers below a size that its maker knows: 32 of them in each word. */
export type Bits = Uint32Array;

/** No number. */
export function noBits(size: number): Bits {
  return new Uint32Array((size + 31) >>> 5);
}

/** These numbers, each below `size`. */
export function bitsOf(size: number, members: Iterable<number>): Bits {
  const bits = noBits(size);
  for (const member of members) addBit(bits, member);
  return bits;
}

export function addBit(bits: Bits, member: number): void {
  bits[member >>> 5] = (bits[member >>> 5] ?? 0) | (1 << (member & 31));
}

export function hasBit(bits: Bits, member: number): boolean {
  return (((bits[member >>> 5] ?? 0) >>> (member & 31)) & 1) === 1;
}

/** Whether every number of `a` is in `b`. */
export function isSubset(a: Bits, b: Bits): boolean {
  for (let word = 0; word < a.length; word++) if (((a[word] ?? 0) & ~(b[word] ?? 0)) !== 0) return false;
  return true;
}

/** Whether some number is in both. */
export function meets(a: Bits, b: Bits): boolean {
  for (let word = 0; word < a.length; word++) if (((a[word] ?? 0) & (b[word] ?? 0)) !== 0) return true;
  return false;
}

export function isEmpty(bits: Bits): boolean {
  for (const word of bits) if (word !== 0) return false;
  return true;
}

/** The numbers of both. */
export function common(a: Bits, b: Bits): Bits {
  return a.map((word, index) => word & (b[index] ?? 0));
}

/** The numbers of either. */
export function either(a: Bits, b: Bits): Bits {
  return a.map((word, index) => word | (b[index] ?? 0));
}

/** The numbers of `a` that are not in `b`. */
export function without(a: Bits, b: Bits): Bits {
  return a.map((word, index) => word & ~(b[index] ?? 0));
}

/** How many numbers are in the set. */
export function countBits(bits: Bits): number {
  let count = 0;
  for (const word of bits) count += onesOf(word);
  return count;
}

/** How many numbers are in both sets. */
export function countCommon(a: Bits, b: Bits): number {
  let count = 0;
  for (let word = 0; word < a.length; word++) count += onesOf((a[word] ?? 0) & (b[word] ?? 0));
  return count;
}

/** The numbers, the smallest first. */
export function membersOf(bits: Bits): number[] {
  const members: number[] = [];
  for (const [index, word] of bits.entries()) {
    for (let rest = word; rest !== 0; rest &= rest - 1) members.push(index * 32 + (31 - Math.clz32(rest & -rest)));
  }
  return members;
}

/** Ones of a word, added up in pairs, fours and eights. */
function onesOf(word: number): number {
  let ones = word - ((word >>> 1) & 0x5555_5555);
  ones = (ones & 0x3333_3333) + ((ones >>> 2) & 0x3333_3333);
  ones = (ones + (ones >>> 4)) & 0x0f0f_0f0f;
  return Math.imul(ones, 0x0101_0101) >>> 24;
}
