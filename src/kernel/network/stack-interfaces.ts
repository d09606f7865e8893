/** Interfaces and routes of a network stack, which only releases from release-20240916.0 to 20241118.0 saved. */
import { byteArray, elements, field, fieldAt, follow, integer, type Node, string, typeName } from '../../graph/node.ts';
import { byteCount } from '../byte-count.ts';
import { listItems } from '../linked-list.ts';
import { plainText, readAddress } from './socket-address.ts';
import { countedEntries, type SocketReading } from './socket-reading.ts';

export interface SavedInterface {
  readonly id: number;
  readonly name: string;
  readonly enabled: boolean;
  readonly promiscuous: boolean;
}

export interface SavedRoute {
  /** `0.0.0.0/0`. */
  readonly destination: string;
  /** Null for a network that is reached directly. */
  readonly gateway: string | null;
  readonly interfaceId: number;
}

/** The interfaces of a stack by their number. */
export function interfacesOf(nics: Node, reading: SocketReading): SavedInterface[] {
  const found = countedEntries(nics, reading).flatMap(({ key, value }): SavedInterface[] => {
    const nic = follow(value);
    if (nic === null) return [];
    const on = (name: string): boolean => integer(field(nic, name)) !== 0n;
    return [
      { id: Number(integer(key)), name: string(field(nic, 'name')), enabled: on('enabled'), promiscuous: on('promiscuous') },
    ];
  });
  return found.sort((a, b) => a.id - b.id);
}

/** A list since release-20240715.0, a slice before. In the order in which they are tried. */
export function routesOf(table: Node, reading: SocketReading): SavedRoute[] {
  const target = follow(table);
  const list = target !== null && typeName(target) !== null;
  return [...(list && target !== null ? listItems(target, 'RouteEntry', reading) : elements(table))].map((route) => {
    reading.spend(1, table);
    const gateway = readAddress(field(route, 'Gateway'));
    const address = readAddress(fieldAt(route, 'Destination', 'address'));
    const mask = maskOf(fieldAt(route, 'Destination', 'mask'));
    return {
      destination: `${plainText(address)}/${prefixLength(mask)}`,
      gateway: gateway.length === 0 ? null : plainText(gateway),
      interfaceId: Number(integer(field(route, 'NIC'))),
    };
  });
}

/** The bytes of a tcpip.AddressMask. */
function maskOf(mask: Node | null): Uint8Array {
  const bytes = mask === null ? null : byteArray(field(mask, 'mask'));
  return bytes === null || mask === null ? new Uint8Array(0) : bytes.subarray(0, byteCount(integer(field(mask, 'length'))));
}

function prefixLength(mask: Uint8Array): number {
  let bits = 0;
  for (const byte of mask) for (let rest = byte; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}
