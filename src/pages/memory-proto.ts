/** Memory metadata as protobuf, since release-20260817.0. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { CkptError } from '../errors.ts';

/** The only version that runsc reads. @see gVisor pgalloc.MemoryFileMetadataProto, field 1. */
const VERSION = 1;

/**
 * The lengths in bytes of the known-committed ranges of a MemoryFileMetadataProto.
 *
 * Fields: 1 version, 3 mem_acct { 1 start, 2 end, 3 kind, 4 mem_cg_id, 5 known_committed }.
 *
 * @param base absolute offset of the message, for errors.
 * @throws CkptError `unknown-shape` when it is no such message or of another version.
 */
export function committedRanges(message: Uint8Array, base: number): number[] {
  const ranges: number[] = [];
  let version = 0;
  try {
    const reader = new BinaryReader(message);
    while (reader.pos < reader.len) {
      const [fieldNumber, wireType] = reader.tag();
      if (fieldNumber === 1 && wireType === WireType.Varint) version = reader.uint32();
      else if (fieldNumber === 3 && wireType === WireType.LengthDelimited) {
        const length = committedLength(reader.bytes());
        if (length > 0) ranges.push(length);
      } else reader.skip(wireType, fieldNumber);
    }
  } catch (error) {
    if (error instanceof CkptError) throw error;
    throw wrong(base, 'a protobuf message with memory ranges', error instanceof Error ? error.message : 'other bytes', error);
  }
  if (version !== VERSION) throw wrong(base, `memory metadata of version ${VERSION}`, `version ${version}`);
  return ranges;
}

/** Bytes of one mem_acct range when it is committed, else 0. */
function committedLength(message: Uint8Array): number {
  const reader = new BinaryReader(message);
  let start = 0n;
  let end = 0n;
  let committed = false;
  while (reader.pos < reader.len) {
    const [fieldNumber, wireType] = reader.tag();
    if (fieldNumber === 1 && wireType === WireType.Varint) start = BigInt(reader.uint64());
    else if (fieldNumber === 2 && wireType === WireType.Varint) end = BigInt(reader.uint64());
    else if (fieldNumber === 5 && wireType === WireType.Varint) committed = reader.bool();
    else reader.skip(wireType, fieldNumber);
  }
  if (!committed) return 0;
  const length = end - start;
  if (length <= 0n || length > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new CkptError(
      'inconsistent',
      { layer: 'pages' },
      { expected: 'a range with an end after its start', found: `${start} to ${end}`, hint: 'The image is damaged' },
    );
  }
  return Number(length);
}

function wrong(base: number, expected: string, found: string, cause?: unknown): CkptError {
  return new CkptError(
    'unknown-shape',
    { layer: 'pages', offset: base },
    { expected, found, hint: 'The image is damaged, or newer than this version' },
    { cause },
  );
}
