/** A filesystem checkpoint that was read, whole or in parts. */
import type { CkptError } from '../errors.ts';
import type { MemoryFile } from '../pages/step-over-memory.ts';
import type { FilesystemManifest, FilesystemPrefix, ManifestEncoding } from './manifest.ts';
import type { SavedFileSystem } from './saved-file.ts';

/** What can be checked of it, in the order in which runsc comes to it. */
export const FILESYSTEM_PARTS = ['files', 'manifest', 'bounds', 'memory', 'trees', 'pages'] as const;

/**
 * A part that is checked by itself: all files are there; the manifest can be read; its ranges lie in the files; the metadata of the memory
 * files; the archives; pages.img holds every page that the metadata names.
 */
export type FilesystemPart = (typeof FILESYSTEM_PARTS)[number];

/** One thing that is wrong. */
export interface FilesystemProblem {
  readonly part: FilesystemPart;
  /** With the file, and the offset in it where there is one. */
  readonly error: CkptError;
  /** runsc does not notice it, or does not mind. */
  readonly harmless: boolean;
}

/** Tells what is wrong with one part. */
export type Complain = (part: FilesystemPart, error: CkptError, harmless?: boolean) => void;

/** Sizes of the files in bytes; null for one that is missing. */
export interface FilesystemBytes {
  readonly manifest: number;
  readonly multiTar: number | null;
  readonly pagesMeta: number | null;
  readonly pages: number | null;
}

export interface FilesystemCheckpoint {
  /** The image as the caller named it. */
  readonly path: string;
  readonly prefix: FilesystemPrefix;
  readonly encoding: ManifestEncoding;
  /** A manifest of the other encoding lies beside it, and was not read. */
  readonly otherManifest: boolean;
  /** Null when it cannot be read; nothing else is known then. */
  readonly manifest: FilesystemManifest | null;
  readonly bytes: FilesystemBytes;
  /**
   * Those whose metadata could be read, in the order of the manifest. `positions` are offsets in pages.img.
   */
  readonly memoryFiles: readonly MemoryFile[];
  /** Bytes that pages.img must hold at least: the end of the last range. */
  readonly requiredPages: number;
  /** In the order of the manifest, each as far as it could be read. */
  readonly fileSystems: readonly SavedFileSystem[];
  readonly problems: readonly FilesystemProblem[];
}
