/** Hosts out of Node and NodeFeature objects of Kubernetes, by the labels of their nodes. */
import { CkptError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { withHint } from './format-hints.ts';
import type { Host } from './host.ts';
import { hostFromNode } from './host-from-node.ts';
import { nodeJudge } from './node-facts.ts';
import { type NodeObject, type NodeObjects, readNodeObjects } from './node-objects.ts';
import { addObject, emptyParts, nodeNameOf, objectNameOf } from './node-parts.ts';
import { failedHost, type HostError, type OpenedHosts } from './opened-hosts.ts';

/** For errors that do not say what to do. */
const AS_KUBECTL = 'Give the objects as `kubectl get nodes -o json` prints them';

/**
 * Reads a Node, a NodeFeature, lists of them, or several YAML documents; objects about one node are one host.
 *
 * A text that is one object is the host `name`; of several, each host has the name of its node. A node that is not in order is an error of
 * its own beside the others, in the order of the text.
 *
 * @throws CkptError `bad-host` when the text is neither JSON nor YAML or holds no node at all, `over-limit`
 */
export async function hostsFromKubernetes(name: string, text: string, limits: Limits): Promise<OpenedHosts> {
  const found = await readObjects(text, limits);
  if (found.objects.length === 0) throw found.errors[0] ?? nothing();
  const failed: { readonly at: number; readonly error: HostError }[] = [];
  const nodes = new Map<string, NodeObject[]>();
  for (const [at, object] of found.objects.entries()) {
    const node = attempt(object, () => nodeNameOf(object) ?? (found.single ? name : noName(object)));
    if (node instanceof CkptError) {
      failed.push({ at, error: named(found.single ? name : `${name} ${object.place.path}`, name, node) });
    } else {
      objectsOf(nodes, node).push(object);
    }
  }
  const hosts: Host[] = [];
  const judge = nodeJudge();
  const places = new Map(found.objects.map((object, at) => [object, at]));
  for (const [node, objects] of nodes) {
    const [first] = objects;
    if (first === undefined) continue;
    const hostName = found.single ? name : node;
    const host = attempt(first, () => hostOf(hostName, objects, judge));
    if (host instanceof CkptError) failed.push({ at: places.get(first) ?? 0, error: named(hostName, name, host) });
    else hosts.push(host);
  }
  failed.sort((a, b) => a.at - b.at);
  return { hosts, errors: [...failed.map(({ error }) => error), ...found.errors.map((error) => failedHost(name, error))] };
}

async function readObjects(text: string, limits: Limits): Promise<NodeObjects> {
  try {
    return await readNodeObjects(text, limits);
  } catch (error) {
    throw error instanceof CkptError ? withHint(error, AS_KUBECTL) : error;
  }
}

function objectsOf(nodes: Map<string, NodeObject[]>, node: string): NodeObject[] {
  const before = nodes.get(node);
  if (before !== undefined) return before;
  const objects: NodeObject[] = [];
  nodes.set(node, objects);
  return objects;
}

function hostOf(name: string, objects: readonly NodeObject[], judge: ReturnType<typeof nodeJudge>): Host {
  const parts = emptyParts();
  const before = new Map<string, NodeObject>();
  for (const object of objects) {
    const key = object.kind === 'Node' ? 'Node' : objectNameOf(object);
    const same = before.get(key);
    if (same !== undefined) {
      throw new CkptError(
        'ambiguous',
        { layer: 'host', path: object.place.path },
        {
          expected: 'one object of each name',
          found: `a second ${object.kind} of the name ${name}, after ${whereIs(same)}`,
          hint: 'Put the nodes of each cluster into a file of its own',
        },
      );
    }
    before.set(key, object);
    addObject(object, parts);
  }
  return hostFromNode(name, parts, judge);
}

function whereIs({ place, line }: NodeObject): string {
  const at = line();
  return at === null ? place.path : `line ${at}`;
}

/** What `read` gives, or the error that it throws, at the object's place. */
function attempt<T>(object: NodeObject, read: () => T): T | CkptError {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    const line = object.line();
    return withHint(error, AS_KUBECTL).at({ path: object.place.path, ...(line === null ? {} : { line }) });
  }
}

function named(host: string, file: string, error: CkptError): HostError {
  return { host, error: error.at({ file }) };
}

function noName({ place }: NodeObject): never {
  throw new CkptError(
    'bad-host',
    { layer: 'host', path: `${place.path}.metadata.name` },
    { expected: 'the name of a node', found: 'none' },
  );
}

const EMPTY = 'Look at what `kubectl get nodes` lists, and whether a selector chose none';

function nothing(): CkptError {
  return new CkptError(
    'bad-host',
    { layer: 'host' },
    { expected: 'at least one Node or NodeFeature', found: 'an empty list', hint: EMPTY },
  );
}
