/** Endpoints of the network stack that carry packets: UDP, ICMP, raw, and packet sockets. */
import { field, integer, mapEntries, type Node } from '../../graph/node.ts';
import { byteCount } from '../byte-count.ts';
import { fact, hasFact } from '../epochs.ts';
import { listItems } from '../linked-list.ts';
import { NO_FACTS, type SocketFacts, type SocketQueue } from './saved-socket.ts';
import { addressText, readAddress } from './socket-address.ts';
import { socketError } from './socket-error.ts';
import { readSocketOptions } from './socket-options.ts';
import type { SocketReading } from './socket-reading.ts';

/** Kinds of endpoints that carry packets, and what their lists of received packets are called. */
const ENTRIES = {
  udp: 'udpPacketEntry',
  icmp: 'icmpPacketEntry',
  raw: 'rawPacketEntry',
  packet: 'packetEntry',
} as const;

export type DatagramKind = keyof typeof ENTRIES;

/**
 * States by their number. /proc/net/udp calls a connected socket ESTABLISHED (1) and all others CLOSE (7); other kinds have 0 there.
 *
 * @see gVisor pkg/tcpip/transport/datagram.go: DatagramEndpointState; netstack.go: State
 */
const STATES = ['UNKNOWN', 'UNCONNECTED', 'BOUND', 'CONNECTED', 'CLOSED'] as const;

type EndpointFacts = Omit<SocketFacts, 'type' | 'namespace' | 'protocol'>;

/** What a UDP, ICMP or raw endpoint says, without what its socket adds. */
export function readDatagramEndpoint(
  endpoint: Node,
  kind: 'udp' | 'icmp' | 'raw',
  family: 'inet' | 'inet6',
  reading: SocketReading,
): EndpointFacts {
  const number = Number(integer(fact(endpoint, 'DatagramEndpoint.state')));
  // Until release-20210906.0 the states were counted from 0.
  const state =
    STATES[hasFact(endpoint, 'DatagramEndpoint.state') && field(endpoint, 'net') === null ? number + 1 : number] ?? 'UNKNOWN';
  const info = fact(endpoint, 'DatagramEndpoint.info');
  const id = info === null ? null : field(info, 'ID');
  const connected = state === 'CONNECTED';
  const here = readAddress(connected ? part(id, 'LocalAddress') : part(info, 'BindAddr'));
  const there = readAddress(part(id, 'RemoteAddress'));
  const ports = kind === 'udp' ? udpPorts(endpoint) : { local: Number(integer(part(id, 'LocalPort'))), remote: 0 };
  const nic = integer(part(info, 'RegisterNICID'));
  const memberships = groupsOf(fact(endpoint, 'DatagramEndpoint.memberships'), reading);
  return {
    ...common(endpoint, kind, family, reading),
    state,
    linuxState: kind === 'udp' ? (connected ? 1 : 7) : 0,
    local: { bytes: here, text: addressText(here, family), port: ports.local },
    remote: connected ? { bytes: there, text: addressText(there, family), port: ports.remote } : null,
    interfaceId: nic === 0n ? null : Number(nic),
    memberships,
  };
}

/** What an endpoint of a packet socket says. */
export function readPacketEndpoint(endpoint: Node, reading: SocketReading): EndpointFacts {
  const nic = integer(field(endpoint, 'boundNIC'));
  const closed = integer(field(endpoint, 'closed')) !== 0n;
  return {
    ...common(endpoint, 'packet', 'packet', reading),
    state: closed ? 'CLOSED' : nic === 0n ? 'UNCONNECTED' : 'BOUND',
    interfaceId: nic === 0n ? null : Number(nic),
  };
}

function common(endpoint: Node, kind: DatagramKind, family: string, reading: SocketReading): EndpointFacts {
  const kinds = [...(kind === 'raw' ? (['raw'] as const) : []), ...(family === 'inet6' ? (['inet6'] as const) : [])];
  const { names, sendBuffer, receiveBuffer } = readSocketOptions(field(endpoint, 'ops'), kinds);
  return {
    ...NO_FACTS,
    backend: 'netstack',
    family,
    receiveQueue: receivedPackets(endpoint, kind, reading),
    options: names,
    sendBuffer,
    receiveBuffer,
    error: socketError(field(endpoint, 'lastError')),
  };
}

function receivedPackets(endpoint: Node, kind: DatagramKind, reading: SocketReading): SocketQueue {
  const list = field(endpoint, 'rcvList');
  let messages = 0;
  if (list !== null) for (const _ of listItems(list, ENTRIES[kind], reading)) messages++;
  return { bytes: byteCount(integer(field(endpoint, 'rcvBufSize'))), messages, files: 0 };
}

function groupsOf(map: Node | null, reading: SocketReading): number {
  if (map === null) return 0;
  const count = mapEntries(map).length;
  reading.spend(count, map);
  return count;
}

function udpPorts(endpoint: Node): { readonly local: number; readonly remote: number } {
  return {
    local: Number(integer(fact(endpoint, 'UdpEndpoint.localPort'))),
    remote: Number(integer(fact(endpoint, 'UdpEndpoint.remotePort'))),
  };
}

function part(node: Node | null, name: string): Node | null {
  return node === null ? null : field(node, name);
}
