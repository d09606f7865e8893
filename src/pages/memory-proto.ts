/** Memory metadata as protobuf, since release-20260817.0. */
import { BinaryReader, WireType } from '../bytes/protobuf.ts';
import { CkptError } from '../errors.ts';
import { type AccountedSegment, checkedSegment, type MemoryRanges, type RangeCollector } from './memory-ranges.ts';

/** The only version that runsc reads. @see gVisor pgalloc.MemoryFileMetadataProto, field 1. */
const VERSION = 1;

/**
 * The known-committed ranges of a MemoryFileMetadataProto.
 *
 * Fields: 1 version, 3 mem_acct { 1 start, 2 end, 3 kind, 4 mem_cg_id, 5 known_committed }.
 *
 * @param base absolute offset of the message, for errors.
 * @param collector empty.
 * @throws CkptError `unknown-shape` when it is no such message or of another version, `inconsistent`.
 */
export function committedRanges(message: Uint8Array, base: number, collector: RangeCollector): MemoryRanges {
  let version = 0;
  try {
    const reader = new BinaryReader(message);
    while (reader.pos < reader.len) {
      const [fieldNumber, wireType] = reader.tag();
      if (fieldNumber === 1 && wireType === WireType.Varint) version = reader.uint32();
      else if (fieldNumber === 3 && wireType === WireType.LengthDelimited) {
        const segment = committedSegment(reader, reader.uint32());
        if (segment !== null) collector.add(checkedSegment(segment));
      } else reader.skip(wireType, fieldNumber);
    }
  } catch (error) {
    if (error instanceof CkptError) throw error.at({ offset: base });
    throw wrong(base, 'a protobuf message with memory ranges', error instanceof Error ? error.message : 'other bytes', error);
  }
  if (version !== VERSION) throw wrong(base, `memory metadata of version ${VERSION}`, `version ${version}`);
  return collector.finish();
}

/** The mem_acct range of `length` bytes that comes next, or null when it is not committed. */
function committedSegment(reader: BinaryReader, length: number): AccountedSegment | null {
  const behind = reader.pos + length;
  if (behind > reader.len) throw new RangeError('premature EOF');
  let [start, end, kind, cgroup] = [0, 0, 0, 0];
  let committed = false;
  while (reader.pos < behind) {
    const [fieldNumber, wireType] = reader.tag();
    if (wireType !== WireType.Varint) reader.skip(wireType, fieldNumber);
    else if (fieldNumber === 1) start = Number(reader.uint64());
    else if (fieldNumber === 2) end = Number(reader.uint64());
    else if (fieldNumber === 3) kind = reader.uint32();
    else if (fieldNumber === 4) cgroup = reader.uint32();
    else if (fieldNumber === 5) committed = reader.bool();
    else reader.skip(wireType, fieldNumber);
  }
  if (reader.pos > behind) throw new RangeError('a field that runs over the end of its message');
  return committed ? { start, end, kind, cgroup } : null;
}

function wrong(base: number, expected: string, found: string, cause?: unknown): CkptError {
  return new CkptError(
    'unknown-shape',
    { layer: 'pages', offset: base },
    { expected, found, hint: 'The image is damaged, or newer than this version' },
    { cause },
  );
}
