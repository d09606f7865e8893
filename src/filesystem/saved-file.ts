/** A saved file system as plain values, wherever it comes from: the objects of a checkpoint, or a filesystem checkpoint. */

/** What a file is. */
export type SavedFileType = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character-device' | 'block-device';

/** A stretch of a file that has saved memory. What lies between stretches reads as zeros. Whole bytes, not only whole pages. */
export interface SavedExtent {
  /** Offset in the file, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** Where its bytes are in the memory file `owner` (see `MemoryFile.owner`: the empty text is the main memory file). */
  readonly owner: string;
  readonly memoryOffset: number;
}

/** One name in a saved file system. */
export interface SavedFile {
  /**
   * From the root of its file system, without a slash at either end; empty for the root itself. Names and targets may hold any bytes:
   * those that are no UTF-8 are lone surrogates here (see tree-names.ts).
   */
  readonly path: string;
  readonly type: SavedFileType;
  /** Permission bits with set-user-id, set-group-id and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970; null when the image does not say. */
  readonly modified: bigint | null;
  readonly accessed: bigint | null;
  readonly changed: bigint | null;
  /** Bytes; 0 for what has none. */
  readonly size: number;
  /** Target of a symbolic link, else null. */
  readonly target: string | null;
  /** Of a device, else null. */
  readonly device: { readonly major: number; readonly minor: number } | null;
  /** By name. */
  readonly xattrs: readonly { readonly name: string; readonly value: Uint8Array }[];
  /** Path of an earlier entry that is the same file (a hard link), else null; content and attributes are those of that entry. */
  readonly linkTo: string | null;
  /** Ascending, without overlap, within `size`. */
  readonly extents: readonly SavedExtent[];
}

/** What a file system was for the container. */
export type SavedFileSystemKind = 'overlay-upper' | 'tmpfs' | 'rootfs';

/** One saved file system. */
export interface SavedFileSystem {
  /** Name or id of the container, or null where the image does not say. */
  readonly container: string | null;
  /** Where it is mounted in that container: `/` for its root, or null when it is not mounted. */
  readonly mountPoint: string | null;
  readonly kind: SavedFileSystemKind;
  /** Directories before what they hold, names in ascending order of their code points. */
  readonly files: readonly SavedFile[];
}
