/** Strings and names of an image as a dump shows them: as Go's `%q` does, and safe for a terminal and for HTML. */
import { type PrintBuffer, putAscii, reserve } from './print-buffer.ts';
import { isPrintable } from './printable.ts';

const QUOTE = 0x22;
const AMPERSAND = 0x26;
const LESS = 0x3c;
const GREATER = 0x3e;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;

const HEX = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
/** Letters of Go's short escapes, by byte. */
const SHORT: readonly (number | undefined)[] = Array.from({ length: 32 }, (_, byte) => {
  const letter = 'abtnvfr'[byte - 7];
  return letter?.charCodeAt(0);
});

/** The most bytes that one byte of a string can become: `&` as `&amp;`, or a two-byte character as `&#x7ff;`. */
const LARGEST = 5;
/** Bytes of a string that are written at a time, so that a long one does not have to fit the buffer. */
const PART = 16 * 1024;

/** What is to be escaped beyond what cannot be printed. */
export type TextStyle =
  /** Go's `%q`: quotes and backslashes too. */
  | 'quoted'
  /** A name: only what cannot be printed. */
  | 'name';

/**
 * Appends a part of a string, escaped, and returns the index behind the part; call it again until that is `end`.
 *
 * Bytes that are not UTF-8 become `\xNN`, characters that Go does not print `\uNNNN` or `\UNNNNNNNN`. In HTML, `& < >` and everything
 * beyond ASCII become character references.
 *
 * @see Go strconv.AppendQuote
 */
export function putText(
  buffer: PrintBuffer,
  from: Uint8Array,
  start: number,
  end: number,
  style: TextStyle,
  html: boolean,
): number {
  const stop = Math.min(end, start + PART);
  const out = reserve(buffer, (stop - start + 4) * LARGEST);
  let at = buffer.length;
  let index = start;
  while (index < stop) {
    const byte = from[index] as number;
    if (byte < 0x80) {
      index++;
      if (byte < 0x20 || byte === DELETE) {
        out[at++] = BACKSLASH;
        const letter = SHORT[byte];
        if (letter !== undefined) out[at++] = letter;
        else at = writeByte(out, at, byte);
      } else if (style === 'quoted' && (byte === QUOTE || byte === BACKSLASH)) {
        out[at++] = BACKSLASH;
        out[at++] = byte;
      } else if (html && (byte === AMPERSAND || byte === LESS || byte === GREATER)) {
        at = writeAscii(out, at, byte === AMPERSAND ? '&amp;' : byte === LESS ? '&lt;' : '&gt;');
      } else out[at++] = byte;
      continue;
    }
    const length = characterLength(from, index, end);
    if (length === 0) {
      out[at++] = BACKSLASH;
      at = writeByte(out, at, byte);
      index++;
      continue;
    }
    const code = codePoint(from, index, length);
    if (!isPrintable(code)) {
      const wide = code > 0xffff;
      at = writeAscii(out, at, (wide ? '\\U' : '\\u') + code.toString(16).padStart(wide ? 8 : 4, '0'));
    } else if (html) at = writeAscii(out, at, `&#x${code.toString(16)};`);
    else for (let offset = 0; offset < length; offset++) out[at++] = from[index + offset] as number;
    index += length;
  }
  buffer.length = at;
  return index;
}

/** Appends a whole string in quotes, when it is short enough to be written at once; false when it is not. */
export function putShortString(buffer: PrintBuffer, from: Uint8Array, start: number, end: number, html: boolean): boolean {
  if (end - start > PART) return false;
  putAscii(buffer, '"');
  putText(buffer, from, start, end, 'quoted', html);
  putAscii(buffer, '"');
  return true;
}

/** The most bytes of a name that are shown; real names have under 100. Stops a long one from being repeated for each of many objects. */
const LONGEST_NAME = 1024;

/** Appends a name of a type or field. Beyond {@link LONGEST_NAME} its beginning, with its length. */
export function putName(buffer: PrintBuffer, from: Uint8Array, start: number, end: number, html: boolean): void {
  if (end - start <= LONGEST_NAME) {
    putText(buffer, from, start, end, 'name', html);
    return;
  }
  let cut = start + LONGEST_NAME;
  while (cut > start && ((from[cut] as number) & 0xc0) === 0x80) cut--;
  putText(buffer, from, start, cut, 'name', html);
  putAscii(buffer, `...(${end - start} bytes)`);
}

function writeAscii(out: Uint8Array, start: number, text: string): number {
  for (let index = 0; index < text.length; index++) out[start + index] = text.charCodeAt(index);
  return start + text.length;
}

function writeByte(out: Uint8Array, start: number, byte: number): number {
  out[start] = 0x78;
  out[start + 1] = HEX[byte >> 4] as number;
  out[start + 2] = HEX[byte & 15] as number;
  return start + 3;
}

/** Bytes of the UTF-8 character at an index, or 0 when there is none: overlong forms and surrogates are none. */
function characterLength(bytes: Uint8Array, index: number, end: number): number {
  const first = bytes[index] as number;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || index + length > end) return 0;
  for (let offset = 1; offset < length; offset++) {
    if (((bytes[index + offset] as number) & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[index + 1] as number;
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  return first === 0xf4 && second > 0x8f ? 0 : length;
}

function codePoint(bytes: Uint8Array, index: number, length: number): number {
  let code = (bytes[index] as number) & (0x7f >> length);
  for (let offset = 1; offset < length; offset++) code = (code << 6) | ((bytes[index + offset] as number) & 0x3f);
  return code;
}
