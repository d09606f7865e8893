/** What the documents of `ckpt state` have in common. */
import { type ErrorDocument, errorDocument } from './errors.ts';
import type { LeafOptions } from './graph/query/json-leaf.ts';
import { hideEnvironment } from './kernel/hide-environment.ts';
import type { Limits } from './limits.ts';
import type { ImageGraphs } from './read-graphs.ts';
import type { HeaderHmac } from './statefile/statefile.ts';

/** The image that a document is about. */
export interface StateImage {
  /** As it was given. */
  readonly path: string;
  readonly hmac: HeaderHmac;
  readonly keyVerified: boolean;
}

/** What every question to the object graphs takes. */
export interface StateOptions {
  /** HMAC key of a keyed image. */
  readonly key?: Uint8Array;
  /** Show the values of environment variables, which are hidden by default. */
  readonly showEnv?: boolean;
  readonly limits?: Limits;
}

/** The most characters of the JSON of one document, about: a JSON text of ten times that does not fit a string. */
export const DOCUMENT_CHARACTERS = 32 * 1024 * 1024;

/** The most bytes of one text, unless all is asked for. */
const TEXT_BYTES = 65_536;

export function stateImage({ path, hmac, keyVerified }: ImageGraphs): StateImage {
  return { path, hmac, keyVerified };
}

export function stateDamage({ damage }: ImageGraphs): ErrorDocument | null {
  return damage === null ? null : errorDocument(damage);
}

/** How texts of a graph are shown. */
export function leafOptions({ showEnv }: StateOptions, textBytes = TEXT_BYTES): LeafOptions {
  return { textBytes, hide: showEnv === true ? () => null : hideEnvironment };
}

/** What `readGraphs` takes of the options. */
export function readingOf({ key, limits }: StateOptions): { readonly key: Uint8Array | null; readonly limits?: Limits } {
  return { key: key ?? null, ...(limits === undefined ? {} : { limits }) };
}
