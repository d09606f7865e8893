/** What is said of an archive that cannot be read. */
import { CkptError, type ErrorCode } from '../errors.ts';
import type { Limits } from '../limits.ts';

/**
 * An archive or compressed stream that contradicts its format.
 *
 * @param offset of the bytes in question in their own stream, or null.
 */
export function badArchive(offset: number | null, expected: string, found: string, hint?: string): CkptError {
  return archiveError('bad-archive', offset, expected, found, hint);
}

/** An archive that ends before its format does. */
export function cutArchive(offset: number | null, expected: string, found = 'the end of the input'): CkptError {
  return archiveError('truncated', offset, expected, found, 'The archive was cut short; copy it again');
}

/** Bytes behind the end of an archive. */
export function trailingBytes(offset: number | null, expected: string, found = 'other bytes'): CkptError {
  const hint = 'Archives that were joined one behind the other are not read behind the first; unpack it and pack it again';
  return archiveError('trailing-bytes', offset, expected, found, hint);
}

/** A count or size over a ceiling that a person can raise. */
export function overCeiling(name: keyof Limits & string, ceiling: number, what: string, found: string): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'container' },
    {
      expected: `${what}, at most ${ceiling}`,
      found,
      hint: `If the archive can be trusted, raise the ceiling with --limit ${name}=N`,
    },
  );
}

function archiveError(code: ErrorCode, offset: number | null, expected: string, found: string, hint?: string): CkptError {
  const place = offset === null ? { layer: 'container' as const } : { layer: 'container' as const, offset };
  return new CkptError(code, place, hint === undefined ? { expected, found } : { expected, found, hint });
}

/** Whether an error says that an archive is damaged, as opposed to too large or unreadable for the operating system. */
export function isArchiveDamage(error: unknown): error is CkptError {
  return error instanceof CkptError && ['bad-archive', 'truncated', 'trailing-bytes', 'unsupported'].includes(error.code);
}
