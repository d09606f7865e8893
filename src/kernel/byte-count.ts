/** A saved count as a number: negative ones count as none, and none is over 2^53-1. */
export function byteCount(value: bigint): number {
  if (value <= 0n) return 0;
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}
