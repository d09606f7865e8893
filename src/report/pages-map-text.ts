/** Where the ranges of the saved memory lie, as a table. */
import type { PageMapping, PageRange } from '../inspection/page-document.ts';
import { escapeText } from './escape.ts';
import { withRest } from './long-list.ts';
import { shownOf } from './pages-tables-text.ts';
import type { PagesTextOptions } from './pages-text-options.ts';
import { byteSize } from './quantities.ts';
import { styleFor } from './style.ts';
import { table } from './table.ts';

const PAGE = 4096;
/** Mappings of one range that are named. */
const NAMED = 3;

/** One line for each range, and one before those of another memory file. */
export function mapLines(map: readonly PageRange[], options: PagesTextOptions): string[] {
  const some = shownOf(map, options);
  const cgroups = map.some(({ cgroup }) => cgroup !== 0);
  const scanned = map.some(({ content }) => content !== null);
  const head = [
    'POSITION',
    'SIZE',
    ...(scanned ? ['ZEROS', 'DUPLICATE'] : []),
    'FILE OFFSET',
    'KIND',
    ...(cgroups ? ['CGROUP'] : []),
    'MAPPED BY',
  ];
  const rows = some.shown.map((range) => [
    range.position === null ? '?' : String(range.position),
    byteSize(range.committedBytes, 'short'),
    ...(scanned
      ? [range.content?.zeroPages, range.content?.duplicatePages].map((pages) => (pages ? byteSize(pages * PAGE, 'short') : '-'))
      : []),
    `0x${range.start.toString(16)}`,
    escapeText(range.kind),
    ...(cgroups ? [String(range.cgroup)] : []),
    `${range.owner === null ? '' : `[${escapeText(range.owner)}] `}${mappedBy(range.mappedBy, options)}`,
  ]);
  const numbers = head.flatMap((name, column) => (name === 'KIND' || column === head.length - 1 ? [] : [column]));
  return withRest(
    table(rows, { head: { cells: head, paint: styleFor(options).faint }, indent: 2, width: options.width, numbers }),
    some,
    2,
  );
}

function mappedBy(mappings: readonly PageMapping[] | null, { all }: PagesTextOptions): string {
  if (mappings === null) return '?';
  if (mappings.length === 0) return '-';
  const named = mappings.slice(0, all ? 1000 : NAMED).map(({ pid, address }) => `${pid} at ${address}`);
  const more = mappings.length - named.length;
  return `${named.join(', ')}${more === 0 ? '' : `, … and ${more} more`}`;
}
