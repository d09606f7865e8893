/** What a path names in an image that may be damaged. */
import type { Node } from './graph/node.ts';
import { isCpuPath, PathError, resolvePath } from './graph/query/path-language.ts';
import type { ImageGraphs } from './read-graphs.ts';
import { leafOptions, type StateOptions } from './state-document.ts';

/**
 * The value that a path names.
 *
 * @throws CkptError when it may lie behind the damage of an image
 * @throws PathError, UsageError as `resolvePath`
 */
export function nodeAt(graphs: ImageGraphs, path: string, options: StateOptions): Node {
  const { kernel, damage } = graphs;
  if (kernel === null && damage !== null && !isCpuPath(path)) throw damage;
  try {
    return resolvePath(graphs, path, leafOptions(options).hide);
  } catch (error) {
    const missing = error instanceof PathError && /^g[01]$/.test(error.reached) && /^r\d+$/.test(error.step);
    throw missing && damage !== null ? damage : error;
  }
}
