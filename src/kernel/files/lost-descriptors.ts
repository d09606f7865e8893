/** Files of the host that processes inherited from a caller who is not there at a restore. */
import { type Graph, typeOf } from '../../graph/graph.ts';
import { field, foundNode, integer, mapEntries, type Node, string } from '../../graph/node.ts';
import { type ResourceId, readResourceId } from '../resource-id.ts';

/** The type whose structs must be known to the indexing. */
export const HOST_INODE = 'pkg/sentry/fsimpl/host.inode';

/**
 * The inherited files, sorted and each once, that no restore of the containers gives again: those of processes that `runsc exec` started,
 * which were saved under no container's name, and those that `runsc run --pass-fd` gave beside the standard ones, for which
 * `runsc restore` has no option.
 *
 * Those of `runsc exec` are none for releases that save no names of containers (until 2024-04: all such files had no name, and a restore
 * found them by their numbers), and for those that let such files be (`restorable`, since 2025-03).
 *
 * @param kernel the fields of the kernel object.
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/fsimpl/host/save_restore.go: inode.afterLoad; bcc70e30f (2024-03-13), 3d3205071 (2024-04-29), 0c1760099 (2025-03-03)
 */
export function lostDescriptors(graph: Graph, kernel: ReadonlyMap<string, Node>): ResourceId[] {
  const saved = kernel.get('containerNames');
  const names = saved === undefined ? null : new Set(mapEntries(saved).map(({ value }) => string(value)));
  const lost = new Map<string, ResourceId>();
  for (const { typeId, objectId, position } of graph.found) {
    const type = typeOf(graph, typeId);
    if (type?.name !== HOST_INODE || !type.fields.includes('restoreKey')) continue;
    const inode = foundNode(graph, objectId, position);
    const letGo = type.fields.includes('restorable');
    const key = readResourceId(field(inode, 'restoreKey'));
    if (key === null || key.container === null || (letGo && integer(field(inode, 'restorable')) === 0n)) continue;
    const ofExec = !letGo && names !== null && !names.has(key.container);
    if (ofExec || isPassed(key.path)) lost.set(`${key.container}:${key.path}`, key);
  }
  return [...lost].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
}

/** Whether a key such as `host:7` is none of a standard file. */
function isPassed(key: string): boolean {
  const number = /^host:(\d+)$/.exec(key)?.[1];
  return number !== undefined && Number(number) > 2;
}
