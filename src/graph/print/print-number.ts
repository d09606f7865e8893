/** Numbers of an indexed graph, printed. */
import { type PrintBuffer, writeDecimal, writeWideDecimal } from './print-buffer.ts';
import { highWord, lowWord, readWords, varint, varintEnd, wideVarint } from './print-varint.ts';

const MINUS = 0x2d;

/** Appends the unsigned number at an index and returns the index behind it. */
export function putUnsigned(buffer: PrintBuffer, bytes: Uint8Array, position: number): number {
  const value = varint(bytes, position);
  if (value <= Number.MAX_SAFE_INTEGER) {
    buffer.length = writeDecimal(buffer.bytes, buffer.length, value);
    return varintEnd;
  }
  readWords(bytes, position);
  buffer.length = writeWideDecimal(buffer.bytes, buffer.length, highWord, lowWord);
  return varintEnd;
}

/** Appends the signed number at an index and returns the index behind it. */
export function putSigned(buffer: PrintBuffer, bytes: Uint8Array, position: number): number {
  const raw = varint(bytes, position);
  const after = varintEnd;
  const wide = raw > Number.MAX_SAFE_INTEGER;
  if (wide) readWords(bytes, position);
  // Zigzag: odd is negative.
  const odd = wide ? lowWord & 1 : raw % 2;
  if (odd === 1) buffer.bytes[buffer.length++] = MINUS;
  if (!wide) {
    buffer.length = writeDecimal(buffer.bytes, buffer.length, (raw + odd) / 2);
    return after;
  }
  const low = ((lowWord >>> 1) | (highWord << 31)) >>> 0;
  const carry = odd === 1 && low === 0xffff_ffff ? 1 : 0;
  buffer.length = writeWideDecimal(buffer.bytes, buffer.length, (highWord >>> 1) + carry, (low + odd) >>> 0);
  return after;
}

const floats = new DataView(new ArrayBuffer(8));

/** The number whose bits are at an index. Sets `varintEnd`. */
export function float32(bytes: Uint8Array, position: number): number {
  floats.setUint32(0, Number(BigInt.asUintN(32, wideVarint(bytes, position))));
  return floats.getFloat32(0);
}

/** Like {@link float32}, of 64 bits. */
export function float64(bytes: Uint8Array, position: number): number {
  floats.setBigUint64(0, BigInt.asUintN(64, wideVarint(bytes, position)));
  return floats.getFloat64(0);
}
