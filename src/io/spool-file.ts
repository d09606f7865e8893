/** Private room for bytes that must be kept for a moment: a file without a name, or memory. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RandomSource } from '../bytes/random-source.ts';
import { CkptError } from '../errors.ts';
import { errorCode, systemError } from './system-error.ts';

/** Bytes that were put aside, to be read at any position. */
export interface Spool extends RandomSource {
  /**
   * Adds bytes at the end.
   *
   * @throws CkptError `over-limit` when they are kept in memory and are too many, `io-error` when the disk is full.
   */
  append(bytes: Uint8Array): void;
}

/**
 * A spool as a file of mode 0600 in a directory. Its name is taken away at once, so that nothing stays behind however this process ends.
 *
 * @throws CkptError `permission-denied`, `not-found`, `io-error`.
 */
export function spoolFile(directory: string): Spool {
  const path = join(directory, `.ckpt-${randomBytes(9).toString('hex')}`);
  let fd: number;
  try {
    fd = openSync(path, 'wx+', 0o600);
  } catch (error) {
    throw cannotKeep(path, error);
  }
  try {
    unlinkSync(path);
  } catch (error) {
    closeSync(fd);
    throw cannotKeep(path, error);
  }
  let size = 0;
  return {
    get size() {
      return size;
    },
    append(bytes) {
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, size + at);
      } catch (error) {
        throw cannotKeep(path, error);
      }
      size += bytes.length;
    },
    async readAt(position, length) {
      const buffer = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      try {
        for (let at = 0; at < buffer.length; ) at += readSync(fd, buffer, at, buffer.length - at, position + at);
      } catch (error) {
        throw systemError(path, error, position);
      }
      return buffer;
    },
    async close() {
      closeSync(fd);
    },
  };
}

/** A spool in memory, of at most `most` bytes (`heldBytes`). */
export function spoolMemory(most: number): Spool {
  const blocks: { readonly start: number; readonly bytes: Uint8Array }[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    append(bytes) {
      if (size + bytes.length > most) throw tooMuch(most);
      if (bytes.length > 0) blocks.push({ start: size, bytes: bytes.slice() });
      size += bytes.length;
    },
    async readAt(position, length) {
      const buffer = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      let low = 0;
      let high = blocks.length;
      while (low + 1 < high) {
        const middle = (low + high) >>> 1;
        if ((blocks[middle]?.start ?? 0) <= position) low = middle;
        else high = middle;
      }
      for (let at = 0; at < buffer.length; low++) {
        const block = blocks[low];
        if (block === undefined) break;
        const from = position + at - block.start;
        const part = block.bytes.subarray(from, from + buffer.length - at);
        buffer.set(part, at);
        at += part.length;
      }
      return buffer;
    },
    async close() {
      blocks.length = 0;
    },
  };
}

function cannotKeep(path: string, error: unknown): CkptError {
  return new CkptError(
    'io-error',
    { layer: 'file', file: path },
    {
      expected: 'to keep a part of the image in a private file for a moment',
      found: errorCode(error) ?? String(error),
      hint: 'It is needed because the image can be read forwards only; unpack it first, or write to where there is room',
    },
    { cause: error },
  );
}

function tooMuch(most: number): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'file' },
    {
      expected: `at most ${most} bytes of the image that must be kept in memory`,
      found: 'more',
      hint: 'Give a file or directory to write to, unpack the image first, or raise the ceiling heldBytes',
    },
  );
}
