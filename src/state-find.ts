/** Use case `state find`: all structs of a type. */

import type { ErrorDocument } from './errors.ts';
import { type Node, pathOf } from './graph/node.ts';
import { findStructs, TypeNameError, typeNamed } from './graph/query/find-objects.ts';
import type { Json, LeafOptions } from './graph/query/json-leaf.ts';
import { PathError, resolveFrom } from './graph/query/path-language.ts';
import { type PathTrials, pathTrials } from './graph/query/path-trials.ts';
import { toJson } from './graph/query/to-json.ts';
import { meets, parseCondition } from './graph/query/where.ts';
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

export { TypeNameError };

export interface StateFindOptions extends StateOptions {
  /** Conditions that all must hold: `image.Name=sh`. */
  readonly where?: readonly string[];
  /** Paths from each struct whose values are wanted; without them the struct itself is shown. */
  readonly show?: readonly string[];
  /** Levels of structs, maps and lists that are opened (default 1; with `show` 1 of each). */
  readonly depth?: number;
  /** All that are found; without it the first 1000. */
  readonly all?: boolean;
}

/** One struct that was found. */
export interface StateMatch {
  /** A path that names it: `g1r12`, `g1r12.taskNode`, `g1r30[4]`. */
  readonly path: string;
  /** The struct by the rules of docs/state.md, or the values that were asked for by their paths (null: nothing there). */
  readonly value: Json;
}

/** `ckpt/state-find@1` */
export interface StateFindDocument {
  readonly schema: 'ckpt/state-find@1';
  readonly image: StateImage;
  /** Declared name of the type. */
  readonly type: string;
  /** Field names of the type. */
  readonly fields: readonly string[];
  /** How many there are; more than `matches` holds when that is cut. */
  readonly count: number;
  /** In the order of the graph. */
  readonly matches: readonly StateMatch[];
  /** Texts that are shown without the values of environment variables in them. */
  readonly hidden: number;
  readonly damage: ErrorDocument | null;
}

/** The most matches that are shown unless all are asked for. */
const MATCHES = 1000;

/**
 * Finds the structs of a type in the kernel's graph: objects of their own, and parts of others.
 *
 * @param image a directory with checkpoint.img, a state file under any name, or `-` for standard input
 * @param type a declared name such as `pkg/sentry/kernel.Task`, or an end of it that only one has: `kernel.Task`, `Task`
 * @throws TypeNameError when no type or several have the name; PathError when the type does not have a field, or a path fails from every struct for want of the same field; UsageError
 * @throws CkptError when the kernel's graph cannot be read at all
 */
export async function stateFind(image: string, type: string, options: StateFindOptions = {}): Promise<StateFindDocument> {
  const { hide } = leafOptions(options);
  const conditions = (options.where ?? []).map(parseCondition);
  const graphs = await readGraphs(image, { depth: 'kernel', ...readingOf(options) });
  const { kernel } = graphs;
  if (kernel === null) throw graphs.damage ?? new Error('an image without a kernel and without damage');
  const declared = typeNamed(kernel.types, type);
  const most = options.all === true ? (options.limits ?? DEFAULT_LIMITS).watchedStructs : MATCHES;
  const trials = pathTrials();
  const found = findStructs(
    kernel,
    declared,
    (struct) => conditions.every((condition) => meets(struct, condition, hide, trials)),
    most,
  );
  let characters = DOCUMENT_CHARACTERS;
  let hidden = 0;
  const shown = (node: Node): Json => {
    const result = toJson(node, { depth: options.depth ?? 1, items: 100, characters, ...leafOptions(options, 4096) });
    characters -= result.characters;
    hidden += result.hidden;
    return result.json;
  };
  const matches = found.structs.map((struct) => ({
    path: pathOf(struct),
    value:
      options.show === undefined || options.show.length === 0
        ? shown(struct)
        : partsOf(struct, options.show, { hide, shown, trials }),
  }));
  trials.check();
  return {
    schema: 'ckpt/state-find@1',
    image: stateImage(graphs),
    type: declared.name,
    fields: declared.fields,
    count: found.count,
    matches,
    hidden,
    damage: stateDamage(graphs),
  };
}

interface PartOptions {
  readonly hide: LeafOptions['hide'];
  readonly shown: (node: Node) => Json;
  readonly trials: PathTrials;
}

function partsOf(struct: Node, paths: readonly string[], { hide, shown, trials }: PartOptions): Json {
  const values: { [path: string]: Json } = Object.create(null);
  for (const path of paths) {
    try {
      values[path] = shown(resolveFrom(struct, path, hide));
      trials.found(path);
    } catch (error) {
      if (!(error instanceof PathError) || error.reached === pathOf(struct)) throw error;
      trials.missed(path, error);
      values[path] = null;
    }
  }
  return values;
}
