/** What is said of an archive in multitar.img that can be read and holds what no gVisor writes. */
import { CkptError, type ErrorCode } from '../errors.ts';

/** @param offset in multitar.img. */
export function treeError(code: ErrorCode, offset: number, expected: string, found: string): CkptError {
  const hint = 'The image is damaged, or written by a runsc that this version does not know';
  return new CkptError(code, { layer: 'filesystem', offset }, { expected, found, hint });
}
