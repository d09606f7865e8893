/** A filesystem checkpoint as JSON: the document of one by itself, and the section `filesystem` of a split checkpoint. */
import {
  FILESYSTEM_PARTS,
  type FilesystemBytes,
  type FilesystemCheckpoint,
  type FilesystemPart,
} from '../filesystem/filesystem-checkpoint.ts';
import { MANIFEST_FILES, type ManifestEncoding } from '../filesystem/manifest.ts';
import { isOpaque, isWhiteout } from '../filesystem/overlay-marks.ts';
import type { SavedFile, SavedFileSystem, SavedFileSystemKind, SavedFileType } from '../filesystem/saved-file.ts';
import type { MemoryFile } from '../pages/step-over-memory.ts';
import { timeOrNull } from './quantities.ts';

/** The manifest. Numbers beyond 2^53, which no runsc writes, are null. */
export interface FilesystemManifestDocument {
  readonly encoding: ManifestEncoding;
  readonly runscVersion: string | null;
  /** Bytes. */
  readonly pageSize: number | null;
  readonly endian: string | null;
  readonly version: number | null;
  /** Sizes of the files in bytes; null for one that is missing. */
  readonly bytes: FilesystemBytes;
}

/** An extended attribute: its value as text, or in base64 when it is none. */
export interface XattrDocument {
  readonly name: string;
  readonly value: string | null;
  readonly base64: string | null;
}

/** One name. */
export interface TreeEntry {
  /** From the root of the file system; empty for the root. */
  readonly path: string;
  readonly type: SavedFileType;
  /** Four octal digits. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Bytes in pages of the memory file; the rest reads as zeros. */
  readonly stored: number;
  /** RFC 3339, UTC; runsc saves whole seconds. Null for a time before 1970. */
  readonly modified: string | null;
  readonly target: string | null;
  readonly device: { readonly major: number; readonly minor: number } | null;
  /** Path of the first name of the same file, or null. */
  readonly linkTo: string | null;
  readonly xattrs: readonly XattrDocument[];
  /** The name stands for one that was deleted. */
  readonly deleted: boolean;
  /** The directory hides the one that lies under it. */
  readonly opaque: boolean;
}

export interface FileSystemDocument {
  readonly container: string | null;
  /** Where it is mounted in the container. */
  readonly path: string | null;
  readonly kind: SavedFileSystemKind;
  /** Names, the root and deleted ones included. */
  readonly names: number;
  /** Regular files; several names of one count once. */
  readonly files: number;
  /** The sum of their sizes. */
  readonly bytes: number;
  readonly deleted: number;
  readonly tree: readonly TreeEntry[];
}

export interface FilesystemMemoryDocument {
  /** `container:path`. */
  readonly owner: string | null;
  readonly ranges: number;
  readonly committedBytes: number;
  /** Of its first page in pages.img; null when it has none. */
  readonly position: number | null;
}

/** Something that is wrong with a part. */
export interface FilesystemDamage {
  readonly part: FilesystemPart;
  readonly code: string;
  readonly message: string;
  readonly layer: string;
  /** File of the image; null when it is none in particular. */
  readonly file: string | null;
  readonly offset: number | null;
  /** runsc does not notice it, or does not mind. */
  readonly harmless: boolean;
}

/** Section `filesystem` of `ckpt/image@1`. */
export interface FilesystemSection extends FilesystemManifestDocument {
  readonly fileSystems: readonly FileSystemDocument[];
  readonly memoryFiles: readonly FilesystemMemoryDocument[];
  readonly damage: readonly FilesystemDamage[];
}

/** What `inspect` says of a filesystem checkpoint. */
export interface FilesystemInspection {
  readonly schema: 'ckpt/fscheckpoint@1';
  readonly image: { readonly path: string; readonly kind: 'fscheckpoint' } & FilesystemManifestDocument;
  readonly fileSystems: readonly FileSystemDocument[];
  readonly memoryFiles: readonly FilesystemMemoryDocument[];
  readonly damage: readonly FilesystemDamage[];
}

/** The document of a filesystem checkpoint by itself. */
export function filesystemInspection(checkpoint: FilesystemCheckpoint): FilesystemInspection {
  return {
    schema: 'ckpt/fscheckpoint@1',
    image: { path: checkpoint.path, kind: 'fscheckpoint', ...manifestDocument(checkpoint) },
    ...contents(checkpoint),
  };
}

/** The section of a split checkpoint. */
export function filesystemSection(checkpoint: FilesystemCheckpoint): FilesystemSection {
  return { ...manifestDocument(checkpoint), ...contents(checkpoint) };
}

function contents(checkpoint: FilesystemCheckpoint): Pick<FilesystemSection, 'fileSystems' | 'memoryFiles' | 'damage'> {
  return {
    fileSystems: checkpoint.fileSystems.map(fileSystemDocument),
    memoryFiles: checkpoint.memoryFiles.map(memoryDocument),
    damage: damageOf(checkpoint),
  };
}

function manifestDocument({ manifest, encoding, bytes }: FilesystemCheckpoint): FilesystemManifestDocument {
  return {
    encoding,
    runscVersion: manifest?.runscVersion ?? null,
    pageSize: safe(manifest?.pageSize),
    endian: manifest?.endian ?? null,
    version: safe(manifest?.version),
    bytes,
  };
}

function safe(value: bigint | undefined): number | null {
  return value === undefined || value > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(value);
}

function fileSystemDocument({ container, mountPoint, kind, files }: SavedFileSystem): FileSystemDocument {
  const regular = files.filter(({ type, linkTo }) => type === 'file' && linkTo === null);
  return {
    container,
    path: mountPoint,
    kind,
    names: files.length,
    files: regular.length,
    bytes: regular.reduce((sum, { size }) => sum + size, 0),
    deleted: files.filter(isWhiteout).length,
    tree: files.map(treeEntry),
  };
}

function treeEntry(file: SavedFile): TreeEntry {
  return {
    path: file.path,
    type: file.type,
    mode: file.mode.toString(8).padStart(4, '0'),
    uid: file.uid,
    gid: file.gid,
    size: file.size,
    stored: file.extents.reduce((sum, { length }) => sum + length, 0),
    modified: timeOrNull(file.modified),
    target: file.target,
    device: file.device,
    linkTo: file.linkTo,
    xattrs: file.xattrs.map(xattrDocument),
    deleted: isWhiteout(file),
    opaque: isOpaque(file),
  };
}

function xattrDocument({ name, value }: SavedFile['xattrs'][number]): XattrDocument {
  try {
    return { name, value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value), base64: null };
  } catch {
    return { name, value: null, base64: Buffer.from(value).toString('base64') };
  }
}

function memoryDocument({ owner, ranges, committedBytes, positions }: MemoryFile): FilesystemMemoryDocument {
  return { owner, ranges: ranges.length, committedBytes, position: positions[0] ?? null };
}

function damageOf({ problems, path, prefix, encoding }: FilesystemCheckpoint): FilesystemDamage[] {
  const inOrder = problems.toSorted((a, b) => FILESYSTEM_PARTS.indexOf(a.part) - FILESYSTEM_PARTS.indexOf(b.part));
  return inOrder.map(({ part, error: { code, message, place }, harmless }) => {
    const file = place.file?.startsWith(`${path}/`) === true ? place.file.slice(path.length + 1) : (place.file ?? null);
    const manifest = part === 'manifest' ? `${prefix}${MANIFEST_FILES[encoding]}` : null;
    return { part, code, message, layer: place.layer, file: file ?? manifest, offset: place.offset ?? null, harmless };
  });
}
