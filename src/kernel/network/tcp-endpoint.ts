/** TCP endpoints of the network stack. */
import { countElements, field, integer, type Node } from '../../graph/node.ts';
import { byteCount } from '../byte-count.ts';
import { fact, hasFact } from '../epochs.ts';
import { NO_FACTS, type SocketFacts } from './saved-socket.ts';
import { addressText, readAddress } from './socket-address.ts';
import { socketError } from './socket-error.ts';
import { readSocketOptions } from './socket-options.ts';

/**
 * States by their saved number: 1 to 11 are Linux', the rest gVisor's own, which Linux would call CLOSE (7).
 *
 * @see gVisor pkg/tcpip/transport/tcp/endpoint.go: EndpointState; pkg/sentry/socket/netstack/netstack.go: State
 */
const STATES: readonly { readonly name: string; readonly linux: number; readonly phase: TcpPhase }[] = [
  { name: 'UNKNOWN', linux: 0, phase: 'none' },
  { name: 'ESTABLISHED', linux: 1, phase: 'connected' },
  { name: 'SYN_SENT', linux: 2, phase: 'connecting' },
  { name: 'SYN_RECV', linux: 3, phase: 'connecting' },
  { name: 'FIN_WAIT1', linux: 4, phase: 'connected' },
  { name: 'FIN_WAIT2', linux: 5, phase: 'connected' },
  { name: 'TIME_WAIT', linux: 6, phase: 'connected' },
  { name: 'CLOSE', linux: 7, phase: 'none' },
  { name: 'CLOSE_WAIT', linux: 8, phase: 'connected' },
  { name: 'LAST_ACK', linux: 9, phase: 'connected' },
  { name: 'LISTEN', linux: 10, phase: 'none' },
  { name: 'CLOSING', linux: 11, phase: 'connected' },
  { name: 'UNCONNECTED', linux: 7, phase: 'none' },
  { name: 'BOUND', linux: 7, phase: 'none' },
  { name: 'CONNECTING', linux: 7, phase: 'connecting' },
  { name: 'ERROR', linux: 7, phase: 'none' },
];

/** Whether there is another end, and how far the way to it is. */
export type TcpPhase = 'connected' | 'connecting' | 'none';

/** The phase of a TCP socket by the name of its state. */
export function tcpPhase(state: string): TcpPhase {
  return STATES.find(({ name }) => name === state)?.phase ?? 'none';
}

/**
 * What a TCP endpoint says, without what its socket adds.
 *
 * @param hasSocket whether a socket owns it: only then has Nagle's algorithm got Linux' default.
 */
export function readTcpEndpoint(
  endpoint: Node,
  family: 'inet' | 'inet6',
  hasSocket: boolean,
): Omit<SocketFacts, 'type' | 'namespace'> {
  const id = fact(endpoint, 'TcpEndpoint.id');
  const number = Number(integer(field(endpoint, 'state')));
  const state = STATES[number] ?? { name: `state ${number}`, linux: 0, phase: 'none' };
  const address = (side: 'Local' | 'Remote'): SocketFacts['local'] => {
    const bytes = readAddress(id === null ? null : field(id, `${side}Address`));
    return { bytes, text: addressText(bytes, family), port: Number(integer(id === null ? null : field(id, `${side}Port`))) };
  };
  const options = readSocketOptions(field(endpoint, 'ops'), [
    ...(hasSocket ? (['tcp'] as const) : []),
    ...(family === 'inet6' ? (['inet6'] as const) : []),
  ]);
  const { sendBuffer, receiveBuffer } = options;
  const nic = integer(field(endpoint, 'boundNICID'));
  const terminate = field(endpoint, 'terminateAtRestore');
  const queue = acceptedEndpoints(endpoint);
  return {
    ...NO_FACTS,
    backend: 'netstack',
    family,
    protocol: 'tcp',
    state: state.name,
    linuxState: state.linux,
    local: address('Local'),
    remote: state.phase === 'none' ? null : address('Remote'),
    interfaceId: nic === 0n ? null : Number(nic),
    accept: state.name === 'LISTEN' ? { waiting: queue === null ? 0 : countElements(queue), limit: acceptLimit(endpoint) } : null,
    receiveQueue: { bytes: byteCount(integer(fact(endpoint, 'TcpEndpoint.received'))), messages: null, files: 0 },
    sendQueue: { bytes: byteCount(integer(fact(endpoint, 'TcpEndpoint.unacknowledged'))), messages: null, files: 0 },
    options: options.names,
    sendBuffer,
    receiveBuffer,
    error: socketError(field(endpoint, 'hardError')) ?? socketError(field(endpoint, 'lastError')),
    terminateAtRestore: terminate === null ? null : integer(terminate) !== 0n,
  };
}

/** The slice of the endpoints that wait to be accepted; null when there is none. */
export function acceptedEndpoints(endpoint: Node): Node | null {
  return fact(endpoint, 'TcpEndpoint.accepted');
}

/** The backlog as the application gave it: since release-20210412.0 the queue takes one more. */
function acceptLimit(endpoint: Node): number | null {
  if (!hasFact(endpoint, 'TcpEndpoint.acceptLimit')) return null;
  return byteCount(integer(fact(endpoint, 'TcpEndpoint.acceptLimit')) - 1n);
}
