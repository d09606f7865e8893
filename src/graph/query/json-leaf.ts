/** Values that hold no others, as plain JSON. */
import type { OpenedList, OpenedValue } from './open-value.ts';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** How texts are shown. */
export interface LeafOptions {
  /** The most bytes of one text or byte array. */
  readonly textBytes: number;
  /** What is shown in the place of a text that holds a secret; null where there is none. `inList`: the text is an element of a list. */
  readonly hide: (text: string, inList: boolean) => string | null;
}

/** A leaf, and how many characters it takes. */
export interface Leaf {
  readonly json: Json;
  /** A secret in it is not shown. */
  readonly hidden: boolean;
}

const PLAIN = { hidden: false } as const;

/**
 * An integer: a number when every JSON reader gets it back exactly (up to 2^53 - 1 in magnitude), else its decimal digits as a string.
 */
export function integerJson(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/**
 * A leaf value as JSON, or null for structs, maps and lists that are no bytes.
 *
 * nil is `null`, numbers and booleans are what they are (what JSON has no number for is `"NaN"`, `"+Inf"`, `"-Inf"`), a complex number is `{"$complex": [1, 2]}`,
 * a text of valid UTF-8 is a string and any other `{"$string": <bytes>, "hex": …}`, a byte array is `{"$bytes": <bytes>, "text": …}` where it is printable
 * text and `"hex"` elsewhere; `"$more"` counts the bytes that were cut.
 */
export function leafJson(value: OpenedValue, options: LeafOptions): Leaf | null {
  switch (value.kind) {
    case 'nil':
      return { json: null, ...PLAIN };
    case 'bool':
      return { json: value.value, ...PLAIN };
    case 'integer':
      return { json: integerJson(value.value), ...PLAIN };
    case 'float':
      return { json: floatJson(value.value), ...PLAIN };
    case 'complex':
      return { json: { $complex: [floatJson(value.real), floatJson(value.imaginary)] }, ...PLAIN };
    case 'string':
      return stringLeaf(value.bytes, value.node.path.step.startsWith('['), options);
    case 'list':
      return bytesLeaf(value, options);
    default:
      return null;
  }
}

function floatJson(value: number): Json {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

function stringLeaf(bytes: Uint8Array, inList: boolean, { textBytes, hide }: LeafOptions): Leaf {
  const hidden = hide(lossy(bytes), inList);
  if (hidden !== null) return { json: hidden.slice(0, textBytes), hidden: true };
  const text = utf8(bytes, textBytes);
  if (text !== null && bytes.length <= textBytes) return { json: text, ...PLAIN };
  return { json: cut('$string', bytes, text, textBytes), ...PLAIN };
}

function bytesLeaf(list: OpenedList, { textBytes, hide }: LeafOptions): Leaf | null {
  const bytes = list.bytes();
  if (bytes === null) return null;
  const hidden = hide(lossy(bytes), false);
  if (hidden !== null) return { json: { $bytes: bytes.length, text: hidden.slice(0, textBytes) }, hidden: true };
  const text = utf8(bytes, textBytes);
  return { json: cut('$bytes', bytes, text !== null && PRINTABLE.test(text) ? text : null, textBytes), ...PLAIN };
}

/** Text without control characters other than those of plain text. */
const PRINTABLE = /^[^\p{Cc}\p{Cs}\p{Cn}]*(?:[\t\n\r][^\p{Cc}\p{Cs}\p{Cn}]*)*$/u;

function cut(name: '$string' | '$bytes', bytes: Uint8Array, text: string | null, most: number): Json {
  const shown = text === null ? { hex: hexOf(bytes.subarray(0, most)) } : { text };
  return { [name]: bytes.length, ...shown, ...(bytes.length > most ? { $more: bytes.length - most } : {}) };
}

/** The first bytes as text, without a character that is cut; null when they are no UTF-8. */
function utf8(bytes: Uint8Array, most: number): string | null {
  const whole = bytes.length <= most;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, most), { stream: !whole });
  } catch {
    return null;
  }
}

function lossy(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function hexOf(bytes: Uint8Array): string {
  const digits: string[] = [];
  for (const byte of bytes) digits.push(byte.toString(16).padStart(2, '0'));
  return digits.join('');
}
