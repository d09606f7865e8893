/** Which processes hold the sockets of endpoints open. */
import { findObject } from '../../graph/graph.ts';
import type { OnDamage } from '../attempt.ts';
import { type ProcessFiles, readDescriptors } from '../files/descriptors.ts';
import type { SavedKernel } from '../saved-kernel.ts';
import type { FileHolder } from './saved-socket.ts';
import { endpointsOfSockets } from './socket-needs.ts';

/** The descriptors of sockets, by the object id of the file description, which for a socket is that of the socket. */
export function socketHolders(processes: readonly ProcessFiles[]): Map<number, FileHolder[]> {
  const sockets = new Map<number, FileHolder[]>();
  for (const { process, descriptors } of processes) {
    for (const { fd, file } of descriptors) {
      if (file.kind !== 'socket') continue;
      const holders = sockets.get(file.objectId) ?? [];
      holders.push({ pid: process.pid ?? 0, fd });
      sockets.set(file.objectId, holders);
    }
  }
  return sockets;
}

/**
 * The open files of all processes that are sockets of the network stack, by the object id of the endpoint.
 *
 * @param onDamage is told of what cannot be read.
 */
export function holdersOfEndpoints(kernel: SavedKernel, onDamage: OnDamage): Map<number, FileHolder[]> {
  const sockets = socketHolders(readDescriptors(kernel, onDamage));
  const known = [...sockets.keys()].filter((id) => findObject(kernel.graph, id) >= 0);
  const endpoints = endpointsOfSockets(kernel.graph, known, onDamage);
  return new Map([...endpoints].map(([socket, endpoint]) => [endpoint, sockets.get(socket) ?? []]));
}
