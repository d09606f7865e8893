/** Structs of an indexed graph, printed: most of a dump is their fields. */
import { KIND } from '../../wire/kinds.ts';
import { TAGGED } from '../../wire/skip-value.ts';
import { isFull, putAscii, reserve, writeDecimal } from './print-buffer.ts';
import { putSigned, putUnsigned } from './print-number.ts';
import { putReference } from './print-reference.ts';
import { structText, unknownType } from './print-types.ts';
import { varint, varintEnd, wideVarint } from './print-varint.ts';
import { CLOSE_BRACE, COMMA, close, FRAME, NEWLINE, NEXT, push, TAB, type ValuePrinter } from './value-printer.ts';

const COLON = 0x3a;
const SPACE = 0x20;
const LETTER_I = 0x69;
const LETTER_L = 0x6c;
const LETTER_N = 0x6e;

/** Prints `struct[g0t5=name]{`, and the end of it when there are no fields; else opens its frame. Returns the index behind what was read. */
export function startStruct(printer: ValuePrinter, start: number): number {
  const { buffer, types, bytes } = printer;
  const type = varint(bytes, start);
  let position = varintEnd;
  const text = structText(types, type);
  if (text !== null) {
    reserve(buffer, text.length).set(text, buffer.length);
    buffer.length += text.length;
  } else {
    putAscii(buffer, 'struct[');
    putAscii(buffer, unknownType(types, wideVarint(bytes, start)));
    putAscii(buffer, ']{');
  }
  const tag = bytes[position] as number;
  let count = 1;
  if (tag === KIND.fields) {
    count = varint(bytes, position + 1);
    position = varintEnd;
  } else if (tag === KIND.noFields) {
    count = 0;
    position++;
  }
  if (count === 0) {
    buffer.bytes[buffer.length++] = CLOSE_BRACE;
    return position;
  }
  push(printer, FRAME.fields, count, type, 0);
  printer.next = NEXT.part;
  return position;
}

/** Prints fields, those of structs among them too, up to one that has other parts. */
export function nextField(printer: ValuePrinter): void {
  const { buffer, types, bytes, left, what, more, frames } = printer;
  const { fieldStart, fieldEnd } = types;
  const texts = types.texts.bytes;
  for (;;) {
    const depth = printer.depth;
    const top = depth - 1;
    const type = what[top] as number;
    const known = type < types.fieldCount.length ? (types.fieldCount[type] as number) : 0;
    const first = known === 0 ? 0 : (types.firstField[type] as number);
    let count = left[top] as number;
    let field = more[top] as number;
    let inner = false;
    while (count > 0) {
      if (isFull(buffer)) break;
      const out = reserve(buffer, depth);
      let at = buffer.length;
      out[at++] = NEWLINE;
      for (let tab = 0; tab < depth; tab++) out[at++] = TAB;
      if (field < known) {
        const end = fieldEnd[first + field] as number;
        for (let index = fieldStart[first + field] as number; index < end; index++) out[at++] = texts[index] as number;
      } else {
        at = writeDecimal(out, at, field);
        out[at++] = COLON;
        out[at++] = SPACE;
      }
      count--;
      field++;
      const tag = bytes[printer.position] as number;
      if (tag === KIND.nil) {
        printer.position++;
        out[at++] = LETTER_N;
        out[at++] = LETTER_I;
        out[at++] = LETTER_L;
        out[at++] = COMMA;
        buffer.length = at;
        continue;
      }
      buffer.length = at;
      if (tag === KIND.uint) printer.position = putUnsigned(buffer, bytes, printer.position + 1);
      else if (tag === KIND.int) printer.position = putSigned(buffer, bytes, printer.position + 1);
      else if (tag === KIND.ref) printer.position = putReference(buffer, types, bytes, printer.position + 1);
      else {
        left[top] = count;
        more[top] = field;
        if (tag !== KIND.struct) {
          printer.kind = TAGGED;
          printer.next = NEXT.value;
          return;
        }
        printer.position = startStruct(printer, printer.position + 1);
        inner = printer.depth > depth;
        if (inner) break;
      }
      buffer.bytes[buffer.length++] = COMMA;
    }
    if (inner) continue;
    left[top] = count;
    more[top] = field;
    if (count > 0) return;
    close(printer, CLOSE_BRACE);
    if (top === 0 || frames[top - 1] !== FRAME.fields) return;
    buffer.bytes[buffer.length++] = COMMA;
    printer.next = NEXT.part;
  }
}
