/** Errors of the operating system. */
import { CkptError } from '../errors.ts';

/** The code of a Node.js system error (`ENOENT`), or undefined for any other value. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** A failure to open or read `path` (at `offset`, when that is known) in words for people. */
export function systemError(path: string, error: unknown, offset?: number): CkptError {
  const code = errorCode(error);
  const place = { layer: 'file', file: path, ...(offset === undefined ? {} : { offset }) } as const;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new CkptError('not-found', place, {
      expected: 'an existing file or directory',
      found: 'nothing at this path',
      hint: 'Check the path',
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new CkptError('permission-denied', place, {
      expected: 'permission to read',
      found: `${code} from the operating system`,
      hint: 'Checkpoint files are often owned by root: read them as root, or change their mode',
    });
  }
  return new CkptError('io-error', place, { expected: 'to read the file', found: code ?? String(error) }, { cause: error });
}
