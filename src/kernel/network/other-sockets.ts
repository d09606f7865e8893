/** Netlink sockets, and sockets of the host that `--network=host` gives to applications. */
import { byteArray, field, fieldAt, integer, type Node, typeName } from '../../graph/node.ts';
import { byteCount } from '../byte-count.ts';
import { fact } from '../epochs.ts';
import { objectOf } from '../object-of.ts';
import { familyName, NO_FACTS, type SocketFacts, socketTypeName } from './saved-socket.ts';
import { addressText } from './socket-address.ts';
import type { SocketReading } from './socket-reading.ts';
import { receivedMessages } from './unix-socket.ts';

/** Netlink protocols by gVisor's package: pkg/sentry/socket/netlink/<package>.Protocol. */
const NETLINK = /^pkg\/sentry\/socket\/netlink\/(\w+)\.Protocol$/;

/**
 * What a netlink socket says. Replies of the kernel wait in its receive queue.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/socket/netlink/socket.go: Socket
 */
export function readNetlinkSocket(socket: Node, reading: SocketReading): SocketFacts {
  const protocol = fact(socket, 'InetSocket.protocol');
  const endpoint = fact(socket, 'UnixSocket.endpoint');
  const receiver = endpoint === null ? null : fieldAt(endpoint, 'baseEndpoint', 'receiver');
  const port = integer(fact(socket, 'NetlinkSocket.port'));
  return {
    ...NO_FACTS,
    backend: 'netlink',
    family: 'netlink',
    type: socketTypeName(integer(fact(socket, 'InetSocket.type'))),
    protocol: NETLINK.exec(protocol === null ? '' : (typeName(protocol) ?? ''))?.[1] ?? null,
    namespace: objectOf(field(socket, 'netns')) || null,
    state: port === 0n ? 'UNCONNECTED' : 'BOUND',
    netlink: { port, groups: integer(field(socket, 'groups')) },
    receiveQueue: receiver === null ? null : receivedMessages(receiver, reading),
  };
}

/**
 * What a socket of the host says. Only a listening one has its address saved, since release-20260721.0.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/socket/hostinet/socket.go: Socket; save_restore.go: listenerState
 */
export function readHostSocket(socket: Node): SocketFacts {
  const family = familyName(integer(fact(socket, 'InetSocket.family')));
  const type = socketTypeName(integer(fact(socket, 'HostSocket.type')));
  const number = integer(fact(socket, 'InetSocket.protocol'));
  const listener = fieldAt(socket, 'savedListener');
  const on = (name: string): boolean => listener !== null && integer(field(listener, name)) !== 0n;
  const inet = family === 'inet' || family === 'inet6';
  const options = [...(on('reuseAddr') ? ['SO_REUSEADDR'] : []), ...(on('reusePort') ? ['SO_REUSEPORT'] : [])];
  return {
    ...NO_FACTS,
    backend: 'host',
    family,
    type,
    protocol: inet && type === 'stream' ? 'tcp' : inet && type === 'dgram' ? 'udp' : number === 0n ? null : `protocol ${number}`,
    state: listener === null ? 'UNKNOWN' : 'LISTEN',
    local: listener === null ? null : hostAddress(byteArray(field(listener, 'addr'))),
    // The addresses of connections that wait for this socket are with the host.
    accept: listener === null ? null : { waiting: 0, limit: byteCount(integer(field(listener, 'backlog'))) },
    options: on('v6Only') ? [...options, 'IPV6_V6ONLY'] : options,
    savedListener: listener !== null,
  };
}

/** A struct sockaddr_in or sockaddr_in6 as Linux lays it out; null for any other. */
function hostAddress(bytes: Uint8Array | null): SocketFacts['local'] {
  if (bytes === null || bytes.length < 8) return null;
  const family = familyName(BigInt((bytes[0] as number) | ((bytes[1] as number) << 8)));
  const port = ((bytes[2] as number) << 8) | (bytes[3] as number);
  if (family === 'inet') return { bytes: bytes.slice(4, 8), text: addressText(bytes.slice(4, 8), family), port };
  if (family !== 'inet6' || bytes.length < 24) return null;
  return { bytes: bytes.slice(8, 24), text: addressText(bytes.slice(8, 24), family), port };
}
