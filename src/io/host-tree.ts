/** A directory that stands for a mount of the container to be restored: what lies in it, looked at as a gofer walks. Nothing is opened or changed. */
import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs';
import { errorCode, systemError } from './system-error.ts';

/** What lies at a path. */
export type SeenKind = 'regular' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character-device' | 'block-device';

/** A kind, or the code of the error (`ENOENT`) that stands in the way. */
export type Seen = { readonly kind: SeenKind; readonly error: null } | { readonly kind: null; readonly error: string };

/** What somebody may do with a file: read it, write it, or (a directory) put something into it. */
export type Use = 'read' | 'write' | 'fill';

export interface HostTree {
  /** The directory as it was named. */
  readonly directory: string;
  /** What lies at a path from the tree's root, such as `/usr/bin`. No symbolic link is followed; what lies behind one is `ENOTDIR`. */
  readonly look: (path: string) => Seen;
  /** Whether this process may use a regular file or directory: null, or the code of the error. */
  readonly refuses: (path: string, use: Use) => string | null;
}

const MODES = { read: constants.R_OK, write: constants.W_OK, fill: constants.W_OK | constants.X_OK } as const;

/**
 * A tree with this root; a link at the root itself is followed, and the root may be a file.
 *
 * @throws CkptError `not-found`, `permission-denied`, `io-error`.
 */
export function openHostTree(directory: string): HostTree {
  const known = new Map<string, Seen>();
  try {
    known.set('/', seenAs(statSync(directory)));
  } catch (error) {
    throw systemError(directory, error);
  }
  const place = (path: string): string => (path === '/' ? directory : `${directory}${path}`);
  const look = (path: string): Seen => {
    const before = known.get(path);
    if (before !== undefined) return before;
    if (!path.startsWith('/') || path.includes('//')) return failure('EINVAL');
    // From the root downwards: a parent that was seen before ends the search for where to begin.
    const waiting = [path];
    let at = parentOf(path);
    let seen = known.get(at);
    while (seen === undefined) {
      waiting.push(at);
      at = parentOf(at);
      seen = known.get(at);
    }
    for (const next of waiting.reverse()) {
      seen = seen.kind === null ? seen : seen.kind === 'directory' ? lookAt(next, place(next)) : failure('ENOTDIR');
      known.set(next, seen);
    }
    return seen;
  };
  const refuses = (path: string, use: Use): string | null => {
    const { kind, error } = look(path);
    if (kind === null) return error;
    if (kind !== 'regular' && kind !== 'directory') return 'EINVAL';
    try {
      accessSync(place(path), MODES[use]);
      return null;
    } catch (refused) {
      return errorCode(refused) ?? 'EIO';
    }
  };
  return { directory, look, refuses };
}

function lookAt(path: string, place: string): Seen {
  const name = path.slice(path.lastIndexOf('/') + 1);
  // Names that no directory holds, or that lead elsewhere.
  if (name === '' || name === '.' || name === '..' || name.includes('\0')) return failure('EINVAL');
  // Stands for bytes that are no text: the file's real name is not known.
  if (name.includes('\ufffd')) return failure('EILSEQ');
  try {
    return seenAs(lstatSync(place));
  } catch (error) {
    return failure(errorCode(error) ?? 'EIO');
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

function failure(error: string): Seen {
  return { kind: null, error };
}

function seenAs(stats: Stats): Seen {
  return { kind: kindOf(stats), error: null };
}

function kindOf(stats: Stats): SeenKind {
  if (stats.isFile()) return 'regular';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  return stats.isCharacterDevice() ? 'character-device' : 'block-device';
}
