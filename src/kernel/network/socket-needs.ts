/** What the saved endpoints of a network stack need of the network that they are restored into. */
import { type Graph, typeOf } from '../../graph/graph.ts';
import { field, follow, foundNode, integer, mapEntries, type Node, objectNode, pathOf } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { fact } from '../epochs.ts';
import { objectOf } from '../object-of.ts';
import { readDatagramEndpoint } from './datagram-endpoint.ts';
import { type HeldPort, portConflicts } from './port-conflicts.ts';
import type { InetAddress, SocketFacts } from './saved-socket.ts';
import { type AddressBytes, isMulticast, plainText } from './socket-address.ts';
import { newSocketReading, type SocketReading } from './socket-reading.ts';
import { readTcpEndpoint, tcpPhase } from './tcp-endpoint.ts';

/** One thing that must be there when an endpoint is restored. Interfaces have gVisor's numbers: 1 is the loopback interface. */
export type SocketNeed =
  /** It has joined a multicast group on that interface, or receives all of its packets. */
  | { readonly kind: 'interface'; readonly interfaceId: number }
  /** It is bound to an address, found on that interface. */
  | { readonly kind: 'bound'; readonly address: AddressBytes; readonly interfaceId: number | null }
  /** It is connected: a route, `from` an own address or (null) any. */
  | {
      readonly kind: 'route';
      readonly from: AddressBytes | null;
      readonly to: AddressBytes;
      readonly interfaceId: number | null;
    }
  /** A TCP connection that is being made, and waits for other endpoints. */
  | { readonly kind: 'handshake' }
  /** Another endpoint has the same port, which only endpoints of different network namespaces can. */
  | { readonly kind: 'port'; readonly port: number }
  /** TCP buffers that the defaults of a new stack do not allow. Bytes. */
  | { readonly kind: 'buffers'; readonly send: number; readonly receive: number };

export type EndpointKind = 'tcp' | 'udp' | 'icmp' | 'raw' | 'packet';

/** An endpoint with needs. */
export interface NeedyEndpoint {
  readonly objectId: number;
  readonly path: string;
  readonly kind: EndpointKind;
  /** Address and port for people: `10.0.0.1:80`. */
  readonly local: string | null;
  readonly remote: string | null;
  /** Number of the network protocol that a packet socket receives. */
  readonly protocol: number | null;
  /** In the order in which runsc asks for them; at least one. */
  readonly needs: readonly SocketNeed[];
}

/** Packages of gVisor's endpoints: pkg/tcpip/transport/<package>.endpoint, or Endpoint (TCP since release-20240325.0). */
const ENDPOINT = /^pkg\/tcpip\/transport\/(tcp|udp|icmp|raw|packet)\.[Ee]ndpoint$/;

/** Whether the structs of a type must be known to the indexing for {@link readSocketNeeds}. */
export function isEndpointType(name: string): boolean {
  return ENDPOINT.test(name);
}

/**
 * The endpoints of a graph that need something, whether a file still belongs to them or not: all that is saved is restored. By object id.
 *
 * @param onDamage is told of endpoints that cannot be read.
 * @see gVisor pkg/tcpip/transport/<package>/endpoint_state.go: Restore (Resume before 2024-03-06)
 */
export function readSocketNeeds(graph: Graph, onDamage: OnDamage): NeedyEndpoint[] {
  const reading = newSocketReading();
  const all: { endpoint: Omit<NeedyEndpoint, 'needs'>; facts: Needs }[] = [];
  for (const { typeId, objectId, position } of graph.found) {
    const kind = ENDPOINT.exec(typeOf(graph, typeId)?.name ?? '')?.[1] as EndpointKind | undefined;
    if (kind === undefined) continue;
    const endpoint = foundNode(graph, objectId, position);
    attempt(() => {
      const facts = NEEDS[kind](endpoint, reading);
      const { local = null, remote = null, protocol = null } = facts;
      const who = { objectId, path: pathOf(endpoint), kind, local: end(local, kind), remote: end(remote, kind), protocol };
      all.push({ endpoint: who, facts });
    }, onDamage);
  }
  const awaited = all.some(({ facts }) => facts.awaited === true);
  const conflicting = portConflicts(all.map(({ facts }) => facts.port ?? null));
  const needy = all.flatMap(({ endpoint, facts }, index): NeedyEndpoint[] => {
    // A handshake with nothing to wait for ends at once.
    const own = facts.needs.filter(({ kind }) => awaited || kind !== 'handshake');
    const port = facts.port ?? null;
    const needs: SocketNeed[] =
      port !== null && conflicting.has(index) ? [...own, { kind: 'port', port: port.number }] : [...own];
    return needs.length === 0 ? [] : [{ ...endpoint, needs }];
  });
  return needy.sort((a, b) => a.objectId - b.objectId);
}

/** Object ids of the endpoints of sockets, by the sockets' object ids. */
export function endpointsOfSockets(graph: Graph, sockets: Iterable<number>, onDamage: OnDamage): Map<number, number> {
  const endpoints = new Map<number, number>();
  for (const socket of sockets) {
    const endpoint = attempt(() => {
      const node = objectNode(graph, socket);
      const options = field(node, 'socketOpsCommon');
      return objectOf(field(options ?? node, 'Endpoint'));
    }, onDamage);
    if (endpoint !== null && endpoint !== 0) endpoints.set(socket, endpoint);
  }
  return endpoints;
}

/** What is read of one endpoint. */
interface Needs {
  readonly needs: readonly SocketNeed[];
  /** A connection that is being made waits until this one is restored. */
  readonly awaited?: boolean;
  readonly local?: InetAddress | null;
  readonly remote?: InetAddress | null;
  readonly protocol?: number;
  readonly port?: HeldPort | null;
}

const NEEDS: Readonly<Record<EndpointKind, (endpoint: Node, reading: SocketReading) => Needs>> = {
  tcp: tcpNeeds,
  udp: (endpoint, reading) => datagramNeeds(endpoint, 'udp', reading),
  icmp: (endpoint, reading) => datagramNeeds(endpoint, 'icmp', reading),
  raw: (endpoint, reading) => datagramNeeds(endpoint, 'raw', reading),
  packet: packetNeeds,
};

/** Ethernet type of IPv6, which is gVisor's number of the network protocol. */
const IPV6 = 0x86ddn;

/** Bytes that a TCP buffer may have in a new stack. @see gVisor pkg/tcpip/transport/tcp/protocol.go: MinBufferSize, MaxBufferSize */
const LEAST_BUFFER = 4 << 10;
const MOST_BUFFER = 4 << 20;
/** States whose buffers were checked. @see gVisor pkg/tcpip/transport/tcp/endpoint_state.go: Resume until 560709419 */
const CHECKED: ReadonlySet<string> = new Set(['UNCONNECTED', 'BOUND', 'LISTEN', 'CONNECTING', 'ESTABLISHED']);
/** States in which both ends have begun to shake hands. */
const SHAKING: ReadonlySet<string> = new Set(['SYN_SENT', 'SYN_RECV']);

function tcpNeeds(endpoint: Node): Needs {
  const tcp = readTcpEndpoint(endpoint, 'inet6', false);
  const { state, local, remote, interfaceId, sendBuffer, receiveBuffer } = tcp;
  const phase = tcpPhase(state);
  const needs: SocketNeed[] = [];
  const outside = (size: number | null): boolean => size !== null && (size < LEAST_BUFFER || size > MOST_BUFFER);
  if (CHECKED.has(state) && (outside(sendBuffer) || outside(receiveBuffer))) {
    needs.push({ kind: 'buffers', send: sendBuffer ?? 0, receive: receiveBuffer ?? 0 });
  }
  if (SHAKING.has(state)) needs.push({ kind: 'handshake' });
  if (phase !== 'none' && remote !== null) needs.push(route(local, remote, interfaceId));
  const port = state === 'BOUND' || state === 'LISTEN' ? heldPort(endpoint, 'tcp', tcp) : null;
  return { needs, awaited: phase === 'connected' || state === 'LISTEN', local, remote, port };
}

function datagramNeeds(endpoint: Node, kind: 'udp' | 'icmp' | 'raw', reading: SocketReading): Needs {
  const datagram = readDatagramEndpoint(endpoint, kind, 'inet6', reading);
  const { state, local, remote, interfaceId } = datagram;
  const needs: SocketNeed[] = groupInterfaces(endpoint).map((id) => ({ kind: 'interface', interfaceId: id }));
  if (state === 'CONNECTED' && remote !== null) needs.push(route(local, remote, interfaceId));
  if (state === 'BOUND' && local !== null && local.bytes.length > 0 && !isMulticast(local.bytes)) {
    needs.push({ kind: 'bound', address: local.bytes, interfaceId });
  }
  const port = kind === 'udp' && state === 'BOUND' ? heldPort(endpoint, 'udp', datagram) : null;
  return { needs, local, remote, port };
}

function heldPort(
  endpoint: Node,
  kind: 'tcp' | 'udp',
  { state, local, options }: Pick<SocketFacts, 'state' | 'local' | 'options'>,
): HeldPort | null {
  if (local === null || local.port === 0) return null;
  const anywhere = local.bytes.length === 0;
  const netProto = anywhere ? fact(endpoint, kind === 'tcp' ? 'TcpEndpoint.netProto' : 'UdpEndpoint.netProto') : null;
  const version6 = local.bytes.length === 16 || integer(netProto) === IPV6;
  const flags = field(endpoint, 'boundPortFlags');
  const shares = (name: string): boolean => flags !== null && integer(field(flags, name)) !== 0n;
  return {
    kind,
    number: local.port,
    address: anywhere ? null : plainText(local.bytes),
    families: anywhere && version6 && !options.includes('IPV6_V6ONLY') ? [4, 6] : [version6 ? 6 : 4],
    device: Number(integer(field(endpoint, 'boundBindToDevice'))),
    sharesPort: shares('LoadBalanced'),
    sharesAddress: shares('MostRecent') || shares('TupleOnly'),
    listens: state === 'LISTEN',
  };
}

function packetNeeds(endpoint: Node): Needs {
  const interfaceId = Number(integer(field(endpoint, 'boundNIC')));
  const closed = integer(field(endpoint, 'closed')) !== 0n;
  const protocol = field(endpoint, 'boundNetProto') ?? field(endpoint, 'netProto');
  return {
    needs: interfaceId === 0 || closed ? [] : [{ kind: 'interface', interfaceId }],
    ...(protocol === null ? {} : { protocol: Number(integer(protocol)) }),
  };
}

function route(local: InetAddress | null, remote: InetAddress, interfaceId: number | null): SocketNeed {
  const from = local === null || local.bytes.length === 0 ? null : local.bytes;
  return { kind: 'route', from, to: remote.bytes, interfaceId };
}

/** Numbers of the interfaces on which it has joined groups, ascending; each once. */
function groupInterfaces(endpoint: Node): number[] {
  const groups = fact(endpoint, 'DatagramEndpoint.memberships');
  if (groups === null) return [];
  const ids = mapEntries(groups).map(({ key }) => {
    const membership = follow(key);
    return Number(integer(membership === null ? null : field(membership, 'nicID')));
  });
  return [...new Set(ids)].sort((a, b) => a - b);
}

function end(address: InetAddress | null, kind: EndpointKind): string | null {
  if (address === null) return null;
  const text = address.bytes.length === 0 ? '*' : plainText(address.bytes);
  if (kind === 'raw') return text;
  return address.bytes.length === 16 ? `[${text}]:${address.port}` : `${text}:${address.port}`;
}
