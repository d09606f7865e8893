/** A hint that many errors of one run share. */
import type { HostError } from '../host/opened-hosts.ts';
import { type DocumentError, documentErrorLine } from './error-message.ts';

/** The errors with the hint in the first message that ends with it only, or in none. */
export function withoutRepeatedHint<E extends DocumentError>(errors: readonly E[], hint: string, keep: 'first' | 'none'): E[] {
  const ending = `. ${hint}`;
  let kept = keep === 'none';
  return errors.map((error) => {
    if (!error.message.endsWith(ending)) return error;
    if (kept) return { ...error, message: error.message.slice(0, -ending.length) };
    kept = true;
    return error;
  });
}

/** The lines for hosts that could not be described, with the hint once. */
export function hostErrorLines(errors: readonly HostError[], hint: string): string {
  const said = errors.map(({ host, error }) => ({ host, layer: error.place.layer, message: error.message }));
  return withoutRepeatedHint(said, hint, 'first').map(documentErrorLine).join('');
}
