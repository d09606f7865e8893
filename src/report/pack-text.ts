/** What was packed, for people. */
import type { PackDocument } from '../pack.ts';
import { escapeText } from './escape.ts';
import { byteSize } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

const WORDS = { none: 'not compressed', gzip: 'gzip', zstd: 'zstd' } as const;

/** The archive and its members. Ends with one newline. */
export function renderPackText({ file, compression, bytes, sha256, members }: PackDocument, options: TextOptions): string {
  const style = styleFor(options);
  const head = ['NAME', 'BYTES', 'SHA-256'];
  const rows = members.map((member) => [member.name, String(member.bytes), member.sha256]);
  const name = file === null ? 'standard output' : escapeText(file);
  const lines = [
    `${style.strong(name)}: ${byteSize(bytes)}, ${WORDS[compression]}, SHA-256 ${sha256}`,
    ...table(rows, { head: { cells: head, paint: style.faint }, indent: 2, width: options.width, numbers: [1] }),
  ];
  return `${lines.join('\n')}\n`;
}
