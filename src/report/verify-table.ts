/** How images came out of a verification, one line each. */
import type { VerifyDocument } from '../verify.ts';
import { escapeAll } from './escape.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';
import { verifySummary } from './verify-findings.ts';
import { CHECK_NAMES } from './verify-text.ts';

/** Ends with one newline. Nothing of the inputs reaches the text unescaped. */
export function renderVerifyTable(document: VerifyDocument, options: TextOptions): string {
  const { images, errors } = escapeAll(document);
  const style = styleFor(options);
  const rows = images.map(({ path, verdict, checks }) => {
    const named = (wanted: string) => checks.filter(({ outcome }) => outcome === wanted).map(({ id }) => CHECK_NAMES[id]);
    const damaged = named('damaged');
    const open = named('not-checked');
    const error = errors.find(({ image }) => image === path);
    const why = verdict === 'unreadable' ? (error?.message ?? '') : damaged.join(', ');
    return [
      verdict.toUpperCase(),
      path,
      [why, ...(open.length === 0 ? [] : [`not checked: ${open.join(', ')}`])].filter(Boolean).join('; '),
    ];
  });
  const paint = (cell: string, column: number): string =>
    column === 0 ? (cell === 'INTACT' ? style.good(cell) : style.bad(cell)) : cell;
  return `${[verifySummary(document), '', ...table(rows, { indent: 0, width: options.width, paint })].join('\n')}\n`;
}
