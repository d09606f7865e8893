/** Where an image's files are: a directory, a bare state file under any name, standard input, an archive, an OCI layout, or a server. */

import type { ByteSource } from '../bytes/byte-source.ts';
import type { RandomSource } from '../bytes/random-source.ts';
import { CkptError } from '../errors.ts';
import {
  directoryNames,
  fileSize,
  openFile,
  openRandomFile,
  openRandomStandardInput,
  openStandardInput,
  pathKind,
} from '../io/file-source.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { DETECTION_BYTES, wrappingOf } from './detect-form.ts';
import { FILESYSTEM_MARKS, type ImageContainer, type ImageFile, type ImageFileName, STATE_FILE } from './image-container.ts';
import { LAYOUT_MARKS } from './oci-names.ts';
import type { ArchiveInput, OpenArchiveOptions } from './open-archive.ts';
import { peeked } from './peeked-source.ts';

export interface OpenContainerOptions {
  readonly limits?: Limits;
  /**
   * Files whose content will be asked for, in any order. What goes by of them in a pipe before it is asked for is kept in memory, up to
   * the ceiling `heldBytes`. checkpoint.img and the small files are always kept.
   */
  readonly hold?: readonly ImageFileName[];
  /** Takes a file that goes by in a pipe before it was asked for; it may read as much of it as it wants. */
  readonly passing?: (name: ImageFileName, source: ByteSource) => Promise<void>;
}

/**
 * Finds the image at `path` (`-`: standard input; `http://…`, `https://…`: on a server).
 *
 * @throws CkptError `not-found`, `permission-denied`, `no-checkpoint-img`, `not-a-regular-file`, `io-error`, and those of archives.
 */
export async function openContainer(path: string, options: OpenContainerOptions = {}): Promise<ImageContainer> {
  const given = { ...options, limits: options.limits ?? DEFAULT_LIMITS };
  if (/^https?:[/][/]/i.test(path)) {
    const { openUrl } = await import('./open-url.ts');
    return openUrl(path, given);
  }
  if (path === '-') {
    const source = openStandardInput();
    const start = await peeked(source, DETECTION_BYTES);
    // A file that the shell redirected can be read again; a pipe cannot.
    const again = source.seekable ? async () => openStandardInput() : null;
    const random = source.seekable ? async () => openRandomStandardInput() : null;
    if (wrappingOf(start.bytes) === 'none') return bareStream(path, start.source, again, random);
    return openArchiveFile(path, { first: start.source, again, random }, given);
  }
  const kind = pathKind(path);
  const [file, select] = kind === 'missing' ? archivePart(path) : [path, null];
  const stored = { again: async () => openFile(file), random: async () => openRandomFile(file) };
  if (select !== null) {
    if (pathKind(file) !== 'directory') return openArchiveFile(path, { first: openFile(file), ...stored, select }, given);
    const { openOciLayout } = await import('./open-oci-layout.ts');
    return openOciLayout(path, given, file, select);
  }
  if (kind === 'directory') return openDirectory(path, path, given);
  const slash = path.lastIndexOf('/');
  if (kind === 'file' && path.slice(slash + 1) === STATE_FILE)
    return openDirectory(path, slash < 0 ? '.' : path.slice(0, slash) || '/', given);
  const source = openFile(path);
  const start = await peeked(source, DETECTION_BYTES);
  if (wrappingOf(start.bytes) !== 'none')
    // A named pipe cannot be read again.
    return openArchiveFile(path, { first: start.source, ...(kind === 'stream' ? { again: null } : stored) }, given);
  if (kind === 'stream') return bareStream(path, start.source, null, null);
  await source.close();
  return bareFile(path);
}

async function openArchiveFile(path: string, input: ArchiveInput, options: OpenArchiveOptions): Promise<ImageContainer> {
  // Not needed for files as they are.
  const { openPacked } = await import('./open-packed.ts');
  return openPacked(path, input, options);
}

/** The archive or OCI layout and the path or name in it that `archive.tar#inner/dir` names, when there is no file of the whole name; else the path and null. */
function archivePart(path: string): readonly [file: string, select: string | null] {
  for (let hash = path.lastIndexOf('#'); hash > 0; hash = path.lastIndexOf('#', hash - 1)) {
    const file = path.slice(0, hash);
    const kind = pathKind(file);
    if (kind === 'file' || (kind === 'directory' && isLayout(directoryNames(file)))) return [file, path.slice(hash + 1)];
  }
  return [path, null];
}

async function openDirectory(
  path: string,
  folder: string,
  options: OpenContainerOptions & { readonly limits: Limits },
): Promise<ImageContainer> {
  const names = directoryNames(folder);
  if (names.includes(STATE_FILE)) return directory(path, folder, 'checkpoint');
  if (FILESYSTEM_MARKS.some((name) => names.includes(name))) return directory(path, folder, 'fscheckpoint');
  if (isLayout(names)) {
    const { openOciLayout } = await import('./open-oci-layout.ts');
    return openOciLayout(path, options);
  }
  throw noStateFile(path, names);
}

function isLayout(names: readonly string[]): boolean {
  return names.some((name) => LAYOUT_MARKS.has(name));
}

/** An image as files in a directory. */
function directory(path: string, folder: string, kind: ImageContainer['kind']): ImageContainer {
  return {
    path,
    kind,
    bare: false,
    rereadable: true,
    enclosed: false,
    async find(name) {
      const file = `${folder}/${name}`;
      return pathKind(file) === 'missing' ? null : fileAt(file);
    },
    async finish() {},
    async close() {},
  };
}

function bareFile(path: string): ImageContainer {
  return {
    path,
    kind: 'checkpoint',
    bare: true,
    rereadable: true,
    enclosed: false,
    find: async (name) => (name === STATE_FILE ? fileAt(path) : null),
    async finish() {},
    async close() {},
  };
}

/** A state file from standard input or a named pipe. */
function bareStream(
  path: string,
  source: ByteSource,
  again: (() => Promise<ByteSource>) | null,
  random: (() => Promise<RandomSource | null>) | null,
): ImageContainer {
  let begun = false;
  const file: ImageFile = {
    size: source.size,
    async open() {
      if (begun && again !== null) return again();
      begun = true;
      return source;
    },
    openRandom: async () => (random === null ? null : random()),
  };
  return {
    path,
    kind: 'checkpoint',
    bare: true,
    rereadable: again !== null,
    enclosed: false,
    find: async (name) => (name === STATE_FILE ? file : null),
    async finish() {},
    close: () => source.close(),
  };
}

function fileAt(path: string): ImageFile {
  return {
    get size() {
      return fileSize(path);
    },
    open: async () => openFile(path),
    openRandom: async () => openRandomFile(path),
  };
}

/**
 * Opens the state file of a checkpoint.
 *
 * @throws CkptError `fscheckpoint` when the image is one of file systems only.
 */
export async function openState(container: ImageContainer): Promise<ByteSource> {
  return (await findState(container)).open();
}

/**
 * The state file of a checkpoint.
 *
 * @throws CkptError `fscheckpoint` when the image is one of file systems only.
 */
export async function findState(container: ImageContainer): Promise<ImageFile> {
  const file = container.kind === 'checkpoint' ? await container.find(STATE_FILE) : null;
  if (file !== null) return file;
  throw new CkptError(
    'fscheckpoint',
    { layer: 'container', file: container.path },
    {
      expected: `a full checkpoint with ${STATE_FILE}`,
      found: 'a filesystem checkpoint',
      hint: 'It holds files only, for `runsc create -fs-restore-image-path`: ckpt inspect, check, verify and extract take it',
    },
  );
}

function noStateFile(path: string, names: readonly string[]): CkptError {
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
