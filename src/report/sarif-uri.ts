/** Names of images as the URIs that SARIF wants. */

/**
 * A path as a URI: relative ones stay relative, absolute ones become `file://…`, URLs lose what is secret in them, and standard input is
 * `stdin`. Everything that a URI does not take is percent-encoded.
 *
 * @see SARIF 2.1.0, 3.4.3; RFC 3986, 4.2: a relative reference must not begin with a segment that holds a colon
 */
export function artifactUri(path: string): string {
  if (path === '-' || path === '') return 'stdin';
  if (/^https?:\/\//i.test(path) && URL.canParse(path)) {
    const url = new URL(path);
    url.username = '';
    url.password = '';
    return url.href;
  }
  const encoded = path
    .replace(/^(?:\.\/+)+(?=.)/, '')
    // Slashes that begin a relative reference would make it one to another server.
    .replace(/^\/+/, '/')
    .split('/')
    .map((segment) => encodeURIComponent(segment.replace(/\p{Cs}/gu, '\u{fffd}')))
    .join('/');
  return encoded.startsWith('/') ? `file://${encoded}` : encoded;
}
