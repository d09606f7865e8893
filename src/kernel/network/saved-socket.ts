/** One saved socket, whatever its family: the value that all readers of sockets give. */
import type { AddressBytes } from './socket-address.ts';

/** A process that holds a file open, and under which number. */
export interface FileHolder {
  readonly pid: number;
  readonly fd: number;
}

/** How a socket is known: to the table of all sockets, only through an open file, or without any file. */
export type SocketOrigin =
  | 'table'
  | 'descriptor'
  /** Waits in the accept queue of a listening socket; no file exists yet. */
  | 'accept-queue'
  /** A TCP connection whose file is closed and whose last packets are under way. */
  | 'closing';

/** A network address and port, as an application of the socket's family sees them. */
export interface InetAddress {
  readonly bytes: AddressBytes;
  readonly text: string;
  readonly port: number;
}

/** What waits in a queue. */
export interface SocketQueue {
  readonly bytes: number;
  /** Messages or packets; null for a stream of bytes that is not kept in messages. */
  readonly messages: number | null;
  /** Files that were sent along (SCM_RIGHTS) and not taken yet. */
  readonly files: number;
}

export interface SavedSocket {
  /** Id of the object: of the socket, which is also that of its file; of the endpoint where there is no file. */
  readonly objectId: number;
  /** Graph path of that object. */
  readonly path: string;
  readonly origin: SocketOrigin;
  /** Number in the table of sockets, the first column of /proc/net/tcp. */
  readonly record: bigint | null;
  /** N of `socket:[N]`. */
  readonly inode: bigint | null;
  /** Owner in the root user namespace. */
  readonly uid: number | null;
  /** References to the file. */
  readonly references: number | null;
  readonly nonBlocking: boolean;
  readonly holders: readonly FileHolder[];
  /** Sent through a unix socket and not received yet. */
  readonly inFlight: boolean;
  /** What carries the data. `host`: a socket of the host. */
  readonly backend: 'netstack' | 'unix' | 'netlink' | 'host';
  /** `inet`, `inet6`, `unix`, `netlink`, `packet`, or `family N`. */
  readonly family: string;
  /** `stream`, `dgram`, `raw`, `seqpacket`, `packet`, or `type N`. */
  readonly type: string;
  /** `tcp`, `udp`, `icmp`, `icmpv6`, a netlink protocol, or `protocol N`; null where the family has none. */
  readonly protocol: string | null;
  /** Object id of the network namespace; null where it is not saved. */
  readonly namespace: number | null;
  /** Linux' name of the state, or gVisor's for its own: LISTEN, ESTABLISHED, CONNECTED, BOUND, UNCONNECTED, …; `UNKNOWN`: not saved. */
  readonly state: string;
  /** Column `st` of /proc/net/tcp, udp and unix; null for families that have no such file. */
  readonly linuxState: number | null;
  readonly local: InetAddress | null;
  readonly remote: InetAddress | null;
  /** Interface that the socket is bound to; null for none. */
  readonly interfaceId: number | null;
  /** Path of a unix socket, or its abstract name without the leading zero byte. */
  readonly name: { readonly text: string; readonly abstract: boolean } | null;
  /** Object id of the connected endpoint's socket (unix). */
  readonly peer: number | null;
  /** Its peer has been closed; what the peer had sent can still be read (unix). */
  readonly peerClosed: boolean;
  /** A unix socket whose other end is a socket of the host. */
  readonly hostPeer: 'gofer' | 'host' | null;
  /** Port id and groups of a netlink socket. */
  readonly netlink: { readonly port: bigint; readonly groups: bigint } | null;
  /** Length of the accept queue; `limit` is what the application asked for, null when it is not saved. */
  readonly accept: { readonly waiting: number; readonly limit: number | null } | null;
  /** Object id of the listening socket in whose queue this one waits. */
  readonly listener: number | null;
  readonly receiveQueue: SocketQueue | null;
  /** Sent and not yet acknowledged (TCP), or not yet read by the peer (unix). */
  readonly sendQueue: SocketQueue | null;
  readonly options: readonly string[];
  readonly sendBuffer: number | null;
  readonly receiveBuffer: number | null;
  /** Pending error (SO_ERROR). */
  readonly error: string | null;
  /** Multicast groups that it has joined. */
  readonly memberships: number;
  /** tcp.Endpoint.terminateAtRestore; null before release-20260209.1. */
  readonly terminateAtRestore: boolean | null;
  /** A host socket of which all is saved that is needed to make it again. */
  readonly savedListener: boolean;
}

/** The part of a socket that its family's reader gives. */
export type SocketFacts = Omit<
  SavedSocket,
  | 'objectId'
  | 'path'
  | 'origin'
  | 'record'
  | 'inode'
  | 'uid'
  | 'references'
  | 'nonBlocking'
  | 'holders'
  | 'inFlight'
  | 'listener'
  | 'peerClosed'
>;

/** Facts of a socket of which only the family is known; readers replace what they know. */
export const NO_FACTS = {
  protocol: null,
  namespace: null,
  state: 'UNKNOWN',
  linuxState: null,
  local: null,
  remote: null,
  interfaceId: null,
  name: null,
  peer: null,
  hostPeer: null,
  netlink: null,
  accept: null,
  receiveQueue: null,
  sendQueue: null,
  options: [],
  sendBuffer: null,
  receiveBuffer: null,
  error: null,
  memberships: 0,
  terminateAtRestore: null,
  savedListener: false,
} as const satisfies Partial<SocketFacts>;

/** @see Linux include/linux/socket.h, as gVisor pkg/abi/linux/socket.go has them */
const FAMILIES: Readonly<Record<string, string>> = {
  1: 'unix',
  2: 'inet',
  10: 'inet6',
  16: 'netlink',
  17: 'packet',
  40: 'vsock',
};
const TYPES: Readonly<Record<string, string>> = {
  1: 'stream',
  2: 'dgram',
  3: 'raw',
  4: 'rdm',
  5: 'seqpacket',
  6: 'dccp',
  10: 'packet',
};

/** The name of an address family number. */
export function familyName(family: bigint): string {
  return FAMILIES[String(family)] ?? `family ${family}`;
}

/** The name of a socket type number. */
export function socketTypeName(type: bigint): string {
  return TYPES[String(type)] ?? `type ${type}`;
}
