/** Which version of a file a server answers with, so that bytes of two versions are never taken for one file. */
import type { HttpAddress } from './http-address.ts';
import { httpError } from './http-errors.ts';
import type { HttpReply } from './http-transport.ts';

export interface HttpVersion {
  readonly size: number | null;
  readonly etag: string | null;
  readonly modified: string | null;
}

/** The version that an answer tells of; `size` in bytes comes from its Content-Range or Content-Length. */
export function versionOf(reply: HttpReply, size: number | null): HttpVersion {
  return { size, etag: reply.header('etag'), modified: reply.header('last-modified') };
}

/** Whether two answers can be told apart by more than their length. */
export function isDated(version: HttpVersion): boolean {
  return version.etag !== null || version.modified !== null;
}

/**
 * The header that makes the server send the whole file when it has changed. Weak tags do not do.
 *
 * @see RFC 9110, 13.1.5
 */
export function ifRange(version: HttpVersion): Readonly<Record<string, string>> {
  const tag = version.etag !== null && !version.etag.startsWith('W/') ? version.etag : version.modified;
  return tag === null ? {} : { 'if-range': tag };
}

/**
 * Checks that an answer is of the same version as the first.
 *
 * @throws CkptError `http-error`.
 */
export function expectSame(address: HttpAddress, first: HttpVersion, now: HttpVersion, reply: HttpReply): void {
  const differs = (a: string | number | null, b: string | number | null): boolean => a !== null && b !== null && a !== b;
  let found: string | null = null;
  if (differs(first.size, now.size)) found = `${now.size} bytes, where there were ${first.size}`;
  else if (differs(first.etag, now.etag)) found = 'another ETag';
  else if (first.etag === null && differs(first.modified, now.modified)) found = 'another Last-Modified';
  if (found === null) return;
  reply.drop();
  throw changed(address, found);
}

/** The error for a file that is not the one that was begun. */
export function changed(address: HttpAddress, found: string): Error {
  return httpError(
    address,
    'the same file in every answer',
    found,
    'The file changed on the server while it was read; try again',
  );
}
