/** Reads wanted bytes of the saved memory out of pages.img. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { readUpTo } from '../bytes/source-reading.ts';
import { type MemoryCapture, storePart, wantedParts } from './memory-capture.ts';
import { firstRangeBehind, rangeLength } from './memory-ranges.ts';
import type { MemoryLayout } from './step-over-memory.ts';

/**
 * Reads what is wanted, going forward only and skipping everything else. A pages.img that is too short ends the reading.
 *
 * @param source at the first byte of pages.img.
 * @throws CkptError `io-error`.
 */
export async function readPages(source: ByteSource, { files }: MemoryLayout, capture: MemoryCapture): Promise<void> {
  let at = 0;
  for (const { owner, ranges, positions } of files) {
    const wanted = owner === null ? undefined : capture.get(owner);
    if (wanted === undefined) continue;
    for (const piece of wanted.pieces) {
      for (let index = firstRangeBehind(ranges, piece.start); index < ranges.length; index++) {
        const start = ranges.starts[index] as number;
        if (start >= piece.end) break;
        for (const part of wantedParts(wanted, start, start + rangeLength(ranges, index))) {
          const position = (positions[index] as number) + (part.start - start);
          at += await source.skip(position - at);
          const bytes = at === position ? await readUpTo(source, part.end - part.start) : null;
          if (bytes === null || bytes.length < part.end - part.start) return;
          at += bytes.length;
          storePart(part, bytes);
          wanted.reached = part.end;
        }
      }
    }
    wanted.reached = Number.POSITIVE_INFINITY;
  }
}
