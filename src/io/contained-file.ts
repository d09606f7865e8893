/** Files that must lie inside a directory. */
import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { ByteSource } from '../bytes/byte-source.ts';
import type { RandomSource } from '../bytes/random-source.ts';
import { CkptError } from '../errors.ts';
import { fileSize, openFile, openRandomFile } from './file-source.ts';
import { errorCode, systemError } from './system-error.ts';

/** A file in a directory. */
export interface ContainedFile {
  /** Bytes; null when it is no regular file. */
  readonly size: number | null;
  open(): Promise<ByteSource>;
  openRandom(): Promise<RandomSource | null>;
}

/**
 * A file inside a directory, links followed; null when nothing is there.
 *
 * @throws CkptError `bad-archive` when a link leads out of the directory; `permission-denied`, `io-error`.
 */
export function openContained(directory: string, relative: string): ContainedFile | null {
  const path = containedPath(directory, relative);
  if (path === null) return null;
  return { size: fileSize(path), open: async () => openFile(path), openRandom: async () => openRandomFile(path) };
}

function containedPath(directory: string, relative: string): string | null {
  const path = `${directory}/${relative}`;
  let real: string;
  let root: string;
  try {
    root = realpathSync(directory);
    real = realpathSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw systemError(path, error);
  }
  if (real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) return real;
  throw new CkptError(
    'bad-archive',
    { layer: 'container', file: directory, path: relative },
    { expected: 'a file inside the layout', found: 'a link that leads out of it' },
  );
}
