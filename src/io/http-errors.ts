/** What a server did wrong, in words for people. */
import { CkptError } from '../errors.ts';
import type { HttpAddress } from './http-address.ts';
import type { HttpReply } from './http-transport.ts';

/** Statuses that no further attempt changes, and what to do about them. */
const HINTS: Readonly<Record<number, string>> = {
  400: 'Check the URL; the server does not understand the request',
  401: 'The server wants credentials: give them as https://user:password@host/…, or use a signed URL',
  403: 'The server refuses: check the permission, and that a signed URL has not expired. Object stores answer 403 for missing objects too, unless listing is allowed',
  404: 'Check the URL',
  407: 'The proxy wants credentials: give them in http_proxy or https_proxy',
  410: 'The file was removed from this server',
};

/** An `http-error` of this address. */
export function httpError(address: HttpAddress, expected: string, found: string, hint?: string): CkptError {
  return new CkptError(
    'http-error',
    { layer: 'file', file: address.shown },
    { expected, found, ...(hint === undefined ? {} : { hint }) },
  );
}

/** The error for a status that is not the one that was asked for. */
export function statusError(address: HttpAddress, status: number): CkptError {
  return httpError(address, `the file at ${address.shown}`, `status ${status} from the server`, HINTS[status]);
}

/** Whether a status says that the same request may be answered later. */
export function isPassingStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/**
 * Checks that an answer is not encoded in another way than the file is stored.
 *
 * @throws CkptError `http-error`.
 */
export function expectIdentity(address: HttpAddress, reply: HttpReply): void {
  const encoding = reply.header('content-encoding');
  if (encoding === null || /^\s*(?:identity)?\s*$/i.test(encoding)) return;
  reply.drop();
  throw httpError(
    address,
    'the bytes of the file as they are',
    `Content-Encoding: ${encoding}`,
    'The server encodes what it was asked not to; have it serve the file as it is',
  );
}
