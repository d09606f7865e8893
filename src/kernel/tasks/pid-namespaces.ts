/** PID namespaces: what a task and its groups are called in each. */
import { CkptError } from '../../errors.ts';
import { integer, type Node, pathOf } from '../../graph/node.ts';
import { type ElementBudget, entriesWithin } from '../element-budget.ts';
import { objectOf } from '../object-of.ts';
import { integerIn, type Struct, structOf } from '../struct-values.ts';

/** Numbers by the object id of what they are the numbers of. */
type Numbers = ReadonlyMap<number, number>;

export interface SavedPidNamespace {
  /** Object id. */
  readonly object: number;
  /** Of tasks, thread groups, process groups and sessions. */
  readonly tids: Numbers;
  readonly tgids: Numbers;
  readonly pgids: Numbers;
  readonly sids: Numbers;
  readonly parent: Node | null;
  /** gVisor's number of the namespace since release-20230627.0. */
  readonly id: bigint | null;
}

/** The deepest nesting of PID namespaces that Linux and gVisor allow. */
const DEEPEST = 32;

/** Reads PID namespaces, each once. */
export interface PidNamespaces {
  readonly read: (node: Node) => SavedPidNamespace;
  /** The namespace and those that it is in, the outermost first. */
  readonly chain: (node: Node) => SavedPidNamespace[];
}

/**
 * A reader of PID namespaces. It throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`, and `inconsistent` for one that is nested in itself.
 *
 * @see gVisor pkg/sentry/kernel/threads.go: PIDNamespace
 */
export function pidNamespaces(budget: ElementBudget): PidNamespaces {
  const known = new Map<number, SavedPidNamespace>();
  function read(node: Node): SavedPidNamespace {
    const object = objectOf(node) || node.at.position;
    const before = known.get(object);
    if (before !== undefined) return before;
    const saved = structOf(node);
    const namespace = {
      object,
      tids: numbersIn(saved, 'tids', budget),
      tgids: numbersIn(saved, 'tgids', budget),
      pgids: numbersIn(saved, 'pgids', budget),
      sids: numbersIn(saved, 'sids', budget),
      parent: saved.get('parent') ?? null,
      id: integerIn(saved, 'id'),
    };
    known.set(object, namespace);
    return namespace;
  }
  function chain(node: Node): SavedPidNamespace[] {
    const found: SavedPidNamespace[] = [];
    for (let at: Node | null = node; at !== null && structOf(at).size > 0; ) {
      if (found.length > DEEPEST) throw nested(node);
      const namespace = read(at);
      found.push(namespace);
      at = namespace.parent;
    }
    return found.reverse();
  }
  return { read, chain };
}

function numbersIn(namespace: Struct, name: string, budget: ElementBudget): Numbers {
  const entries = entriesWithin(namespace.get(name), budget);
  return new Map(entries.map(({ key, value }) => [objectOf(key), Number(integer(value))]));
}

function nested(node: Node): CkptError {
  return new CkptError(
    'inconsistent',
    { layer: 'kernel', path: pathOf(node) },
    {
      expected: `PID namespaces at most ${DEEPEST} deep`,
      found: 'deeper ones, or one nested in itself',
      hint: 'The image is damaged',
    },
  );
}
