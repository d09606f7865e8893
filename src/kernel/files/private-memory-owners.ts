/** The private memory files that the saved file systems refer to. */
import { type Graph, typeOf } from '../../graph/graph.ts';
import { field, foundNode } from '../../graph/node.ts';
import { MAIN_OWNER, resourceOwner } from '../../graph/resource-owner.ts';
import { TMPFS } from './private-memory.ts';

/**
 * Owners of the memory files of every tmpfs that has one of its own, in graph order; none of images before 2024-03-25, which name them
 * otherwise.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/fsimpl/tmpfs/save_restore.go: saveMf, loadMf
 */
export function privateMemoryOwners(graph: Graph): string[] {
  const owners = graph.found.flatMap(({ typeId, objectId, position }) => {
    const type = typeOf(graph, typeId);
    if (type?.name !== TMPFS || !type.fields.includes('mf')) return [];
    const owner = resourceOwner(field(foundNode(graph, objectId, position), 'mf'));
    return owner === MAIN_OWNER ? [] : [owner];
  });
  return [...new Set(owners)];
}
