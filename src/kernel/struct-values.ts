/** The fields of one struct as plain values; null for what this image's type does not have. */
import { fields, follow, integer, type Node } from '../graph/node.ts';

/** Fields by name. */
export type Struct = ReadonlyMap<string, Node>;

const NONE: Struct = new Map();

/** All fields of the struct that a value is or leads to; none for nil. */
export function structOf(node: Node | null | undefined): Struct {
  const target = node === null || node === undefined ? null : follow(node);
  return target === null ? NONE : fields(target);
}

/** An integer of 64 bits; 0 for a nil field, null for a missing one. Atomic integers are unwrapped. */
export function integerIn(struct: Struct, name: string): bigint | null {
  const node = struct.get(name);
  return node === undefined ? null : integer(node);
}

/** An integer of 64 bits without a sign, such as a register or a mask; 0 for a missing one. */
export function unsignedIn(struct: Struct, name: string): bigint {
  return BigInt.asUintN(64, integerIn(struct, name) ?? 0n);
}

/** A small integer; null too for one over 2^53, which no runsc saves there. */
export function numberIn(struct: Struct, name: string): number | null {
  const value = integerIn(struct, name);
  return value === null ? null : safeNumber(value);
}

export function flagIn(struct: Struct, name: string): boolean | null {
  const value = integerIn(struct, name);
  return value === null ? null : value !== 0n;
}

/** The integer as a number, or null when it is beyond ±(2^53-1). */
export function safeNumber(value: bigint): number | null {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : null;
}
