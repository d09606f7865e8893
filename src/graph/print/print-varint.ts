/** Varints of a graph that was indexed, so that every one of them is known to be whole and well formed. */

/** Index behind the varint that {@link varint} read last. */
export let varintEnd = 0;

/** The varint at an index as a number, exact to 2^53. Sets `varintEnd`. */
export function varint(bytes: Uint8Array, start: number): number {
  const first = bytes[start] as number;
  if (first < 0x80) {
    varintEnd = start + 1;
    return first;
  }
  let position = start + 1;
  let value = first & 0x7f;
  for (let scale = 128; ; scale *= 128) {
    const byte = bytes[position++] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      varintEnd = position;
      return value;
    }
  }
}

/** The upper and lower 32 bits of the varint that {@link readWords} read last. */
export let highWord = 0;
export let lowWord = 0;

/** Reads the varint at an index into `highWord` and `lowWord`. */
export function readWords(bytes: Uint8Array, start: number): void {
  let low = 0;
  let high = 0;
  let position = start;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[position++] as number;
    const bits = byte & 0x7f;
    if (shift < 32) low |= bits << shift;
    if (shift > 32) high |= bits << (shift - 32);
    else if (shift + 7 > 32) high |= bits >>> (32 - shift);
    if (byte < 0x80) break;
  }
  lowWord = low >>> 0;
  highWord = high >>> 0;
}

/** The varint at an index, exact. Sets `varintEnd`. */
export function wideVarint(bytes: Uint8Array, start: number): bigint {
  let position = start;
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[position++] as number;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) {
      varintEnd = position;
      return value;
    }
  }
}

/** The index behind the varint at an index. */
export function afterVarint(bytes: Uint8Array, start: number): number {
  let position = start;
  while ((bytes[position] as number) >= 0x80) position++;
  return position + 1;
}
