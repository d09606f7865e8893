/** The document `ckpt/extract@1` for people: as `ls -l` would list it, or what was written. */
import type { ExtractDocument, ExtractedFile } from '../extraction/document.ts';
import { escapeAll, escapeText } from './escape.ts';
import { firstOf, withRest } from './long-list.ts';
import { byteSize, countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

const HEAD = ['MODE', 'OWNER', 'SIZE', 'MODIFIED', 'FILE'];

const LETTERS = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  'character-device': 'c',
  'block-device': 'b',
} as const satisfies Record<ExtractedFile['type'], string>;

const REASONS = {
  'unsafe-name': 'its name would lead elsewhere',
  'duplicate-name': 'another file has this name',
  'hidden-by-mount': 'another file system is mounted over it',
  whiteout: 'it marks a deleted file',
  socket: 'sockets cannot be kept outside',
  device: 'device nodes are made with --devices',
  'link-target': 'the file that it is another name of is not there',
} as const satisfies Record<NonNullable<ExtractedFile['reason']>, string>;

const NOTES = {
  owners: (files: string) => `${files} belong to you, not to their owners`,
  'set-id': (files: string) => `${files} without set-user-id and set-group-id, which --preserve keeps`,
  xattrs: (files: string) => `${files} without extended attributes, which an archive (-o) keeps`,
} as const satisfies Record<ExtractDocument['notes'][number]['code'], (files: string) => string>;

/** Renders the document. */
export function renderExtractText(document: ExtractDocument, options: TextOptions): string {
  const lines = document.action === 'list' ? listLines(document, options) : writtenLines(document, options);
  return `${lines.join('\n')}\n`;
}

function listLines({ files, fileSystems, totals }: ExtractDocument, options: TextOptions): string[] {
  const style = styleFor(options);
  if (fileSystems.length === 0) return ['The image holds no files: no writable layer, no tmpfs.'];
  const some = firstOf(files);
  const rows = escapeAll(some.shown).map((file) => [
    `${LETTERS[file.type]}${permissions(file.mode)}`,
    `${file.uid}/${file.gid}`,
    file.device ?? String(file.size),
    file.modified === null ? '?' : file.modified.slice(0, 19).replace('T', ' '),
    `${file.path}${targetOf(file)}${remarkOf(file)}`,
  ]);
  const lines = table(rows, { head: { cells: HEAD, paint: style.faint }, indent: 0, width: options.width, numbers: [2] });
  return [...withRest(lines, some, 0), `${countOf(totals.files, 'file')}, ${byteSize(totals.bytes)}`];
}

function writtenLines(document: ExtractDocument, options: TextOptions): string[] {
  const style = styleFor(options);
  const { totals, output, files, notes } = document;
  const where = output === null ? '' : ` to ${escapeText(output)}`;
  const lines = [`${style.strong(`${countOf(totals.written, 'file')} written`)}${where}, ${byteSize(totals.bytes)}`];
  for (const { code, files: number } of notes) lines.push(`  ${NOTES[code](countOf(number, 'file'))}`);
  const others = firstOf(files.filter(({ outcome }) => outcome !== 'written'));
  for (const { path, outcome, error, reason } of others.shown) {
    const name = escapeText(path);
    lines.push(
      outcome === 'failed'
        ? `  ${style.bad('failed')} ${name}: ${escapeText(error?.message ?? '')}`
        : `  ${style.faint('left out')} ${name}: ${reason === null ? '' : REASONS[reason]}`,
    );
  }
  return withRest(lines, others, 2);
}

function targetOf({ target, linkTo }: ExtractedFile): string {
  if (linkTo !== null) return ` = ${linkTo}`;
  return target === null ? '' : ` -> ${target}`;
}

function remarkOf({ outcome, reason, whiteout, size, allocated, type }: ExtractedFile): string {
  const remarks: string[] = [];
  if (whiteout) remarks.push('deleted in the layer below');
  if (outcome === 'left-out' && reason !== null) remarks.push(`left out: ${REASONS[reason]}`);
  if (type === 'file' && allocated < size) remarks.push(`${byteSize(allocated, 'short')} of it saved, the rest holes`);
  return remarks.length === 0 ? '' : `  (${remarks.join('; ')})`;
}

/** `rwsr-xr-t`. */
function permissions(octal: string): string {
  const mode = Number.parseInt(octal, 8);
  const triple = (bits: number, special: boolean, letter: string): string => {
    const execute = (bits & 1) !== 0;
    const last = special ? (execute ? letter : letter.toUpperCase()) : execute ? 'x' : '-';
    return `${(bits & 4) !== 0 ? 'r' : '-'}${(bits & 2) !== 0 ? 'w' : '-'}${last}`;
  };
  return [
    triple((mode >> 6) & 7, (mode & 0o4000) !== 0, 's'),
    triple((mode >> 3) & 7, (mode & 0o2000) !== 0, 's'),
    triple(mode & 7, (mode & 0o1000) !== 0, 't'),
  ].join('');
}
