/** Files and pipes as byte sources. */
import { closeSync, fstatSync, openSync, read as readCallback, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteSource } from '../bytes/byte-source.ts';
import type { RandomSource } from '../bytes/random-source.ts';
import { CkptError } from '../errors.ts';
import { errorCode, systemError } from './system-error.ts';

const readAsync = promisify(readCallback);

/** Most bytes asked of a pipe at once. */
const STREAM_BLOCK = 1024 * 1024;

/** What lies at a path. */
export type PathKind = 'file' | 'directory' | 'stream' | 'missing';

/**
 * What kind of thing lies at `path`, following links.
 *
 * @throws CkptError `permission-denied`, `io-error`.
 */
export function pathKind(path: string): PathKind {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return 'missing';
    throw systemError(path, error);
  }
  return kindOf(path, stats);
}

/**
 * The names in a directory, sorted.
 *
 * @throws CkptError `permission-denied`, `io-error`.
 */
export function directoryNames(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    throw systemError(path, error);
  }
}

/**
 * Opens a regular file (seekable) or a pipe.
 *
 * @throws CkptError `not-found`, `permission-denied`, `not-a-regular-file`, `io-error`.
 */
export function openFile(path: string): ByteSource {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw systemError(path, error);
  }
  try {
    const stats = fstatSync(fd);
    if (kindOf(path, stats) === 'file') return regularFile(path, fd, stats.size);
    return stream(path, fd, true);
  } catch (error) {
    closeSync(fd);
    throw error instanceof CkptError ? error : systemError(path, error);
  }
}

/** Bytes of the file at `path`, or null when it is no regular file. */
export function fileSize(path: string): number | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? stats.size : null;
}

/**
 * Opens a regular file for reading at any position; null for pipes and other files that have none.
 *
 * @throws CkptError `not-found`, `permission-denied`, `not-a-regular-file`, `io-error`.
 */
export function openRandomFile(path: string): RandomSource | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw systemError(path, error);
  }
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    closeSync(fd);
    return null;
  }
  return randomFile(path, fd, stats.size);
}

/** Standard input for reading at any position, when it is a regular file; else null. */
export function openRandomStandardInput(): RandomSource | null {
  const stats = fstatSync(0);
  return stats.isFile() ? randomFile('-', 0, stats.size) : null;
}

function randomFile(path: string, fd: number, size: number): RandomSource {
  const closeOnce = closer(fd, fd !== 0);
  return {
    size,
    async readAt(position, length) {
      const buffer = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      let filled = 0;
      while (filled < buffer.length) {
        let count: number;
        try {
          count = readSync(fd, buffer, filled, buffer.length - filled, position + filled);
        } catch (error) {
          throw systemError(path, error, position + filled);
        }
        if (count === 0) break;
        filled += count;
      }
      return filled === buffer.length ? buffer : buffer.subarray(0, filled);
    },
    async close() {
      closeOnce();
    },
  };
}

/** Closes a file the first time it is called: its number may belong to another file by the second. */
function closer(fd: number, owned: boolean): () => void {
  let open = owned;
  return () => {
    if (open) closeSync(fd);
    open = false;
  };
}

/** Standard input: a regular file when the shell redirected one, else a stream. */
export function openStandardInput(): ByteSource {
  const stats = fstatSync(0);
  return stats.isFile() ? regularFile('-', 0, stats.size) : stream('-', 0, false);
}

function regularFile(path: string, fd: number, size: number): ByteSource {
  const closeOnce = closer(fd, fd !== 0);
  let position = 0;
  const readInto = (target: Uint8Array): number => {
    const wanted = Math.min(target.length, Math.max(0, size - position));
    if (wanted === 0) return 0;
    let count: number;
    try {
      count = readSync(fd, target, 0, wanted, position);
    } catch (error) {
      throw systemError(path, error, position);
    }
    position += count;
    return count;
  };
  return {
    size,
    seekable: true,
    async read(max) {
      const buffer = new Uint8Array(Math.min(max, Math.max(0, size - position)));
      const count = readInto(buffer);
      return count === buffer.length ? buffer : buffer.subarray(0, count);
    },
    readInto: async (target) => readInto(target),
    async skip(count) {
      const moved = Math.min(count, Math.max(0, size - position));
      position += moved;
      return moved;
    },
    async close() {
      closeOnce();
    },
  };
}

/** A pipe is read asynchronously, so that waiting for the writer does not stop anything else. */
function stream(path: string, fd: number, owned: boolean): ByteSource {
  const closeOnce = closer(fd, owned);
  let position = 0;
  let room: Uint8Array | null = null;
  const fill = async (buffer: Uint8Array, max: number): Promise<number> => {
    for (;;) {
      try {
        const { bytesRead } = await readAsync(fd, buffer, 0, Math.min(max, buffer.length), null);
        position += bytesRead;
        return bytesRead;
      } catch (error) {
        if (errorCode(error) === 'EOF') return 0;
        if (errorCode(error) !== 'EAGAIN') throw systemError(path, error, position);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  return {
    size: null,
    seekable: false,
    async read(max) {
      // A pipe mostly gives far less than is asked for: to clear and keep a whole block each time costs more than the copy.
      room ??= new Uint8Array(STREAM_BLOCK);
      return room.slice(0, await fill(room, max));
    },
    async skip(count) {
      // What is skipped all goes into the same buffer, so that gigabytes of pages need no memory.
      const buffer = new Uint8Array(Math.min(count, STREAM_BLOCK));
      let left = count;
      while (left > 0) {
        const got = await fill(buffer, left);
        if (got === 0) break;
        left -= got;
      }
      return count - left;
    },
    async close() {
      closeOnce();
    },
  };
}

function kindOf(path: string, stats: Stats): PathKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isFIFO() || stats.isCharacterDevice() || stats.isSocket()) return 'stream';
  throw new CkptError(
    'not-a-regular-file',
    { layer: 'file', file: path },
    { expected: 'a file, a directory or a pipe', found: 'a block device' },
  );
}
