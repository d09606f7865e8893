/** From a member of an archive to a saved file. */
import { nameBytes } from '../bytes/name-text.ts';
import type { PullReader } from '../bytes/pull-reader.ts';
import type { SavedExtent, SavedFile, SavedFileType } from './saved-file.ts';
import type { TarEntry } from './tar-entries.ts';
import { treeError } from './tree-error.ts';

/** Types of members that gVisor reads; all others stop it. Sockets are left out when a checkpoint is made. */
const TYPES: ReadonlyMap<string, SavedFileType> = new Map<string, SavedFileType>([
  ['0', 'file'],
  ['2', 'symlink'],
  ['3', 'character-device'],
  ['4', 'block-device'],
  ['5', 'directory'],
  ['6', 'fifo'],
]);

/** Bytes of the size before the records, and of one record: file start, file end, offset in the memory file. */
const SIZE_BYTES = 8;
const RECORD_BYTES = 24;
/** Records that are read at once. */
const RECORDS_AT_ONCE = 2048;

const XATTR = 'SCHILY.xattr.';
/** Extended attributes whose values are written in base64 without padding, since 0df3de9a3 (2026-07-15). */
const IN_BASE64: ReadonlySet<string> = new Set(['system.posix_acl_access', 'system.posix_acl_default']);

/** Real content of a regular file. */
export interface FileContent {
  readonly size: number;
  readonly extents: readonly SavedExtent[];
}

/** How many more extents may be read; shared by all files of an image. */
export interface ExtentBudget {
  left: number;
}

/**
 * Reads the body of a regular file: its real size and where its bytes are.
 *
 * Records are of whole pages; what lies behind the size is left out.
 *
 * @param owner of the memory file.
 * @throws CkptError `bad-archive` when it is no such body, `inconsistent`, `over-limit`, `truncated`.
 * @see gVisor pkg/sentry/fsimpl/tmpfs/fscheckpoint.go: fsckptRegularFileSegment, regularFileRead
 */
export async function readContent(
  reader: PullReader,
  entry: TarEntry,
  { owner, littleEndian, budget }: { readonly owner: string; readonly littleEndian: boolean; readonly budget: ExtentBudget },
): Promise<FileContent> {
  const at = reader.offset;
  const count = (entry.size - SIZE_BYTES) / RECORD_BYTES;
  if (entry.size < SIZE_BYTES || !Number.isInteger(count))
    throw treeError('bad-archive', at, 'a size and records of 24 bytes', `a body of ${entry.size} bytes`);
  if (count > budget.left) throw treeError('over-limit', at, 'fewer stretches of files', `${count} more`);
  budget.left -= count;
  const size = u64(viewOf(await reader.exactly(SIZE_BYTES, 'filesystem', 'the size of a file')), 0, true, at);
  const extents: SavedExtent[] = [];
  let last = 0;
  for (let done = 0; done < count; ) {
    const some = Math.min(count - done, RECORDS_AT_ONCE);
    const from = reader.offset;
    const view = viewOf(await reader.exactly(some * RECORD_BYTES, 'filesystem', 'records of a file'));
    for (let index = 0; index < some; index++) {
      const position = index * RECORD_BYTES;
      const [start, end, memoryOffset] = [0, 8, 16].map((field) => u64(view, position + field, littleEndian, from)) as [
        number,
        number,
        number,
      ];
      if (start < last || end <= start)
        throw treeError('inconsistent', from + position, 'stretches of a file in ascending order', `${start} to ${end}`);
      last = end;
      if (start < size) extents.push({ offset: start, length: Math.min(end, size) - start, owner, memoryOffset });
    }
    done += some;
  }
  return { size, extents };
}

/** The type of a member, or null for one that gVisor does not take. Hard links have that of what they name. */
export function typeOf(entry: TarEntry): SavedFileType | null {
  return TYPES.get(entry.type) ?? null;
}

/** A saved file without its path, which depends on the other members. */
export function savedFile(entry: TarEntry, type: SavedFileType, content: FileContent): Omit<SavedFile, 'path' | 'linkTo'> {
  return {
    type,
    mode: entry.mode & 0o7777,
    uid: entry.uid,
    gid: entry.gid,
    modified: entry.modified,
    // Go's writer leaves them out of the formats that it uses.
    accessed: null,
    changed: null,
    size: content.size,
    target: type === 'symlink' ? entry.linkName : null,
    device: type === 'character-device' || type === 'block-device' ? { major: entry.major, minor: entry.minor } : null,
    xattrs: xattrsOf(entry),
    extents: content.extents,
  };
}

/** By name, in ascending order. */
function xattrsOf({ pax }: TarEntry): SavedFile['xattrs'] {
  const keys = [...pax.keys()].filter((key) => key.startsWith(XATTR)).sort();
  return keys.map((key) => {
    const name = key.slice(XATTR.length);
    const value = pax.get(key) ?? '';
    return { name, value: IN_BASE64.has(name) ? new Uint8Array(Buffer.from(value, 'base64')) : nameBytes(value) };
  });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function u64(view: DataView, offset: number, littleEndian: boolean, at: number): number {
  const value = view.getBigUint64(offset, littleEndian);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw treeError('inconsistent', at + offset, 'a number below 2^53', value.toString());
  return Number(value);
}
