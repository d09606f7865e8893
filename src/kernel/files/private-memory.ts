/** Private memory files of a time when they were not saved. */
import { type Graph, typeOf } from '../../graph/graph.ts';
import { field, foundNode, integer } from '../../graph/node.ts';

/** The type whose structs must be known to the indexing. */
export const TMPFS = 'pkg/sentry/fsimpl/tmpfs.filesystem';

/**
 * Whether some tmpfs keeps its files in a memory file that the image does not hold.
 *
 * Such a filesystem has the field `privateMF`, and not yet `uniqueID`, which came with the saving of those files.
 *
 * @see gVisor c16cbd3f6 (2023-01-31), 2d90b66af (2023-11-29): tmpfs.filesystem.afterLoad
 */
export function lostPrivateMemory(graph: Graph): boolean {
  return graph.found.some(({ typeId, objectId, position }) => {
    const type = typeOf(graph, typeId);
    if (type?.name !== TMPFS || !type.fields.includes('privateMF') || type.fields.includes('uniqueID')) return false;
    return integer(field(foundNode(graph, objectId, position), 'privateMF')) !== 0n;
  });
}
