/** The WebAssembly module that reads a page: whether it is all zeros, and two universal hashes of it. JavaScript has no 64-bit products. */

/** Bytes of the page that it reads. */
const PAGE = 4096;
/** Bytes that one turn of its loop reads, in blocks of two vectors. */
const TURN = 128;
const BLOCK = 32;
const VECTOR = 16;

/** Bytes of random key: a page, and one block more because the second hash uses the key from its second block on. */
export const PAGE_HASH_KEY_BYTES = PAGE + BLOCK;
/** Bytes of the two hashes of one page. */
export const PAGE_HASH_BYTES = 16;

type Code = readonly (number | Code)[];

/** @see WebAssembly Core Specification 2.0, 5.4 Instructions */
const OP = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  constant: 0x41,
  lessUnsigned: 0x49,
  add: 0x6a,
  store64: 0x37,
  add64: 0x7c,
} as const;
/** Vector instructions, each behind the prefix 0xfd. */
const VECTOR_OP = {
  load: 0x00,
  extractLane64: 0x1d,
  or: 0x50,
  anyTrue: 0x53,
  add32: 0xae,
  add64: 0xce,
  /** 64-bit products of the lower two, and the upper two, of four unsigned 32-bit numbers. */
  productsLow: 0xde,
  productsHigh: 0xdf,
} as const;

const LOCAL = { page: 0, key: 1, result: 2, end: 3, first: 4, second: 5, left: 6, right: 7, a: 8, b: 9, seen: 10 } as const;
const TYPE = { i32: 0x7f, v128: 0x7b, func: 0x60, empty: 0x40 } as const;

const get = (local: number): Code => [OP.get, unsigned(local)];
const set = (local: number): Code => [OP.set, unsigned(local)];
const vector = (operation: number): Code => [0xfd, unsigned(operation)];
const load = (local: number, offset: number): Code => [get(local), vector(VECTOR_OP.load), unsigned(4), unsigned(offset)];

/**
 * One block of NH: the four words of either vector plus their keys, multiplied pair by pair, added up modulo 2^64.
 *
 * @see Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, Fast and Secure Message Authentication (CRYPTO 1999), section 4
 */
function hashBlock(sum: number, key: number): Code {
  const { left, right, a, b } = LOCAL;
  return [
    [get(left), load(LOCAL.key, key), vector(VECTOR_OP.add32), set(a)],
    [get(right), load(LOCAL.key, key + VECTOR), vector(VECTOR_OP.add32), set(b)],
    [get(sum), get(a), get(b), vector(VECTOR_OP.productsLow), vector(VECTOR_OP.add64)],
    [get(a), get(b), vector(VECTOR_OP.productsHigh), vector(VECTOR_OP.add64), set(sum)],
  ];
}

/** Adds the halves of a sum and stores the 64 bits. */
function storeSum(sum: number, offset: number): Code {
  const half = (lane: number): Code => [get(sum), vector(VECTOR_OP.extractLane64), lane];
  return [get(LOCAL.result), half(0), half(1), OP.add64, OP.store64, unsigned(3), unsigned(offset)];
}

/** `page(page, key, result) -> any bit set`: addresses in the memory that it is given. */
function body(): Code {
  const { page, key, end, first, second, left, right, seen } = LOCAL;
  const turn: Code[] = [];
  for (let at = 0; at < TURN; at += BLOCK) {
    turn.push([load(page, at), set(left), load(page, at + VECTOR), set(right)]);
    turn.push([get(seen), get(left), vector(VECTOR_OP.or), get(right), vector(VECTOR_OP.or), set(seen)]);
    turn.push(hashBlock(first, at), hashBlock(second, at + BLOCK));
  }
  const moved = (local: number): Code => [get(local), OP.constant, signed(TURN), OP.add];
  return [
    [get(page), OP.constant, signed(PAGE), OP.add, set(end)],
    [OP.loop, TYPE.empty, turn, moved(key), set(key), moved(page), OP.tee, unsigned(page)],
    [get(end), OP.lessUnsigned, OP.branchIf, 0, OP.end],
    [storeSum(first, 0), storeSum(second, 8)],
    [get(seen), vector(VECTOR_OP.anyTrue), OP.end],
  ];
}

/**
 * The module. It imports a shared memory as `env.memory` and exports `page`.
 *
 * @param pages the most 64 KiB pages that the memory may have.
 */
export function pageHashModule(pages: number): Uint8Array<ArrayBuffer> {
  const locals: Code = [2, 1, TYPE.i32, 7, TYPE.v128];
  const sections: Code = [
    section(1, [1, TYPE.func, 3, TYPE.i32, TYPE.i32, TYPE.i32, 1, TYPE.i32]),
    section(2, [1, name('env'), name('memory'), 2, 3, 1, unsigned(pages)]),
    section(3, [1, 0]),
    section(7, [1, name('page'), 0, 0]),
    section(10, [1, counted([locals, body()])]),
  ];
  return new Uint8Array(flat([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, sections]));
}

function section(id: number, content: Code): Code {
  return [id, counted(content)];
}

function name(text: string): Code {
  return counted([...new TextEncoder().encode(text)]);
}

/** The bytes behind their number. */
function counted(content: Code): Code {
  const bytes = flat(content);
  return [unsigned(bytes.length), bytes];
}

function flat(code: Code): number[] {
  return code.flatMap((part) => (typeof part === 'number' ? [part] : flat(part)));
}

/** LEB128 of a number that is not negative. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** Signed LEB128 of a number that is not negative. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x40; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
