/** Memory metadata as protobuf, with all that a reader of the pages does not need. */
import { BinaryReader, WireType } from '../bytes/protobuf.ts';
import { MEMORY_KINDS } from '../pages/memory-ranges.ts';

/** Bytes of a page, and of a chunk of a memory file. @see gVisor pkg/sentry/pgalloc/pgalloc.go: chunkShift */
export const PAGE_BYTES = 4096n;
export const CHUNK_BYTES = 1n << 30n;
/** Where the last range of the sets of free and wasted pages ends, which cover everything. @see gVisor pkg/sentry/pgalloc: math.MaxUint64 */
export const NO_END = 2n ** 64n - 1n;

/** A range of a memory file as it is saved. */
interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/** The lists of ranges, by field number. @see gVisor pkg/sentry/pgalloc/pgalloc.proto: MemoryFileMetadataProto */
const LISTS: Readonly<Record<number, string>> = {
  3: 'accounted',
  4: 'unfree (small pages)',
  5: 'unfree (huge pages)',
  6: 'unwaste (small pages)',
  7: 'unwaste (huge pages)',
};

/**
 * Checks every list of ranges of a MemoryFileMetadataProto: whole pages, ascending, without overlap, within the file, of a known kind.
 *
 * @param report is told of the index in the message.
 * @returns how many ranges there are, of all lists.
 * @see gVisor pkg/sentry/pgalloc/save_restore.go: exportMetadataProto, importMetadataProto
 */
export function checkMemoryMessage(
  message: Uint8Array,
  report: (position: number, expected: string, found: string) => void,
): number {
  const reader = new BinaryReader(message);
  const last = new Map<number, bigint>();
  let chunks = 0n;
  let ranges = 0;
  let highest: { readonly at: number; readonly end: bigint } | null = null;
  try {
    while (reader.pos < reader.len) {
      const at = reader.pos;
      const [number, wireType] = reader.tag();
      const list = LISTS[number];
      if (number === 2 && wireType === WireType.LengthDelimited) {
        chunks++;
        reader.bytes();
      } else if (list !== undefined && wireType === WireType.LengthDelimited) {
        const { start, end, kind } = rangeOf(reader.bytes(), number === 3);
        ranges++;
        const found = `one from ${start} to ${end}`;
        const endless = number !== 3 && end === NO_END;
        if (start % PAGE_BYTES !== 0n || (!endless && end % PAGE_BYTES !== 0n) || end <= start)
          report(at, `${list} ranges of whole pages`, found);
        else if (start < (last.get(number) ?? 0n)) report(at, `${list} ranges in ascending order without overlap`, found);
        if (kind >= MEMORY_KINDS.length) report(at, `a kind of memory from 0 to ${MEMORY_KINDS.length - 1}`, String(kind));
        last.set(number, end);
        if (!endless && (highest === null || end > highest.end)) highest = { at, end };
      } else if (number < 1 || number > 8 || wireType !== (number === 1 ? WireType.Varint : WireType.LengthDelimited)) {
        report(at, 'a field of memory metadata', `number ${number} of wire type ${wireType}`);
        reader.skip(wireType, number);
      } else reader.skip(wireType, number);
    }
  } catch {
    // Told by the reader of the committed ranges, which meets the same.
    return ranges;
  }
  if (highest !== null && highest.end > chunks * CHUNK_BYTES)
    report(highest.at, `ranges within the ${chunks} GiB of the memory file`, `one that ends at ${highest.end}`);
  return ranges;
}

function rangeOf(bytes: Uint8Array, accounted: boolean): Range & { readonly kind: number } {
  const reader = new BinaryReader(bytes);
  let [start, end] = [0n, 0n];
  let kind = 0;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1 && wireType === WireType.Varint) start = BigInt(reader.uint64());
    else if (number === 2 && wireType === WireType.Varint) end = BigInt(reader.uint64());
    else if (number === 3 && accounted && wireType === WireType.Varint) kind = reader.uint32();
    else reader.skip(wireType, number);
  }
  return { start, end, kind };
}
