/** The key of keyed images: from a file or the environment, never from the command line, where everybody could read it. */

import { CkptError } from '../errors.ts';
import { shownPath } from '../io/http-address.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { readSmallFile } from '../io/small-files.ts';
import type { Limits } from '../limits.ts';
import type { HeaderHmac } from '../statefile/statefile.ts';
import { warningLine } from './error-message.ts';

/**
 * The bytes of `--key-file`, else the text of CKPT_KEY, else none.
 *
 * @throws CkptError when the file cannot be read or is empty
 */
export function hmacKey(io: ProcessIo, keyFile: string | null, limits: Limits): { readonly key?: Uint8Array } {
  if (keyFile !== null) {
    const key = readSmallFile(keyFile, limits.keyBytes);
    if (key.length > 0) return { key };
    throw new CkptError('empty', { layer: 'key', file: keyFile }, { expected: 'the bytes of a key', found: 'an empty file' });
  }
  const text = io.env('CKPT_KEY');
  return text === undefined ? {} : { key: new TextEncoder().encode(text) };
}

/** What there is to warn of between an image and the key that was given: nothing, or one line. */
export function keyWarnings(
  image: string,
  { hmac, keyVerified }: { readonly hmac: HeaderHmac; readonly keyVerified: boolean },
  given: { readonly key?: Uint8Array },
): string {
  if (hmac === 'keyed') return keyVerified ? '' : warningLine(keyMissing(image));
  return given.key === undefined ? '' : warningLine(keyUnused(image));
}

/** The warning that an image is keyed and no key was given. */
export function keyMissing(image: string): string {
  return `${shownPath(image)} is keyed, and no key was given: it is read unverified (--key-file, CKPT_KEY)`;
}

/** The warning that a key was given for an image that is not keyed. */
export function keyUnused(image: string): string {
  return `${shownPath(image)} is not keyed: the key that was given verifies nothing`;
}
