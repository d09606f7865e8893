/** What verification finds, before it is a document. */
import { CkptError, type ErrorCode, type ErrorLayer } from '../errors.ts';

/** One thing that is wrong. */
export interface Damage {
  readonly code: ErrorCode;
  readonly layer: ErrorLayer;
  /** File of the image, or null for the archive that holds it. */
  readonly file: string | null;
  /** Byte in that file at which it lies: exactly where the file holds the bytes as they are, else the begin of the chunk that holds it. */
  readonly offset: number | null;
  /** Byte in the decoded body of that file, when it was found there and the body is not the file itself. */
  readonly decoded: number | null;
  /** Expected, found, and where in the graph. */
  readonly message: string;
}

/** Is told of each damage. */
export type Report = (damage: Damage) => void;

/** What an error says, without the layer and the offsets, which stand beside it. */
export function messageOf({ facts, place }: CkptError): string {
  const path = place.path === undefined ? '' : ` (${place.path})`;
  return `expected ${facts.expected}, found ${facts.found}${path}`;
}

/** The damage that an error describes; anything that is no {@link CkptError} is a defect, and goes on as it is. */
export function damageOf(error: unknown, file: string | null): Damage {
  if (!(error instanceof CkptError)) throw error;
  const { layer, offset, decoded } = error.place;
  const at = offset ?? null;
  return {
    code: error.code,
    layer,
    file,
    offset: decoded === true ? null : at,
    decoded: decoded === true ? at : null,
    message: messageOf(error),
  };
}
