/** Which proxy a request goes through, as the environment says. */

export type Environment = Readonly<Record<string, string | undefined>>;

const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * The URL of the proxy for a request, or null when it goes straight to the server.
 *
 * `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in lower case before upper case. Entries of `no_proxy` are hosts, which cover what
 * lies under them too (`example.com`, `.example.com`, `*.example.com`), each perhaps with a port, or `*`.
 *
 * @see curl(1), ENVIRONMENT
 */
export function proxyFor(url: URL, environment: Environment): string | null {
  const value = (name: string): string => environment[name] || environment[name.toUpperCase()] || '';
  const scheme = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = value(scheme) || value('all_proxy');
  if (proxy === '' || isExempt(url, value('no_proxy'))) return null;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
  const port = url.port || PORTS[url.protocol];
  for (const entry of list.toLowerCase().split(/[\s,]+/)) {
    if (entry === '') continue;
    if (entry === '*') return true;
    const parts = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry) ?? /^([^:]*)(?::(\d+))?$/.exec(entry) ?? [entry, entry];
    if (parts[2] !== undefined && parts[2] !== port) continue;
    const name = (parts[1] ?? '').replace(/^\*?\./, '');
    if (name !== '' && (host === name || host.endsWith(`.${name}`))) return true;
  }
  return false;
}
