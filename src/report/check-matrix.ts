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

/** Names without what all of them share at both ends, and what that is with `*` for the rest; null where they share nothing. */
export interface ShortNames {
  readonly names: readonly string[];
  readonly pattern: string | null;
}

/** Takes whole folders only: `hosts/rome/cpuid.txt`, `hosts/milan/cpuid.txt` are `rome` and `milan` of one pattern. */
export function shortNames(names: readonly string[]): ShortNames {
  const [first] = names;
  if (first === undefined || new Set(names).size < 2) return { names, pattern: null };
  const before = sharedStart(names, first);
  const after = sharedEnd(
    names.map((name) => name.slice(before.length)),
    first.slice(before.length),
  );
  if (before === '' && after === '') return { names, pattern: null };
  const short = names.map((name) => name.slice(before.length, name.length - after.length));
  return short.includes('') ? { names, pattern: null } : { names: short, pattern: `${before}*${after}` };
}

function sharedStart(names: readonly string[], first: string): string {
  let end = first.lastIndexOf('/') + 1;
  while (end > 0 && !names.every((name) => name.startsWith(first.slice(0, end)))) end = first.lastIndexOf('/', end - 2) + 1;
  return first.slice(0, end);
}

function sharedEnd(names: readonly string[], first: string): string {
  let start = first.indexOf('/');
  while (start !== -1 && !names.every((name) => name.endsWith(first.slice(start)))) start = first.indexOf('/', start + 1);
  return start === -1 ? '' : first.slice(start);
}
