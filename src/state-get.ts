/** Use case `state get`: one value of the object graphs. */

import type { ErrorDocument } from './errors.ts';
import { pathOf } from './graph/node.ts';
import type { Json } from './graph/query/json-leaf.ts';
import { openValue } from './graph/query/open-value.ts';
import { isCpuPath, PathError } from './graph/query/path-language.ts';
import { toJson } from './graph/query/to-json.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { readGraphs } from './read-graphs.ts';
import {
  DOCUMENT_CHARACTERS,
  leafOptions,
  readingOf,
  type StateImage,
  type StateOptions,
  stateDamage,
  stateImage,
} from './state-document.ts';
import { nodeAt } from './state-path.ts';

export { PathError };

export interface StateGetOptions extends StateOptions {
  /** Levels of structs, maps and lists that are opened (default 2). */
  readonly depth?: number;
  /** All of long lists, maps and texts, which are cut at 1000 parts and 64 KiB otherwise. */
  readonly all?: boolean;
}

/** `ckpt/state-get@1` */
export interface StateGetDocument {
  readonly schema: 'ckpt/state-get@1';
  readonly image: StateImage;
  /** The path as it was given. */
  readonly path: string;
  /** Where the value lies, counted from its object: `g1r12.vmas`; null for nil. */
  readonly at: string | null;
  /** Declared type of a struct; `map`, `list`, `string`, `integer`, … of other values. */
  readonly type: string;
  /** The value by the rules of docs/state.md. */
  readonly value: Json;
  /** Whether something of the value was left out; marks in it say where. */
  readonly cut: boolean;
  /** Texts that are shown without the values of environment variables in them. */
  readonly hidden: number;
  readonly damage: ErrorDocument | null;
}

/**
 * The value that a path names, as JSON.
 *
 * @param image a directory with checkpoint.img, a state file under any name, or `-` for standard input
 * @param path such as `kernel.tasks.Root.tids`, `g1r12.vmas.root[3]`, `cpu.hwCap`
 * @throws PathError when the path leads nowhere; UsageError when it cannot be understood
 * @throws CkptError when the image cannot be read up to there
 */
export async function stateGet(image: string, path: string, options: StateGetOptions = {}): Promise<StateGetDocument> {
  const graphs = await readGraphs(image, { depth: isCpuPath(path) ? 'cpu' : 'kernel', ...readingOf(options) });
  const node = nodeAt(graphs, path, options);
  const value = openValue(node);
  const { elements } = options.limits ?? DEFAULT_LIMITS;
  const { json, cut, hidden } = toJson(node, {
    depth: options.depth ?? 2,
    items: options.all === true ? elements : 1000,
    characters: DOCUMENT_CHARACTERS,
    ...leafOptions(options, options.all === true ? DOCUMENT_CHARACTERS : undefined),
  });
  return {
    schema: 'ckpt/state-get@1',
    image: stateImage(graphs),
    path,
    at: value.kind === 'nil' ? null : pathOf(value.node),
    type: value.kind === 'struct' ? value.type : value.kind,
    value: json,
    cut,
    hidden,
    damage: stateDamage(graphs),
  };
}
