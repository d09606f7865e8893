/** How images came out of a verification, for people. */
import type { Check, CheckId, Covered } from '../verification/check.ts';
import type { Damage } from '../verification/damage.ts';
import type { VerifiedImage, VerifyDocument } from '../verify.ts';
import { escapeText } from './escape.ts';
import { byteSize, countOf } from './quantities.ts';
import { type Style, styleFor, type TextOptions } from './style.ts';
import { hanging } from './wrap.ts';

export interface VerifyTextOptions extends TextOptions {
  /** Every damage; without it the first few of each check. */
  readonly all: boolean;
}

/** Damages of one check that are shown unless all are asked for. */
const SHOWN = 10;

/** Total over the checks: a new one does not compile until it has its name. */
export const CHECK_NAMES = {
  header: 'header',
  'header-hmac': 'header HMAC',
  chunks: 'chunks',
  'body-hmac': 'body HMACs',
  'feature-set': 'CPU feature set',
  'kernel-graph': 'kernel graph',
  kernel: 'kernel objects',
  end: 'end of state file',
  'memory-metadata': 'memory metadata',
  pages: 'pages',
  'fs-manifest': 'filesystem manifest',
  'fs-memory-metadata': 'filesystem memory',
  'fs-files': 'filesystem archives',
  'fs-pages': 'filesystem pages',
  archive: 'archive',
} as const satisfies Record<CheckId, string>;

const OUTCOMES = { ok: 'ok', damaged: 'damaged', 'not-checked': 'not checked' } as const;

/** One line for each check of each image, and below it what is damaged. Ends with one newline. */
export function renderVerifyText(document: VerifyDocument, options: VerifyTextOptions): string {
  const style = styleFor(options);
  const lines = document.images.flatMap((image, index) => [...(index === 0 ? [] : ['']), ...imageLines(image, style, options)]);
  if (document.images.length > 1) lines.push('', summary(document));
  return `${lines.join('\n')}\n`;
}

function imageLines(image: VerifiedImage, style: Style, options: VerifyTextOptions): string[] {
  const paint = { intact: style.good, damaged: style.bad, unreadable: style.bad }[image.verdict];
  const head = `${style.strong(escapeText(image.path))}: ${paint(verdictText(image))}`;
  return [head, ...image.checks.flatMap((check) => checkLines(check, style, options))];
}

function verdictText({ verdict, checks }: VerifiedImage): string {
  if (verdict === 'unreadable') return 'not readable as an image';
  if (verdict === 'damaged') {
    const count = checks.reduce((sum, { damages, unlisted }) => sum + damages.length + unlisted, 0);
    return `damaged (${countOf(count, 'place')})`;
  }
  const open = checks.filter(({ outcome }) => outcome === 'not-checked').length;
  return `no damage found${open === 0 ? '' : `; ${countOf(open, 'check')} could not be made`}`;
}

const NAME_COLUMNS = Math.max(...Object.values(CHECK_NAMES).map((name) => name.length));
const OUTCOME_COLUMNS = Math.max(...Object.values(OUTCOMES).map((name) => name.length));

function checkLines(check: Check, style: Style, { width, all }: VerifyTextOptions): string[] {
  const { id, outcome, message, covered, damages, unlisted } = check;
  const paint = { ok: style.good, damaged: style.bad, 'not-checked': style.open }[outcome];
  const name = CHECK_NAMES[id].padEnd(NAME_COLUMNS);
  const word = OUTCOMES[outcome].padEnd(OUTCOME_COLUMNS);
  const numbers = coveredText(covered);
  const count = damages.length + unlisted;
  const told = outcome === 'damaged' ? countOf(count, 'place') : escapeText(message);
  const text = numbers === '' ? told : `${told} (${numbers})`;
  const [first = '', ...rest] = hanging(`  ${name}  ${word}  `, text, width);
  // Padding is not painted, so that the lines have one width whatever the colour.
  const painted = first.replace(word, paint(OUTCOMES[outcome]) + ' '.repeat(OUTCOME_COLUMNS - OUTCOMES[outcome].length));
  const shown = all ? damages : damages.slice(0, SHOWN);
  const left = count - shown.length;
  return [
    painted,
    ...rest,
    ...shown.flatMap((damage) => hanging('    ', damageText(damage), width)),
    ...(left === 0 ? [] : [`    … and ${countOf(left, 'more place')}${all ? '' : ' (--all shows more)'}`]),
  ];
}

/** `checkpoint.img, byte 163722 (byte 161000 of the decoded body): expected …, found … [bad-deflate]` */
export function damageText({ file, offset, decoded, message, code }: Damage): string {
  const at = offset === null ? '' : `byte ${offset}`;
  const inside =
    decoded === null ? '' : `byte ${decoded} of ${file === null ? 'what the archive expands to' : 'the decoded body'}`;
  const place = at === '' ? inside : inside === '' ? at : `${at} (${inside})`;
  const where = [file === null ? '' : escapeText(file), place].filter((part) => part !== '').join(', ');
  return `${where === '' ? '' : `${where}: `}${escapeText(message)} [${code}]`;
}

/** What numbers count, in the singular; those of bytes are told as sizes. */
const COUNTED: Readonly<Record<string, readonly [one: string, many: string]>> = {
  keys: ['key', 'keys'],
  chunks: ['chunk', 'chunks'],
  hashes: ['HMAC', 'HMACs'],
  types: ['type', 'types'],
  objects: ['object', 'objects'],
  structs: ['struct', 'structs'],
  references: ['reference', 'references'],
  threads: ['thread', 'threads'],
  fpuStates: ['floating-point state', 'floating-point states'],
  memoryFiles: ['memory file', 'memory files'],
  fileSystems: ['file system', 'file systems'],
  segments: ['segment', 'segments'],
  ranges: ['range', 'ranges'],
  files: ['file', 'files'],
  extents: ['stretch of content', 'stretches of content'],
};
const SIZES: Readonly<Record<string, string>> = {
  bytes: '',
  pageBytes: ' of pages',
  savedBytes: ' of content saved',
  bytesRead: ' read',
};

function coveredText(covered: Covered): string {
  return Object.entries(covered)
    .map(([name, value]) => {
      const words = COUNTED[name];
      return words === undefined ? `${byteSize(value, 'short')}${SIZES[name] ?? ''}` : countOf(value, words[0], words[1]);
    })
    .join(', ');
}

function summary({ images }: VerifyDocument): string {
  const count = (verdict: VerifiedImage['verdict']): number => images.filter((image) => image.verdict === verdict).length;
  return `${countOf(images.length, 'image')}: ${count('intact')} without damage, ${count('damaged')} damaged, ${count('unreadable')} not readable`;
}
