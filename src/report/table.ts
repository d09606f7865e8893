/** Tables without lines: columns that are as wide as they must be. */
import Table from 'cli-table3';
import { wrap } from './wrap.ts';

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** Narrowest last column: below that lines may be longer than the width. */
const LEAST_TEXT = 32;

/** What a table looks like. */
export interface TableOptions {
  readonly indent: number;
  /** Columns of the terminal, indentation included. */
  readonly width: number;
  /** Names of the columns, with their mark-up. */
  readonly head?: { readonly cells: readonly string[]; readonly paint: (cell: string) => string };
  /** Marks up a cell once its width is known; only for cells that are not in the last column. */
  readonly paint?: (cell: string, column: number) => string;
}

/** The rows as aligned lines. The last column is wrapped into what the others leave of the width; nothing is cut. */
export function table(rows: readonly (readonly string[])[], options: TableOptions): string[] {
  if (rows.length === 0) return [];
  const { head } = options;
  const all = head === undefined ? rows : [head.cells, ...rows];
  const last = Math.max(...all.map((row) => row.length)) - 1;
  const others = Array.from({ length: last }, (_, column) => Math.max(...all.map((row) => [...(row[column] ?? '')].length)));
  const left = options.indent + others.reduce((sum, width) => sum + width + 2, 0);
  const room = Math.max(LEAST_TEXT, options.width - left);
  const drawn = new Table({ chars: NO_LINES, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } });
  if (head !== undefined) drawn.push(head.cells.map(head.paint));
  for (const row of rows) {
    drawn.push(row.map((cell, column) => (column === last ? wrapped(cell, room) : (options.paint?.(cell, column) ?? cell))));
  }
  const indent = ' '.repeat(options.indent);
  return drawn
    .toString()
    .split('\n')
    .map((line) => (indent + line).trimEnd());
}

function wrapped(cell: string, width: number): string {
  return cell
    .split('\n')
    .flatMap((line) => wrap(line, width))
    .join('\n');
}

/** Names and values in two columns; a value of null is left out. */
export function pairs(rows: readonly (readonly [name: string, value: string | null])[], options: TableOptions): string[] {
  return table(
    rows.filter((row): row is readonly [string, string] => row[1] !== null && row[1] !== ''),
    options,
  );
}
