/** One request and its answer, straight or through a proxy: the only file that knows the package undici. */
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { CkptError } from '../errors.ts';
import { type Environment, proxyFor } from './http-proxy.ts';
import { errorCode } from './system-error.ts';

/** What a server answered. The body must be read to its end or dropped. */
export interface HttpReply {
  readonly status: number;
  /** The value of a header, by its name in lower case; several are joined by commas. */
  header(name: string): string | null;
  readonly body: AsyncIterable<Uint8Array>;
  /** Stops reading the body, and closes the connection where that is needed. */
  drop(): void;
}

/** Why there is no answer, and whether it is worth to ask again. */
export interface HttpFailure {
  readonly passing: boolean;
  readonly said: string;
  readonly hint?: string;
}

export interface HttpTransport {
  /** Sends a request; redirects are answers like others. What is thrown is for {@link failureOf}. */
  send(method: 'GET' | 'HEAD', url: URL, headers: Readonly<Record<string, string>>): Promise<HttpReply>;
  close(): Promise<void>;
}

/** Most bytes of a dropped body that are read so that the connection can be used again. */
const DROPPED = 16 * 1024;

/** Errors that another attempt may not meet. */
const PASSING: Readonly<Record<string, string>> = {
  ECONNRESET: 'a connection that was reset',
  EPIPE: 'a connection that was closed',
  ETIMEDOUT: 'a server that does not answer in time',
  EAI_AGAIN: 'a name server that does not answer',
  UND_ERR_SOCKET: 'a connection that was closed before the end of the answer',
  UND_ERR_CONNECT_TIMEOUT: 'a server that does not answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'a server that does not answer in time',
  UND_ERR_BODY_TIMEOUT: 'an answer that does not go on',
};

const TRUST = 'To trust a certificate of your own, name its file in NODE_EXTRA_CA_CERTS';

const FINAL: Readonly<Record<string, string>> = {
  ENOTFOUND: 'a host name that is not known',
  ECONNREFUSED: 'nobody who answers at this host and port',
  EHOSTUNREACH: 'a host that cannot be reached',
  ENETUNREACH: 'a network that cannot be reached',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'a body of another length than its Content-Length',
};

/** Opens nothing yet. `patience` is how many milliseconds may pass without a byte. */
export function openTransport(environment: Environment, patience: number): HttpTransport {
  const settings = { headersTimeout: patience, bodyTimeout: patience, connect: { timeout: patience } };
  const agents = new Map<string | null, Dispatcher>();
  const agentFor = (url: URL): Dispatcher => {
    const proxy = proxyFor(url, environment);
    if (proxy !== null && !isProxy(proxy)) throw badProxy();
    let agent = agents.get(proxy);
    if (agent === undefined) {
      // Plain http goes to the proxy as it is; proxies commonly refuse to connect to port 80.
      agent = proxy === null ? new Agent(settings) : new ProxyAgent({ ...settings, uri: proxy, proxyTunnel: false });
      agents.set(proxy, agent);
    }
    return agent;
  };
  return {
    async send(method, url, headers) {
      const { origin, pathname, search } = url;
      const answer = await agentFor(url).request({ origin, path: `${pathname}${search}`, method, headers: { ...headers } });
      // An answer that is dropped ends in an error that nobody waits for.
      answer.body.on('error', () => {});
      return {
        status: answer.statusCode,
        header: (name) => {
          const value = answer.headers[name];
          return value === undefined ? null : typeof value === 'string' ? value : value.join(', ');
        },
        body: plainBlocks(answer.body),
        drop: () => void answer.body.dump({ limit: DROPPED }).catch(() => {}),
      };
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
      agents.clear();
    },
  };
}

function isProxy(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function badProxy(): CkptError {
  // The value is not repeated: it may hold a password.
  return new CkptError(
    'http-error',
    { layer: 'file' },
    {
      expected: 'a proxy like http://host:port in http_proxy, https_proxy or all_proxy',
      found: 'a value that is no http or https URL',
      hint: 'Correct the variable, or name the server in no_proxy',
    },
  );
}

/** The blocks of a body as arrays whose slices are copies. */
async function* plainBlocks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const block of body) yield new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
}

/** What to make of an error that a transport or the body of one of its answers threw; null when it is none of theirs. */
export function failureOf(error: unknown): HttpFailure | null {
  const code = errorCode(error);
  if (!(error instanceof Error) || code === undefined) return null;
  const passing = PASSING[code];
  if (passing !== undefined) return { passing: true, said: `${passing} (${code})` };
  const final = FINAL[code];
  if (final !== undefined) return { passing: false, said: `${final} (${code})` };
  if (code.startsWith('HPE_')) return { passing: false, said: `an answer that is not HTTP (${code})` };
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code))
    return { passing: false, said: `a certificate that is not trusted (${code})`, hint: TRUST };
  const proxy = /Proxy (?:response \((\d+)\)|Authentication Required \((407)\))/.exec(error.message);
  if (proxy !== null) return { passing: false, said: `status ${proxy[1] ?? proxy[2]} from the proxy` };
  return /^(?:E[A-Z]+|UND_ERR_\w+|ERR_\w+)$/.test(code) ? { passing: false, said: code } : null;
}
