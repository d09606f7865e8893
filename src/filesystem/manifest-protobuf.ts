/** The manifest as protobuf, since 8bd698e1e (2026-08-10, release-20260817.0). */
import { BinaryReader, WireType } from '../bytes/protobuf.ts';
import { CkptError } from '../errors.ts';
import {
  type FilesystemManifest,
  type ManifestId,
  type ManifestMemoryFile,
  type ManifestTmpfs,
  MOST_ENTRIES,
  manifestError,
} from './manifest.ts';

/** Go refuses text that is not UTF-8. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Takes one field; false for one that is unknown, or of another wire type, which is skipped. */
type TakeField = (reader: BinaryReader, fieldNumber: number, wireType: WireType) => boolean;

/**
 * Decodes a Manifest. Unknown fields are skipped, and of a field that comes twice the later one counts, as in Go.
 *
 * Fields: 1 version, 2 runsc_version, 3 page_size, 4 endian, 5 memory_files { 1 resource_id { 1 container_name, 2 path },
 * 2 pages_metadata_start, 3 pages_metadata_end, 4 pages_start }, 6 tmpfs { 1 resource_id, 2 tar_start, 3 tar_end }.
 *
 * @throws CkptError `bad-metadata` when it is no such message, `over-limit`.
 * @see gVisor pkg/sentry/fscheckpoint/fscheckpoint.proto
 */
export function manifestFromProtobuf(bytes: Uint8Array): FilesystemManifest {
  const memoryFiles: ManifestMemoryFile[] = [];
  const tmpfs: ManifestTmpfs[] = [];
  let [version, pageSize] = [0n, 0n];
  let [runscVersion, endian] = ['', ''];
  const reader = readerOf(bytes);
  try {
    readFields(reader, (from, number, type) => {
      if (number === 1 && type === WireType.Varint) version = BigInt(from.uint64());
      else if (number === 2 && type === WireType.LengthDelimited) runscVersion = from.string();
      else if (number === 3 && type === WireType.Varint) pageSize = BigInt(from.uint64());
      else if (number === 4 && type === WireType.LengthDelimited) endian = from.string();
      else if (number === 5 && type === WireType.LengthDelimited) memoryFiles.push(memoryFile(from.bytes()));
      else if (number === 6 && type === WireType.LengthDelimited) tmpfs.push(tmpfsEntry(from.bytes()));
      else return false;
      if (memoryFiles.length > MOST_ENTRIES || tmpfs.length > MOST_ENTRIES)
        throw manifestError('over-limit', `at most ${MOST_ENTRIES} file systems`, 'more');
      return true;
    });
  } catch (error) {
    if (error instanceof CkptError) throw error;
    const found = error instanceof Error ? error.message : 'other bytes';
    throw manifestError('bad-metadata', 'a manifest as protobuf', found, { offset: reader.pos, cause: error });
  }
  return { encoding: 'protobuf', version, runscVersion, pageSize, endian, memoryFiles, tmpfs };
}

function readerOf(bytes: Uint8Array): BinaryReader {
  return new BinaryReader(bytes, (text) => UTF8.decode(text));
}

function readFields(reader: BinaryReader, take: TakeField): void {
  while (reader.pos < reader.len) {
    const [fieldNumber, wireType] = reader.tag();
    if (!take(reader, fieldNumber, wireType)) reader.skip(wireType, fieldNumber);
  }
}

function memoryFile(bytes: Uint8Array): ManifestMemoryFile {
  const { id, numbers } = entry(bytes);
  return { id, metadataStart: numbers[2], metadataEnd: numbers[3], pagesStart: numbers[4] };
}

function tmpfsEntry(bytes: Uint8Array): ManifestTmpfs {
  const { id, numbers } = entry(bytes);
  return { id, tarStart: numbers[2], tarEnd: numbers[3] };
}

/** Both kinds of entry are an id and numbers. */
function entry(bytes: Uint8Array): { readonly id: ManifestId; readonly numbers: { 2: bigint; 3: bigint; 4: bigint } } {
  const id = { container: '', path: '' };
  const numbers = { 2: 0n, 3: 0n, 4: 0n };
  readFields(readerOf(bytes), (from, number, type) => {
    if (number === 1 && type === WireType.LengthDelimited) mergeId(id, from.bytes());
    else if ((number === 2 || number === 3 || number === 4) && type === WireType.Varint) numbers[number] = BigInt(from.uint64());
    else return false;
    return true;
  });
  return { id, numbers };
}

function mergeId(id: { container: string; path: string }, bytes: Uint8Array): void {
  readFields(readerOf(bytes), (from, number, type) => {
    if (type !== WireType.LengthDelimited) return false;
    if (number === 1) id.container = from.string();
    else if (number === 2) id.path = from.string();
    else return false;
    return true;
  });
}
