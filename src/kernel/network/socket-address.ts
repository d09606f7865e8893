/** Addresses of sockets: gVisor's saved forms, and how people write them. */
import { byteArray, field, follow, integer, type Node, readNode, wrongShape } from '../../graph/node.ts';

/** The bytes of a saved address: 4, 16 or none, which is the wildcard. */
export type AddressBytes = Uint8Array;

/**
 * The bytes of a saved tcpip.Address; none for nil.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/tcpip/tcpip.go: Address; a Go string of bytes before release-20230517.0, then `addr` and `length`.
 */
export function readAddress(node: Node | null): AddressBytes {
  const target = node === null ? null : follow(node);
  if (target === null) return new Uint8Array(0);
  const value = readNode(target);
  if (value.kind === 'string') return checked(value.bytes, target);
  const length = Number(integer(field(target, 'length')));
  const bytes = byteArray(field(target, 'addr')) ?? new Uint8Array(16);
  if (length < 0 || length > bytes.length) throw wrongShape(target, 'an address of 0, 4 or 16 bytes', `${length} bytes`);
  return checked(bytes.subarray(0, length), target);
}

function checked(bytes: Uint8Array, node: Node): AddressBytes {
  if (bytes.length === 0 || bytes.length === 4 || bytes.length === 16) return bytes;
  throw wrongShape(node, 'an address of 0, 4 or 16 bytes', `${bytes.length} bytes`);
}

/**
 * The address as an application with a socket of that family sees it: the wildcard as zeros, IPv4 on an IPv6 socket as `::ffff:10.0.0.1`.
 *
 * @see RFC 5952 for IPv6; gVisor pkg/sentry/socket/socket.go: ConvertAddress
 */
export function addressText(bytes: AddressBytes, family: 'inet' | 'inet6'): string {
  if (family === 'inet') return bytes.length === 0 ? '0.0.0.0' : plainText(bytes);
  if (bytes.length === 0) return '::';
  return bytes.length === 4 ? `::ffff:${bytes.join('.')}` : plainText(bytes);
}

/** The address by its own length. */
export function plainText(bytes: AddressBytes): string {
  if (bytes.length !== 16) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return `::ffff:${bytes.subarray(12).join('.')}`;
  let start = -1;
  let length = 1;
  for (let at = 0; at < 8; ) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > length) [start, length] = [at, end - at];
    at = Math.max(end, at + 1);
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** Whether packets to the address never leave the sandbox: 127.0.0.0/8, ::1, and IPv4's written as IPv6. */
export function isLoopback(bytes: AddressBytes): boolean {
  if (bytes.length === 4) return bytes[0] === 127;
  if (bytes.length !== 16) return false;
  if (bytes.subarray(0, 15).every((byte) => byte === 0)) return bytes[15] === 1;
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff && bytes[12] === 127;
}

/** Whether the address stands for a group or for all hosts of a network, so that no interface has to own it. */
export function isMulticast(bytes: AddressBytes): boolean {
  if (bytes.length === 4) return ((bytes[0] as number) & 0xf0) === 0xe0 || bytes.every((byte) => byte === 0xff);
  return bytes.length === 16 && bytes[0] === 0xff;
}
