/** Which places of the memory files a range of addresses is made of. */
import { fieldAt } from '../../graph/node.ts';
import { countSegments, segmentsBehind } from '../../graph/segment-set.ts';
import { byteCount } from '../byte-count.ts';
import { type Budget, spend } from '../within-budget.ts';
import { type AddressRange, type AddressSpace, overlapOf } from './address-space.ts';
import { type MemoryArea, readArea } from './memory-area.ts';
import { readPages } from './resident-pages.ts';

/** A stretch of a memory file, or of zeros that no memory file holds. Offsets and lengths are in bytes. */
export type AddressPiece =
  | { readonly kind: 'file'; readonly owner: string; readonly start: number; readonly end: number }
  | { readonly kind: 'zeros'; readonly length: number };

/**
 * The pieces of a range in order of their addresses; null when a part of it is not mapped, or is a page of a file that the sandbox does not
 * hold.
 *
 * @param budget mappings and stretches of pages that may still be stepped over.
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 */
export function addressPieces(space: AddressSpace, { start, end }: AddressRange, budget: Budget): AddressPiece[] | null {
  const [vmas, pmas] = [fieldAt(space.node, 'vmas'), fieldAt(space.node, 'pmas')];
  spend(budget, countSegments(vmas) + countSegments(pmas));
  const anonymous = anonymousBehind(
    segmentsBehind(vmas, start)
      .filter((segment) => segment.start < end)
      .map(readArea),
  );
  const pieces: AddressPiece[] = [];
  let at = start;
  const zerosTo = (address: bigint): boolean => {
    if (!anonymous(at, address)) return false;
    pieces.push({ kind: 'zeros', length: byteCount(address - at) });
    at = address;
    return true;
  };
  for (const segment of segmentsBehind(pmas, start)) {
    if (segment.start >= end) break;
    if (segment.end <= at) continue;
    if (segment.start > at && !zerosTo(segment.start)) return null;
    const pages = readPages(segment);
    const part = overlapOf(pages, { start: at, end });
    const offset = pages.offset + (part.start - pages.start);
    pieces.push({
      kind: 'file',
      owner: pages.owner,
      start: byteCount(offset),
      end: byteCount(offset + (part.end - part.start)),
    });
    at = part.end;
  }
  return at < end && !zerosTo(end) ? null : pieces;
}

/**
 * Tells whether all of a range is anonymous memory, whose pages are zeros until they are written. Asked for ascending ranges only, so that
 * no area is looked at twice.
 */
function anonymousBehind(areas: readonly MemoryArea[]): (start: bigint, end: bigint) => boolean {
  let next = 0;
  return (start, end) => {
    for (let at = start; at < end; ) {
      const area = areas[next];
      if (area === undefined || area.start > at) return false;
      if (area.end <= at) next++;
      else if (area.anonymous) at = area.end;
      else return false;
    }
    return true;
  };
}
