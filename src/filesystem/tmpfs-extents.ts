/** Where the content of a tmpfs file lies in the saved memory. */
import { CkptError } from '../errors.ts';
import { integer, type Node, pathOf } from '../graph/node.ts';
import { segmentsOf } from '../graph/segment-set.ts';
import type { SavedExtent } from './saved-file.ts';
import type { TreeReading } from './tree-reading.ts';

/**
 * The stretches of a file that have memory, cut at its size; stretches that follow one another in file and memory are joined.
 *
 * @param data a FileRangeSet: ranges of the file, and the offset in the memory file of each.
 * @param size of the file in bytes; memory behind it may be there, of whole or huge pages.
 * @throws CkptError `inconsistent` for ranges that overlap, `over-limit`, `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/fsimpl/tmpfs/regular_file.go: regularFile.data; pkg/sentry/fsutil: FileRangeSet
 */
export function tmpfsExtents(data: Node, size: number, owner: string, reading: TreeReading): SavedExtent[] {
  const extents: SavedExtent[] = [];
  let before = 0n;
  for (const segment of segmentsOf(data)) {
    reading.spend(1, data);
    const { start, end } = segment;
    const memory = BigInt.asUintN(64, integer(segment.value));
    if (start < before || end <= start || memory + (end - start) > Number.MAX_SAFE_INTEGER) {
      throw new CkptError(
        'inconsistent',
        { layer: 'kernel', path: pathOf(data) },
        {
          expected: 'ranges in ascending order without overlap, below 2^53 bytes',
          found: `one from ${start} to ${end} at ${memory}`,
          hint: 'The image is damaged',
        },
      );
    }
    before = end;
    if (start >= BigInt(size)) break;
    const offset = Number(start);
    const length = Math.min(Number(end - start), size - offset);
    const memoryOffset = Number(memory);
    const last = extents.at(-1);
    if (last !== undefined && last.offset + last.length === offset && last.memoryOffset + last.length === memoryOffset)
      extents[extents.length - 1] = { ...last, length: last.length + length };
    else extents.push({ offset, length, owner, memoryOffset });
  }
  return extents;
}
