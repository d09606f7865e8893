/** Files that the caller asked for. */
import { chmodSync, closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import { errorCode } from './system-error.ts';

/**
 * Writes a file, replacing what it held.
 *
 * @param mode permissions, also of a file that exists already; by default those that the system gives new files
 * @throws UsageError when it cannot be written
 */
export function writeOutputFile(path: string, data: string | Uint8Array, mode?: number): void {
  try {
    writeFileSync(path, data);
    if (mode !== undefined) chmodSync(path, mode);
  } catch (error) {
    throw new UsageError(`${path} cannot be written (${errorCode(error) ?? String(error)})`);
  }
}

/** A file that is written in parts. */
export interface OutputFile {
  /** @throws UsageError when it cannot be written */
  write(data: Uint8Array): void;
  close(): void;
}

/**
 * Opens a file to be written in parts, replacing what it held when the first part is written.
 *
 * @param sources files that are read meanwhile, which it must not be; those that do not exist do not matter
 * @throws UsageError when it is one of them
 */
export function openOutputFile(path: string, sources: readonly string[]): OutputFile {
  const identity = fileIdentity(path);
  if (identity !== null && sources.some((source) => fileIdentity(source) === identity))
    throw new UsageError(`${path} is what is read, and cannot be written at the same time`);
  let file: number | null = null;
  return {
    write(data) {
      try {
        file ??= openSync(path, 'w');
        for (let at = 0; at < data.length; ) at += writeSync(file, data, at);
      } catch (error) {
        throw new UsageError(`${path} cannot be written (${errorCode(error) ?? String(error)})`);
      }
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

/** Device and number of a file, or null when there is none. */
function fileIdentity(path: string): string | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat?.isFile() === true ? `${stat.dev}:${stat.ino}` : null;
}
