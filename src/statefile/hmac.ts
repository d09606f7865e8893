/** HMAC-SHA256 as state files use it. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Bytes of one hash. */
export const HASH_BYTES = 32;

/** HMAC-SHA256 of the concatenated parts. An empty key is allowed: runsc used one up to 2026-03. */
export function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return hasher(key).digest(...parts);
}

/** An HMAC-SHA256 in the making. `digest` adds its parts and ends it. */
export interface Hasher {
  update(part: Uint8Array): void;
  digest(...parts: readonly Uint8Array[]): Uint8Array;
}

/** Begins an HMAC-SHA256. */
export function hasher(key: Uint8Array): Hasher {
  const hash = createHmac('sha256', key);
  return {
    update(part) {
      hash.update(part);
    },
    digest(...parts) {
      for (const part of parts) hash.update(part);
      return hash.digest();
    },
  };
}

/** Whether two hashes are equal, in constant time. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A 32-bit number as four big-endian bytes. */
export function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** The 32-bit big-endian number at `offset`. */
export function readBigEndian(bytes: Uint8Array, offset = 0): number {
  const byte = (index: number): number => bytes[offset + index] as number;
  return ((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3)) >>> 0;
}
