/** Files that others write to as well, and that are only added to. */
import { appendFileSync, statSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import { errorCode } from './system-error.ts';

/**
 * Adds text to the end of a file, which is made when there is none.
 *
 * @throws UsageError when it cannot be written
 */
export function appendToFile(path: string, text: string): void {
  try {
    appendFileSync(path, text);
  } catch (error) {
    throw new UsageError(`${path} cannot be written (${errorCode(error) ?? String(error)})`);
  }
}

/** Bytes of a file; 0 when there is none, or it cannot be seen. */
export function bytesOfFile(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
