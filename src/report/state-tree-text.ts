/** What a value of the object graphs consists of, for people. */
import type { OutlineNode } from '../graph/query/outline.ts';
import type { StateTreeDocument } from '../state-tree.ts';
import { compactJson } from './compact-json.ts';
import { escapeText } from './escape.ts';
import { styleFor, type TextOptions } from './style.ts';

/** A line for each value, its parts indented below it. Ends with one newline. */
export function renderStateTreeText({ tree }: StateTreeDocument, options: TextOptions): string {
  const style = styleFor(options);
  const lines: string[] = [];
  // What is still to be shown, the next last: nodes with what stands before them, and lines about what is left out.
  const rest: { readonly node: OutlineNode | string; readonly first: string; readonly below: string }[] = [
    { node: tree, first: '', below: '' },
  ];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { node, first, below } = next;
    if (typeof node === 'string') {
      lines.push(style.faint(`${first}${node}`));
      continue;
    }
    lines.push(`${style.faint(first)}${escapeText(node.name)} ${describe(node)}`);
    const parts: (OutlineNode | string)[] = [...node.children];
    if (node.children.length > 0 && node.more > 0) parts.push(`… and ${node.more} more`);
    for (let index = parts.length - 1; index >= 0; index--) {
      const last = index === parts.length - 1;
      rest.push({
        node: parts[index] as OutlineNode | string,
        first: `${below}${last ? '└─ ' : '├─ '}`,
        below: `${below}${last ? '   ' : '│  '}`,
      });
    }
  }
  return `${lines.join('\n')}\n`;

  function describe({ kind, type, count, value, seenAs, path }: OutlineNode): string {
    if (kind === 'value') return compactJson(value);
    if (kind === 'unreadable') return style.bad(`unreadable: ${compactJson(value)}`);
    const what = kind === 'struct' ? escapeText((type ?? '').replace(/^.*\//, '')) : `${kind} of ${count}`;
    const place = /^g\d+r\d+$/.test(path) ? ` ${style.faint(path)}` : '';
    return seenAs === null ? `${style.strong(what)}${place}` : `→ ${what} ${escapeText(seenAs)}`;
  }
}
