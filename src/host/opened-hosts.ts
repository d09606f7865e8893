/** Hosts out of descriptions, and the descriptions that could not be read. */
import { CkptError } from '../errors.ts';
import type { Host } from './host.ts';

/** A host description that could not be read. */
export interface HostError {
  /** The host as it was named. */
  readonly host: string;
  readonly error: CkptError;
}

/** What was opened, and what could not be: one bad description does not stop the others. */
export interface OpenedHosts {
  readonly hosts: readonly Host[];
  readonly errors: readonly HostError[];
}

/**
 * The error of the host `name`, which is also named as the file.
 *
 * @throws anything that is not a CkptError: a defect.
 */
export function failedHost(name: string, error: unknown): HostError {
  if (!(error instanceof CkptError)) throw error;
  return { host: name, error: error.at({ file: name }) };
}
