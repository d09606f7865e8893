/** A value of a graph and what it refers to, as plain JSON. */
import { CkptError } from '../../errors.ts';
import { TAGGED } from '../../wire/skip-value.ts';
import { type Node, pathOf } from '../node.ts';
import { type Json, type LeafOptions, leafJson } from './json-leaf.ts';
import { type OpenedList, type OpenedMap, type OpenedStruct, openValue } from './open-value.ts';
import { referenceIn } from './print-key.ts';

/** How much is shown. */
export interface JsonOptions extends LeafOptions {
  /** Levels of structs, maps and lists that are opened; 0 opens nothing. */
  readonly depth: number;
  /** The most elements of one list and entries of one map. */
  readonly items: number;
  /** The most characters of all, about: stops a value that everything refers to from filling memory. */
  readonly characters: number;
}

export interface JsonResult {
  readonly json: Json;
  /** Something was left out because of depth, items, the length of a text, or the size of all. */
  readonly cut: boolean;
  /** How many texts are shown without a secret in them. */
  readonly hidden: number;
  /** Characters that were used up, about. */
  readonly characters: number;
}

interface Waiting {
  readonly node: Node;
  readonly depth: number;
  readonly put: (json: Json) => void;
  /** Part of a key of a map, which is shown whatever the depth, and whose references are not followed. */
  readonly key: boolean;
}

type Container = OpenedStruct | OpenedMap | OpenedList;

/**
 * A value as JSON, nearest values first, so that whatever occurs several times is opened where it is nearest to the start.
 *
 * A struct is `{"$type": …, "$id": …, field: …}`, a map `{"$type": "map", "$id": …, key: …}` sorted by key, or with `"$entries": [[key, value], …]` where keys are structs or
 * two are written alike; a list is an array. `$id` stands where a reference leads to. What was opened elsewhere is `{"$ref": "g1r12"}`, what is not opened
 * `{"$ref": …, "$type": …, "$cut": "depth"}`, what cannot be read `{"$error": …}`; `{"$more": n}` at the end of a list counts what was left out. A name of a field
 * or key that begins with `$` gets another one.
 */
export function toJson(root: Node, options: JsonOptions): JsonResult {
  const queue: (Waiting | undefined)[] = [];
  const opened = new Map<string, string>();
  let result: Json = null;
  let left = options.characters;
  let cut = false;
  let hidden = 0;
  queue.push({ node: root, depth: options.depth, put: (json) => (result = json), key: false });

  for (let next = 0; next < queue.length; next++) {
    const waiting = queue[next] as Waiting;
    queue[next] = undefined;
    try {
      waiting.put(show(waiting));
    } catch (error) {
      if (!(error instanceof CkptError)) throw error;
      waiting.put({ $error: error.message });
    }
  }
  return { json: result, cut, hidden, characters: options.characters - left };

  function show(waiting: Waiting): Json {
    const target = waiting.key ? referenceIn(waiting.node) : null;
    if (target !== null) return { $ref: target };
    const value = openValue(waiting.node);
    const leaf = leafJson(value, left > 0 ? options : { ...options, textBytes: Math.min(options.textBytes, 64) });
    if (leaf !== null) {
      left -= sizeOf(leaf.json) + 2 * (options.depth - waiting.depth);
      if (leaf.hidden) hidden++;
      if (typeof leaf.json === 'object' && leaf.json !== null && '$more' in leaf.json) cut = true;
      return leaf.json;
    }
    const container = value as Container;
    if (container.kind === 'list' && container.length === 0) return [];
    const identity = container.kind === 'list' ? container.identity : payloadOf(container.node);
    const place = pathOf(container.node);
    const known = opened.get(identity);
    if (known !== undefined) return { $ref: known };
    const reason = waiting.key ? null : waiting.depth <= 0 ? 'depth' : left <= 0 ? 'size' : null;
    if (reason !== null) {
      cut = true;
      return { $ref: place, $type: typeText(container), ...counted(container), $cut: reason };
    }
    opened.set(identity, place);
    left -= place.length + 16;
    return container.kind === 'struct'
      ? structJson(container, place, waiting)
      : container.kind === 'map'
        ? mapJson(container, place, waiting)
        : listJson(container, waiting);
  }

  /** How many parts of one value are shown: no more than fit. */
  function most(): number {
    return Math.min(options.items, Math.max(1, Math.floor(left / 16)));
  }

  function later(node: Node, parent: Waiting, put: (json: Json) => void, key = parent.key): void {
    left -= 16;
    queue.push({ node, depth: parent.depth - 1, put, key });
  }

  function structJson(struct: OpenedStruct, place: string, waiting: Waiting): Json {
    const json = named(struct.type, waiting.node === root || isObject(place) ? place : null);
    for (const [name, field] of struct.fields) {
      const key = fieldName(name, /^\$\d+$/.test(name) && field.path.step === `.${name}`);
      left -= key.length;
      json[key] = null;
      later(field, waiting, (value) => {
        json[key] = value;
      });
    }
    return json;
  }

  function mapJson(map: OpenedMap, place: string, waiting: Waiting): Json {
    const json = named('map', place);
    const entries = map.entries();
    const shown = entries.slice(0, most());
    const plain = shown.every((entry) => entry.plain) && new Set(shown.map(({ text }) => text)).size === shown.length;
    const pairs: Json[][] = [];
    if (!plain) json['$entries'] = pairs;
    for (const { key, value, text } of shown) {
      if (plain) {
        const name = fieldName(text, false);
        left -= name.length;
        json[name] = null;
        later(value, waiting, (shownValue) => {
          json[name] = shownValue;
        });
      } else {
        const pair: Json[] = [null, null];
        pairs.push(pair);
        later(key, waiting, (shownKey) => (pair[0] = shownKey), true);
        later(value, waiting, (shownValue) => (pair[1] = shownValue));
      }
    }
    if (entries.length > shown.length) {
      cut = true;
      json['$more'] = entries.length - shown.length;
    }
    return json;
  }

  function listJson(list: OpenedList, waiting: Waiting): Json {
    const items = list.items(most());
    const json: Json[] = items.map(() => null);
    for (const [index, item] of items.entries()) later(item, waiting, (value) => (json[index] = value));
    if (list.length > items.length) {
      cut = true;
      json.push({ $more: list.length - items.length });
    }
    return json;
  }
}

/** An object without a prototype, so that no name in an image means anything to it. */
function named(type: string, id: string | null): { [name: string]: Json } {
  const json: { [name: string]: Json } = Object.create(null);
  json['$type'] = type;
  if (id !== null) json['$id'] = id;
  return json;
}

/** Where a value's payload begins, by which values are told apart. */
function payloadOf({ at }: Node): string {
  return String(at.kind === TAGGED ? at.position + 1 : at.position);
}

/** Names of fields and keys with a `$` of their own get another; those that ckpt gives to nameless fields do not. */
function fieldName(name: string, given: boolean): string {
  return name.startsWith('$') && !given ? `$${name}` : name;
}

/** Whether a path is that of a whole object: `g1r12`. */
function isObject(path: string): boolean {
  return /^g\d+r\d+$/.test(path);
}

function typeText(container: Container): string {
  return container.kind === 'struct' ? container.type : container.kind;
}

function counted(container: Container): { readonly $count?: number } {
  return container.kind === 'struct' ? {} : { $count: container.kind === 'map' ? container.count : container.length };
}

function sizeOf(json: Json): number {
  if (typeof json === 'string') return json.length + 2;
  if (typeof json !== 'object' || json === null) return 8;
  return Object.values(json).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 16);
}
