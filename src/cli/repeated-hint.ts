/** A hint that many errors of one run share. */
import type { DocumentError } from './error-message.ts';

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
