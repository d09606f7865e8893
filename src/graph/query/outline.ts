/** What a value consists of, level by level. */
import { CkptError } from '../../errors.ts';
import { TAGGED } from '../../wire/skip-value.ts';
import { type Node, pathOf } from '../node.ts';
import { type Json, type LeafOptions, leafJson } from './json-leaf.ts';
import { type OpenedList, type OpenedMap, type OpenedStruct, openValue } from './open-value.ts';

/** One value in the outline. */
export interface OutlineNode {
  /** How its parent calls it: a field's name, `[3]`, `.key`; for the root the path that was asked for. */
  readonly name: string;
  /** A path that names it. */
  readonly path: string;
  readonly kind: 'struct' | 'map' | 'list' | 'value' | 'unreadable';
  /** Declared type of a struct. */
  readonly type: string | null;
  /** Fields, entries or elements. */
  readonly count: number | null;
  /** The value of what has no parts; the error of what cannot be read. */
  readonly value: Json;
  /** Its parts are shown where it is nearest to the root, under this path. */
  readonly seenAs: string | null;
  readonly children: readonly OutlineNode[];
  /** How many of its parts are not shown. */
  readonly more: number;
}

export interface OutlineOptions extends LeafOptions {
  readonly depth: number;
  readonly items: number;
  /** The most nodes of the whole outline. */
  readonly nodes: number;
}

interface Waiting {
  readonly node: Node;
  readonly name: string;
  readonly depth: number;
  readonly put: (child: OutlineNode) => void;
}

/** The outline of a value, nearest parts first, each object opened once. */
export function outline(
  root: Node,
  name: string,
  options: OutlineOptions,
): { readonly tree: OutlineNode; readonly hidden: number } {
  const queue: (Waiting | undefined)[] = [];
  const opened = new Map<string, string>();
  let tree: OutlineNode | null = null;
  let hidden = 0;
  queue.push({ node: root, name, depth: options.depth, put: (node) => (tree = node) });
  for (let next = 0; next < queue.length; next++) {
    const waiting = queue[next] as Waiting;
    queue[next] = undefined;
    waiting.put(describe(waiting));
  }
  return { tree: tree as unknown as OutlineNode, hidden };

  function describe(waiting: Waiting): OutlineNode {
    const plain = {
      name: waiting.name,
      path: pathOf(waiting.node),
      type: null,
      count: null,
      seenAs: null,
      children: [],
      more: 0,
    };
    try {
      const value = openValue(waiting.node);
      const leaf = leafJson(value, options);
      if (leaf !== null) {
        if (leaf.hidden) hidden++;
        return { ...plain, kind: 'value', value: leaf.json };
      }
      return container(value as OpenedStruct | OpenedMap | OpenedList, waiting);
    } catch (error) {
      if (!(error instanceof CkptError)) throw error;
      return { ...plain, kind: 'unreadable', value: error.message };
    }
  }

  function container(value: OpenedStruct | OpenedMap | OpenedList, { name: called, depth }: Waiting): OutlineNode {
    const path = pathOf(value.node);
    const { at } = value.node;
    const identity = value.kind === 'list' ? value.identity : String(at.kind === TAGGED ? at.position + 1 : at.position);
    const seenAs = opened.get(identity) ?? null;
    const count = value.kind === 'struct' ? value.fields.length : value.kind === 'map' ? value.count : value.length;
    const open = seenAs === null && depth > 0 && count > 0;
    const most = open ? Math.max(0, Math.min(options.items, options.nodes - queue.length)) : 0;
    if (open) opened.set(identity, path);
    const parts = open ? partsOf(value, most) : [];
    const children: OutlineNode[] = [];
    for (const [part, node] of parts) queue.push({ node, name: part, depth: depth - 1, put: (child) => children.push(child) });
    return {
      name: called,
      path,
      kind: value.kind,
      type: value.kind === 'struct' ? value.type : null,
      count,
      value: null,
      seenAs,
      children,
      more: seenAs === null ? count - parts.length : 0,
    };
  }
}

/** The first parts, with their names; a struct shows all of its fields. */
function partsOf(value: OpenedStruct | OpenedMap | OpenedList, most: number): (readonly [name: string, node: Node])[] {
  if (value.kind === 'struct') return most === 0 ? [] : [...value.fields];
  if (value.kind === 'map')
    return value
      .entries()
      .slice(0, most)
      .map((entry) => [entry.value.path.step, entry.value]);
  return value.items(most).map((item, index) => [`[${index}]`, item]);
}
