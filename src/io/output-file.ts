/** Files that the caller asked for. */
import { chmodSync, writeFileSync } from 'node:fs';
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
