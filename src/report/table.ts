/** Tables without lines: columns that are as wide as they must be. */
import Table from 'cli-table3';
import { columnsOf, isAscii } from './columns.ts';
import { wrap } from './wrap.ts';

/** Between two columns. */
const GAP = '  ';

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
  middle: GAP,
} as const;

/** Narrowest last column: below that lines may be longer than the width. */
const LEAST_TEXT = 32;

/** The most columns that a cell is padded to. A wider cell moves the rest of its own line to the right. */
const WIDEST = 256;

/** The longest cells that cli-table3 is given: it needs quadratic time for a cell, unless every character takes one column. */
const LONGEST_DRAWN = { ascii: WIDEST, other: 32 } as const;

/** The most lines that cli-table3 is given at once: it compares every line with all lines before it. */
const LINES_AT_ONCE = 16;

/** What a table looks like. */
export interface TableOptions {
  readonly indent: number;
  /** Columns of the terminal, indentation included. */
  readonly width: number;
  /** Names of the columns, with their mark-up. */
  readonly head?: { readonly cells: readonly string[]; readonly paint: (cell: string) => string };
  /** Columns of numbers, which stand to the right; not the last one. */
  readonly numbers?: readonly number[];
  /** Marks up a cell once its width is known; only for cells that are not in the last column. */
  readonly paint?: (cell: string, column: number) => string;
}

/**
 * The rows as aligned lines. The last column is wrapped into what the others leave of the width; nothing is cut. Only cells of the last
 * column may have several lines.
 *
 * Costs time and memory in proportion to the text of the cells and {@link WIDEST} for each line.
 */
export function table(rows: readonly (readonly string[])[], options: TableOptions): string[] {
  if (rows.length === 0) return [];
  const { head, paint } = options;
  const widths = otherWidths(head === undefined ? rows : [head.cells, ...rows]);
  const last = widths.length;
  const left = options.indent + widths.reduce((sum, width) => sum + width + GAP.length, 0);
  const room = Math.max(LEAST_TEXT, options.width - left);
  const lines: string[][] = [];
  const add = (row: readonly string[], text: string, paintCell: TableOptions['paint']): void => {
    lines.push([
      ...widths.map((width, column) =>
        padded(row[column] ?? '', { width, column, paint: paintCell, right: options.numbers?.includes(column) === true }),
      ),
      text,
    ]);
  };
  if (head !== undefined) add(head.cells, head.paint(head.cells[last] ?? ''), head.paint);
  for (const row of rows) {
    const wrapped = (row[last] ?? '').split('\n').flatMap((line) => wrap(line, room));
    for (const [index, line] of wrapped.entries()) add(index === 0 ? row : [], line, index === 0 ? paint : undefined);
  }
  const indent = ' '.repeat(options.indent);
  return drawn(lines).map((line) => (indent + line).trimEnd());
}

/** The columns of all but the last. */
function otherWidths(rows: readonly (readonly string[])[]): number[] {
  let count = 1;
  for (const row of rows) count = Math.max(count, row.length);
  const widths = Array.from({ length: count - 1 }, () => 1);
  for (const row of rows)
    for (const [column, width] of widths.entries())
      widths[column] = Math.max(width, Math.min(WIDEST, columnsOf(row[column] ?? '')));
  return widths;
}

interface Padding {
  readonly width: number;
  readonly column: number;
  readonly paint: TableOptions['paint'];
  readonly right: boolean;
}

function padded(cell: string, { width, column, paint, right }: Padding): string {
  const space = ' '.repeat(Math.max(0, width - columnsOf(cell)));
  const painted = paint?.(cell, column) ?? cell;
  return right ? space + painted : painted + space;
}

/** One line of text for each row of cells. All but the last cell must be as wide as their columns. */
function drawn(rows: readonly (readonly string[])[]): string[] {
  const lines: string[] = [];
  let waiting = newTable();
  const draw = (): void => {
    if (waiting.length === 0) return;
    for (const line of waiting.toString().split('\n')) lines.push(line);
    waiting = newTable();
  };
  for (const row of rows) {
    if (row.some((cell) => cell.length > LONGEST_DRAWN[isAscii(cell) ? 'ascii' : 'other'])) {
      draw();
      lines.push(row.join(GAP));
    } else {
      waiting.push([...row]);
      if (waiting.length === LINES_AT_ONCE) draw();
    }
  }
  draw();
  return lines;
}

function newTable(): InstanceType<typeof Table> {
  return new Table({ chars: NO_LINES, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } });
}

/** Names and values in two columns; a value of null is left out. */
export function pairs(rows: readonly (readonly [name: string, value: string | null])[], options: TableOptions): string[] {
  return table(
    rows.filter((row): row is readonly [string, string] => row[1] !== null && row[1] !== ''),
    options,
  );
}
