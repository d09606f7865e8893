/** What printing a value keeps between one block of the dump and the next. */
import type { Limits } from '../../limits.ts';
import { TAGGED } from '../../wire/skip-value.ts';
import { type PrintBuffer, reserve } from './print-buffer.ts';
import type { PrintedTypes } from './print-types.ts';

/** What is printed around the value that is being printed, by frame. */
export const FRAME = { fields: 0, items: 1, keys: 2, values: 3, interface: 4 } as const;

/** What comes next: the next part of the innermost frame, a value, more of a string, or what follows a value. */
export const NEXT = { part: 0, value: 1, string: 2, after: 3 } as const;

/** Bytes that stand between values. */
export const NEWLINE = 0x0a;
export const TAB = 0x09;
export const COMMA = 0x2c;
export const CLOSE_BRACKET = 0x5d;
export const CLOSE_BRACE = 0x7d;

/** A value that is being printed; it can be left at any place and gone on with, so that a dump of any size passes through one buffer. */
export interface ValuePrinter {
  readonly buffer: PrintBuffer;
  readonly types: PrintedTypes;
  readonly limits: Limits;
  bytes: Uint8Array;
  position: number;
  /** Kind of the value at `position`, or TAGGED. */
  kind: number;
  next: number;
  /** Index behind the string that is being printed. */
  stringEnd: number;
  /** Number of frames; the innermost is the last. */
  depth: number;
  /** The explicit stack. `left`: fields, items or pairs to come. */
  readonly frames: number[];
  readonly left: number[];
  /** Fields: the type; items and keys: kind. */
  readonly what: number[];
  /** Fields: the number of the next one; items: how many to print before the next is looked at; keys: kind of the values, or TAGGED. */
  readonly more: number[];
  /** Items: how many zeros are held back, and where the first of them is. */
  readonly held: number[];
  readonly heldAt: number[];
}

export function createValuePrinter(buffer: PrintBuffer, types: PrintedTypes, limits: Limits): ValuePrinter {
  return {
    buffer,
    types,
    limits,
    bytes: new Uint8Array(0),
    position: 0,
    kind: TAGGED,
    next: NEXT.value,
    stringEnd: 0,
    depth: 0,
    frames: [],
    left: [],
    what: [],
    more: [],
    held: [],
    heldAt: [],
  };
}

/** Begins the object whose tag is at `position`. */
export function beginValue(printer: ValuePrinter, bytes: Uint8Array, position: number): void {
  printer.bytes = bytes;
  printer.position = position;
  printer.kind = TAGGED;
  printer.next = NEXT.value;
  printer.depth = 0;
}

/** Opens a frame. */
export function push(printer: ValuePrinter, frame: number, count: number, what: number, more: number): void {
  const top = printer.depth++;
  printer.frames[top] = frame;
  printer.left[top] = count;
  printer.what[top] = what;
  printer.more[top] = more;
  printer.held[top] = 0;
  printer.heldAt[top] = 0;
}

/** Ends the innermost frame. */
export function close(printer: ValuePrinter, bracket: number): void {
  const { buffer } = printer;
  printer.depth--;
  line(buffer, printer.depth);
  buffer.bytes[buffer.length++] = bracket;
  printer.next = NEXT.after;
}

/** Begins a line. */
export function line(buffer: PrintBuffer, tabs: number): void {
  const out = reserve(buffer, tabs + 1);
  let at = buffer.length;
  out[at++] = NEWLINE;
  for (let tab = 0; tab < tabs; tab++) out[at++] = TAB;
  buffer.length = at;
}
