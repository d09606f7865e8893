/** The pairs as a matrix of images and hosts. */
import type { CheckResult } from '../restore/result.ts';

/** Results by image and host, in the order in which they were first met. */
export interface Matrix {
  readonly images: readonly string[];
  readonly hosts: readonly string[];
  /** By image, then by host; null where there is no answer. */
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
  return { images, hosts, cells: images.map((_, row) => hosts.map((_host, column) => cells[row]?.[column] ?? null)) };
}

/** The other way round: hosts are the rows. */
export function turned({ images, hosts, cells }: Matrix): Matrix {
  return {
    images: hosts,
    hosts: images,
    cells: hosts.map((_, column) => images.map((_image, row) => cells[row]?.[column] ?? null)),
  };
}
