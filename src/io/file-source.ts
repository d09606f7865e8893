/** Files and pipes as byte sources. */
import { closeSync, fstatSync, openSync, read as readCallback, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteSource } from '../bytes/byte-source.ts';
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

/** Standard input: a regular file when the shell redirected one, else a stream. */
export function openStandardInput(): ByteSource {
  const stats = fstatSync(0);
  return stats.isFile() ? regularFile('-', 0, stats.size) : stream('-', 0, false);
}

function regularFile(path: string, fd: number, size: number): ByteSource {
  let position = 0;
  return {
    size,
    seekable: true,
    async read(max) {
      const wanted = Math.min(max, Math.max(0, size - position));
      if (wanted === 0) return new Uint8Array(0);
      const buffer = new Uint8Array(wanted);
      let count: number;
      try {
        count = readSync(fd, buffer, 0, wanted, position);
      } catch (error) {
        throw systemError(path, error, position);
      }
      position += count;
      return count === wanted ? buffer : buffer.subarray(0, count);
    },
    async skip(count) {
      const moved = Math.min(count, Math.max(0, size - position));
      position += moved;
      return moved;
    },
    async close() {
      if (fd !== 0) closeSync(fd);
    },
  };
}

/** A pipe is read asynchronously, so that waiting for the writer does not stop anything else. */
function stream(path: string, fd: number, owned: boolean): ByteSource {
  let position = 0;
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
      const buffer = new Uint8Array(Math.min(max, STREAM_BLOCK));
      return buffer.subarray(0, await fill(buffer, max));
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
      if (owned) closeSync(fd);
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
