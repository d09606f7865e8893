/** Files that are changed in place: the old bytes are kept beside them, and the new ones appear at once or not at all. */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { UsageError } from '../errors.ts';
import { cleanOnSignal } from './clean-on-signal.ts';
import { nameBeside } from './finished-file.ts';
import { errorCode } from './system-error.ts';

/** Names for backups that are tried: `x.bak`, `x.bak.1`, … */
const MOST_BACKUPS = 1000;

/**
 * Replaces the content of a file, and keeps what it held as `<file>.bak`, or as `.bak.1` and so on when another content has that name.
 * A link is followed. Permissions stay, and the owner where the system allows it.
 *
 * @param before what the file held when it was read
 * @returns the path of the backup
 * @throws UsageError when it has changed since, or cannot be written
 */
export function replaceFile(path: string, before: Uint8Array, after: Uint8Array): string {
  try {
    const target = realpathSync(path);
    const stats = statSync(target);
    if (!stats.isFile()) throw new UsageError(`${path} is not a regular file`);
    if (!readFileSync(target).equals(before))
      throw new UsageError(`${path} has changed while it was read; run the command again`);
    const backup = keep(target, before, stats.mode);
    writeBeside(target, after, stats.mode, (part) => {
      try {
        chownSync(part, stats.uid, stats.gid);
      } catch (error) {
        if (errorCode(error) !== 'EPERM') throw error;
      }
      renameSync(part, target);
    });
    return backup;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} cannot be written (${errorCode(error) ?? String(error)})`);
  }
}

/** A backup with these bytes: one that is there already, or a new one. Nothing is overwritten. */
function keep(target: string, bytes: Uint8Array, mode: number): string {
  for (let number = 0; number < MOST_BACKUPS; number++) {
    const name = `${target}.bak${number === 0 ? '' : `.${number}`}`;
    const stats = statSync(name, { throwIfNoEntry: false });
    if (stats?.isFile() === true && stats.size === bytes.length && readFileSync(name).equals(bytes)) return name;
    if (stats !== undefined) continue;
    try {
      writeBeside(name, bytes, mode, (part) => {
        linkSync(part, name);
        unlinkSync(part);
      });
      return name;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
  throw new UsageError(`${target} has ${MOST_BACKUPS} backups already; remove some`);
}

/** Writes a file under a name of its own, and gives it the name it is for. */
function writeBeside(path: string, bytes: Uint8Array, mode: number, giveName: (part: string) => void): void {
  const part = nameBeside(path);
  let fd = -1;
  let isThere = false;
  const remove = (): void => {
    if (fd >= 0) closeSync(fd);
    fd = -1;
    if (isThere && statSync(part, { throwIfNoEntry: false }) !== undefined) unlinkSync(part);
    isThere = false;
  };
  const release = cleanOnSignal(remove);
  try {
    fd = openSync(part, 'wx', 0o600);
    isThere = true;
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, done);
    fsyncSync(fd);
    chmodSync(part, mode & 0o7777);
    giveName(part);
  } finally {
    release();
    remove();
  }
}
