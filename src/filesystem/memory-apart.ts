/** What a split checkpoint keeps in its folder fs/, as its other files show it. */
import type { Graph } from '../graph/graph.ts';
import { privateMemoryOwners } from '../kernel/files/private-memory-owners.ts';
import type { MemoryLayout } from '../pages/step-over-memory.ts';

/**
 * Owners of private memory files that the kernel refers to and that the image does not hold with the others: those of a split checkpoint,
 * whether its folder fs/ is there or was lost.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 */
export function memoryApart(graph: Graph, { files }: MemoryLayout): string[] {
  const saved = new Set(files.map(({ owner }) => owner));
  // A file without a name could be any of them.
  if (saved.has(null)) return [];
  return privateMemoryOwners(graph).filter((owner) => !saved.has(owner));
}
