/** Kinds of evidence that may or may not be had. */
import { CkptError } from '../errors.ts';
import type { Host } from './host.ts';

/** A host by one kind of evidence, or why there is none. */
export type Attempt = { readonly host: Host } | { readonly reason: string };

/** What cannot be read or parsed is not evidence; anything else that goes wrong is a defect and thrown. */
export function attempt(describe: () => Host): Attempt {
  try {
    return { host: describe() };
  } catch (error) {
    if (error instanceof CkptError) return { reason: error.message };
    throw error;
  }
}
