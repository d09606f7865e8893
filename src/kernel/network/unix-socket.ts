/** Unix sockets: in-sandbox endpoints, their queues, and connections that lead to the host. */
import { countElements, elements, field, fieldAt, follow, integer, type Node, readNode, typeName } from '../../graph/node.ts';
import { byteCount } from '../byte-count.ts';
import { fact } from '../epochs.ts';
import { listItems } from '../linked-list.ts';
import { objectOf } from '../object-of.ts';
import { NO_FACTS, type SocketFacts, type SocketQueue, socketTypeName } from './saved-socket.ts';
import { socketError } from './socket-error.ts';
import { readSocketOptions } from './socket-options.ts';
import type { SocketReading } from './socket-reading.ts';

/** @see gVisor pkg/abi/linux/socket.go: SS_* */
const LINUX = { unconnected: 1, connecting: 2, connected: 3, disconnecting: 4 } as const;

const TRANSPORT = 'pkg/sentry/socket/unix/transport';

/** Ends of connections that are sockets of the host, and who opened them. */
const HOST_PEERS: Readonly<Record<string, 'gofer' | 'host'>> = {
  [`${TRANSPORT}.HostConnectedEndpoint`]: 'host',
  [`${TRANSPORT}.HostSender`]: 'host',
  [`${TRANSPORT}.SCMConnectedEndpoint`]: 'gofer',
  [`${TRANSPORT}.SCMSender`]: 'gofer',
};

/**
 * What a unix socket says.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `inconsistent`.
 * @see gVisor pkg/sentry/socket/unix/unix.go: Socket
 */
export function readUnixSocket(socket: Node, reading: SocketReading): SocketFacts {
  const endpoint = fact(socket, 'UnixSocket.endpoint');
  const type = socketTypeName(integer(fact(socket, 'UnixSocket.type')));
  const namespace = field(socket, 'namespace');
  const facts = endpoint === null ? null : readUnixEndpoint(endpoint, reading);
  return { ...NO_FACTS, backend: 'unix', family: 'unix', ...facts, type, namespace: objectOf(namespace) || null };
}

/** What a unix endpoint says, without what its socket adds. `peer` is the object id of the connected endpoint, not of its socket. */
export function readUnixEndpoint(endpoint: Node, reading: SocketReading): Omit<SocketFacts, 'namespace'> {
  const connectioned = typeName(endpoint) === `${TRANSPORT}.connectionedEndpoint`;
  const base = fieldAt(endpoint, 'baseEndpoint');
  const part = (name: string): Node | null => (base === null ? null : field(base, name));
  const receiver = followed(part('receiver'));
  const peer = base === null ? null : fact(base, 'UnixEndpoint.peer');
  const path = pathOfSocket(part('path'));
  const queue = field(endpoint, 'acceptedChan');
  const accepted = queue === null ? null : readNode(queue);
  const options = readSocketOptions(part('ops'), []);
  const listening = accepted?.kind === 'slice';
  const connected = receiver !== null && peer !== null;
  const hostPeer = peer === null ? null : (HOST_PEERS[typeName(peer) ?? ''] ?? null);
  return {
    ...NO_FACTS,
    backend: 'unix',
    family: 'unix',
    type: socketTypeName(integer(field(endpoint, 'stype'))),
    state: listening ? 'LISTEN' : connected ? 'CONNECTED' : path !== null ? 'BOUND' : 'UNCONNECTED',
    linuxState: connectioned
      ? connected
        ? LINUX.connected
        : LINUX.unconnected
      : path !== null
        ? LINUX.unconnected
        : connected
          ? LINUX.connecting
          : LINUX.disconnecting,
    name: path,
    peer: peer === null ? null : objectOf(field(peer, 'endpoint')) || null,
    hostPeer,
    accept:
      listening && accepted.kind === 'slice'
        ? { waiting: accepted.length, limit: backlog(accepted.capacity, part('ops')) }
        : null,
    receiveQueue: receiver === null ? null : receivedMessages(receiver, reading),
    sendQueue: peer === null ? null : queueOf(fieldAt(peer, 'writeQueue'), reading),
    options: options.names,
    sendBuffer: options.sendBuffer,
    receiveBuffer: options.receiveBuffer,
    error: socketError(part('lastError')),
  };
}

/**
 * The queue that a unix endpoint reads from; for a stream with what was taken out of its messages and not read yet. Null for a socket of
 * the host, whose queue is there.
 */
export function receivedMessages(receiver: Node, reading: SocketReading): SocketQueue | null {
  const stream = fieldAt(receiver, 'queueReceiver', 'readQueue');
  const queue = queueOf(stream ?? fieldAt(receiver, 'readQueue'), reading);
  if (stream === null || queue === null) return queue;
  const buffer = field(receiver, 'buffer');
  const begun = buffer === null ? 0 : countElements(buffer);
  const files = sentFiles(fieldAt(receiver, 'control', 'Rights'), reading);
  return { bytes: queue.bytes + begun, messages: queue.messages, files: queue.files + files };
}

/** @see gVisor pkg/sentry/socket/unix/transport/queue.go: queue */
function queueOf(queue: Node | null, reading: SocketReading): SocketQueue | null {
  if (queue === null) return null;
  let messages = 0;
  let files = 0;
  const list = field(queue, 'dataList');
  for (const message of list === null ? [] : listItems(list, 'messageEntry', reading)) {
    messages++;
    files += sentFiles(fieldAt(message, 'Control', 'Rights'), reading);
  }
  return { bytes: byteCount(integer(field(queue, 'used'))), messages, files };
}

/** @see gVisor pkg/sentry/socket/control/control.go: RightsFiles, a slice of files */
function sentFiles(rights: Node | null, reading: SocketReading): number {
  if (rights === null) return 0;
  const count = countElements(rights);
  reading.spend(count, rights);
  for (const file of elements(rights)) reading.inFlight.add(objectOf(file));
  return count;
}

/** The name that a unix socket is bound to: bytes, of which a leading zero means an abstract one. */
function pathOfSocket(node: Node | null): SocketFacts['name'] {
  const target = followed(node);
  if (target === null) return null;
  const value = readNode(target);
  if (value.kind !== 'string' || value.bytes.length === 0) return null;
  const abstract = value.bytes[0] === 0;
  return { text: new TextDecoder().decode(abstract ? value.bytes.subarray(1) : value.bytes), abstract };
}

/**
 * The backlog as the application gave it: since release-20210408.0 listen(2) adds one. Images between that and release-20210503.0, which
 * first saved the size of the receive buffer here, cannot be told from older ones.
 */
function backlog(capacity: number, options: Node | null): number | null {
  return options === null || field(options, 'receiveBufferSize') === null ? null : Math.max(0, capacity - 1);
}

function followed(node: Node | null): Node | null {
  return node === null ? null : follow(node);
}
