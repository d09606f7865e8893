/** References and type specs of an indexed graph, as a dump prints them. */
import { SPEC } from '../../wire/kinds.ts';
import { type PrintBuffer, putAscii, putBytes, reserve, writeDecimal } from './print-buffer.ts';
import { putName } from './print-text.ts';
import { type PrintedTypes, unknownType } from './print-types.ts';
import { afterVarint, varint, varintEnd, wideVarint } from './print-varint.ts';

/** Index behind the payload of a reference: root, dots, and the type spec when there are dots. */
export function afterReference(bytes: Uint8Array, start: number): number {
  const dots = varint(bytes, afterVarint(bytes, start));
  const position = afterDots(bytes, varintEnd, dots);
  return dots === 0 ? position : afterSpec(bytes, position);
}

function afterDots(bytes: Uint8Array, start: number, dots: number): number {
  let position = start;
  for (let dot = 0; dot < dots; dot++) {
    const raw = varint(bytes, position);
    position = varintEnd + (raw % 2 === 1 ? (raw + 1) / 2 : 0);
  }
  return position;
}

/** Index behind a type spec. */
export function afterSpec(bytes: Uint8Array, start: number): number {
  let position = start;
  for (let left = 1; left > 0; left--) {
    const kind = varint(bytes, position);
    position = varintEnd;
    if (kind === SPEC.id || kind === SPEC.array) position = afterVarint(bytes, position);
    if (kind === SPEC.map) left += 2;
    else if (kind !== SPEC.id && kind !== SPEC.nil) left++;
  }
  return position;
}

/** Appends the payload of a reference and returns the index behind it. */
export function putReference(buffer: PrintBuffer, types: PrintedTypes, bytes: Uint8Array, start: number): number {
  const dots = varint(bytes, afterVarint(bytes, start));
  const first = varintEnd;
  if (types.html) {
    putAscii(buffer, '<a href="#');
    putObjectName(buffer, types, bytes, start);
    putAscii(buffer, '">');
  }
  let end = first;
  if (dots === 0) putObjectName(buffer, types, bytes, start);
  else {
    putAscii(buffer, '(*');
    end = putSpec(buffer, types, bytes, afterDots(bytes, first, dots));
    putAscii(buffer, ')(');
    putObjectName(buffer, types, bytes, start);
    putAscii(buffer, ')');
    putDots(buffer, bytes, first, dots, types.html);
  }
  if (types.html) putAscii(buffer, '</a>');
  return end;
}

/** `g0r12`, of the object id at an index. */
function putObjectName(buffer: PrintBuffer, types: PrintedTypes, bytes: Uint8Array, position: number): void {
  const { graph } = types;
  const id = varint(bytes, position);
  if (id > Number.MAX_SAFE_INTEGER) {
    putAscii(buffer, `g${graph}r${wideVarint(bytes, position)}`);
    return;
  }
  const out = reserve(buffer, 40);
  let at = buffer.length;
  out[at++] = 0x67;
  for (let index = 0; index < graph.length; index++) out[at++] = graph.charCodeAt(index);
  out[at++] = 0x72;
  buffer.length = writeDecimal(out, at, id);
}

function putDots(buffer: PrintBuffer, bytes: Uint8Array, start: number, dots: number, html: boolean): void {
  let position = start;
  for (let dot = 0; dot < dots; dot++) {
    const raw = varint(bytes, position);
    if (raw % 2 === 0 || raw > Number.MAX_SAFE_INTEGER) {
      // An index is a 32-bit number to gVisor.
      putAscii(buffer, `[${BigInt.asUintN(32, wideVarint(bytes, position) >> 1n)}]`);
      position = varintEnd;
      continue;
    }
    const end = varintEnd + (raw + 1) / 2;
    putAscii(buffer, '.');
    putName(buffer, bytes, varintEnd, end, html);
    position = end;
  }
}

/** What follows the parts of a type spec that are still open, innermost last. */
const closing: (')' | 'key')[] = [];

/** Appends a type spec and returns the index behind it. */
export function putSpec(buffer: PrintBuffer, types: PrintedTypes, bytes: Uint8Array, start: number): number {
  closing.length = 0;
  let position = start;
  for (;;) {
    const kind = varint(bytes, position);
    position = varintEnd;
    if (kind === SPEC.pointer || kind === SPEC.slice) {
      putAscii(buffer, kind === SPEC.pointer ? '(*' : '([]');
      closing.push(')');
      continue;
    }
    if (kind === SPEC.array) {
      putAscii(buffer, `[${wideVarint(bytes, position)}](`);
      position = varintEnd;
      closing.push(')');
      continue;
    }
    if (kind === SPEC.map) {
      putAscii(buffer, '(map[');
      closing.push('key');
      continue;
    }
    if (kind === SPEC.id) position = putType(buffer, types, bytes, position);
    // This part is complete, and with it those that it was the last of.
    while (closing.at(-1) === ')') {
      closing.pop();
      putAscii(buffer, ')');
    }
    if (closing.length === 0) return position;
    closing[closing.length - 1] = ')';
    putAscii(buffer, ']');
  }
}

/** Appends the type whose id is at an index, and returns the index behind it. */
export function putType(buffer: PrintBuffer, types: PrintedTypes, bytes: Uint8Array, position: number): number {
  const id = varint(bytes, position);
  const after = varintEnd;
  const end = id < types.labelEnd.length ? (types.labelEnd[id] as number) : 0;
  if (end > 0) putBytes(buffer, types.texts.bytes, types.labelStart[id] as number, end);
  else putAscii(buffer, unknownType(types, wideVarint(bytes, position)));
  return after;
}
