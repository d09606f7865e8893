/** The saved memory of an image, for people. */
import type { ImageMemory, ImageProcessMemory } from '../inspection/memory.ts';
import { escapeText } from './escape.ts';
import { firstOf, withRest } from './long-list.ts';
import { byteSize, countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs, table } from './table.ts';

/** Where the pages are, what they are used for, and what each process has of them. Escapes what it shows. */
export function memoryLines(memory: ImageMemory | null, options: TextOptions): string[] {
  if (memory === null) return ['  not known: the pages are in files of their own, which were not given'];
  const groups = [
    placeLines(memory, options),
    kindLines(memory, options),
    cgroupLines(memory, options),
    processLines(memory, options),
  ];
  return groups.filter((lines) => lines.length > 0).flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function placeLines(memory: ImageMemory, options: TextOptions): string[] {
  const files = firstOf(memory.files);
  const [main, ...others] = files.shown;
  const size = ({ committedBytes, ranges }: { committedBytes: number; ranges: number }): string =>
    `${byteSize(committedBytes)} in ${countOf(ranges, 'range')}`;
  const lines = pairs(
    [
      ['pages', memory.place === 'inline' ? 'in the state file' : 'in pages.img'],
      ['saved', byteSize(memory.committedBytes)],
      ['main memory file', main === undefined ? 'none' : size(main)],
      ...others.map((file, index): [string, string] => [
        `private file ${index + 1}`,
        file.owner === null ? size(file) : `${size(file)}, of ${escapeText(file.owner)}`,
      ]),
    ],
    { indent: 2, width: options.width, paint: styleFor(options).faint },
  );
  return withRest(lines, files, 2);
}

function kindLines({ kinds }: ImageMemory, options: TextOptions): string[] {
  const rows = kinds.map(({ kind, ranges, committedBytes }) => [byteSize(committedBytes, 'short'), String(ranges), kind]);
  return headed(['SAVED', 'RANGES', 'USED AS'], rows, options);
}

function cgroupLines({ cgroups }: ImageMemory, options: TextOptions): string[] {
  // Without memory cgroups everything is charged to number 0.
  if (cgroups.every(({ id }) => id === 0)) return [];
  const some = firstOf(cgroups);
  const rows = some.shown.map(({ id, path, ranges, committedBytes }) => [
    byteSize(committedBytes, 'short'),
    String(ranges),
    id === 0 ? 'none' : path === null ? `number ${id}` : `${escapeText(path)} (number ${id})`,
  ]);
  return withRest(headed(['SAVED', 'RANGES', 'MEMORY CGROUP'], rows, options), some, 2);
}

function processLines({ processes }: ImageMemory, options: TextOptions): string[] {
  const some = firstOf(processes);
  const head = ['PID', 'MAPPED', 'RESIDENT', 'PEAK', 'PRIVATE', 'SAVED', 'NAME'];
  return withRest(headed(head, some.shown.map(processRow), options), some, 2);
}

function processRow(process: ImageProcessMemory): string[] {
  const sizes = [process.size, process.resident, process.peakResident, process.private, process.saved];
  return [String(process.pid), ...sizes.map((size) => (size === null ? '?' : byteSize(size, 'short'))), escapeText(process.name)];
}

/** Numbers, and in the last column what they are of. */
function headed(cells: readonly string[], rows: readonly (readonly string[])[], options: TextOptions): string[] {
  if (rows.length === 0) return [];
  const numbers = cells.slice(0, -1).map((_, column) => column);
  return table(rows, { head: { cells, paint: styleFor(options).faint }, indent: 2, width: options.width, numbers });
}
