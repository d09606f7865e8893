/** A directory that files are written into, and that nothing of what is written leads out of. */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { CkptError, UsageError } from '../errors.ts';
import { cleanOnSignal } from './clean-on-signal.ts';
import { giveName } from './finished-file.ts';
import { runProgramSync } from './run-program.ts';
import { errorCode } from './system-error.ts';

/** What is set on a file. */
export interface Attributes {
  /** Permission bits with set-user-id, set-group-id and sticky. */
  readonly mode: number;
  /** Null: those that the system gives. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** Nanoseconds since 1970; null: now. Node.js sets times to about a microsecond. */
  readonly accessed: bigint | null;
  readonly modified: bigint | null;
}

/** A file that is being written, under a name that nobody knows. */
export interface TargetFile {
  write(offset: number, bytes: Uint8Array): void;
  /** Sets size and attributes, and gives the file its name. */
  finish(size: number, attributes: Attributes): void;
  abandon(): void;
}

/** What is no file and no directory. */
export type SpecialFile =
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'fifo' }
  | { readonly type: 'character-device' | 'block-device'; readonly major: number; readonly minor: number };

/** Paths are relative, without `.`, `..` or empty names. Every method throws CkptError `permission-denied`, `io-error`, `not-found`. */
export interface TargetTree {
  /** Makes a directory, which may be there already: then it stays as it is and false is answered. */
  directory(path: string): boolean;
  /** Sets what a directory gets once everything is in it. */
  finishDirectory(path: string, attributes: Attributes): void;
  file(path: string): TargetFile;
  special(path: string, what: SpecialFile, attributes: Attributes): void;
  /** A second name for a file that was written here before. */
  link(path: string, existing: string): void;
  /** What lies at a path, without following links anywhere on the way. */
  look(path: string): 'nothing' | 'directory' | 'other';
  close(): void;
}

/** Directories are entered by descriptor, so that a link that takes the place of one meanwhile is not followed. */
const ENTER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const MKNOD = { timeoutMs: 10_000, outputBytes: 4096, env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' } } as const;

/** How to write into a directory. */
export interface TargetTreeOptions {
  /** Replace files that are there; links are replaced, never followed, and directories stay. */
  readonly force: boolean;
  /** The bytes of names and link targets; by default UTF-8. */
  readonly encode?: (text: string) => Uint8Array;
}

const utf8 = (text: string): Uint8Array => Buffer.from(text);

/** A directory that is open. */
interface Place {
  readonly path: string;
  readonly fd: number;
}

/**
 * Opens a directory to write into, and makes it when it is not there.
 *
 * @throws UsageError when it is no directory or cannot be written
 */
export function openTargetTree(root: string, { force, encode = utf8 }: TargetTreeOptions): TargetTree {
  const base = openRoot(root);
  let current: Place = base;
  /** Takes the file away that is being written. */
  let removeUnfinished = (): void => {};
  // Until everything is written: a signal that comes between two files takes effect when the event loop turns.
  const release = cleanOnSignal(() => removeUnfinished());
  /** Where a directory is for the calls that take a path: its descriptor where the system shows it, which links cannot change. */
  const inside = ({ path, fd }: Place, own = false): string => {
    if (!HAS_DESCRIPTORS) return path === '' ? root : `${root}/${path}`;
    return `/proc/${own ? process.pid : 'self'}/fd/${fd}`;
  };
  /** A name in a directory. */
  const at = (directory: string, name: string): Buffer => Buffer.concat([Buffer.from(`${directory}/`), encode(name)]);
  const leave = (place: Place): void => {
    if (place !== base) closeSync(place.fd);
  };
  /** Opens the directory `path`, making what is missing of it when `make` is set. */
  const enter = (path: string, make: boolean): Place => {
    if (path === current.path) return current;
    const known = current;
    current = base;
    const deeper = path.startsWith(`${known.path}/`) && known !== base;
    let place: Place = deeper ? known : base;
    if (!deeper) leave(known);
    const rest = deeper ? path.slice(known.path.length + 1) : path;
    for (const name of rest === '' ? [] : rest.split('/')) {
      const below = at(inside(place), name);
      const next = place.path === '' ? name : `${place.path}/${name}`;
      try {
        if (make) makeDirectory(below);
        const fd = openSync(below, ENTER);
        leave(place);
        place = { path: next, fd };
      } catch (error) {
        leave(place);
        throw inTheWay(next, error);
      }
    }
    current = place;
    return place;
  };
  const parts = (path: string): { readonly parent: string; readonly name: string } => {
    const slash = path.lastIndexOf('/');
    return { parent: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) };
  };
  const settle = (directory: string, temporary: string, name: string, path: string): void => {
    try {
      if (force) renameSync(at(directory, temporary), at(directory, name));
      else giveName(at(directory, temporary), at(directory, name));
    } catch (error) {
      discard(at(directory, temporary));
      throw failed(path, error);
    }
  };

  return {
    directory(path) {
      if (path === '') return false;
      const { parent, name } = parts(path);
      const directory = inside(enter(parent, true));
      const there = lstatSync(at(directory, name), { throwIfNoEntry: false });
      if (there?.isDirectory() === true) return false;
      return attempt(path, () => {
        if (there !== undefined && force) unlinkSync(at(directory, name));
        mkdirSync(at(directory, name), 0o700);
        return true;
      });
    },
    finishDirectory(path, attributes) {
      const directory = inside(enter(path, false));
      attempt(path, () => setAttributes(`${directory}/.`, attributes));
    },
    file(path) {
      const { parent, name } = parts(path);
      const place = enter(parent, true);
      const temporary = temporaryName();
      let directory = inside(place);
      let fd = attempt(path, () => openSync(at(directory, temporary), CREATE, 0o600));
      const remove = (): void => {
        if (fd < 0) return;
        closeSync(fd);
        fd = -1;
        discard(at(directory, temporary));
      };
      removeUnfinished = remove;
      return {
        write(offset, bytes) {
          attempt(path, () => {
            for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, offset + at);
          });
        },
        finish(size, attributes) {
          directory = inside(enter(parent, false));
          try {
            attempt(path, () => {
              ftruncateSync(fd, size);
              setFileAttributes(fd, attributes);
              closeSync(fd);
              fd = -1;
            });
          } catch (error) {
            remove();
            throw error;
          }
          settle(directory, temporary, name, path);
        },
        abandon: remove,
      };
    },
    special(path, what, attributes) {
      const { parent, name } = parts(path);
      const place = enter(parent, true);
      const directory = inside(place);
      const temporary = temporaryName();
      attempt(path, () => {
        if (what.type === 'symlink') symlinkSync(Buffer.from(encode(what.target)), at(directory, temporary));
        else makeNode(`${inside(place, true)}/${temporary}`, what);
      });
      try {
        attempt(path, () => {
          if (what.type === 'symlink') setLinkAttributes(at(directory, temporary), attributes);
          else setAttributes(at(directory, temporary), attributes);
        });
      } catch (error) {
        discard(at(directory, temporary));
        throw error;
      }
      settle(directory, temporary, name, path);
    },
    link(path, existing) {
      const from = parts(existing);
      const to = parts(path);
      // Both directories at once, so the first is opened a second time.
      const source = openSync(`${inside(enter(from.parent, false))}/.`, ENTER);
      try {
        const directory = inside(enter(to.parent, true));
        const temporary = temporaryName();
        const origin = HAS_DESCRIPTORS ? `/proc/self/fd/${source}` : `${root}/${from.parent}`;
        attempt(path, () => linkSync(at(origin, from.name), at(directory, temporary)));
        settle(directory, temporary, to.name, path);
        // Renaming one name of a file to another of the same file does nothing.
        discard(at(directory, temporary));
      } finally {
        closeSync(source);
      }
    },
    look(path) {
      const { parent, name } = parts(path);
      try {
        const stats = lstatSync(at(inside(enter(parent, false)), name), { throwIfNoEntry: false });
        if (stats === undefined) return 'nothing';
        return stats.isDirectory() ? 'directory' : 'other';
      } catch (error) {
        if (error instanceof CkptError && error.code === 'not-found') return 'nothing';
        if (error instanceof CkptError) return 'other';
        throw error;
      }
    },
    close() {
      release();
      leave(current);
      closeSync(base.fd);
    },
  };
}

/** Whether this process may give files to other users. */
export function maySetOwners(): boolean {
  return process.geteuid?.() === 0;
}

/** Whether the system shows a process's descriptors as paths, as Linux does. */
const HAS_DESCRIPTORS = existsSync('/proc/self/fd');

function openRoot(root: string): Place {
  try {
    makeDirectory(root, 0o777);
    const fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
    return { path: '', fd };
  } catch (error) {
    const code = errorCode(error);
    const why = code === 'ENOTDIR' || code === 'EEXIST' ? 'it is no directory' : (code ?? String(error));
    throw new UsageError(`${root} cannot be written into (${why})`);
  }
}

function makeDirectory(path: string | Buffer, mode = 0o755): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Owners first: changing them takes set-user-id away. */
function setAttributes(path: string | Buffer, { mode, owner, accessed, modified }: Attributes): void {
  if (owner !== null) chownSync(path, owner.uid, owner.gid);
  chmodSync(path, mode);
  if (modified !== null) utimesSync(path, seconds(accessed ?? modified), seconds(modified));
}

function setFileAttributes(fd: number, { mode, owner, accessed, modified }: Attributes): void {
  if (owner !== null) fchownSync(fd, owner.uid, owner.gid);
  fchmodSync(fd, mode);
  if (modified !== null) futimesSync(fd, seconds(accessed ?? modified), seconds(modified));
}

function setLinkAttributes(path: Buffer, { owner, accessed, modified }: Attributes): void {
  if (owner !== null) lchownSync(path, owner.uid, owner.gid);
  if (modified !== null) lutimesSync(path, seconds(accessed ?? modified), seconds(modified));
}

/** Node.js takes a negative number for the time now, and a date before 1970, in milliseconds, for what it is. */
function seconds(nanoseconds: bigint): number | Date {
  if (nanoseconds < 0n) return new Date(Number(nanoseconds / 1_000_000n));
  return Number(nanoseconds / 1_000_000_000n) + Number(nanoseconds % 1_000_000_000n) / 1e9;
}

/** Node.js has no call for it. */
function makeNode(path: string, what: Exclude<SpecialFile, { type: 'symlink' }>): void {
  const numbers = what.type === 'fifo' ? ['p'] : [what.type === 'block-device' ? 'b' : 'c', `${what.major}`, `${what.minor}`];
  const run = runProgramSync('mknod', ['-m', '600', '--', path, ...numbers], MKNOD);
  if (run.outcome === 'ended' && run.status === 0) return;
  throw Object.assign(new Error('mknod'), { code: run.outcome === 'ended' ? 'EPERM' : 'no program mknod' });
}

function temporaryName(): string {
  return `.ckpt-${randomBytes(9).toString('hex')}`;
}

function discard(path: Buffer): void {
  try {
    unlinkSync(path);
  } catch {
    // It has its name, or is gone.
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw failed(path, error);
  }
}

function inTheWay(path: string, error: unknown): CkptError {
  const code = errorCode(error);
  if (code !== 'ENOTDIR' && code !== 'ELOOP' && code !== 'EEXIST') return failed(path, error);
  return new CkptError(
    'io-error',
    { layer: 'file', path },
    {
      expected: 'a directory, or nothing',
      found: 'a link or another file, which is not followed',
      hint: 'Choose an empty directory',
    },
    { cause: error },
  );
}

function failed(path: string, error: unknown): CkptError {
  if (error instanceof CkptError) return error;
  const code = errorCode(error) ?? String(error);
  const place = { layer: 'file', path } as const;
  if (code === 'ENOENT')
    return new CkptError('not-found', place, { expected: 'a directory', found: 'nothing' }, { cause: error });
  if (code === 'EEXIST' || code === 'EISDIR' || code === 'ENOTEMPTY') {
    const facts = { expected: 'no file of this name', found: 'one', hint: 'It was left as it is' };
    return new CkptError('io-error', place, facts, { cause: error });
  }
  const denied = code === 'EACCES' || code === 'EPERM';
  return new CkptError(
    denied ? 'permission-denied' : 'io-error',
    place,
    { expected: 'to write the file', found: code },
    { cause: error },
  );
}
