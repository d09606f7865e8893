/** Sockets of gVisor's own network stack: TCP, UDP, ICMP, raw and packet. */
import { integer, type Node, typeName } from '../../graph/node.ts';
import { fact } from '../epochs.ts';
import { readDatagramEndpoint, readPacketEndpoint } from './datagram-endpoint.ts';
import { familyName, NO_FACTS, type SocketFacts, socketTypeName } from './saved-socket.ts';
import type { SocketReading } from './socket-reading.ts';
import { readTcpEndpoint } from './tcp-endpoint.ts';

/** Packages of gVisor's endpoints: pkg/tcpip/transport/<package>.endpoint, or Endpoint (TCP since release-20240325.0). */
const ENDPOINT = /^pkg\/tcpip\/transport\/(tcp|udp|icmp|raw|packet)\.[Ee]ndpoint$/;

/** Ethernet type of IPv6, which is gVisor's number of the network protocol. */
const IPV6 = 0x86ddn;

/** @see gVisor pkg/abi/linux/socket.go and ip.go: IPPROTO_* */
const PROTOCOLS: Readonly<Record<string, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6', 255: 'raw' };

/**
 * What a socket of the network stack says.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/socket/netstack/netstack.go: sock
 */
export function readInetSocket(socket: Node, reading: SocketReading): SocketFacts {
  const number = integer(fact(socket, 'InetSocket.family'));
  const family = familyName(number);
  const protocol = integer(fact(socket, 'InetSocket.protocol'));
  const type = socketTypeName(integer(fact(socket, 'InetSocket.type')));
  const endpoint = fact(socket, 'InetSocket.endpoint');
  const facts = endpoint === null ? null : endpointFacts(endpoint, family, reading);
  return {
    ...NO_FACTS,
    backend: 'netstack',
    family,
    ...facts,
    protocol: family === 'packet' || protocol === 0n ? null : (PROTOCOLS[String(protocol)] ?? `protocol ${protocol}`),
    type,
  };
}

function endpointFacts(endpoint: Node, family: string, reading: SocketReading): Partial<SocketFacts> | null {
  const kind = ENDPOINT.exec(typeName(endpoint) ?? '')?.[1];
  const inet = family === 'inet6' ? 'inet6' : 'inet';
  switch (kind) {
    case 'tcp':
      return readTcpEndpoint(endpoint, inet, true);
    case 'udp':
    case 'icmp':
    case 'raw':
      return readDatagramEndpoint(endpoint, kind, inet, reading);
    case 'packet':
      return readPacketEndpoint(endpoint, reading);
    default:
      return null;
  }
}

/** A TCP endpoint without a socket: not accepted yet, or closed by its owner. Its family is that of its network protocol. */
export function readLooseEndpoint(endpoint: Node): SocketFacts | null {
  if (ENDPOINT.exec(typeName(endpoint) ?? '')?.[1] !== 'tcp') return null;
  const family = integer(fact(endpoint, 'TcpEndpoint.netProto')) === IPV6 ? 'inet6' : 'inet';
  return { ...readTcpEndpoint(endpoint, family, false), type: 'stream', namespace: null };
}
