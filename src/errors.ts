/**
 * The kinds of failure that `ckpt` distinguishes.
 *
 * A negative verdict is a value, never an error. What is thrown is one of: {@link CkptError} (an input that cannot be
 * read), {@link UsageError} (the caller asked for something impossible), or anything else, which is a defect in ckpt.
 * Only `cli/error-message.ts` turns an error into words for a terminal.
 */

/** The layer that noticed the problem, from the outermost container to the decoded value. */
export type ErrorLayer =
  | 'file'
  | 'container'
  | 'header'
  | 'metadata'
  | 'compression'
  | 'wire'
  | 'graph'
  | 'kernel'
  | 'cpu'
  | 'pages'
  | 'filesystem'
  | 'host'
  | 'spec'
  | 'policy'
  | 'key';

/** Stable codes of unreadable input; they never change meaning. */
export type ErrorCode =
  /** No such file or directory. */
  | 'not-found'
  /** The operating system refused to open or read it. */
  | 'permission-denied'
  /** Any other failure of the operating system while reading. */
  | 'io-error'
  /** The file has no bytes. */
  | 'empty'
  /** The input is not a gVisor checkpoint image at all. */
  | 'not-an-image'
  /** A directory without `checkpoint.img`. */
  | 'no-checkpoint-img'
  /** A filesystem checkpoint where a full checkpoint was expected. */
  | 'fscheckpoint'
  /** A file system object of a kind that cannot be read (device, socket). */
  | 'not-a-regular-file'
  /** The bytes end before the structure does. */
  | 'truncated'
  /** Bytes follow where the structure has ended. */
  | 'trailing-bytes'
  /** An archive or compressed stream that contradicts its format. */
  | 'bad-archive'
  /** An archive, an index of images or a server that holds no image. */
  | 'no-image'
  /** Two members of an archive with one name, or several images where one was expected. */
  | 'ambiguous'
  /** Bytes whose digest is not the one that names them. */
  | 'bad-digest'
  /** A file of a stream was needed after it had gone by. */
  | 'out-of-order'
  /** A server answered something else than the bytes that were asked for. */
  | 'http-error'
  /** A length, count or depth is over a ceiling of `limits.ts`. */
  | 'over-limit'
  /** The metadata is not a JSON object of strings. */
  | 'bad-metadata'
  /** The metadata names a compression that no runsc writes. */
  | 'unknown-compression'
  /** The HMAC of header or body does not match the bytes: damage. */
  | 'bad-hmac'
  /** The HMAC does not match and everything else is in order: another key. */
  | 'wrong-key'
  /** A chunk does not inflate. */
  | 'bad-deflate'
  /** A varint of more than ten bytes or more than 64 bits. */
  | 'bad-varint'
  /** A wire tag or type spec of unknown kind. */
  | 'unknown-kind'
  /** A record of a known kind where the format does not allow it. */
  | 'unexpected-record'
  /** Counts or ids contradict one another. */
  | 'inconsistent'
  /** A reference to an object or field that does not exist. */
  | 'dangling-reference'
  /** A saved value does not have a shape that any runsc writes. */
  | 'unknown-shape'
  /** The host description is of no known format. */
  | 'unknown-format'
  /** No table has a CPU model of this name. */
  | 'unknown-model'
  /** The host description mixes two formats. */
  | 'mixed-formats'
  /** The host description is of a known format but contradicts it. */
  | 'bad-host'
  /** The OCI runtime spec is not one. */
  | 'bad-spec'
  /** The file of accepted findings is not one. */
  | 'bad-policy'
  /** What was asked for cannot be had on this machine. */
  | 'unsupported';

/** Where in the input the problem is. */
export interface ErrorPlace {
  readonly layer: ErrorLayer;
  /** The file or input as it was named by the caller. */
  readonly file?: string;
  /** Absolute byte offset in the file, or in the decoded body when {@link ErrorPlace.decoded} is set. */
  readonly offset?: number;
  /** The offset counts in the body without compression and framing, from its first byte. */
  readonly decoded?: true;
  /** Path in the object graph, such as `g1r12.vmas.root[3]`. */
  readonly path?: string;
  /** Line, for text inputs (1-based). */
  readonly line?: number;
}

/** What to say about it. Every text is plain, without a final full stop, and may hold unescaped bytes of the input. */
export interface ErrorFacts {
  readonly expected: string;
  readonly found: string;
  /** What a person can do, as a sentence. */
  readonly hint?: string;
}

/** An input that could not be read: missing, damaged, hostile, or not what it should be. Exit code 3. */
export class CkptError extends Error {
  override readonly name = 'CkptError';
  readonly code: ErrorCode;
  readonly place: ErrorPlace;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, place: ErrorPlace, facts: ErrorFacts, options?: { cause?: unknown }) {
    super(describe(place, facts), options);
    this.code = code;
    this.place = place;
    this.facts = facts;
  }

  /** The same error with parts of its place filled in, for a caller that knows more about where the bytes came from. */
  at(place: Partial<ErrorPlace>): CkptError {
    return new CkptError(this.code, { ...place, ...this.place }, this.facts, { cause: this.cause });
  }
}

/** The caller asked for something that makes no sense. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function describe(place: ErrorPlace, facts: ErrorFacts): string {
  const where = [
    place.line === undefined ? '' : ` at line ${place.line}`,
    place.offset === undefined ? '' : ` at offset ${place.offset}${place.decoded === true ? ' of the decoded body' : ''}`,
    // The file that was named is told by whoever shows the error; the others of an image are not.
    sideFile(place.file),
    place.path === undefined ? '' : ` (${place.path})`,
  ].join('');
  const hint = facts.hint === undefined ? '' : `. ${facts.hint}`;
  return `${place.layer}: expected ${facts.expected}, found ${facts.found}${where}${hint}`;
}

/** ` of pages_meta.img`, when the place is in that file of an image and not in its state file. */
function sideFile(file: string | undefined): string {
  const name = /\/((?:fs\/)?(?:pages(?:_meta)?\.img|multitar\.img|fscheckpoint\.(?:pb|json)))$/.exec(file ?? '')?.[1];
  return name === undefined ? '' : ` of ${name}`;
}

/** What documents say of an error. */
export interface ErrorDocument {
  readonly code: ErrorCode;
  readonly message: string;
  readonly layer: ErrorLayer;
  /** Where in the file or in its decoded body; null when it is nowhere in particular. */
  readonly offset: number | null;
}

export function errorDocument({ code, message, place }: CkptError): ErrorDocument {
  return { code, message, layer: place.layer, offset: place.offset ?? null };
}
