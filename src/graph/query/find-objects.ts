/** All structs of a type, wherever they lie in a graph. */
import { UsageError } from '../../errors.ts';
import type { DeclaredType, Graph } from '../graph.ts';
import { type Node, objectNode } from '../node.ts';
import { structWalk } from '../walk-structs.ts';

/** The most names that an error lists. */
const LISTED = 20;

/** No declared type, or several, have the name that was asked for. */
export class TypeNameError extends UsageError {
  readonly asked: string;
  /** The declared names that end like it; all declared names when there are none. */
  readonly available: readonly string[];

  constructor(asked: string, problem: string, available: readonly string[]) {
    super(`${JSON.stringify(asked)} ${problem}`);
    this.asked = asked;
    this.available = available;
  }
}

/**
 * The declared type with this name, or the only one whose name ends with it: `Task` and `kernel.Task` are `pkg/sentry/kernel.Task`.
 *
 * @throws TypeNameError
 */
export function typeNamed(types: readonly DeclaredType[], asked: string): DeclaredType {
  const name = asked.trim();
  const exact = types.find((type) => type.name === name);
  if (exact !== undefined) return exact;
  const ending = types.filter((type) => type.name.endsWith(`.${name}`) || type.name.endsWith(`/${name}`));
  const [only] = ending;
  if (only !== undefined && ending.length === 1) return only;
  const names = ending.length > 0 ? ending.map((type) => type.name) : types.map((type) => type.name);
  if (ending.length === 0) throw new TypeNameError(asked, `is none of the ${types.length} types of this image`, names);
  const rest = ending.length > LISTED ? `, … and ${ending.length - LISTED} more` : '';
  throw new TypeNameError(asked, `may be ${names.slice(0, LISTED).join(', ')}${rest}`, names);
}

/**
 * Every struct of a type, in the order of the graph: objects, parts of objects, elements, keys and values of maps.
 *
 * @param wanted is asked of each once; what it refuses is not in the answer
 * @param most how many are kept
 */
export function findStructs(
  graph: Graph,
  type: DeclaredType,
  wanted: (struct: Node) => boolean,
  most: number,
): { readonly count: number; readonly structs: readonly Node[] } {
  const structs: Node[] = [];
  let count = 0;
  let object = graph.ids.length === 0 ? null : objectNode(graph, graph.ids[0] as number);
  const walk = structWalk(graph, {
    enter(typeId, position) {
      if (typeId !== type.id || object === null) return false;
      const struct = walk.here(object, position);
      if (!wanted(struct)) return false;
      count++;
      if (structs.length < most) structs.push(struct);
      return false;
    },
    leave: () => undefined,
    reference: () => false,
  });
  for (const id of graph.ids) {
    object = objectNode(graph, id);
    walk.object(object.at.position);
  }
  return { count, structs };
}
