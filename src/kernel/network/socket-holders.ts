/** Which processes hold the sockets of endpoints open. */
import { findObject } from '../../graph/graph.ts';
import type { OnDamage } from '../attempt.ts';
import { readDescriptors } from '../files/descriptors.ts';
import type { SavedKernel } from '../saved-kernel.ts';
import type { FileHolder } from './saved-socket.ts';
import { endpointsOfSockets } from './socket-needs.ts';

/**
 * The open files of all processes that are sockets of the network stack, by the object id of the endpoint.
 *
 * @param onDamage is told of what cannot be read.
 */
export function holdersOfEndpoints(kernel: SavedKernel, onDamage: OnDamage): Map<number, FileHolder[]> {
  const sockets = new Map<number, FileHolder[]>();
  for (const { process, descriptors } of readDescriptors(kernel, onDamage)) {
    for (const { fd, file } of descriptors) {
      if (file.kind !== 'socket' || findObject(kernel.graph, file.objectId) < 0) continue;
      const holders = sockets.get(file.objectId) ?? [];
      holders.push({ pid: process.pid ?? 0, fd });
      sockets.set(file.objectId, holders);
    }
  }
  const endpoints = endpointsOfSockets(kernel.graph, sockets.keys(), onDamage);
  return new Map([...endpoints].map(([socket, endpoint]) => [endpoint, sockets.get(socket) ?? []]));
}
