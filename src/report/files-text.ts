/** What the processes of an image have open, for people: as `lsof` would list it. */
import type { FileDocument } from '../inspection/files.ts';
import { escapeAll } from './escape.ts';
import { fileRemarks } from './file-remarks.ts';
import { firstOf, withRest } from './long-list.ts';
import { byteSize } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

const HEAD = ['FD', 'KIND', 'ACCESS', 'SIZE', 'FILE'];

/** A table of files for each process. Escapes what it shows. */
export function fileLines(files: readonly FileDocument[], options: TextOptions): string[] {
  if (files.length === 0) return ['  none'];
  const style = styleFor(options);
  const some = firstOf(files);
  const lines: string[] = [];
  for (const list of byProcess(escapeAll(some.shown))) {
    const [first] = list;
    if (first === undefined) continue;
    if (lines.length > 0) lines.push('');
    const where = first.container === '' ? '' : `, container ${first.container}`;
    const thread = first.tid === null ? '' : `, what thread ${first.tid} has for itself`;
    lines.push(`  PID ${first.pid} ${style.strong(first.process)}${where}${thread}`);
    lines.push(...table(list.map(row), { head: { cells: HEAD, paint: style.faint }, indent: 4, width: options.width }));
  }
  return withRest(lines, some, 2);
}

function byProcess(files: readonly FileDocument[]): FileDocument[][] {
  const groups = new Map<string, FileDocument[]>();
  for (const file of files) {
    const key = `${file.pid} ${file.tid ?? ''}`;
    const list = groups.get(key) ?? [];
    list.push(file);
    groups.set(key, list);
  }
  return [...groups.values()];
}

function row(file: FileDocument): string[] {
  return [
    file.fd === null ? file.role : String(file.fd),
    file.kind,
    accessOf(file),
    sizeOf(file),
    [file.path ?? 'cannot be read', ...fileRemarks(file)].join('; '),
  ];
}

const ACCESS: Readonly<Record<string, string>> = { O_RDONLY: 'r', O_WRONLY: 'w', O_RDWR: 'rw' };

function accessOf({ flags, role }: FileDocument): string {
  if (role === 'exe') return 'x';
  return ACCESS[flags[0] ?? ''] ?? '-';
}

/** The size, and how far it was read or written where that is not its start or end: `64 KiB, at 4200`. */
function sizeOf({ size, offset }: FileDocument): string {
  if (size === null) return '-';
  const all = byteSize(size, 'short');
  return offset === null || offset === 0 || offset === size ? all : `${all}, at ${offset}`;
}
