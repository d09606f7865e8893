/** An http(s) URL taken apart: what is asked for, who asks, and how to name it without what is secret. */
import { CkptError } from '../errors.ts';

export interface HttpAddress {
  /** Without credentials and fragment. */
  readonly url: URL;
  /** The `Authorization` header for the credentials in the URL, or null. */
  readonly authorization: string | null;
  /** The URL for people: without credentials, values of its query, and fragment. */
  readonly shown: string;
  /** What follows `#`, decoded, or null. */
  readonly fragment: string | null;
}

/**
 * Takes a URL apart. Credentials become Basic authorization.
 *
 * @throws CkptError `http-error` when it is no http(s) URL.
 * @see RFC 7617 for Basic
 */
export function parseHttpAddress(text: string): HttpAddress {
  if (!URL.canParse(text)) throw notAnAddress();
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw notAnAddress();
  const { username, password, hash } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return {
    url,
    authorization: credentials === ':' ? null : `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`,
    shown: shownUrl(url),
    fragment: hash.length < 2 ? null : decoded(hash.slice(1)),
  };
}

/** The address of another file on the same server, with the same credentials; `path` is a relative reference without a query. */
export function beside(address: HttpAddress, path: string): HttpAddress {
  const url = new URL(path.split('/').map(encodeURIComponent).join('/'), address.url);
  return { ...address, url, shown: shownUrl(url), fragment: null };
}

/** A URL for people: without credentials and fragment, names of its query with `…` for the values. */
export function shownUrl(url: URL): string {
  const query = url.search
    .slice(1)
    .split('&')
    .filter((part) => part !== '')
    .map((part) => (part.includes('=') ? `${part.slice(0, part.indexOf('='))}=…` : '…'))
    .join('&');
  return `${url.protocol}//${url.host}${url.pathname}${query === '' ? '' : `?${query}`}`;
}

/** Whether a place is meant as an http(s) URL. */
export function isHttpAddress(place: string): boolean {
  return /^https?:[/][/]/i.test(place);
}

/** What was named on the command line, for people and documents: a URL without credentials and query values, anything else as it is. */
export function shownPath(path: string): string {
  if (!isHttpAddress(path) || !URL.canParse(path)) return path;
  const url = new URL(path);
  return `${shownUrl(url)}${url.hash}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function notAnAddress(): CkptError {
  // What was given is not repeated: it may hold a password.
  return new CkptError(
    'http-error',
    { layer: 'file' },
    { expected: 'a URL like https://host/path/checkpoint.img', found: 'text that is no such URL' },
  );
}
