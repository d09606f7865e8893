/** The network of the new sandbox, as far as the caller describes it, against what saved sockets need. */
import { type AddressBytes, isLoopback, isMulticast } from '../kernel/network/socket-address.ts';
import type { SocketNeed } from '../kernel/network/socket-needs.ts';
import type { Rules } from './rules.ts';
import type { GivenNetwork, IpPrefix, RestoreSettings } from './settings.ts';

/** `loopback`: it is there if the loopback interface is up and has 127.0.0.1 and ::1, as is usual. */
export type Availability = 'yes' | 'no' | 'unknown' | 'loopback';

/** Number of the loopback interface, which runsc makes first. */
const LOOPBACK = 1;

/**
 * Whether the new sandbox has what a socket needs.
 *
 * An interface is one of the host's that is up and has addresses: runsc numbers the loopback interface 1 and the others from 2 on.
 *
 * @see gVisor pkg/tcpip/stack/stack.go: CheckLocalAddress, JoinGroup, FindRoute; runsc/sandbox/network.go: createInterfacesAndRoutesFromNS
 */
export function isAvailable(need: SocketNeed, rules: Rules, settings: RestoreSettings): Availability {
  switch (need.kind) {
    case 'handshake':
    case 'port':
      return 'unknown';
    case 'buffers':
      return 'no';
    default:
      return inNetwork(need, networkOf(settings), rules);
  }
}

/** Null: nothing is known of it. */
function networkOf({ network, addresses }: RestoreSettings): GivenNetwork | null {
  if (network === 'none') return { interfaces: [], routes: [] };
  return addresses;
}

function inNetwork(
  need: Extract<SocketNeed, { kind: 'interface' | 'bound' | 'route' }>,
  network: GivenNetwork | null,
  rules: Rules,
): Availability {
  if (need.kind === 'interface') return hasInterface(need.interfaceId, network);
  if (need.kind === 'route') return hasRoute(need, network);
  const { address, interfaceId } = need;
  if (isLoopback(address)) return 'loopback';
  if (interfaceId !== null && address.length === 4 && rules.has('bound-to-interface')) return hasInterface(interfaceId, network);
  return either(hasAddress(address, interfaceId, network), () => isBroadcast(address, interfaceId, network));
}

function hasInterface(id: number, network: GivenNetwork | null): Availability {
  if (id === LOOPBACK) return 'loopback';
  return network === null ? 'unknown' : id - LOOPBACK <= network.interfaces.length ? 'yes' : 'no';
}

/** @param interfaceId where it must be; null for any. */
function hasAddress(address: AddressBytes, interfaceId: number | null, network: GivenNetwork | null): Availability {
  if (isLoopback(address)) return interfaceId === null || interfaceId === LOOPBACK ? 'loopback' : 'no';
  if (network === null) return 'unknown';
  return interfacesFor(interfaceId, network).some((addresses) => owns(addresses, address)) ? 'yes' : 'no';
}

/** An address that stands for all hosts of a network that an interface is on. */
function isBroadcast(address: AddressBytes, interfaceId: number | null, network: GivenNetwork | null): Availability {
  if (network === null) return 'unknown';
  if (address.length !== 4) return 'no';
  const addresses = interfacesFor(interfaceId, network).flat();
  const last = (prefix: IpPrefix): boolean =>
    prefix.length !== null && prefix.length < 31 && contains(prefix, address) && hostBitsSet(address, prefix.length);
  if (addresses.some(last)) return 'yes';
  return addresses.some(({ bytes, length }) => length === null && bytes.length === 4) ? 'unknown' : 'no';
}

function hasRoute(need: Extract<SocketNeed, { kind: 'route' }>, network: GivenNetwork | null): Availability {
  const { from, to, interfaceId } = need;
  const local = from === null ? null : hasAddress(from, null, network);
  if (local === 'no' || local === 'unknown') return local;
  if (isLoopback(to)) return local ?? 'loopback';
  if (local === 'loopback' && interfaceId === LOOPBACK && isMulticast(to)) return 'loopback';
  if (network === null) return 'unknown';
  const toSelf = !isMulticast(to) && hasAddress(to, null, network) === 'yes';
  if (toSelf) return local ?? 'yes';
  if (local === 'loopback') return 'no';
  const candidates = interfacesFor(interfaceId, network).filter((addresses) => from === null || owns(addresses, from));
  if (candidates.length === 0) return 'no';
  // On an interface that the socket is bound to, groups and neighbours need no route.
  if (interfaceId !== null && (isMulticast(to) || isLinkLocal(to))) return 'yes';
  if (candidates.some((addresses) => addresses.some((prefix) => prefix.length !== null && contains(prefix, to)))) return 'yes';
  if (network.routes.length === 0) return network.interfaces.length === 0 ? 'no' : 'unknown';
  if (!network.routes.some((prefix) => contains(prefix, to))) {
    return candidates.some((addresses) => addresses.some(({ length }) => length === null)) ? 'unknown' : 'no';
  }
  // Which interface a route leads out of was not said.
  return network.interfaces.length === 1 ? 'yes' : 'unknown';
}

function interfacesFor(id: number | null, { interfaces }: GivenNetwork): readonly (readonly IpPrefix[])[] {
  if (id === null) return interfaces;
  const one = interfaces[id - LOOPBACK - 1];
  return one === undefined ? [] : [one];
}

function owns(addresses: readonly IpPrefix[], address: AddressBytes): boolean {
  return addresses.some(({ bytes }) => bytes.length === address.length && bytes.every((byte, i) => byte === address[i]));
}

/** Whether an address is in the network of a prefix; one without a length holds only itself. */
function contains({ bytes, length }: IpPrefix, address: AddressBytes): boolean {
  if (bytes.length !== address.length) return false;
  const bits = length ?? bytes.length * 8;
  return bytes.every((byte, i) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))) & 0xff;
    return (byte & mask) === ((address[i] as number) & mask);
  });
}

function hostBitsSet(address: AddressBytes, length: number): boolean {
  return address.every((byte, i) => {
    const host = 0xff >> Math.min(8, Math.max(0, length - i * 8));
    return (byte & host) === host;
  });
}

/** fe80::/10. */
function isLinkLocal(address: AddressBytes): boolean {
  return address.length === 16 && address[0] === 0xfe && ((address[1] as number) & 0xc0) === 0x80;
}

function either(first: Availability, second: () => Availability): Availability {
  if (first !== 'no') return first;
  return second();
}
