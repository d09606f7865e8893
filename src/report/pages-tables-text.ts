/** The saved memory of an image by use, container, cgroup, process and file, as tables. */
import type { PageImage, PagePart } from '../inspection/page-document.ts';
import { escapeText } from './escape.ts';
import { firstOf, type ShownList, withRest } from './long-list.ts';
import type { PagesTextOptions } from './pages-text-options.ts';
import { byteSize, countOf } from './quantities.ts';
import { styleFor } from './style.ts';
import { table } from './table.ts';

const PAGE = 4096;
/** Rows of one table unless all are asked for. */
const SHOWN = 30;

export function kindLines({ kinds }: PageImage, options: PagesTextOptions): string[] {
  const rows = kinds.map(({ kind, ranges, ...part }) => [...partCells(part), String(ranges), escapeText(kind)]);
  return drawn([...PART_HEAD, 'RANGES', 'USED AS'], rows, options);
}

export function containerLines({ containers, unmapped, committedBytes }: PageImage, options: PagesTextOptions): string[] {
  if (containers.length === 0) return [];
  const some = shownOf(containers, options);
  const rows = some.shown.map(({ container, processes, ownFiles, ...part }) => {
    const own = ownFiles === 0 ? '' : `, with private memory files of ${byteSize(ownFiles, 'short')}`;
    return [...partCells(part), String(processes), `${escapeText(container ?? 'without a name')}${own}`];
  });
  if (unmapped !== null && unmapped.committedBytes > 0)
    rows.push([...partCells(unmapped), '', 'mapped by no process: cached files, tmpfs, the sandbox itself']);
  const lines = withRest(drawn([...PART_HEAD, 'PROCESSES', 'CONTAINER'], rows, options), some, 2);
  const sum = containers.reduce((bytes, part) => bytes + part.committedBytes, unmapped?.committedBytes ?? 0);
  return committedBytes !== null && sum > committedBytes
    ? [...lines, '  Pages that several containers map count for each of them.']
    : lines;
}

export function cgroupLines({ cgroups }: PageImage, options: PagesTextOptions): string[] {
  // Without memory cgroups everything is charged to number 0.
  if (cgroups.every(({ id }) => id === 0)) return [];
  const some = shownOf(cgroups, options);
  const rows = some.shown.map(({ id, path, ranges, ...part }) => [
    ...partCells(part),
    String(ranges),
    id === 0 ? 'none' : path === null ? `number ${id}` : `${escapeText(path)} (number ${id})`,
  ]);
  return withRest(drawn([...PART_HEAD, 'RANGES', 'MEMORY CGROUP'], rows, options), some, 2);
}

export function processLines({ processes }: PageImage, options: PagesTextOptions): string[] {
  const some = shownOf(processes, options);
  const rows = some.shown.map((process) => [
    String(process.pid),
    byteSize(process.size, 'short'),
    ...[process.private, process.shared, process.fileBacked].map((bytes) => (bytes === null ? '?' : someBytes(bytes))),
    ...partCells(process),
    escapeText(process.name),
  ]);
  return withRest(drawn(['PID', 'MAPPED', 'PRIVATE', 'SHARED', 'OF FILES', ...PART_HEAD, 'NAME'], rows, options), some, 2);
}

export function fileLines({ files }: PageImage, options: PagesTextOptions): string[] {
  // One file is the whole image.
  if (files.length < 2) return [];
  const some = shownOf(files, options);
  const rows = some.shown.map(({ owner, ranges, position, ...part }, index) => [
    ...partCells(part),
    String(ranges),
    position === null ? '' : String(position),
    index === 0
      ? 'main memory file'
      : owner === null
        ? 'private file of an unknown owner'
        : `private file of ${escapeText(owner)}`,
  ]);
  return withRest(drawn([...PART_HEAD, 'RANGES', 'FROM BYTE', 'MEMORY FILE'], rows, options), some, 2);
}

const PART_HEAD = ['SAVED', 'ZEROS', 'DUPLICATE'] as const;

/** Sizes of a part: all of it, and what of it is zeros and there already. */
function partCells({ committedBytes, content }: PagePart): string[] {
  const pages = (count: number | undefined): string => (count === undefined ? '' : someBytes(count * PAGE));
  return [byteSize(committedBytes, 'short'), pages(content?.zeroPages), pages(content?.duplicatePages)];
}

function someBytes(bytes: number): string {
  return bytes === 0 ? '-' : byteSize(bytes, 'short');
}

/** A table without columns that have nothing to say. */
function drawn(cells: readonly string[], rows: readonly (readonly string[])[], options: PagesTextOptions): string[] {
  if (rows.length === 0) return [];
  const kept = cells.map((_, column) => column).filter((column) => rows.some((row) => (row[column] ?? '') !== ''));
  const pick = (row: readonly string[]): string[] => kept.map((column) => row[column] ?? '');
  const head = pick(cells);
  return table(rows.map(pick), {
    head: { cells: head, paint: styleFor(options).faint },
    indent: 2,
    width: options.width,
    numbers: head.slice(0, -1).map((_, column) => column),
  });
}

/** What is shown of a list. */
export function shownOf<T>(list: readonly T[], { all }: PagesTextOptions): ShownList<T> {
  if (all || list.length <= SHOWN) return firstOf(list);
  return { shown: list.slice(0, SHOWN), more: `… and ${countOf(list.length - SHOWN, 'more', 'more')} (--all shows them)` };
}
