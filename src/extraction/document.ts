/** What was taken out of an image, or could be: the document `ckpt/extract@1`. */
import type { CkptError } from '../errors.ts';
import type { SavedFile, SavedFileSystem, SavedFileType } from '../filesystem/saved-file.ts';
import { timeText } from '../kernel/time-text.ts';
import type { Entry, LeftOut, OmittedEntry } from './entries.ts';

/** One file. */
export interface ExtractedFile {
  /** The name that it has or would get outside: below the directory, or in the archive. `.` for the root. */
  readonly path: string;
  readonly outcome: 'listed' | 'written' | 'left-out' | 'failed';
  /** Why it was left out, else null. */
  readonly reason: LeftOut | null;
  /** Why it failed, else null. */
  readonly error: ExtractError | null;
  readonly type: SavedFileType;
  /** Four octal digits. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Of these the bytes that have saved memory; the others are holes. */
  readonly allocated: number;
  /** RFC 3339 in UTC with nanoseconds; null when the image does not say. */
  readonly modified: string | null;
  /** Of a symbolic link. */
  readonly target: string | null;
  /** Of a device: `major:minor`. */
  readonly device: string | null;
  /** Path of the file that this is another name of. */
  readonly linkTo: string | null;
  /** It says that a file of the layer below is deleted. */
  readonly whiteout: boolean;
  /** Names of extended attributes, sorted. */
  readonly xattrs: readonly string[];
}

export interface ExtractError {
  readonly code: string;
  readonly layer: string;
  readonly message: string;
}

/** One file system of the image. */
export interface ExtractedFileSystem {
  readonly container: string | null;
  readonly mountPoint: string | null;
  readonly kind: SavedFileSystem['kind'];
  readonly files: number;
  readonly bytes: number;
}

/** Something that files had and what was written does not have. */
export interface ExtractNote {
  readonly code: 'owners' | 'set-id' | 'xattrs';
  /** Files that it is about. */
  readonly files: number;
}

/** The document. */
export interface ExtractDocument {
  readonly schema: 'ckpt/extract@1';
  readonly tool: { readonly name: string; readonly version: string };
  readonly image: { readonly path: string; readonly kind: 'checkpoint' | 'fscheckpoint' };
  readonly action: 'list' | 'archive' | 'directory';
  /** The file or directory that was written; null for a list and for standard output. */
  readonly output: string | null;
  readonly fileSystems: readonly ExtractedFileSystem[];
  readonly totals: {
    readonly files: number;
    readonly written: number;
    readonly leftOut: number;
    readonly failed: number;
    /** Sizes of the files that are listed or were written, second names not counted. */
    readonly bytes: number;
  };
  readonly notes: readonly ExtractNote[];
  /** What could not be read of the image; files that it is about may be missing from the list. */
  readonly errors: readonly ExtractError[];
  readonly files: readonly ExtractedFile[];
}

/** An error as a document has it. */
export function extractError({ code, place, message }: CkptError): ExtractError {
  return { code, layer: place.layer, message };
}

/** A file that is given out, or was to be. */
export function entryDocument(
  { path, file, linkTo, whiteout }: Entry,
  outcome: ExtractedFile['outcome'],
  why: { readonly reason?: LeftOut; readonly error?: CkptError } = {},
): ExtractedFile {
  return {
    path: path === '' ? '.' : path,
    outcome,
    reason: why.reason ?? null,
    error: why.error === undefined ? null : extractError(why.error),
    ...attributes(file),
    linkTo,
    whiteout,
    xattrs: file.xattrs.map(({ name }) => name).sort(),
  };
}

/** A file that has no place in what is given out. */
export function omittedDocument({ path, file, system, reason }: OmittedEntry): ExtractedFile {
  return entryDocument({ path, file, system, linkTo: null, whiteout: reason === 'whiteout' }, 'left-out', { reason });
}

export function fileSystemDocument({ container, mountPoint, kind, files }: SavedFileSystem): ExtractedFileSystem {
  const bytes = files.reduce((sum, file) => sum + (file.linkTo === null ? file.size : 0), 0);
  return { container, mountPoint, kind, files: files.length, bytes };
}

function attributes({ type, mode, uid, gid, size, extents, modified, target, device }: SavedFile) {
  return {
    type,
    mode: (mode & 0o7777).toString(8).padStart(4, '0'),
    uid,
    gid,
    size,
    allocated: extents.reduce((sum, { length }) => sum + length, 0),
    modified: modified === null ? null : timeText(modified),
    target,
    device: device === null ? null : `${device.major}:${device.minor}`,
  };
}
