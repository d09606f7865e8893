/** Requests that belong together: credentials, redirects, and asking again when an answer does not come. */
import { CkptError } from '../errors.ts';
import { TOOL } from '../tool.ts';
import { type HttpAddress, shownUrl } from './http-address.ts';
import { httpError } from './http-errors.ts';
import type { Environment } from './http-proxy.ts';
import { failureOf, type HttpReply, openTransport } from './http-transport.ts';

export interface HttpSettings {
  readonly environment?: Environment;
  /** Milliseconds without a byte after which an answer is given up (default 30 000). */
  readonly patience?: number;
  /** Milliseconds before the second attempt (default 250); each further one waits twice as long. */
  readonly firstDelay?: number;
}

/** An answer that is no redirect, and the URL that gave it. */
export interface Landed {
  readonly reply: HttpReply;
  readonly url: URL;
}

/** What an attempt came to: a value, or why to try again and how many milliseconds the server wants to be left alone. */
export type Attempt<Value> = { readonly value: Value } | { readonly again: string; readonly wait: number | null };

export interface HttpSession {
  /** Sends a request and follows redirects from `from` (the address itself unless given). */
  send(address: HttpAddress, method: 'GET' | 'HEAD', headers: Readonly<Record<string, string>>, from?: URL): Promise<Landed>;
  /**
   * Tries until there is a value: at most {@link ATTEMPTS} times, with growing pauses. Failures of the transport are caught.
   *
   * @throws CkptError `http-error`.
   */
  persist<Value>(address: HttpAddress, attempt: () => Promise<Attempt<Value>>): Promise<Value>;
  close(): Promise<void>;
}

/** Most attempts at one piece of a file. */
const ATTEMPTS = 6;
const LONGEST_DELAY = 8000;
/** Longest pause that a server may ask for; one that wants more is not waited for. */
const LONGEST_ASKED = 30_000;
const MOST_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A session without connections yet. */
export function openHttpSession(settings: HttpSettings = {}): HttpSession {
  const { patience = 30_000, firstDelay = 250 } = settings;
  const transport = openTransport(settings.environment ?? process.env, patience);

  const send: HttpSession['send'] = async (address, method, headers, from) => {
    let url = from ?? address.url;
    for (let redirects = 0; ; redirects++) {
      const own = address.authorization !== null && mayKnow(address.url, url) ? { authorization: address.authorization } : {};
      const all = {
        'user-agent': `${TOOL.name}/${TOOL.version}`,
        'accept-encoding': 'identity',
        accept: '*/*',
        ...own,
        ...headers,
      };
      const reply = await transport.send(method, url, all);
      if (!REDIRECTS.has(reply.status)) return { reply, url };
      const location = reply.header('location');
      reply.drop();
      if (redirects === MOST_REDIRECTS)
        throw httpError(address, `an answer after at most ${MOST_REDIRECTS} redirects`, 'yet another one');
      url = redirectTarget(address, url, location);
    }
  };

  const persist: HttpSession['persist'] = async (address, attempt) => {
    let asked: number | null = null;
    let reason = '';
    for (let count = 0; count < ATTEMPTS; count++) {
      if (count > 0) await pause(asked ?? backOff(firstDelay, count));
      try {
        const outcome = await attempt();
        if ('value' in outcome) return outcome.value;
        reason = outcome.again;
        asked = outcome.wait;
      } catch (error) {
        const failure = error instanceof CkptError ? null : failureOf(error);
        if (failure === null) throw error;
        if (!failure.passing) throw httpError(address, 'an answer', failure.said, failure.hint);
        reason = failure.said;
        asked = null;
      }
      if (asked !== null && asked > LONGEST_ASKED)
        throw httpError(
          address,
          'the file',
          `${reason}, to be asked again in ${Math.ceil(asked / 1000)} seconds`,
          'Try again later',
        );
    }
    throw httpError(address, 'the file', `${reason}, in ${ATTEMPTS} attempts`, 'Try again later');
  };

  return { send, persist, close: () => transport.close() };
}

/**
 * The pause that an answer of status 429 or 503 asks for, in milliseconds, or null.
 *
 * @see RFC 9110, 10.2.3
 */
export function askedPause(reply: HttpReply): number | null {
  const value = reply.header('retry-after');
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

/** Doubling pauses, each shortened at random by up to a half so that many clients do not come back at once. */
function backOff(first: number, count: number): number {
  return Math.min(first * 2 ** (count - 1), LONGEST_DELAY) * (0.5 + Math.random() / 2);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Credentials go to the server that they were given for, and to its own https when they were given for its http. */
function mayKnow(given: URL, asked: URL): boolean {
  if (given.origin === asked.origin) return true;
  return (
    given.hostname === asked.hostname && given.protocol === 'http:' && asked.protocol === 'https:' && !given.port && !asked.port
  );
}

function redirectTarget(address: HttpAddress, from: URL, location: string | null): URL {
  if (location === null || !URL.canParse(location, from.href))
    throw httpError(address, 'a redirect with a Location', location === null ? 'one without' : 'one that is no URL');
  const target = new URL(location, from);
  if (target.protocol !== 'https:' && (target.protocol !== 'http:' || from.protocol === 'https:'))
    throw httpError(
      address,
      `a redirect to ${from.protocol === 'https:' ? 'https' : 'http or https'}`,
      `one to ${target.protocol === 'http:' ? shownUrl(target) : `a ${target.protocol} address`}`,
      'Give the URL it leads to, when you trust it',
    );
  // Credentials and fragment of a redirect are not used.
  target.username = '';
  target.password = '';
  target.hash = '';
  return target;
}
