/** The options of a socket that change what it does. */
import { field, fields, follow, integer, type Node } from '../../graph/node.ts';
import { byteCount } from '../byte-count.ts';

export interface SocketOptions {
  /** Options that are on, by Linux name, with `=value` where they have one. */
  readonly names: readonly string[];
  /** SO_SNDBUF and SO_RCVBUF in bytes as the network stack keeps them; null when not saved there. */
  readonly sendBuffer: number | null;
  readonly receiveBuffer: number | null;
}

/**
 * Switches of tcpip.SocketOptions by field; `off` gives a name to a switch that is off.
 *
 * @see gVisor pkg/tcpip/socketops.go: SocketOptions
 */
const SWITCHES: readonly { readonly name: string; readonly option: string; readonly only?: SocketKind; readonly off?: true }[] = [
  { name: 'reuseAddressEnabled', option: 'SO_REUSEADDR' },
  { name: 'reusePortEnabled', option: 'SO_REUSEPORT' },
  { name: 'keepAliveEnabled', option: 'SO_KEEPALIVE' },
  { name: 'broadcastEnabled', option: 'SO_BROADCAST' },
  { name: 'passCredEnabled', option: 'SO_PASSCRED' },
  { name: 'noChecksumEnabled', option: 'SO_NO_CHECK' },
  { name: 'v6OnlyEnabled', option: 'IPV6_V6ONLY', only: 'inet6' },
  { name: 'delayOptionEnabled', option: 'TCP_NODELAY', only: 'tcp', off: true },
  { name: 'corkOptionEnabled', option: 'TCP_CORK', only: 'tcp' },
  { name: 'hdrIncludedEnabled', option: 'IP_HDRINCL', only: 'raw' },
];

/** What a socket is, as far as options depend on it. */
export type SocketKind = 'tcp' | 'inet6' | 'raw';

/**
 * Reads tcpip.SocketOptions; nothing is on for nil.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 */
export function readSocketOptions(node: Node | null, kinds: readonly SocketKind[]): SocketOptions {
  const struct = node === null ? null : follow(node);
  if (struct === null) return { names: [], sendBuffer: null, receiveBuffer: null };
  const all = fields(struct);
  const number = (name: string): bigint => integer(all.get(name) ?? null);
  const names = SWITCHES.filter(({ name, only, off }) => {
    if (!all.has(name) || (only !== undefined && !kinds.includes(only))) return false;
    return (number(name) !== 0n) !== (off === true);
  }).map(({ option }) => option);
  const linger = all.get('linger');
  if (linger !== undefined && integer(field(linger, 'Enabled')) !== 0n) {
    names.push(`SO_LINGER=${integer(field(linger, 'Timeout')) / 1_000_000_000n}`);
  }
  if (number('bindToDevice') !== 0n) names.push(`SO_BINDTODEVICE=${number('bindToDevice')}`);
  if (number('mark') !== 0n) names.push(`SO_MARK=${number('mark')}`);
  if (number('rcvlowat') > 1n) names.push(`SO_RCVLOWAT=${number('rcvlowat')}`);
  const size = (name: string): number | null => (all.has(name) ? byteCount(number(name)) : null);
  return { names, sendBuffer: size('sendBufferSize'), receiveBuffer: size('receiveBufferSize') };
}
