/** Writes sockets as gVisor's /proc/net does, so that what a container saw can be compared line by line. */
import type { InetAddress, SavedSocket } from '../../src/kernel/network/saved-socket.ts';
import { tcpPhase } from '../../src/kernel/network/tcp-endpoint.ts';

/**
 * The lines of one file without its head, sorted: gVisor lists its sockets in the random order of a Go map.
 *
 * @see gVisor pkg/sentry/fsimpl/proc/task_net.go
 */
export function procNetLines(file: 'tcp' | 'tcp6' | 'udp' | 'unix', sockets: readonly SavedSocket[]): string[] {
  const listed = sockets.filter(({ origin }) => origin === 'table');
  const of = (family: string, type: string): SavedSocket[] => listed.filter((one) => one.family === family && one.type === type);
  switch (file) {
    case 'tcp':
      return of('inet', 'stream').map(tcpLine).sort();
    case 'tcp6':
      return of('inet6', 'stream').map(tcpLine).sort();
    case 'udp':
      return of('inet', 'dgram').map(udpLine).sort();
    default:
      return listed
        .filter(({ family }) => family === 'unix')
        .map(unixLine)
        .sort();
  }
}

const NO_POINTER = '0000000000000000';

/** Queues, timers and windows are zeros there: gVisor does not fill them in. */
const UNUSED = '00000000:00000000 00:00000000 00000000';

function tcpLine(socket: SavedSocket): string {
  const remote = tcpPhase(socket.state) === 'connected' ? socket.remote : null;
  return `${start(socket, 4, remote)} ${owner(socket)} ${NO_POINTER} 0 0 0 0 -1`;
}

function udpLine(socket: SavedSocket): string {
  return `${start(socket, 5, socket.remote)} ${owner(socket)} ${NO_POINTER} 0`;
}

function start(socket: SavedSocket, width: number, remote: InetAddress | null): string {
  const state = hex(socket.linuxState ?? 0, 2);
  const addresses = [socket.local, remote].map((one) => procAddress(one, socket.family === 'inet6' ? 16 : 4));
  return `${String(socket.record).padStart(width)}: ${addresses.join(' ')} ${state} ${UNUSED}`;
}

function owner({ uid, inode, references }: SavedSocket): string {
  return `${String(uid).padStart(5)} ${'0'.padStart(8)} ${String(inode).padStart(8)} ${references}`;
}

/** Groups of four bytes in the order of the host, which is little-endian here, then the port. */
function procAddress(address: InetAddress | null, length: 4 | 16): string {
  const bytes = new Uint8Array(length);
  if (address !== null && length === 16 && address.bytes.length === 4) bytes.set([0xff, 0xff, ...address.bytes], 10);
  else if (address !== null) bytes.set(address.bytes);
  const words = Array.from({ length: length / 4 }, (_, i) => new DataView(bytes.buffer).getUint32(i * 4, true));
  return `${words.map((word) => hex(word, 8)).join('')}:${hex(address?.port ?? 0, 4)}`;
}

const TYPES: Readonly<Record<string, number>> = { stream: 1, dgram: 2, seqpacket: 5 };

function unixLine(socket: SavedSocket): string {
  const flags = socket.state === 'LISTEN' ? 0x1_0000 : 0;
  const name = socket.name === null ? '' : ` ${socket.name.abstract ? '@' : ''}${socket.name.text}`;
  const numbers = [
    hex(socket.references ?? 0, 8),
    hex(0, 8),
    hex(flags, 8),
    hex(TYPES[socket.type] ?? 0, 4),
    hex(socket.linuxState ?? 0, 2),
  ];
  return `${NO_POINTER}: ${numbers.join(' ')} ${String(socket.inode).padStart(8)}${name}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
