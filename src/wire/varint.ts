/**
 * Varints: LEB128, seven bits a byte, least significant first, at most ten bytes and 64 bits.
 *
 * @see gVisor pkg/state/wire/wire.go: Uint.save, loadUint; Int is zigzag with -(x/2)-1 for odd x.
 */
import { CkptError } from '../errors.ts';

/** A position in wire bytes; reading moves it. `base` is the absolute offset of `bytes[0]` in the decoded stream. */
export interface WireCursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly base: number;
  position: number;
}

/**
 * An unsigned varint, exact.
 *
 * @throws CkptError `truncated`, `bad-varint`.
 */
export function readUint(cursor: WireCursor): bigint {
  const { bytes, end } = cursor;
  let position = cursor.position;
  let low = 0;
  // 28 bits at a time stay exact as numbers; a value of up to 49 bits needs no bigint arithmetic.
  for (let shift = 1, count = 0; count < 7; count++, shift *= 128) {
    if (position >= end) throw cutVarint(cursor);
    const byte = bytes[position++] as number;
    low += (byte & 0x7f) * shift;
    if (byte < 0x80) {
      cursor.position = position;
      return BigInt(low);
    }
  }
  let value = BigInt(low);
  for (let shift = 49n; ; shift += 7n) {
    if (position >= end) throw cutVarint(cursor);
    const byte = bytes[position++] as number;
    if (shift === 63n && byte > 1) throw longVarint(cursor.base + cursor.position);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) {
      cursor.position = position;
      return value;
    }
  }
}

/**
 * A signed varint, exact.
 *
 * @throws CkptError `truncated`, `bad-varint`.
 */
export function readInt(cursor: WireCursor): bigint {
  const raw = readUint(cursor);
  return (raw & 1n) === 0n ? raw >> 1n : -(raw >> 1n) - 1n;
}

/**
 * A count, length or id: an unsigned varint that fits a safe integer.
 *
 * @throws CkptError `truncated`, `bad-varint`, `over-limit`.
 */
export function readCount(cursor: WireCursor, what: string, limit: number): number {
  const start = cursor.position;
  const value = readUint(cursor);
  if (value > BigInt(limit)) {
    throw new CkptError(
      'over-limit',
      { layer: 'wire', offset: cursor.base + start },
      { expected: `at most ${limit} for ${what}`, found: String(value), hint: 'The length lies or the image is damaged' },
    );
  }
  return Number(value);
}

export function cutVarint(cursor: WireCursor): CkptError {
  return new CkptError(
    'truncated',
    { layer: 'wire', offset: cursor.base + cursor.end },
    { expected: 'the rest of a varint', found: 'the end of the data' },
  );
}

export function longVarint(offset: number): CkptError {
  return new CkptError(
    'bad-varint',
    { layer: 'wire', offset },
    { expected: 'a varint of at most ten bytes and 64 bits', found: 'a longer one', hint: 'The image is damaged' },
  );
}
