/** The answer of `check` as a matrix of images and hosts, for people. */
import type { CheckDocument, CheckResult } from '../restore/result.ts';
import { checkSummary, decidingGate, type Standing, standingNote, standingOf } from './check-findings.ts';
import { type Matrix, matrixOf } from './check-matrix.ts';
import { errorSubject, paintVerdict, VERDICT_WORDS } from './check-words.ts';
import { columnsOf } from './columns.ts';
import { escapeAll } from './escape.ts';
import { shortNames } from './short-names.ts';
import { type Style, styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

/** Between two columns, as the tables have it. */
const GAP = 2;

/**
 * The summary, and for each pair its verdict with the gate at which runsc would stop. The rows are the images, or the hosts where there
 * are more of them; columns that do not fit the width follow in another block.
 *
 * Ends with one newline. Nothing of the inputs reaches the text unescaped.
 */
export function renderCheckTable(document: CheckDocument, options: TextOptions): string {
  const escaped = escapeAll(document);
  const style = styleFor(options);
  const { word, counts } = checkSummary(escaped);
  const lines = [
    `${paintVerdict(escaped.verdict, style)(word)}  ${counts}`,
    ...matrixLines(escaped.results, options, style),
    ...policyLines(escaped, options, style),
    ...errorLines(escaped, options, style),
  ];
  return `${lines.join('\n')}\n`;
}

function matrixLines(results: readonly CheckResult[], options: TextOptions, style: Style): string[] {
  if (results.length === 0) return [];
  const matrix = matrixOf(results);
  const rows = shortNames(matrix.rows);
  const columns = shortNames(matrix.columns);
  const [rowWord, columnWord] = matrix.kinds;
  const legend = [
    ...(rows.pattern === null ? [] : [`${rowWord}s ${rows.pattern}`]),
    ...(columns.pattern === null ? [] : [`${columnWord}s ${columns.pattern}`]),
  ];
  const corner = `${rowWord} \\ ${columnWord}`;
  const named: Matrix = { ...matrix, rows: rows.names, columns: columns.names };
  return [
    ...legend.map((line) => style.faint(line)),
    ...blocks(named, corner, options.width).flatMap((block) => ['', ...blockLines(named, block, corner, options, style)]),
  ];
}

/** Runs of columns that fit beside the names of the rows; one at least. */
function blocks({ rows, columns, cells }: Matrix, corner: string, width: number): (readonly number[])[] {
  const names = Math.max(corner.length, ...rows.map(columnsOf));
  const all: number[][] = [];
  let block: number[] = [];
  let used = names;
  for (const [column, name] of columns.entries()) {
    const wide = Math.max(columnsOf(name), ...cells.map((row) => cellText(row[column] ?? null).length)) + GAP;
    if (block.length > 0 && used + wide > width) {
      all.push(block);
      block = [];
      used = names;
    }
    block.push(column);
    used += wide;
  }
  all.push(block);
  return all;
}

function blockLines(
  { rows: names, columns, cells }: Matrix,
  block: readonly number[],
  corner: string,
  options: TextOptions,
  style: Style,
): string[] {
  // A column of nothing at the end: the last one is wrapped and not painted.
  const rows = names.map((name, row) => [name, ...block.map((column) => cellText(cells[row]?.[column] ?? null)), '']);
  const painted = new Map<string, (text: string) => string>();
  for (const row of cells)
    for (const column of block) {
      const result = row[column] ?? null;
      if (result !== null) painted.set(cellText(result), paintStanding(standingOf(result), style));
    }
  const paint = (cell: string, column: number): string => (column === 0 ? cell : (painted.get(cell)?.(cell) ?? cell));
  const head = { cells: [corner, ...block.map((column) => columns[column] ?? ''), ''], paint: style.strong };
  return table(rows, { indent: 0, width: options.width, head, paint });
}

/** `RESTORABLE`, `BLOCKED cpu-features`, `UNKNOWN cache-line (waived)`; `-` where there is no answer. */
function cellText(result: CheckResult | null): string {
  if (result === null) return '-';
  const gate = decidingGate(result);
  return `${VERDICT_WORDS[result.verdict]}${gate === null ? '' : ` ${gate}`}${standingNote(result)}`;
}

function paintStanding(standing: Standing, style: Style): (text: string) => string {
  if (standing === 'pass') return style.good;
  if (standing === 'fail') return style.bad;
  return standing === 'accepted' ? style.faint : style.open;
}

function policyLines({ policy }: CheckDocument, options: TextOptions, style: Style): string[] {
  if (policy === undefined) return [];
  const rows = policy.waivers.map(({ id, state, findings, owner, expires, reason }) => [
    id,
    state,
    String(findings),
    `${reason}${owner === null ? '' : `, ${owner}`}${expires === null ? '' : `, until ${expires}`}`,
  ]);
  const paint = (cell: string, column: number): string => (column === 1 && cell === 'expired' ? style.bad(cell) : cell);
  return [
    ...(rows.length === 0
      ? []
      : ['', style.strong('Waivers'), ...table(rows, { indent: 2, width: options.width, numbers: [2], paint })]),
    ...(policy.notes.length === 0
      ? []
      : [
          '',
          style.strong('Policy'),
          ...table(
            policy.notes.map((note) => ['*', note]),
            { indent: 2, width: options.width },
          ),
        ]),
  ];
}

function errorLines({ errors }: CheckDocument, options: TextOptions, style: Style): string[] {
  if (errors.length === 0) return [];
  const rows = errors.map((error) => {
    const { kind, name } = errorSubject(error);
    return [kind, `${name}: ${error.message} [${error.code}]`];
  });
  return ['', style.strong('Not readable'), ...table(rows, { indent: 2, width: options.width })];
}
