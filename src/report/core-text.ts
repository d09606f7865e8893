/** The document `ckpt/core@1` for people: what is in a core file, and what is not. */
import type { CoreDocument } from '../extraction/core-document.ts';
import { escapeAll, escapeText } from './escape.ts';
import { firstOf, withRest } from './long-list.ts';
import { byteSize, countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

const HEAD = ['ADDRESSES', 'PERM', 'SIZE', 'SAVED', 'NOT SAVED', 'WHAT'];

/** Renders the document. */
export function renderCoreText({ process, output, totals, mappings }: CoreDocument, options: TextOptions): string {
  const style = styleFor(options);
  const some = firstOf(mappings);
  const rows = escapeAll(some.shown).map(({ start, end, permissions, bytes, saved, missing, name }) => [
    `${start}-${end}`,
    permissions,
    byteSize(bytes, 'short'),
    saved === 0 ? '-' : byteSize(saved, 'short'),
    missing === 0 ? '-' : byteSize(missing, 'short'),
    name ?? '?',
  ]);
  const where = output === null ? '' : ` written to ${escapeText(output)}`;
  const lines = [
    `${style.strong(`PID ${process.pid ?? '?'} ${escapeText(process.name)}`)}${where}: ${countOf(process.threads.length, 'thread')}, ${countOf(totals.mappings, 'mapping')}`,
    `  ${byteSize(totals.saved)} out of the image, ${byteSize(totals.zeros, 'short')} of zeros that were never written`,
    `  ${byteSize(totals.missing)} not in the image: pages of files that the process had not touched, or that runsc does not save`,
    ...table(rows, { head: { cells: HEAD, paint: style.faint }, indent: 2, width: options.width, numbers: [2, 3, 4] }),
  ];
  return `${withRest(lines, some, 2).join('\n')}\n`;
}
