/** The structs of a type, for people. */
import type { StateFindDocument, StateMatch } from '../state-find.ts';
import { compactJson } from './compact-json.ts';
import { escapeText } from './escape.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';
import { wordList } from './wrap.ts';

export interface StateFindTextOptions extends TextOptions {
  /** Paths whose values were asked for, each a column. */
  readonly show: readonly string[];
}

/** A line of what was found, then a row for each. Ends with one newline. */
export function renderStateFindText(document: StateFindDocument, options: StateFindTextOptions): string {
  const { type, count, matches, fields } = document;
  const style = styleFor(options);
  const lines = [style.strong(`${countOf(count, 'struct')} of ${escapeText(type)}`)];
  const { show } = options;
  const columns = show.length === 0 ? ['FIELDS THAT ARE NOT ZERO'] : show.map(escapeText);
  const rows = matches.map((match) => [escapeText(match.path), ...(show.length === 0 ? [fieldsOf(match)] : shown(match, show))]);
  if (rows.length > 0)
    lines.push(
      ...table(rows, {
        head: { cells: ['PATH', ...columns], paint: style.faint },
        indent: 2,
        width: options.width,
        paint: style.faint,
      }),
    );
  if (count > matches.length) lines.push(`  … and ${count - matches.length} more (--all shows them)`);
  if (rows.length === 0) lines.push('  its fields:', ...wordList(fields.map(escapeText), 4, options.width));
  return `${lines.join('\n')}\n`;
}

function fieldsOf({ value }: StateMatch): string {
  if (typeof value !== 'object' || value === null) return compactJson(value);
  const fields = Object.entries(value).filter(([name, field]) => !/^\$[a-z]/.test(name) && field !== null);
  return fields.map(([name, field]) => `${escapeText(name)}: ${compactJson(field)}`).join(', ');
}

function shown({ value }: StateMatch, show: readonly string[]): string[] {
  const values = new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
  return show.map((path) => compactJson(values.get(path) ?? null));
}
