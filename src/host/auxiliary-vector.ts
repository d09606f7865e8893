/** The auxiliary vector that Linux gives every process: /proc/self/auxv. */

/** What ckpt reads of it; null where the vector has no such entry. */
export interface AuxiliaryVector {
  readonly hwcap: bigint | null;
  readonly hwcap2: bigint | null;
  /** Bytes. */
  readonly pageSize: number | null;
}

const AT_NULL = 0n;
const AT_PAGESZ = 6n;
const AT_HWCAP = 16n;
const AT_HWCAP2 = 26n;

/**
 * Decodes pairs of 64-bit little-endian words, type and value, up to AT_NULL or the end; a last incomplete pair is not looked at.
 *
 * @see Linux include/uapi/linux/auxvec.h
 */
export function decodeAuxiliaryVector(bytes: Uint8Array): AuxiliaryVector {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Map<bigint, bigint>();
  for (let offset = 0; offset + 16 <= bytes.length; offset += 16) {
    const type = view.getBigUint64(offset, true);
    if (type === AT_NULL) break;
    found.set(type, view.getBigUint64(offset + 8, true));
  }
  const pageSize = found.get(AT_PAGESZ);
  return {
    hwcap: found.get(AT_HWCAP) ?? null,
    hwcap2: found.get(AT_HWCAP2) ?? null,
    pageSize: pageSize === undefined || pageSize > 0x4000_0000n ? null : Number(pageSize),
  };
}
