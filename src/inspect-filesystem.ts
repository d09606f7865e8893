/** Use case `inspect` of a filesystem checkpoint: its manifest and its file trees. */
import type { ImageContainer } from './container/image-container.ts';
import { CkptError } from './errors.ts';
import { readFilesystemCheckpoint } from './filesystem/read-filesystem-checkpoint.ts';
import {
  type FilesystemInspection,
  type FilesystemSection,
  filesystemInspection,
  filesystemSection,
} from './inspection/filesystem.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';

export interface InspectFilesystemOptions {
  readonly limits?: Limits;
}

/**
 * Inspects a filesystem checkpoint. Damage becomes entries of `damage`, with everything that could be read.
 *
 * @param container of kind `fscheckpoint`; when it is a pipe, opened with `FILESYSTEM_FILES` to hold.
 * @throws CkptError `no-image` when it has no manifest, and those of the container.
 */
export async function inspectFilesystem(
  container: ImageContainer,
  { limits = DEFAULT_LIMITS }: InspectFilesystemOptions = {},
): Promise<FilesystemInspection> {
  const checkpoint = await readFilesystemCheckpoint(container, '', limits);
  if (checkpoint === null) throw noManifest(container.path);
  return filesystemInspection(checkpoint);
}

/**
 * Section `filesystem` of a split checkpoint; null when the image is none.
 *
 * @throws CkptError of the container.
 */
export async function inspectSplitFilesystem(container: ImageContainer, limits: Limits): Promise<FilesystemSection | null> {
  const checkpoint = await readFilesystemCheckpoint(container, 'fs/', limits);
  return checkpoint === null ? null : filesystemSection(checkpoint);
}

/** A filesystem checkpoint without a manifest: nothing says what it holds. */
export function noManifest(path: string): CkptError {
  return new CkptError(
    'no-image',
    { layer: 'filesystem', file: path },
    {
      expected: 'fscheckpoint.pb or fscheckpoint.json',
      found: 'neither beside multitar.img',
      hint: 'Copy the whole directory that `runsc fscheckpoint --image-path` wrote',
    },
  );
}
