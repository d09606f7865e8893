/** Use case `state tree`: what a value of the object graphs consists of, to a depth. */
import type { ErrorDocument } from './errors.ts';
import { type OutlineNode, outline } from './graph/query/outline.ts';
import { isCpuPath } from './graph/query/path-language.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { readGraphs } from './read-graphs.ts';
import { leafOptions, readingOf, type StateImage, type StateOptions, stateDamage, stateImage } from './state-document.ts';
import { nodeAt } from './state-path.ts';

export interface StateTreeOptions extends StateOptions {
  /** Levels below the value (default 2). */
  readonly depth?: number;
  /** All of long lists and maps, of which 20 parts are shown otherwise. */
  readonly all?: boolean;
}

/** `ckpt/state-tree@1` */
export interface StateTreeDocument {
  readonly schema: 'ckpt/state-tree@1';
  readonly image: StateImage;
  readonly tree: OutlineNode;
  /** Texts that are shown without the values of environment variables in them. */
  readonly hidden: number;
  readonly damage: ErrorDocument | null;
}

/** The most nodes of one outline, and the most bytes of a text in it. */
const NODES = 1_000_000;
const TEXT_BYTES = 80;

/**
 * The parts of a value and their parts.
 *
 * @param image a directory with checkpoint.img, a state file under any name, or `-` for standard input
 * @param path as of `stateGet`
 * @throws PathError, UsageError, CkptError as `stateGet`
 */
export async function stateTree(image: string, path = 'kernel', options: StateTreeOptions = {}): Promise<StateTreeDocument> {
  const graphs = await readGraphs(image, { depth: isCpuPath(path) ? 'cpu' : 'kernel', ...readingOf(options) });
  const { elements } = options.limits ?? DEFAULT_LIMITS;
  const { tree, hidden } = outline(nodeAt(graphs, path, options), path, {
    depth: options.depth ?? 2,
    items: options.all === true ? elements : 20,
    nodes: NODES,
    ...leafOptions(options, TEXT_BYTES),
  });
  return { schema: 'ckpt/state-tree@1', image: stateImage(graphs), tree, hidden, damage: stateDamage(graphs) };
}
