/** Arrays and maps of an indexed graph, printed. */
import { CkptError } from '../../errors.ts';
import { KIND } from '../../wire/kinds.ts';
import { TAGGED } from '../../wire/skip-value.ts';
import { isFull, putAscii } from './print-buffer.ts';
import { putUnsigned } from './print-number.ts';
import { varint, varintEnd } from './print-varint.ts';
import { CLOSE_BRACE, CLOSE_BRACKET, COMMA, close, FRAME, line, NEXT, push, type ValuePrinter } from './value-printer.ts';
import { zeroValueEnd } from './zero-value.ts';

/** Prints the beginning of an array, whose length is at an index; returns the index of its first item. */
export function startArray(printer: ValuePrinter, start: number): number {
  const { buffer, bytes } = printer;
  const count = varint(bytes, start);
  let position = varintEnd;
  if (count === 0) {
    putAscii(buffer, '[]');
    return position;
  }
  putAscii(buffer, '[');
  const item = bytes[position++] as number;
  // Booleans and numbers are never zeros, and nil is nothing else.
  const plain = item <= KIND.float64;
  const zeros = item === KIND.nil ? count : 0;
  push(printer, FRAME.items, plain ? 0 : count - zeros, item, plain ? count : 0);
  printer.held[printer.depth - 1] = zeros;
  printer.next = NEXT.part;
  return position;
}

/** Prints items up to one that has parts, or holds zeros back. */
export function nextItem(printer: ValuePrinter, top: number): void {
  const { buffer, bytes, depth, left, what, more, held, heldAt } = printer;
  const item = what[top] as number;
  if (item === KIND.uint) {
    printNumbers(printer, top);
    return;
  }
  if (more[top] === 0) {
    for (let count = left[top] as number; ; count--) {
      if (count === 0) {
        left[top] = 0;
        if ((held[top] as number) > 0) {
          line(buffer, depth);
          putAscii(buffer, `... (${held[top]} zeros),`);
        }
        close(printer, CLOSE_BRACKET);
        return;
      }
      const end = zeroValueEnd(bytes, printer.position, item);
      if (end < 0) {
        left[top] = count - 1;
        break;
      }
      if (held[top] === 0) heldAt[top] = printer.position;
      held[top] = (held[top] as number) + 1;
      printer.position = end;
    }
    // This item, and before it those that were held back.
    more[top] = (held[top] as number) + 1;
    if ((held[top] as number) > 0) printer.position = heldAt[top] as number;
    held[top] = 0;
  }
  more[top] = (more[top] as number) - 1;
  line(buffer, depth);
  printer.kind = item;
  printer.next = NEXT.value;
}

/** Prints the items of an array of unsigned numbers: every byte slice is one. */
function printNumbers(printer: ValuePrinter, top: number): void {
  const { buffer, bytes, depth, more } = printer;
  let count = more[top] as number;
  for (; count > 0 && !isFull(buffer); count--) {
    line(buffer, depth);
    printer.position = putUnsigned(buffer, bytes, printer.position);
    buffer.bytes[buffer.length++] = COMMA;
  }
  more[top] = count;
  if (count === 0) close(printer, CLOSE_BRACKET);
}

/** Prints the beginning of a map, whose length is at an index; returns the index of its first key. */
export function startMap(printer: ValuePrinter, start: number): number {
  const { buffer, bytes } = printer;
  const count = varint(bytes, start);
  if (count === 0) {
    putAscii(buffer, 'map{}');
    return varintEnd;
  }
  const position = varintEnd;
  putAscii(buffer, 'map{');
  push(printer, FRAME.keys, count, bytes[position] as number, TAGGED);
  printer.next = NEXT.part;
  return position + 1;
}

/** Goes on with the next key, or ends the map. */
export function nextKey(printer: ValuePrinter, top: number): void {
  const { left, what, buffer } = printer;
  if (left[top] === 0) {
    close(printer, CLOSE_BRACE);
    return;
  }
  left[top] = (left[top] as number) - 1;
  line(buffer, printer.depth);
  printer.kind = what[top] as number;
  printer.next = NEXT.value;
}

/** The kind of a map's value, which stands before the first of them. */
export function valueKind(printer: ValuePrinter, top: number): number {
  const { bytes, more, left, what, limits } = printer;
  if (more[top] === TAGGED) {
    more[top] = bytes[printer.position++] as number;
    const entries = (left[top] as number) + 1;
    if (more[top] === KIND.nil && what[top] === KIND.nil && entries > limits.elements) {
      throw new CkptError(
        'over-limit',
        { layer: 'graph' },
        {
          expected: `at most ${limits.elements} entries of nil in a map`,
          found: String(entries),
          hint: 'The image is damaged or hostile',
        },
      );
    }
  }
  return more[top] as number;
}
