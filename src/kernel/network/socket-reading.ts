/** What readers of one image's sockets share. */
import { mapEntries, type Node } from '../../graph/node.ts';
import { elementCounter } from '../element-budget.ts';

export interface SocketReading {
  /** Object ids of files that were sent through unix sockets and not received yet. */
  readonly inFlight: Set<number>;
  /**
   * Counts items that are read one by one, for all sockets together. Stops sockets of a small image that all lead to one long queue.
   *
   * @throws CkptError `over-limit` when they are more than the ceiling on elements.
   */
  readonly spend: (count: number, where: Node) => void;
}

/** A reading whose ceiling is that on the elements of one array: real images hold fewer in all queues together. */
export function newSocketReading(): SocketReading {
  return { inFlight: new Set(), spend: elementCounter('queues of sockets') };
}

/** The entries of a map, which count towards the ceiling on all that is listed: namespaces of a hostile image may share one. */
export function countedEntries(map: Node, reading: SocketReading): ReturnType<typeof mapEntries> {
  const entries = mapEntries(map);
  reading.spend(entries.length, map);
  return entries;
}
