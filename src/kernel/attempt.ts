/** Reads parts of a graph one by one, so that one unreadable part does not hide the others. */
import { CkptError } from '../errors.ts';

/** Is told what could not be read. */
export type OnDamage = (error: CkptError) => void;

/** What `read` gives, or null when it meets input that cannot be read; `onDamage` is told. Defects pass through. */
export function attempt<T>(read: () => T, onDamage: OnDamage): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    onDamage(error);
    return null;
  }
}
