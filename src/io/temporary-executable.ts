/** A private executable file that exists for a moment: written, started, removed. */
import { closeSync, mkdtempSync, openSync, rmdirSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdSignals } from './hold-signals.ts';
import { type ProgramRun, runProgramSync } from './run-program.ts';
import { errorCode } from './system-error.ts';

/** A directory in which the program could not be run, and why. */
export interface FailedDirectory {
  readonly directory: string;
  readonly reason: string;
}

export type TemporaryRun =
  | { readonly ok: true; readonly stdout: Uint8Array; readonly directory: string; readonly failed: readonly FailedDirectory[] }
  | { readonly ok: false; readonly failed: readonly FailedDirectory[] };

export interface TemporaryExecutableOptions {
  readonly timeoutMs: number;
  readonly outputBytes: number;
  /** Directories to try, best first; by default {@link executableDirectories}. */
  readonly directories?: readonly string[];
}

/** How often a file that is still open for writing elsewhere (ETXTBSY) is started again. */
const BUSY_RETRIES = 5;

/**
 * Directories for private temporary files, best first: the system's, the user's run-time directory, shared memory.
 *
 * Several, because each may be mounted `noexec`. The current directory is not one of them.
 */
export function executableDirectories(): string[] {
  const candidates = [tmpdir(), process.env.XDG_RUNTIME_DIR, '/dev/shm', '/var/tmp'];
  const seen = new Set<string>();
  for (const candidate of candidates) {
    if (candidate?.startsWith('/') === true && isDirectory(candidate)) seen.add(candidate);
  }
  return [...seen];
}

/**
 * Writes `bytes` as an executable into a fresh directory of mode 0700, runs it with an empty environment and returns what it
 * wrote to standard output.
 *
 * The file is created exclusively with mode 0700, so nobody else can put another one in its place, and it is removed before this
 * returns; signals that would end this process meanwhile wait until then. Nothing else happens meanwhile. Never throws.
 */
export function runTemporaryExecutable(bytes: Uint8Array, options: TemporaryExecutableOptions): TemporaryRun {
  const failed: FailedDirectory[] = [];
  const directories = options.directories ?? executableDirectories();
  for (const directory of directories) {
    const run = holdSignals(() => runIn(directory, bytes, options));
    if (run instanceof Uint8Array) return { ok: true, stdout: run, directory, failed };
    failed.push({ directory, reason: run });
  }
  if (directories.length === 0) failed.push({ directory: tmpdir(), reason: 'there is no directory for temporary files' });
  return { ok: false, failed };
}

function runIn(parent: string, bytes: Uint8Array, options: TemporaryExecutableOptions): Uint8Array | string {
  let place: { readonly directory: string; readonly file: string };
  try {
    const directory = mkdtempSync(join(parent, 'ckpt-'));
    place = { directory, file: join(directory, 'probe') };
  } catch (error) {
    return `no directory can be created there (${errorCode(error) ?? String(error)})`;
  }
  try {
    writeExecutable(place.file, bytes);
    for (let attempt = 0; ; attempt++) {
      const run = runProgramSync(place.file, [], { timeoutMs: options.timeoutMs, outputBytes: options.outputBytes, env: {} });
      if (run.outcome === 'ended' && run.status === 0) return run.stdout;
      if (run.outcome !== 'not-started' || run.code !== 'ETXTBSY' || attempt === BUSY_RETRIES) return whyFailed(run);
    }
  } catch (error) {
    return `the file cannot be written (${errorCode(error) ?? String(error)})`;
  } finally {
    remove(place);
  }
}

function writeExecutable(file: string, bytes: Uint8Array): void {
  const fd = openSync(file, 'wx', 0o700);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
  } finally {
    closeSync(fd);
  }
}

function remove(place: { readonly directory: string; readonly file: string }): void {
  ignoreMissing(() => unlinkSync(place.file));
  ignoreMissing(() => rmdirSync(place.directory));
}

function ignoreMissing(action: () => void): void {
  try {
    action();
  } catch {
    // Never created, or somebody took the directory away: nothing is left to do.
  }
}

function whyFailed(run: ProgramRun): string {
  if (run.outcome === 'ended') {
    return run.signal === null ? `the program ended with status ${run.status}` : `the program was ended by ${run.signal}`;
  }
  switch (run.code) {
    case 'EACCES':
      return 'programs may not be executed there (mounted noexec, or forbidden by a security module)';
    case 'EPERM':
      return 'the operating system does not permit to execute it (EPERM)';
    case 'ENOEXEC':
      return 'the kernel does not run x86-64 Linux programs (ENOEXEC)';
    case 'ETXTBSY':
      return 'the file is busy (ETXTBSY)';
    default:
      return run.reason;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
