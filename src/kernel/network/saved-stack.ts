/** What is saved of a network stack. */
import { field, fieldAt, follow, integer, mapEntries, type Node, typeName } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { byteCount } from '../byte-count.ts';
import { countedEntries, type SocketReading } from './socket-reading.ts';
import { interfacesOf, routesOf, type SavedInterface, type SavedRoute } from './stack-interfaces.ts';
import { readTcpSettings, type SizeRange, sizeRange, type TcpSettings } from './tcp-settings.ts';

export interface ReservedPort {
  readonly network: 'ipv4' | 'ipv6' | `protocol ${string}`;
  readonly transport: 'tcp' | 'udp' | `protocol ${string}`;
  readonly port: number;
}

export interface SavedStack {
  /** `host`: applications used the network of the host. */
  readonly kind: 'netstack' | 'host';
  readonly forwarding: { readonly ipv4: boolean; readonly ipv6: boolean } | null;
  readonly ttl: { readonly ipv4: number | null; readonly ipv6: number | null };
  readonly tcp: TcpSettings | null;
  /** Buffers of sockets that are not TCP. */
  readonly sendBuffer: SizeRange | null;
  readonly receiveBuffer: SizeRange | null;
  readonly ephemeralPorts: { readonly first: number; readonly last: number } | null;
  /** Sorted by network, transport, port; null when not saved. */
  readonly reservedPorts: readonly ReservedPort[] | null;
  /** Null when the release does not save them (all but release-20240916.0 to 20241118.0): the new sandbox gives its own. */
  readonly interfaces: readonly SavedInterface[] | null;
  readonly routes: readonly SavedRoute[] | null;
  /** nftables had a rule at a hook of the network; null before 2025-10. The rules themselves, and those of iptables, are never saved. */
  readonly nftables: boolean | null;
  readonly externalNetworkingDisabled: boolean | null;
  readonly connectedOnSave: boolean | null;
}

const IPV4 = 0x0800n;
const IPV6 = 0x86ddn;

/**
 * The stack of a network namespace; null when the image does not hold it.
 *
 * @param node a netstack.Stack or a hostinet.Stack.
 * @param onDamage is told of parts that cannot be read.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/tcpip/stack/stack.go: Stack; pkg/sentry/socket/netstack/stack.go; pkg/sentry/socket/hostinet/stack.go
 */
export function readStack(node: Node | null, reading: SocketReading, onDamage: OnDamage): SavedStack | null {
  if (node === null) return null;
  if (typeName(node) === 'pkg/sentry/socket/hostinet.Stack') return { ...NOTHING, kind: 'host', tcp: readTcpSettings(node) };
  const stack = fieldAt(node, 'Stack');
  if (stack === null) return null;
  const networks = protocolsOf(stack, 'networkProtocols');
  const tcp = protocolsOf(stack, 'transportProtocols').get(6n) ?? null;
  const ports = fieldAt(stack, 'PortManager');
  const flag = (name: string): boolean | null => {
    const value = field(stack, name);
    return value === null ? null : integer(value) !== 0n;
  };
  const nics = field(stack, 'nics');
  const routes = field(stack, 'routeTable');
  return {
    kind: 'netstack',
    forwarding: forwardingOf(field(stack, 'defaultForwardingEnabled')),
    ttl: { ipv4: ttlOf(networks.get(IPV4)), ipv6: ttlOf(networks.get(IPV6)) },
    tcp: tcp === null ? null : readTcpSettings(tcp),
    sendBuffer: sizeRange(fieldAt(stack, 'sendBufferSize')),
    receiveBuffer: sizeRange(fieldAt(stack, 'receiveBufferSize')),
    ephemeralPorts: ports === null ? null : ephemeralPorts(ports),
    reservedPorts: ports === null ? null : attempt(() => reservedPorts(ports, reading), onDamage),
    interfaces: nics === null ? null : attempt(() => interfacesOf(nics, reading), onDamage),
    routes: routes === null ? null : attempt(() => routesOf(routes, reading), onDamage),
    nftables: flag('nftablesConfigured'),
    externalNetworkingDisabled: flag('externalNetworkingDisabled'),
    connectedOnSave: flag('allowConnectedOnSave'),
  };
}

const NOTHING = {
  forwarding: null,
  ttl: { ipv4: null, ipv6: null },
  sendBuffer: null,
  receiveBuffer: null,
  ephemeralPorts: null,
  reservedPorts: null,
  interfaces: null,
  routes: null,
  nftables: null,
  externalNetworkingDisabled: null,
  connectedOnSave: null,
} as const;

/** Protocols by number. A transport protocol is wrapped once more. */
function protocolsOf(stack: Node, name: string): ReadonlyMap<bigint, Node> {
  const map = field(stack, name);
  const protocols = new Map<bigint, Node>();
  for (const { key, value } of map === null ? [] : mapEntries(map)) {
    const state = follow(value);
    const protocol = state === null ? null : (fieldAt(state, 'proto') ?? state);
    if (protocol !== null) protocols.set(integer(key), protocol);
  }
  return protocols;
}

function forwardingOf(map: Node | null): SavedStack['forwarding'] {
  if (map === null) return null;
  const on = mapEntries(map).map(({ key }) => integer(key));
  return { ipv4: on.includes(IPV4), ipv6: on.includes(IPV6) };
}

function ttlOf(protocol: Node | undefined): number | null {
  const ttl = protocol === undefined ? null : field(protocol, 'defaultTTL');
  return ttl === null ? null : byteCount(integer(ttl));
}

function ephemeralPorts(ports: Node): SavedStack['ephemeralPorts'] {
  const first = byteCount(integer(field(ports, 'firstEphemeral')));
  return { first, last: Math.max(first, first + byteCount(integer(field(ports, 'numEphemeral'))) - 1) };
}

/** @see gVisor pkg/tcpip/ports/ports.go: PortManager.allocatedPorts */
function reservedPorts(ports: Node, reading: SocketReading): ReservedPort[] {
  const map = field(ports, 'allocatedPorts');
  const found = (map === null ? [] : countedEntries(map, reading)).map(({ key }): ReservedPort => {
    const network = integer(field(key, 'network'));
    const transport = integer(field(key, 'transport'));
    return {
      network: network === IPV4 ? 'ipv4' : network === IPV6 ? 'ipv6' : `protocol ${network}`,
      transport: transport === 6n ? 'tcp' : transport === 17n ? 'udp' : `protocol ${transport}`,
      port: byteCount(integer(field(key, 'port'))),
    };
  });
  const name = ({ network, transport }: ReservedPort): string => `${network} ${transport}`;
  return found.sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : a.port - b.port));
}
