/** Prints one value of an indexed graph as gVisor's pretty-printer does, in one pass over its bytes. */
import { KIND } from '../../wire/kinds.ts';
import { TAGGED } from '../../wire/skip-value.ts';
import { isFull, putAscii } from './print-buffer.ts';
import { fixedText, floatText } from './print-float.ts';
import { nextItem, nextKey, startArray, startMap, valueKind } from './print-list.ts';
import { float32, float64, putSigned, putUnsigned } from './print-number.ts';
import { putReference, putSpec } from './print-reference.ts';
import { nextField, startStruct } from './print-struct.ts';
import { putShortString, putText } from './print-text.ts';
import { afterVarint, varint, varintEnd } from './print-varint.ts';
import { CLOSE_BRACE, COMMA, FRAME, NEXT, push, type ValuePrinter } from './value-printer.ts';

/**
 * Prints on, until the value is complete (true) or the buffer is full (false).
 *
 * Every line begins with as many tabs as there are frames around it. Zeros of an array are held back as a place and a count: when
 * another item follows they are printed from there, at the end of the array their number is.
 *
 * @throws CkptError `over-limit` for a map of more entries than `limits.elements` that take no bytes.
 * @see gVisor pkg/state/pretty/pretty.go: format
 */
export function printValue(printer: ValuePrinter): boolean {
  const { buffer, frames } = printer;
  for (;;) {
    if (isFull(buffer)) return false;
    switch (printer.next) {
      case NEXT.value:
        startValue(printer);
        break;
      case NEXT.string:
        continueString(printer);
        break;
      case NEXT.after: {
        if (printer.depth === 0) return true;
        const top = printer.depth - 1;
        const frame = frames[top] as number;
        if (frame === FRAME.interface) {
          buffer.bytes[buffer.length++] = CLOSE_BRACE;
          printer.depth = top;
        } else if (frame === FRAME.keys) {
          putAscii(buffer, ': ');
          frames[top] = FRAME.values;
          printer.kind = valueKind(printer, top);
          printer.next = NEXT.value;
        } else {
          buffer.bytes[buffer.length++] = COMMA;
          if (frame === FRAME.values) frames[top] = FRAME.keys;
          printer.next = NEXT.part;
        }
        break;
      }
      default: {
        const top = printer.depth - 1;
        const frame = frames[top] as number;
        if (frame === FRAME.fields) nextField(printer);
        else if (frame === FRAME.items) nextItem(printer, top);
        else nextKey(printer, top);
      }
    }
  }
}

/** Prints a value, or what stands before its parts. */
function startValue(printer: ValuePrinter): void {
  const { buffer, types, bytes } = printer;
  let position = printer.position;
  const kind = printer.kind === TAGGED ? (bytes[position++] as number) : printer.kind;
  printer.next = NEXT.after;
  switch (kind) {
    case KIND.nil:
      putAscii(buffer, 'nil');
      break;
    case KIND.bool:
      putAscii(buffer, varint(bytes, position) === 1 ? 'true' : 'false');
      position = varintEnd;
      break;
    case KIND.uint:
      position = putUnsigned(buffer, bytes, position);
      break;
    case KIND.int:
      position = putSigned(buffer, bytes, position);
      break;
    case KIND.float32:
    case KIND.float64:
      putAscii(buffer, kind === KIND.float32 ? floatText(float32(bytes, position), 32) : floatText(float64(bytes, position), 64));
      position = varintEnd;
      break;
    case KIND.complex64:
    case KIND.complex128: {
      const part = kind === KIND.complex64 ? float32 : float64;
      const real = fixedText(part(bytes, position));
      putAscii(buffer, `${real}+${fixedText(part(bytes, varintEnd))}i`);
      position = varintEnd;
      break;
    }
    case KIND.ref:
      position = putReference(buffer, types, bytes, position);
      break;
    case KIND.slice: {
      const capacity = afterVarint(bytes, position);
      const end = putReference(buffer, types, bytes, afterVarint(bytes, capacity));
      putAscii(buffer, '{len:');
      putUnsigned(buffer, bytes, position);
      putAscii(buffer, ',cap:');
      putUnsigned(buffer, bytes, capacity);
      buffer.bytes[buffer.length++] = CLOSE_BRACE;
      position = end;
      break;
    }
    case KIND.string: {
      const end = varint(bytes, position) + varintEnd;
      if (putShortString(buffer, bytes, varintEnd, end, types.html)) position = end;
      else {
        putAscii(buffer, '"');
        position = varintEnd;
        printer.stringEnd = end;
        printer.next = NEXT.string;
      }
      break;
    }
    case KIND.array:
      position = startArray(printer, position);
      break;
    case KIND.map:
      position = startMap(printer, position);
      break;
    case KIND.struct:
      position = startStruct(printer, position);
      break;
    default:
      // An interface: indexing let no other kind pass.
      putAscii(buffer, 'interface[');
      position = putSpec(buffer, types, bytes, position);
      putAscii(buffer, ']{');
      push(printer, FRAME.interface, 0, 0, 0);
      printer.kind = TAGGED;
      printer.next = NEXT.value;
  }
  printer.position = position;
}

function continueString(printer: ValuePrinter): void {
  const { buffer, bytes, stringEnd, types } = printer;
  printer.position = putText(buffer, bytes, printer.position, stringEnd, 'quoted', types.html);
  if (printer.position < stringEnd) return;
  putAscii(buffer, '"');
  printer.next = NEXT.after;
}
