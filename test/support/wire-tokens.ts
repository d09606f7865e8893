/**
 * Finds the parts of an encoded graph that can be replaced without changing its shape: references, numbers, text. For tests that damage
 * real graphs; shares no code with the decoders under test.
 *
 * @see gVisor pkg/state/wire/wire.go
 */
import { concatBytes, createByteSink } from './byte-sink.ts';

/** A varint or the bytes of a string. */
export interface WireToken {
  readonly kind: 'reference' | 'number' | 'text';
  readonly start: number;
  readonly end: number;
}

/** A token and the bytes to put in its place. */
export interface Replacement {
  readonly token: WireToken;
  readonly bytes: Uint8Array;
}

/** The tokens of the objects at these positions (indices of their tags), in order. */
export function wireTokens(bytes: Uint8Array, positions: Iterable<number>): WireToken[] {
  const tokens: WireToken[] = [];
  let at = 0;
  const byte = (): number => bytes[at++] as number;
  const varint = (kind?: WireToken['kind']): number => {
    const start = at;
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = byte();
      value += (next & 0x7f) * scale;
      if (next < 0x80) break;
    }
    if (kind !== undefined) tokens.push({ kind, start, end: at });
    return value;
  };
  const times = (count: number, read: () => void): void => {
    for (let index = 0; index < count; index++) read();
  };
  const spec = (): void => {
    const tag = varint();
    if (tag === 0) varint();
    if (tag === 2) varint();
    if (tag === 1 || tag === 2 || tag === 3) spec();
    if (tag === 4) times(2, spec);
  };
  const reference = (): void => {
    varint('reference');
    const dots = varint();
    times(dots, () => {
      const raw = varint();
      if (raw % 2 === 1) at += (raw + 1) / 2;
    });
    if (dots > 0) spec();
  };
  const text = (): void => {
    const length = varint();
    if (length > 0) tokens.push({ kind: 'text', start: at, end: at + length });
    at += length;
  };
  const struct = (): void => {
    varint();
    const fields = byte();
    if (fields === 12) return;
    if (fields !== 13) at--;
    times(fields === 13 ? varint() : 1, () => value(byte()));
  };
  const array = (): void => {
    const count = varint();
    if (count === 0) return;
    const item = byte();
    times(count, () => value(item));
  };
  const map = (): void => {
    const count = varint();
    if (count === 0) return;
    const key = byte();
    value(key);
    const item = byte();
    value(item);
    times(count - 1, () => {
      value(key);
      value(item);
    });
  };
  const value = (kind: number): void => {
    if (kind <= 4) varint('number');
    else if (kind === 6) reference();
    else if (kind === 7) text();
    else if (kind === 8) {
      times(2, () => varint('number'));
      reference();
    } else if (kind === 9) array();
    else if (kind === 10) map();
    else if (kind === 11) struct();
    else if (kind === 14) {
      spec();
      value(byte());
    } else if (kind !== 5) throw new Error(`kind ${kind} at ${at - 1}`);
  };
  for (const position of positions) {
    at = position;
    value(byte());
  }
  return tokens;
}

/** The bytes with tokens replaced; of replacements of one token the first counts. */
export function replaceTokens(bytes: Uint8Array, replacements: readonly Replacement[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let done = 0;
  for (const { token, bytes: other } of [...replacements].sort((a, b) => a.token.start - b.token.start)) {
    if (token.start < done) continue;
    parts.push(bytes.subarray(done, token.start), other);
    done = token.end;
  }
  return concatBytes([...parts, bytes.subarray(done)]);
}

/** A number as a varint. */
export function varintBytes(value: bigint): Uint8Array {
  const sink = createByteSink();
  sink.varint(value);
  return sink.take();
}
