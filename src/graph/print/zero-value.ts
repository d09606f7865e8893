/** Which values of an indexed graph a dump takes for zero. */
import { KIND, SPEC } from '../../wire/kinds.ts';
import { TAGGED } from '../../wire/skip-value.ts';
import { afterReference } from './print-reference.ts';
import { afterVarint, varint, varintEnd, wideVarint } from './print-varint.ts';

/** The explicit stack, shared by all calls: of each array or struct that was entered, the kind of what is in it and how much is left. */
const kinds: number[] = [];
const lefts: number[] = [];

/** Widths of the floating-point numbers without their signs: zero may have one. */
const FLOAT32_SIZE = 31;
const FLOAT64_SIZE = 63;

/**
 * The index behind a value that is zero, or -1 for one that is not: the search ends at the first part that is not zero.
 *
 * Zero are nil, the empty string, reference 0, a slice of capacity 0, arrays and structs of zeros only, the empty map, a nil interface
 * of a zero, and complex zeros; booleans and numbers never, for a zero number is saved as nil.
 *
 * @param kind of the value at `start`, or TAGGED
 * @see gVisor pkg/state/pretty/pretty.go: format
 */
export function zeroValueEnd(bytes: Uint8Array, start: number, kind: number): number {
  let position = start;
  let top = 0;
  let inner = kind;
  let left = 1;
  for (;;) {
    while (left === 0) {
      if (top === 0) return position;
      top--;
      inner = kinds[top] as number;
      left = lefts[top] as number;
    }
    left--;
    const current = inner === TAGGED ? (bytes[position++] as number) : inner;
    switch (current) {
      case KIND.nil:
        continue;
      case KIND.string:
        if (varint(bytes, position) !== 0) return -1;
        position = varintEnd;
        continue;
      case KIND.ref:
        if (varint(bytes, position) !== 0) return -1;
        position = afterReference(bytes, position);
        continue;
      case KIND.slice:
        position = afterVarint(bytes, position);
        if (varint(bytes, position) !== 0) return -1;
        position = afterReference(bytes, varintEnd);
        continue;
      case KIND.map:
        if (varint(bytes, position) !== 0) return -1;
        position = varintEnd;
        continue;
      case KIND.interface:
        if (varint(bytes, position) !== SPEC.nil) return -1;
        position = varintEnd;
        kinds[top] = inner;
        lefts[top++] = left;
        inner = TAGGED;
        left = 1;
        continue;
      case KIND.complex64:
      case KIND.complex128:
        for (let part = 0; part < 2; part++) {
          const size = current === KIND.complex64 ? FLOAT32_SIZE : FLOAT64_SIZE;
          if (BigInt.asUintN(size, wideVarint(bytes, position)) !== 0n) return -1;
          position = varintEnd;
        }
        continue;
      case KIND.array: {
        const count = varint(bytes, position);
        position = varintEnd;
        if (count === 0) continue;
        const item = bytes[position++] as number;
        if (item === KIND.nil) continue;
        kinds[top] = inner;
        lefts[top++] = left;
        inner = item;
        left = count;
        continue;
      }
      case KIND.struct: {
        position = afterVarint(bytes, position);
        const tag = bytes[position] as number;
        if (tag === KIND.noFields) {
          position++;
          continue;
        }
        kinds[top] = inner;
        lefts[top++] = left;
        inner = TAGGED;
        left = 1;
        if (tag === KIND.fields) {
          left = varint(bytes, position + 1);
          position = varintEnd;
        }
        continue;
      }
      default:
        return -1;
    }
  }
}
