/** How much an input has expanded to, measured against its own bytes. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { countedSource } from '../bytes/source-reading.ts';
import type { Limits } from '../limits.ts';
import { overCeiling } from './archive-error.ts';

/** Counts what compressions, and the holes of sparse members, give for the bytes of the outermost input. */
export interface ExpansionBudget {
  /** The outermost input, counted. */
  readonly source: ByteSource;
  /**
   * Notes that `bytes` more came out at a depth of nesting (each depth has an account of its own, so that a harmless archive is not
   * charged twice for being wrapped twice).
   *
   * @throws CkptError `over-limit` (expandedBytes, expansionRatio).
   */
  charge(depth: number, bytes: number): void;
}

/** Wraps the outermost input; what is read and what is skipped of it both count. */
export function expansionBudget(outermost: ByteSource, limits: Limits): ExpansionBudget {
  let consumed = 0;
  const expanded: number[] = [];
  return {
    source: countedSource(outermost, (count) => {
      consumed += count;
    }),
    charge(depth, bytes) {
      const total = (expanded[depth] ?? 0) + bytes;
      expanded[depth] = total;
      if (total <= limits.expandedBytes || total <= consumed * limits.expansionRatio) return;
      const found = `${total} bytes out of the first ${consumed}`;
      if (consumed * limits.expansionRatio < limits.expandedBytes)
        throw overCeiling('expandedBytes', limits.expandedBytes, 'bytes of expanded input', found);
      throw overCeiling('expansionRatio', limits.expansionRatio, 'bytes for each byte of compressed input', found);
    },
  };
}
