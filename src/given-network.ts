/** Addresses and routes of the new sandbox as people write them. */
import type { GivenNetwork, IpPrefix } from './restore/settings.ts';

/**
 * The network of interfaces and routes; null when nothing was given, or something is no address.
 *
 * @param interfaces one text for each interface in order: addresses, separated by commas, each perhaps with `/length`
 * @param routes destinations: `10.0.0.0/8`, or `default`
 */
export function givenNetwork(interfaces: readonly string[], routes: readonly string[]): GivenNetwork | null {
  if (interfaces.length === 0) return null;
  const addresses = interfaces.map(parseInterface);
  const destinations = routes.map(parseRoute);
  if (!addresses.every((one) => one !== null) || !destinations.every((one) => one !== null)) return null;
  return { interfaces: addresses, routes: destinations.flat() };
}

/** The addresses of one interface, or null. */
export function parseInterface(text: string): readonly IpPrefix[] | null {
  const prefixes = text.split(',').map((part) => parsePrefix(part.trim()));
  return prefixes.every((prefix) => prefix !== null) ? prefixes : null;
}

/** The destination of a route, both of them for `default`; null when it is none. */
export function parseRoute(text: string): readonly IpPrefix[] | null {
  if (text === 'default') return [4, 16].map((size) => ({ bytes: new Uint8Array(size), length: 0 }));
  const prefix = parsePrefix(text);
  return prefix === null ? null : [prefix];
}

function parsePrefix(text: string): IpPrefix | null {
  const [address = '', length, ...more] = text.split('/');
  const bytes = parseAddress(address);
  if (bytes === null || more.length > 0) return null;
  if (length === undefined) return { bytes, length: null };
  if (!/^\d{1,3}$/.test(length) || Number(length) > bytes.length * 8) return null;
  return { bytes, length: Number(length) };
}

/** The 4 or 16 bytes of an address, or null. */
function parseAddress(text: string): Uint8Array | null {
  return text.includes(':') ? parseVersion6(text) : parseVersion4(text);
}

function parseVersion4(text: string): Uint8Array | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const bytes = match === null ? [] : match.slice(1).map(Number);
  return bytes.length === 4 && bytes.every((byte) => byte < 256) ? Uint8Array.from(bytes) : null;
}

/** @see RFC 4291 section 2.2 */
function parseVersion6(text: string): Uint8Array | null {
  const [head = '', tail, ...more] = text.split('::');
  const before = groups(head, tail === undefined);
  const after = groups(tail ?? '', true);
  if (before === null || after === null || more.length > 0) return null;
  const zeros = 8 - before.length - after.length;
  if (tail === undefined ? zeros !== 0 : zeros < 1) return null;
  const all = [...before, ...new Array<number>(zeros).fill(0), ...after];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** 16-bit groups; at the end of the address the last 32 bits may be written as IPv4. Null when one is none. */
function groups(text: string, atEnd: boolean): number[] | null {
  const found: number[] = [];
  const parts = text === '' ? [] : text.split(':');
  for (const [index, part] of parts.entries()) {
    const last = atEnd && index === parts.length - 1 ? parseVersion4(part) : null;
    if (last !== null) found.push(((last[0] ?? 0) << 8) | (last[1] ?? 0), ((last[2] ?? 0) << 8) | (last[3] ?? 0));
    else if (/^[0-9a-f]{1,4}$/i.test(part)) found.push(Number.parseInt(part, 16));
    else return null;
  }
  return found;
}
