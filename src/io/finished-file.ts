/** An output that has its name only when it is whole. */
import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, linkSync, lstatSync, openSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../errors.ts';
import { cleanOnSignal } from './clean-on-signal.ts';
import { errorCode } from './system-error.ts';

/** A file in the making. */
export interface FinishedFile {
  /** Bytes may be written at any position, and holes left. */
  readonly seekable: boolean;
  /** @throws UsageError when it cannot be written */
  write(bytes: Uint8Array): void;
  /** Moves on by so many bytes that read as zeros; only when it is seekable. */
  skip(count: number): void;
  /**
   * Gives the file its name.
   *
   * @throws UsageError when that is taken meanwhile, or cannot be given
   */
  finish(): void;
  /** Takes it away, unless it is finished. */
  abandon(): void;
}

/**
 * Begins a file, under a name of its own beside the one that it gets when it is finished. Pipes and devices are written as they are.
 *
 * @param force replace what has that name; a link is replaced, not followed
 * @throws UsageError when something has that name, or nothing can be written there
 */
export function beginFile(path: string, force: boolean, mode = 0o666): FinishedFile {
  const kind = kindAt(path);
  if (kind === 'stream') return streamFile(path);
  if (kind === 'directory') throw new UsageError(`${path} is a directory: name a file`);
  if (kind === 'file' && !force) throw new UsageError(`${path} is there already; --force replaces it`);
  const part = nameBeside(path);
  let fd = -1;
  let at = 0;
  const remove = (): void => {
    if (fd < 0) return;
    closeSync(fd);
    fd = -1;
    unlinkSync(part);
  };
  // Before there is a file: a signal may come as soon as it can be seen.
  const release = cleanOnSignal(remove);
  try {
    fd = attempt(path, () => openSync(part, 'wx', mode));
  } catch (error) {
    release();
    throw error;
  }
  return {
    seekable: true,
    write(bytes) {
      attempt(path, () => {
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
      });
      at += bytes.length;
    },
    skip(count) {
      at += count;
    },
    finish() {
      attempt(path, () => {
        ftruncateSync(fd, at);
        if (force) renameSync(part, path);
        else giveName(part, path);
        closeSync(fd);
        fd = -1;
      });
      release();
    },
    abandon() {
      release();
      remove();
    },
  };
}

/** A name that nothing has, beside a file that is to be made. */
export function nameBeside(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 200)}.ckpt-${randomBytes(6).toString('hex')}`);
}

/** Renames without replacing anything. */
export function giveName(from: string | Buffer, to: string | Buffer): void {
  try {
    linkSync(from, to);
  } catch (error) {
    // File systems without hard links: look first, which somebody else may outrun.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errorCode(error) ?? '')) throw error;
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) throw Object.assign(new Error(to.toString()), { code: 'EEXIST' });
    renameSync(from, to);
    return;
  }
  unlinkSync(from);
}

function streamFile(path: string): FinishedFile {
  const fd = attempt(path, () => openSync(path, 'w'));
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  return {
    seekable: false,
    write(bytes) {
      attempt(path, () => {
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      });
    },
    skip() {
      throw new Error('a pipe has no holes');
    },
    finish: close,
    abandon: close,
  };
}

function kindAt(path: string): 'nothing' | 'file' | 'directory' | 'stream' {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'nothing';
  const target = stats.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : stats;
  if (target === undefined) return 'file';
  if (target.isDirectory()) return 'directory';
  return target.isFile() ? 'file' : 'stream';
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw new UsageError(`${path} is there already; --force replaces it`);
    throw new UsageError(`${path} cannot be written (${errorCode(error) ?? String(error)})`);
  }
}
