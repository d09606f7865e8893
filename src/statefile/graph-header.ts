/** The bytes that every decoded body begins with. */

/** A varint of ten bytes with bit 63 set: the header of an object graph of under 2^63 objects. */
export function isGraphHeader(bytes: Uint8Array): boolean {
  return bytes.length === 10 && bytes[9] === 1 && bytes.subarray(0, 9).every((byte) => byte >= 0x80);
}
