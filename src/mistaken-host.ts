/** A host description, or any other text, that was given in the place of an image. */
import { CkptError, type ErrorFacts } from './errors.ts';
import { readSmallFile } from './io/small-files.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';

/**
 * The error of an image that could not be read, in better words when the file at `path` is text: above all, a description of a host.
 * Standard input has been read by then, and is not looked at.
 */
export async function unlessHost(path: string, error: CkptError, limits: Limits = DEFAULT_LIMITS): Promise<CkptError> {
  if (error.code !== 'not-an-image' || path === '-') return error;
  try {
    const facts = await textFacts(readSmallFile(path, limits.hostBytes));
    return facts === null ? error : new CkptError(error.code, error.place, { expected: error.facts.expected, ...facts });
  } catch (other) {
    if (other instanceof CkptError) return error;
    throw other;
  }
}

/** What to say of a text, or null for binary data. What is in it is not repeated: it may be a key. */
async function textFacts(bytes: Uint8Array): Promise<Omit<ErrorFacts, 'expected'> | null> {
  // Not needed for images.
  const { FORMAT_NAMES } = await import('./host/detect-host-format.ts');
  const { formatOfHost } = await import('./host/parse-host.ts');
  try {
    return { found: FORMAT_NAMES[formatOfHost(bytes)], hint: 'This looks like a host description: put --host before it' };
  } catch (other) {
    if (!(other instanceof CkptError)) throw other;
  }
  // Bytes that are no UTF-8 become U+FFFD.
  if (/[^\P{Cc}\s]|\ufffd/u.test(new TextDecoder().decode(bytes))) return null;
  const hint = 'Give checkpoint.img, or the directory that `runsc checkpoint --image-path` wrote';
  return { found: `text of ${bytes.length} bytes`, hint };
}
