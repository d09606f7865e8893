/** The Node and NodeFeature objects in a text of Kubernetes, whatever they are wrapped in. */
import type { DocumentPath } from '../documents/text-document.ts';
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { hostError, quoteLine } from './host-text.ts';
import { entry, type JsonPlace, parseJsonText, wrongShape } from './json-shape.ts';

export type NodeObjectKind = 'Node' | 'NodeFeature';

/** One object of a kind that describes a node. */
export interface NodeObject {
  readonly kind: NodeObjectKind;
  readonly place: JsonPlace;
  /** The line (1-based) on which it begins; null in JSON, which says where by paths only. */
  readonly line: () => number | null;
}

/** What a text holds. */
export interface NodeObjects {
  readonly objects: readonly NodeObject[];
  /** The text is one object, in no list. */
  readonly single: boolean;
  /** What else is in it, one error for each kind. */
  readonly errors: readonly CkptError[];
}

interface Document {
  readonly value: unknown;
  readonly lineOf: (path: DocumentPath) => number | null;
}

/** What a list may say that its items are, for items that do not say it themselves. @see Kubernetes API, /api/v1/nodes */
const LISTS: Readonly<Record<string, NodeObjectKind | null>> = {
  List: null,
  NodeList: 'Node',
  NodeFeatureList: 'NodeFeature',
};
/** API groups of the kinds, as `apiVersion` begins: other groups have kinds of the same names. */
const API: Readonly<Record<NodeObjectKind, RegExp>> = { Node: /^v1$/, NodeFeature: /^nfd\.k8s-sigs\.io\// };
const EXPECTED = 'a Node, a NodeFeature, or a list of them';
const ONLY_NODES = 'Of Kubernetes, only nodes are hosts: give `kubectl get nodes -o json`';
/** Kinds of other objects that are told apart in errors. */
const NAMED_KINDS = 8;

/**
 * Reads JSON, or, where the text does not begin like JSON, YAML of one or several documents.
 *
 * @throws CkptError `bad-host` when it is neither or holds no object of Kubernetes, `over-limit` for a YAML text over `yamlBytes` and for
 * more than `nodes` objects
 */
export async function readNodeObjects(text: string, limits: Limits): Promise<NodeObjects> {
  const objects: NodeObject[] = [];
  const others = new Map<string, Other>();
  let single = true;
  const documents = await documentsOf(text, limits);
  for (const { value, lineOf } of documents) {
    if (value === null && documents.length > 1) continue;
    const root: JsonPlace = { value, path: '$' };
    const items = itemsOf(root);
    if (items === null) {
      add(root, undefined, () => lineOf([]), objects, others);
      continue;
    }
    single = false;
    if (items.list.length > limits.nodes) throw tooMany(items.path, items.list.length, limits);
    for (const [index, item] of items.list.entries()) {
      const place = { value: item, path: `${items.path}[${index}]` };
      add(place, items.kind, () => lineOf(items.path === '$' ? [index] : ['items', index]), objects, others);
    }
  }
  if (objects.length > limits.nodes) throw tooMany('$', objects.length, limits);
  return { objects, single: single && objects.length === 1, errors: [...others.values()].map(otherError) };
}

async function documentsOf(text: string, limits: Limits): Promise<readonly Document[]> {
  const first = /\S/.exec(text)?.[0];
  if (first === '{' || first === '[') return [{ value: parseJsonText(text).value, lineOf: () => null }];
  if (text.length > limits.yamlBytes) {
    throw new CkptError(
      'over-limit',
      { layer: 'host' },
      {
        expected: `YAML of at most ${limits.yamlBytes} characters`,
        found: `${text.length}`,
        hint: 'JSON is read many times faster: use kubectl get -o json, or raise the ceiling yamlBytes',
      },
    );
  }
  const { parseYaml } = await import('../documents/yaml.ts');
  const { TextSyntaxError } = await import('../documents/text-document.ts');
  try {
    return parseYaml(text);
  } catch (error) {
    if (error instanceof TextSyntaxError) throw hostError('bad-host', error.line, 'YAML or JSON of Kubernetes', error.message);
    // The stack of the parser is as deep as the document.
    if (error instanceof RangeError)
      throw hostError('bad-host', null, 'YAML of Kubernetes', 'values nested too deeply to be read');
    throw error;
  }
}

interface Items {
  readonly list: readonly unknown[];
  readonly path: string;
  /** What every item is that does not say so. */
  readonly kind: NodeObjectKind | undefined;
}

/** The items of a list, or null when the document is none. */
function itemsOf(root: JsonPlace): Items | null {
  if (Array.isArray(root.value)) return { list: root.value, path: '$', kind: undefined };
  const kind = entry(root, 'kind')?.value;
  if (typeof kind !== 'string' || !Object.hasOwn(LISTS, kind)) return null;
  const items = entry(root, 'items') ?? { value: undefined, path: '$.items' };
  if (!Array.isArray(items.value)) wrongShape(items, 'a list');
  return { list: items.value, path: items.path, kind: LISTS[kind] ?? undefined };
}

/** Objects that are not nodes, of one kind. */
interface Other {
  readonly found: string;
  readonly path: string;
  readonly line: number | null;
  count: number;
}

function add(
  place: JsonPlace,
  implied: NodeObjectKind | undefined,
  line: () => number | null,
  objects: NodeObject[],
  others: Map<string, Other>,
): void {
  const kind = kindOf(place, implied);
  if (kind.known !== null) {
    objects.push({ kind: kind.known, place, line });
    return;
  }
  const key = others.size < NAMED_KINDS || others.has(kind.found) ? kind.found : 'objects of other kinds';
  const other = others.get(key);
  if (other === undefined) others.set(key, { found: key, path: place.path, line: line(), count: 1 });
  else other.count++;
}

function kindOf(
  place: JsonPlace,
  implied: NodeObjectKind | undefined,
): { readonly known: NodeObjectKind | null; readonly found: string } {
  const { value } = place;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { known: null, found: 'no object' };
  const kind = entry(place, 'kind')?.value ?? implied;
  const api = entry(place, 'apiVersion')?.value;
  if (kind === 'Node' || kind === 'NodeFeature') {
    if (api === undefined || (typeof api === 'string' && API[kind].test(api))) return { known: kind, found: '' };
    return { known: null, found: `kind ${kind} of apiVersion ${shown(api)}` };
  }
  return { known: null, found: kind === undefined ? 'an object without kind' : `kind ${shown(kind)}` };
}

function shown(value: unknown): string {
  return typeof value === 'string' ? quoteLine(value) : 'that is no string';
}

function otherError({ found, path, line, count }: Other): CkptError {
  return new CkptError(
    'bad-host',
    { layer: 'host', path, ...(line === null ? {} : { line }) },
    { expected: EXPECTED, found: count === 1 ? found : `${found}, ${count} times`, hint: ONLY_NODES },
  );
}

function tooMany(path: string, found: number, limits: Limits): CkptError {
  return new CkptError(
    'over-limit',
    { layer: 'host', path },
    {
      expected: `at most ${limits.nodes} objects`,
      found: `${found}`,
      hint: 'If there really are so many, raise the ceiling nodes',
    },
  );
}
