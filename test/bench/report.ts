/** What was measured, as text. */
import type { Archives } from './archives.ts';
import type { ColdStart } from './cold-start.ts';
import type { Dumping } from './dump.ts';
import type { Indexing } from './index-graph.ts';
import type { PageScanning } from './scan-pages.ts';
import type { SparsePages } from './sparse-pages.ts';
import type { Spread } from './spread.ts';

const MEBIBYTE = 2 ** 20;

export function coldStartText({ image, imageBytes, runs, commands }: ColdStart): string {
  const rows = commands.map(({ name, wall, toNode, toEmptyCommand }) => [
    name,
    ...spreadCells(wall),
    twice(toNode),
    twice(toEmptyCommand),
  ]);
  return section(`Cold start: ${image} (${imageBytes} bytes), ${runs} runs of each in turn`, [
    ['milliseconds', 'min', 'median', 'max', '/ node', '/ yargs (medians, minima)'],
    ...rows,
  ]);
}

export function indexingText(result: Indexing): string {
  const { image, framing, bytes, objects, runs, indexing, opening, adding, addingToIndexing } = result;
  return section(
    `Kernel graph: ${image} (${bytes} bytes, ${objects} objects, framing ${framing}), ${runs} runs of each in turn`,
    [
      ['MB/s', 'min', 'median', 'max'],
      ['index', ...spreadCells(indexing)],
      ['open the file, unframe and index', ...spreadCells(opening)],
      ['add up the bytes in a loop', ...spreadCells(adding), `${twice(addingToIndexing)} times indexing (medians, minima)`],
    ],
  );
}

export function dumpingText({ yardstick, sizes, leastPeak }: Dumping): string {
  return section(
    `Dump of kernel graphs with many files, beside ${yardstick} (peak memory with one file: ${mebibytes(leastPeak)})`,
    [
      [
        'files',
        'graph',
        'text',
        'runs',
        'ms min',
        'median',
        'max',
        'beside',
        'ratio (medians, minima)',
        'peak memory',
        'of the graph',
      ],
      ...sizes.map(({ files, graphBytes, textBytes, runs, wall, beside, toYardstick, peak, peakOfGraph }) => [
        String(files),
        mebibytes(graphBytes),
        mebibytes(textBytes),
        String(runs),
        ...spreadCells(wall),
        beside === null ? '-' : beside.median.toFixed(1),
        toYardstick === null ? '-' : twice(toYardstick),
        mebibytes(peak),
        `${peakOfGraph.toFixed(2)} times`,
      ]),
    ],
  ).concat(
    '\n',
    section('ckpt inspect --section processes of the same images', [
      ['files', 'graph', 'ms min', 'median', 'max', 'ratio (medians, minima)', 'peak memory'],
      ...sizes.map(({ files, graphBytes, processes, processesToYardstick, processesPeak }) => [
        String(files),
        mebibytes(graphBytes),
        ...spreadCells(processes),
        processesToYardstick === null ? '-' : twice(processesToYardstick),
        mebibytes(processesPeak),
      ]),
    ]),
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

export function sparsePagesText({ pageBytes, runs }: SparsePages): string {
  return section(`Check of an image with ${pageBytes / 2 ** 30} GiB of pages in the stream`, [
    ['', 'bytes read for them', 'peak memory', 'more than with one page', 'seconds', 'of cat | cat'],
    ...runs.map(({ name, bytesRead, peak, peakBeyondOnePage, wall, cat }) => [
      name,
      bytesRead === null ? 'not counted here' : String(bytesRead),
      `${(peak / MEBIBYTE).toFixed(1)} MiB`,
      `${(peakBeyondOnePage / MEBIBYTE).toFixed(1)} MiB`,
      wall.toFixed(2),
      ...(cat === null ? [] : [`${cat.toFixed(2)}, ratio ${(wall / cat).toFixed(2)}`]),
    ]),
  ]);
}

export function pageScanningText({ pageBytes, runs, commands }: PageScanning): string {
  return section(`Reading ${pageBytes / 2 ** 30} GiB of pages, ${runs} runs of each in turn`, [
    ['MB/s', 'min', 'median', 'max', 'times cat (medians, minima)', 'without the start', 'peak memory'],
    ...commands.map(({ name, rate, toCat, pagesToCat, peak }) => [
      name,
      ...[rate.min, rate.median, rate.max].map((value) => value.toFixed(0)),
      twice(toCat),
      pagesToCat === null ? '-' : pagesToCat.toFixed(2),
      peak === null ? '-' : mebibytes(peak),
    ]),
  ]);
}

export function archivesText({ bytes, runs, codecs, piped }: Archives): string {
  const mb = (value: number): string => value.toFixed(0);
  const rates = section(`Expanding to ${bytes / 2 ** 30} GiB, ${runs} runs of each in turn with the program`, [
    ['MB/s', 'min', 'median', 'max', 'program', 'its median', 'ratio'],
    ...codecs.map(({ name, rate, program, programRate }) => [
      name,
      mb(rate.min),
      mb(rate.median),
      mb(rate.max),
      program,
      programRate === null ? '-' : mb(programRate.median),
      programRate === null ? '-' : (rate.median / programRate.median).toFixed(2),
    ]),
  ]);
  const memory = section(`Check of a tar.zst of ${piped.archiveBytes / 2 ** 30} GiB (${piped.packedBytes} bytes) from a pipe`, [
    ['', 'seconds', 'MB/s', 'peak memory', 'the same with 1 MiB'],
    [
      'ckpt check -',
      piped.wall.toFixed(2),
      mb(piped.archiveBytes / 1e6 / piped.wall),
      mebibytes(piped.peak),
      mebibytes(piped.peakOfSmall),
    ],
  ]);
  return `${rates}\n${memory}`;
}

function spreadCells({ min, median, max }: Spread): string[] {
  return [min, median, max].map((value) => value.toFixed(1));
}

function twice({ medians, minima }: { readonly medians: number; readonly minima: number }): string {
  return `${medians.toFixed(2)} ${minima.toFixed(2)}`;
}

/** A heading, and rows in columns: the first aligned left, the others right. */
function section(heading: string, rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  );
  return `${heading}\n\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n`;
}
