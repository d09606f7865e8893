/** Where an image's files are: a directory, a bare state file under any name, or standard input. */

import type { ByteSource } from '../bytes/byte-source.ts';
import { CkptError } from '../errors.ts';
import { directoryNames, openFile, openStandardInput, pathKind } from '../io/file-source.ts';

/** The named files of one image. */
export interface ImageContainer {
  readonly path: string;
  /** The state file was given by itself under a name of its own: what lies beside it does not belong to it. */
  readonly bare: boolean;
  /** Opens the state file. */
  openState(): ByteSource;
  /** Opens a file of the image, or null when it does not have it. */
  open(name: ImageFile): ByteSource | null;
}

/** File names of an image since 2024-04-30. @see gVisor pkg/sentry/state/checkpointfiles/checkpointfiles.go */
export type ImageFile = 'pages_meta.img' | 'pages.img';

const STATE_FILE = 'checkpoint.img';
const FILESYSTEM_MANIFESTS: readonly string[] = ['fscheckpoint.json', 'fscheckpoint.pb'];

/**
 * Finds the image at `path` (`-`: standard input).
 *
 * @throws CkptError `not-found`, `permission-denied`, `no-checkpoint-img`, `fscheckpoint`, `not-a-regular-file`.
 */
export function openContainer(path: string): ImageContainer {
  if (path === '-') return { path, bare: true, openState: openStandardInput, open: () => null };
  const kind = pathKind(path);
  if (kind === 'directory') return directory(path, path);
  const slash = path.lastIndexOf('/');
  if (kind === 'file' && path.slice(slash + 1) === STATE_FILE)
    return directory(path, slash < 0 ? '.' : path.slice(0, slash) || '/');
  return { path, bare: true, openState: () => openFile(path), open: () => null };
}

function directory(path: string, folder: string): ImageContainer {
  const names = directoryNames(folder);
  if (!names.includes(STATE_FILE)) throw noStateFile(path, names);
  return {
    path,
    bare: false,
    openState: () => openFile(`${folder}/${STATE_FILE}`),
    open: (name) => (names.includes(name) ? openFile(`${folder}/${name}`) : null),
  };
}

function noStateFile(path: string, names: readonly string[]): CkptError {
  const manifest =
    FILESYSTEM_MANIFESTS.find((name) => names.includes(name)) ?? (names.includes('multitar.img') ? 'multitar.img' : undefined);
  if (manifest !== undefined) {
    return new CkptError(
      'fscheckpoint',
      { layer: 'container', file: path },
      {
        expected: `a full checkpoint with ${STATE_FILE}`,
        found: `a filesystem checkpoint (${manifest})`,
        hint: '`runsc restore` does not take it: it holds files only, for `runsc create -fs-restore-image-path`',
      },
    );
  }
  const found =
    names.length === 0
      ? 'an empty directory'
      : `${names.length} other ${names.length === 1 ? 'name' : 'names'}, first "${names[0]}"`;
  return new CkptError(
    'no-checkpoint-img',
    { layer: 'container', file: path },
    {
      expected: `a directory with ${STATE_FILE}`,
      found,
      hint: 'Give the directory that `runsc checkpoint --image-path` wrote, or the state file itself',
    },
  );
}
