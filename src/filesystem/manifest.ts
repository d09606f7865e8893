/** The manifest of a filesystem checkpoint: what it holds, and where. */
import type { ImageFileName } from '../container/image-container.ts';
import { CkptError, type ErrorCode } from '../errors.ts';

/** Where a filesystem checkpoint lies in an image: it is all of it, or its folder `fs/`. */
export type FilesystemPrefix = '' | 'fs/';

/** JSON from 2026-03-18 (release-20260323.0), protobuf since 2026-08-10 (release-20260817.0). */
export type ManifestEncoding = 'json' | 'protobuf';

/** What a memory file and the file system in it are known by: the container's name and the place of the mount in it. */
export interface ManifestId {
  readonly container: string;
  readonly path: string;
}

/** One memory file. Offsets are in bytes, as saved: up to 2^64 - 1. */
export interface ManifestMemoryFile {
  readonly id: ManifestId;
  /** Its metadata in pages_meta.img, and the first of its pages in pages.img. */
  readonly metadataStart: bigint;
  readonly metadataEnd: bigint;
  readonly pagesStart: bigint;
}

/** One file system: its archive in multitar.img. */
export interface ManifestTmpfs {
  readonly id: ManifestId;
  readonly tarStart: bigint;
  readonly tarEnd: bigint;
}

/** @see gVisor pkg/sentry/fscheckpoint/fscheckpoint.go: Manifest; fscheckpoint.proto */
export interface FilesystemManifest {
  readonly encoding: ManifestEncoding;
  /** 0 in JSON, 1 in protobuf so far. */
  readonly version: bigint;
  readonly runscVersion: string;
  readonly pageSize: bigint;
  /** `little` or `big` as any runsc writes it; may hold any characters. */
  readonly endian: string;
  readonly memoryFiles: readonly ManifestMemoryFile[];
  readonly tmpfs: readonly ManifestTmpfs[];
}

/** The most entries of either list; a sandbox has a few file systems. Stops millions of empty ones in a small manifest. */
export const MOST_ENTRIES = 65_536;

/** File names of the manifest, the newer first. */
export const MANIFEST_FILES = { protobuf: 'fscheckpoint.pb', json: 'fscheckpoint.json' } as const satisfies Record<
  ManifestEncoding,
  ImageFileName
>;

/** The name that gVisor gives a memory file, `container:path`. @see gVisor pkg/sentry/checkpoint.ResourceID.String */
export function ownerOf({ container, path }: ManifestId): string {
  return `${container}:${path}`;
}

/** A manifest that is not one. */
export function manifestError(
  code: ErrorCode,
  expected: string,
  found: string,
  more: { readonly hint?: string; readonly offset?: number; readonly line?: number; readonly cause?: unknown } = {},
): CkptError {
  const { hint = 'The image is damaged, or newer than this version', cause, ...place } = more;
  return new CkptError(code, { layer: 'filesystem', ...place }, { expected, found, hint }, { cause });
}
