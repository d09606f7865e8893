/** The document `ckpt/extract@1` for people: as `ls -l` would list it, or what was written. */
import type { ExtractDocument, ExtractedFile } from '../extraction/document.ts';
import { escapeAll, escapeText } from './escape.ts';
import { firstOf, joined, withRest } from './long-list.ts';
import { modeText } from './mode-text.ts';
import { byteSize, countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';
import { hanging } from './wrap.ts';

const HEAD = ['MODE', 'OWNER', 'SIZE', 'MODIFIED', 'FILE'];

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

function listLines({ files, fileSystems, totals, errors }: ExtractDocument, options: TextOptions): string[] {
  const style = styleFor(options);
  if (fileSystems.length === 0)
    return [
      errors.length === 0
        ? 'The image holds no files: no writable layer, no tmpfs.'
        : 'The files of the image could not be read.',
    ];
  const some = firstOf(files);
  const rows = escapeAll(some.shown).map((file) => [
    modeText(file.type, file.mode),
    `${file.uid}/${file.gid}`,
    file.device ?? String(file.size),
    file.modified === null ? '?' : file.modified.slice(0, 19).replace('T', ' '),
    `${file.path}${targetOf(file)}${remarkOf(file)}`,
  ]);
  const lines = table(rows, { head: { cells: HEAD, paint: style.faint }, indent: 0, width: options.width, numbers: [2] });
  const leftOut = totals.leftOut === 0 ? '' : `; ${totals.leftOut} of them left out`;
  return [...withRest(lines, some, 0), `${countOf(totals.files, 'file')}, ${byteSize(totals.bytes)}${leftOut}`];
}

function writtenLines(document: ExtractDocument, options: TextOptions): string[] {
  const style = styleFor(options);
  const { totals, output, files, notes } = document;
  const where = output === null ? '' : ` to ${escapeText(output)}`;
  const lines = [`${style.strong(`${countOf(totals.written, 'file')} written`)}${where}, ${byteSize(totals.bytes)}`];
  for (const { code, files: number } of notes) lines.push(`  ${NOTES[code](countOf(number, 'file'))}`);
  const failed = firstOf(files.filter(({ outcome }) => outcome === 'failed'));
  const failures = failed.shown.map(
    ({ path, error }) => `  ${style.bad('failed')} ${escapeText(path)}: ${escapeText(error?.message ?? '')}`,
  );
  return [...lines, ...withRest(failures, failed, 2), ...leftOutLines(files, options)];
}

/** Files up to which each has a line with the reason, instead of the reason a list of names. */
const LINES_EACH = 2;

function leftOutLines(files: readonly ExtractedFile[], options: TextOptions): string[] {
  const word = styleFor(options).faint('left out');
  const names = new Map<NonNullable<ExtractedFile['reason']>, string[]>();
  for (const { path, outcome, reason } of files) {
    if (outcome !== 'left-out' || reason === null) continue;
    const others = names.get(reason);
    if (others === undefined) names.set(reason, [escapeText(path)]);
    else others.push(escapeText(path));
  }
  return [...names].flatMap(([reason, some]) =>
    some.length <= LINES_EACH
      ? some.map((name) => `  ${word} ${name}: ${REASONS[reason]}`)
      : [`  ${word} ${countOf(some.length, 'file')}: ${REASONS[reason]}`, ...hanging('    ', joined(some, ', '), options.width)],
  );
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
