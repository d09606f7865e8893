/** The pairs as a matrix of images and hosts. */
import type { CheckResult } from '../restore/result.ts';

/** Results by image and host, in the order in which they were first met. The rows are the images, or the hosts where there are more of them. */
export interface Matrix {
  /** What a row and a column is. */
  readonly kinds: readonly ['image', 'host'] | readonly ['host', 'image'];
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** By row, then by column; null where there is no answer. */
  readonly cells: readonly (readonly (CheckResult | null)[])[];
}

/** Names that were given twice are two rows or columns. */
export function matrixOf(results: readonly CheckResult[]): Matrix {
  const images: string[] = [];
  const hosts: string[] = [];
  const columns = new Map<string, number>();
  const cells: (CheckResult | null)[][] = [];
  const rows = new Map<string, number>();
  const seen = new Map<string, number>();
  for (const result of results) {
    const { image, host } = result;
    const row = rows.get(image.path) ?? images.push(image.path) - 1;
    rows.set(image.path, row);
    const pair = JSON.stringify([image.path, host.name]);
    const occurrence = seen.get(pair) ?? 0;
    seen.set(pair, occurrence + 1);
    const name = JSON.stringify([host.name, occurrence]);
    const column = columns.get(name) ?? hosts.push(host.name) - 1;
    columns.set(name, column);
    const cell = cells[row] ?? [];
    cells[row] = cell;
    cell[column] = result;
  }
  const cell = (row: number, column: number): CheckResult | null => cells[row]?.[column] ?? null;
  return hosts.length > images.length
    ? {
        kinds: ['host', 'image'],
        rows: hosts,
        columns: images,
        cells: hosts.map((_, column) => images.map((_image, row) => cell(row, column))),
      }
    : {
        kinds: ['image', 'host'],
        rows: images,
        columns: hosts,
        cells: images.map((_, row) => hosts.map((_host, column) => cell(row, column))),
      };
}
