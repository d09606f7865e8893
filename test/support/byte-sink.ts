/** A growing byte buffer that encoders append to. */

const HIGH_BIT = 0x80;

export interface ByteSink {
  /** Bytes written so far. */
  readonly length: () => number;
  readonly byte: (value: number) => void;
  readonly bytes: (value: Uint8Array) => void;
  /** LEB128, seven bits per byte, least significant first; the value is taken modulo 2^64. */
  readonly varint: (value: bigint | number) => void;
  /** A copy of everything written so far. */
  readonly take: () => Uint8Array;
}

export function createByteSink(): ByteSink {
  let buffer = new Uint8Array(256);
  let used = 0;

  function reserve(count: number): void {
    if (used + count <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, used + count));
    larger.set(buffer.subarray(0, used));
    buffer = larger;
  }

  function byte(value: number): void {
    reserve(1);
    buffer[used++] = value;
  }

  return {
    length: () => used,
    byte,
    bytes(value) {
      reserve(value.length);
      buffer.set(value, used);
      used += value.length;
    },
    varint(value) {
      let rest = BigInt.asUintN(64, BigInt(value));
      while (rest >= 0x80n) {
        byte(Number(rest & 0x7fn) | HIGH_BIT);
        rest >>= 7n;
      }
      byte(Number(rest));
    },
    take: () => buffer.slice(0, used),
  };
}

/** One buffer out of many. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
