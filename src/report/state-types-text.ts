/** What the kernel's object graph is made of, for people. */
import type { StateTypesDocument } from '../state-types.ts';
import { escapeText } from './escape.ts';
import { byteSize, countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

export interface StateTypesTextOptions extends TextOptions {
  /** Every type; without it those that take the most. */
  readonly all: boolean;
}

/** Types that are shown unless all are asked for. */
const SHOWN = 30;

/** Types, everything else, and the largest objects. Ends with one newline. */
export function renderStateTypesText(document: StateTypesDocument, options: StateTypesTextOptions): string {
  const { graph, types, rest, largest } = document;
  const style = styleFor(options);
  const used = types.filter(({ structs }) => structs > 0);
  const shown = options.all ? used : used.slice(0, SHOWN);
  const others = used.slice(shown.length);
  const draw = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
    table(rightAligned(rows, head), { head: { cells: head, paint: style.faint }, indent: 2, width: options.width });
  const lines = [
    style.strong(`${countOf(graph.objects, 'object')}, ${countOf(graph.types, 'declared type')}, ${byteSize(graph.bytes)}`),
    ...draw(
      ['BYTES', 'SHARE', 'STRUCTS', 'TYPE'],
      shown.map(({ bytes, share, structs, type }) => [String(bytes), percent(share), String(structs), escapeText(type)]),
    ),
    ...(others.length === 0
      ? []
      : [`  … and ${countOf(others.length, 'more type')} with ${byteSize(sum(others), 'short')} (--all shows them)`]),
    '',
    style.strong('Outside of structs'),
    ...draw(
      ['BYTES', 'SHARE', 'COUNT', 'WHAT'],
      rest.map(({ bytes, share, count, kind }) => [String(bytes), percent(share), String(count), escapeText(kind)]),
    ),
    '',
    style.strong('Largest objects, without what they refer to'),
    ...draw(
      ['BYTES', 'ID', 'TYPE', 'PATH'],
      largest.map(({ bytes, id, type, path }) => [String(bytes), id, escapeText(type), escapeText(path)]),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** Numbers of equal width, so that their digits stand under one another. */
function rightAligned(rows: readonly (readonly string[])[], head: readonly string[]): string[][] {
  const widths = head.map((name, column) => rows.reduce((most, row) => Math.max(most, (row[column] ?? '').length), name.length));
  return rows.map((row) => row.map((cell, column) => (/^[\d.]+%?$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell)));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

function sum(types: readonly { readonly bytes: number }[]): number {
  return types.reduce((bytes, type) => bytes + type.bytes, 0);
}
