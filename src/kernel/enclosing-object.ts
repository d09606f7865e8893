/** The object that a value lies in. */
import type { Node } from '../graph/node.ts';

/** Id of the object whose encoding holds the node's; 0 when the graph has none there. Binary search: objects lie in order of their ids. */
export function enclosingObject({ graph, at }: Node): number {
  const { ids, positions } = graph;
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((positions[middle] as number) <= at.position) low = middle + 1;
    else high = middle;
  }
  return ids[low - 1] ?? 0;
}
