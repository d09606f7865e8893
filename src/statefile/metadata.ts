/** The header's metadata: a JSON object of strings. */
import { CkptError } from '../errors.ts';

/**
 * Parses metadata as gVisor does: a JSON object whose values are all strings (a null counts as the empty string).
 *
 * @throws CkptError `bad-metadata`.
 * @see gVisor pkg/state/statefile/statefile.go: metadata.
 */
export function parseMetadata(bytes: Uint8Array, offset: number): ReadonlyMap<string, string> {
  const wrong = (found: string, cause?: unknown): CkptError =>
    new CkptError(
      'bad-metadata',
      { layer: 'metadata', offset },
      { expected: 'a JSON object whose values are strings', found, hint: 'The header is damaged: copy the image again' },
      { cause },
    );
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw wrong('text that is not JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`);
  }
  const metadata = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string' && item !== null) throw wrong(`a ${typeof item} under "${key}"`);
    metadata.set(key, item ?? '');
  }
  return metadata;
}

/** The compressions that runsc writes; both are values of the metadata key `compression`. */
export type Compression = 'none' | 'flate-best-speed';

/**
 * The compression of the body. Images without the key are older than 2023-08-10 and always flate.
 *
 * @throws CkptError `unknown-compression`.
 * @see gVisor pkg/state/statefile/statefile.go: CompressionLevelFromMetadata; commits 669726877, 79b7318d6.
 */
export function compressionOf(metadata: ReadonlyMap<string, string>, offset: number): Compression {
  const value = metadata.get('compression');
  // runsc takes an empty value for a missing one.
  if (value === undefined || value === '' || value === 'flate-best-speed') return 'flate-best-speed';
  if (value === 'none') return 'none';
  throw new CkptError(
    'unknown-compression',
    { layer: 'metadata', offset },
    {
      expected: 'compression "none" or "flate-best-speed"',
      found: JSON.stringify(value),
      hint: 'runsc answers "flags set is invalid" to this image',
    },
  );
}

/**
 * The save time as RFC 3339 in UTC with milliseconds, or null when the image does not tell.
 *
 * The value is Go's Time.String: `2026-11-23 05:09:08.503591772 +0000 UTC`, perhaps with ` m=+1.13` behind.
 */
export function createdAt(metadata: ReadonlyMap<string, string>): string | null {
  const value = metadata.get('_timestamp') ?? metadata.get('timestamp');
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))? ([+-]\d{2})(\d{2})/.exec(value ?? '');
  if (match === null) return null;
  const [, date, time, fraction = '0', hours, minutes] = match;
  const parsed = Date.parse(`${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${hours}:${minutes}`);
  return Number.isNaN(parsed) ? null : new Date(parsed).toISOString();
}
