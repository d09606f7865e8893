/** The keys of maps as people write them: in paths, as names of JSON fields, and in lists of what is there. */
import { arrayItems, type RefValue, type ValueAt } from '../../wire/read-value.ts';
import { typeOf } from '../graph.ts';
import { child, type Node, readNode } from '../node.ts';

/** The most characters of a printed key. */
const LONGEST_KEY = 4096;

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** One entry of a map. */
export interface MapEntry {
  readonly key: Node;
  readonly value: Node;
  /** The key as it is printed: a text without quotes; `g1r12` for a reference; `{Eax: 13, Ecx: nil}` for a struct. */
  readonly text: string;
  /** Whether the key is a number, boolean, text or reference. */
  readonly plain: boolean;
  /** Position in stored order. */
  readonly index: number;
}

interface PrintedKey {
  readonly text: string;
  readonly plain: boolean;
  /** What keys are sorted by before their text: numbers by value, references by object. */
  readonly order: bigint | null;
}

/** The entries of a map node, sorted: numbers and references ascending, everything else by its text, equal texts as stored. */
export function keySteps(map: Node, entries: readonly { readonly key: ValueAt; readonly value: ValueAt }[]): readonly MapEntry[] {
  const seen = new Map<string, number>();
  const keys = entries.map(({ key: at }, index) => {
    const key = child(map, at, `.$key${index}`);
    const shown = printKey(key);
    seen.set(shown.text, (seen.get(shown.text) ?? 0) + 1);
    return { key, ...shown };
  });
  const printed = keys.map(({ key, order, text, plain }, index) => {
    // Only a hostile map has two keys that are printed alike.
    const step = seen.get(text) === 1 ? keyStep(text, plain) : `.$value${index}`;
    const value = child(map, (entries[index] as (typeof entries)[number]).value, step);
    return { order, entry: { key, value, text, plain, index } };
  });
  printed.sort((a, b) => {
    if (a.order !== b.order) return a.order === null ? 1 : b.order === null ? -1 : a.order < b.order ? -1 : 1;
    return inOrder(a.entry, b.entry) || a.entry.index - b.entry.index;
  });
  return printed.map(({ entry }) => entry);
}

/** Compares printed keys: plain ones by their characters, and the numbers in structs as numbers. */
function inOrder(a: MapEntry, b: MapEntry): number {
  if (a.plain || b.plain) return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
  const parts = ({ text }: MapEntry): readonly string[] => text.match(/\d{1,15}|\D/g) ?? [];
  const right = parts(b);
  for (const [index, part] of parts(a).entries()) {
    const other = right[index];
    if (part === other) continue;
    if (other === undefined) return 1;
    const difference = Number(part) - Number(other);
    return Number.isNaN(difference) || difference === 0 ? (part < other ? -1 : 1) : difference;
  }
  return a.text.length - b.text.length;
}

/** The step of a path to the value of a key. */
export function stepOfKey(key: Node): string {
  const { text, plain } = printKey(key);
  return keyStep(text, plain);
}

/** The step of a path to a key: `.name`, `["any text"]`, `[12]`, `[{Eax: 13}]`. */
function keyStep(text: string, plain: boolean): string {
  if (!plain || /^(-?\d+|g\d+r\d+[\w.]*|true|false|nil)$/.test(text)) return `[${text}]`;
  return /^[A-Za-z_][\w-]*$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
}

/** The step of a path to a field: `.name`, or `."any text"` where the name would be misunderstood. */
export function fieldStep(name: string): string {
  return /^[^.[\]"\s]+$/.test(name) ? `.${name}` : `.${JSON.stringify(name)}`;
}

/** A key, shallow: interfaces are stepped through and references are named, not followed. */
function printKey(key: Node): PrintedKey {
  let node = key;
  for (let value = readNode(node); ; value = readNode(node)) {
    switch (value.kind) {
      case 'interface':
        if (value.type.kind === 'nil') return { text: 'nil', plain: true, order: null };
        node = { ...node, at: value.value };
        continue;
      case 'string':
        return { text: cut(UTF8.decode(value.bytes)), plain: true, order: null };
      case 'int':
      case 'uint':
        return { text: String(value.value), plain: true, order: value.value };
      case 'ref':
        return { text: refText(node.graph.number, value), plain: true, order: value.root === 0 ? null : BigInt(value.root) };
      case 'nil':
      case 'bool':
      case 'float32':
      case 'float64':
        return { text: value.kind === 'nil' ? 'nil' : String(value.value), plain: true, order: null };
      default:
        return { text: printComposite(node), plain: false, order: null };
    }
  }
}

/** The path of what a value refers to, when it is a reference (or one in an interface) and not nil; else null. */
export function referenceIn(node: Node): string | null {
  let current = node;
  for (let value = readNode(current); ; value = readNode(current)) {
    if (value.kind === 'interface') current = { ...current, at: value.value };
    else return value.kind === 'ref' && value.root !== 0 ? refText(current.graph.number, value) : null;
  }
}

/** A reference as the path of what it points to: `g1r12.queue[3]`, or `nil`. */
function refText(graph: number, { root, dots }: RefValue): string {
  if (root === 0) return 'nil';
  return `g${graph}r${root}${dots.map((dot) => (typeof dot === 'string' ? fieldStep(dot) : `[${dot}]`)).join('')}`;
}

/** A value on one line, what lies in place only: `{Eax: 13, Ecx: nil}`, `["a", 1]`. Iterative, and no longer than it can be shown. */
function printComposite(root: Node): string {
  let text = '';
  // What is still to be printed, the next last: nodes, and text between them.
  const rest: (Node | string)[] = [root];
  while (rest.length > 0 && text.length <= LONGEST_KEY) {
    const next = rest.pop() as Node | string;
    if (typeof next === 'string') {
      text += next;
      continue;
    }
    const value = readNode(next);
    if (value.kind === 'string') text += JSON.stringify(UTF8.decode(value.bytes));
    else if (value.kind === 'interface') rest.push({ ...next, at: value.value });
    else if (value.kind === 'struct') {
      const names = typeOf(next.graph, value.typeId)?.fields ?? [];
      const parts = value.fields.map((at, index) => [`${names[index] ?? `$${index}`}: `, { ...next, at }]);
      rest.push(...between('{', parts, '}').reverse());
    } else if (value.kind === 'array') {
      const parts: (Node | string)[][] = [];
      for (const at of arrayItems(next.graph.wire, { ...value, count: Math.min(value.count, LONGEST_KEY) }))
        parts.push([{ ...next, at }]);
      rest.push(...between('[', parts, ']').reverse());
    } else if (value.kind === 'map') {
      const parts = value.entries
        .slice(0, LONGEST_KEY)
        .map(({ key, value: at }) => [{ ...next, at: key }, ': ', { ...next, at }]);
      rest.push(...between('{', parts, '}').reverse());
    } else if (value.kind === 'slice') text += `${refText(next.graph.number, value.ref)}[0:${value.length}]`;
    else if (value.kind === 'complex64' || value.kind === 'complex128') text += `(${value.real}+${value.imaginary}i)`;
    else text += printKey(next).text;
  }
  return cut(text);
}

function between(open: string, parts: readonly (readonly (Node | string)[])[], close: string): (Node | string)[] {
  return [open, ...parts.flatMap((part, index) => (index === 0 ? part : [', ', ...part])), close];
}

function cut(text: string): string {
  return text.length <= LONGEST_KEY ? text : `${text.slice(0, LONGEST_KEY)}…`;
}
