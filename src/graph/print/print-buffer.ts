/** The bytes of a dump on their way out: one buffer that is filled, handed over and filled again. */

/** Bytes that are written before they are handed over. */
const FULL = 256 * 1024;
/** Room behind that for the longest piece that is written without asking for room: a line of indentation, a name and a number. */
export const SLACK = 64 * 1024;

export interface PrintBuffer {
  bytes: Uint8Array;
  length: number;
}

export function createPrintBuffer(): PrintBuffer {
  return { bytes: new Uint8Array(FULL + SLACK), length: 0 };
}

/** Whether it is time to hand the bytes over. */
export function isFull(buffer: PrintBuffer): boolean {
  return buffer.length >= FULL;
}

/** Makes room for `count` more bytes and answers the array, which is another one when it had to grow. */
export function reserve(buffer: PrintBuffer, count: number): Uint8Array {
  if (buffer.length + count + SLACK > buffer.bytes.length) {
    const larger = new Uint8Array(Math.max(buffer.bytes.length * 2, buffer.length + count + SLACK));
    larger.set(buffer.bytes.subarray(0, buffer.length));
    buffer.bytes = larger;
  }
  return buffer.bytes;
}

/** Appends text of ASCII characters. */
export function putAscii(buffer: PrintBuffer, text: string): void {
  const bytes = reserve(buffer, text.length);
  for (let index = 0; index < text.length; index++) bytes[buffer.length++] = text.charCodeAt(index);
}

/** Appends bytes as they are. */
export function putBytes(buffer: PrintBuffer, from: Uint8Array, start: number, end: number): void {
  const bytes = reserve(buffer, end - start);
  let at = buffer.length;
  for (let index = start; index < end; index++) bytes[at++] = from[index] as number;
  buffer.length = at;
}

const ZERO = 0x30;
/** Numbers below it are divided as 32-bit integers. */
const SMALL = 1_000_000_000;

/** Writes a safe integer of at least 0 in decimal at `at`, where there is room for 16 digits, and returns the index behind it. */
export function writeDecimal(bytes: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    bytes[at] = ZERO + value;
    return at + 1;
  }
  if (value >= SMALL) {
    const high = Math.floor(value / SMALL);
    return writeNine(bytes, writeDecimal(bytes, at, high), value - high * SMALL);
  }
  let rest = value | 0;
  const end = at + digitsOf(rest);
  for (let digit = end - 1; digit >= at; digit--) {
    const next = (rest / 10) | 0;
    bytes[digit] = ZERO + rest - next * 10;
    rest = next;
  }
  return end;
}

/** Like {@link writeDecimal} for a number of 64 bits in two words; there must be room for 20 digits. */
export function writeWideDecimal(bytes: Uint8Array, at: number, high: number, low: number): number {
  // Long division by a thousand million in digits of 16 bits.
  let quotient = 0;
  let rest = 0;
  for (let digit = 0; digit < 4; digit++) {
    const word = digit < 2 ? high : low;
    const next = rest * 0x1_0000 + (digit % 2 === 0 ? word >>> 16 : word & 0xffff);
    const part = Math.floor(next / SMALL);
    rest = next - part * SMALL;
    quotient = quotient * 0x1_0000 + part;
  }
  return quotient === 0 ? writeDecimal(bytes, at, rest) : writeNine(bytes, writeDecimal(bytes, at, quotient), rest);
}

/** Writes a number below a thousand million with nine digits. */
function writeNine(bytes: Uint8Array, at: number, value: number): number {
  let rest = value | 0;
  for (let digit = at + 8; digit >= at; digit--) {
    const next = (rest / 10) | 0;
    bytes[digit] = ZERO + rest - next * 10;
    rest = next;
  }
  return at + 9;
}

function digitsOf(value: number): number {
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  return value < 100_000_000 ? 8 : 9;
}
