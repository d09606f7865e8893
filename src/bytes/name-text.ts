/** Names of files as text: Linux allows any bytes in them, and none may be lost. */

/** What stands where bytes are no UTF-8. */
const REPLACED = '\ufffd';
const BYTES = new TextEncoder();

/** Stands for a byte that is no UTF-8, plus that byte: U+DC80 to U+DCFF, which no UTF-8 gives. */
const ODD_BYTE = 0xdc00;

/**
 * A name, path or link target as text. A byte that is not part of valid UTF-8 becomes the lone surrogate U+DC00 plus the byte, so that
 * {@link nameBytes} gives the same bytes again.
 *
 * @see Python's PEP 383, which has the same mapping
 */
export function nameText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = buffer.toString();
  if (!whole.includes(REPLACED)) return whole;
  let text = '';
  let valid = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceAt(bytes, at);
    if (length > 0) at += length;
    else {
      text += buffer.toString('utf8', valid, at) + String.fromCharCode(ODD_BYTE + (bytes[at] as number));
      at++;
      valid = at;
    }
  }
  return text + buffer.toString('utf8', valid);
}

/** The bytes of a name from {@link nameText}. Other lone surrogates become U+FFFD. */
export function nameBytes(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(text)) return BYTES.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code >= ODD_BYTE + 0x80 && code <= ODD_BYTE + 0xff) bytes.push(code - ODD_BYTE);
    else bytes.push(...BYTES.encode(character));
  }
  return Uint8Array.from(bytes);
}

/** Bytes of the valid UTF-8 sequence that begins here; 0 when none does. @see Unicode, table 3-7 "Well-Formed UTF-8 Byte Sequences" */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1] as number;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let next = 2; next < length; next++) if (((bytes[at + next] as number) & 0xc0) !== 0x80) return 0;
  return length;
}
