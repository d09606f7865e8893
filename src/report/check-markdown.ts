/** The answer of `check` as Markdown: a summary, the matrix, and what stands between the pairs that do not restore. */
import type { CheckDocument, CheckResult } from '../restore/result.ts';
import {
  checkSummary,
  decidingGate,
  type FindingTables,
  findingSentence,
  judgementSentence,
  type ShownFinding,
  type ShownPair,
  shownPairs,
  standingNote,
} from './check-findings.ts';
import { explanationOf } from './check-groups.ts';
import { matrixOf } from './check-matrix.ts';
import { errorSubject, reservations, VERDICT_WORDS } from './check-words.ts';
import { htmlCode, markdownCode, markdownFence, markdownRow, markdownTable, markdownText } from './markdown.ts';
import { fitted, type MarkdownPiece, MOST_BYTES } from './markdown-pages.ts';
import { countOf } from './quantities.ts';

export interface CheckMarkdownOptions extends FindingTables {
  /** The most bytes of the page (default: {@link MOST_BYTES}). */
  readonly mostBytes?: number;
}

/** Columns of one matrix: more of them make another one. */
const MOST_COLUMNS = 8;
/** Names of one list that are written out. */
const MOST_NAMES = 200;
/** Pairs that one explanation names. */
const MOST_PAIRS = 50;

/** Ends with one newline. Nothing of the inputs is markup in it, and it has no more bytes than it may. */
export function renderCheckMarkdown(document: CheckDocument, options: CheckMarkdownOptions): string {
  return fitted(pieces(document, options), options.mostBytes ?? MOST_BYTES);
}

function* pieces(document: CheckDocument, tables: FindingTables): Generator<MarkdownPiece> {
  const { word, counts } = checkSummary(document);
  yield { text: `## ckpt check: ${word}\n\n${markdownText(counts)}\n`, counted: null };
  yield* errors(document);
  yield* waivers(document);
  yield* matrix(document.results);
  const open = shownPairs(document, tables.findingsOf).filter(({ standing }) => standing !== 'pass');
  for (const group of groups(open)) yield { text: details(group, tables), counted: 'explanations' };
  const limits = [...new Set(document.results.filter(({ verdict }) => verdict === 'restorable').map(reservations))];
  for (const limit of limits)
    if (limit !== '') yield { text: `\nRestorable as far as it was checked (${markdownText(limit)}).\n`, counted: null };
}

function* errors({ errors: all }: CheckDocument): Generator<MarkdownPiece> {
  if (all.length === 0) return;
  yield { text: '\n### Not readable\n\n', counted: null };
  for (const error of all) {
    const { kind, name } = errorSubject(error);
    const text = `- ${kind} ${markdownCode(name)}: ${markdownText(error.message)} (${markdownCode(error.code)})\n`;
    yield { text, counted: 'inputs' };
  }
}

function* waivers({ policy }: CheckDocument): Generator<MarkdownPiece> {
  if (policy === undefined) return;
  for (const [index, { id, state, findings, owner, expires, reason }] of policy.waivers.entries()) {
    const row = [markdownCode(id), state === 'expired' ? '**expired**' : state, String(findings)];
    const more = [markdownText(owner ?? ''), expires ?? '', markdownText(reason)];
    const head = ['waiver', 'state', 'findings', 'owner', 'until', 'reason'];
    yield {
      text: `${index === 0 ? `\n### Waivers\n\n${markdownTable(head, [])}` : ''}${markdownRow([...row, ...more])}`,
      counted: 'waivers',
    };
  }
  for (const [index, note] of policy.notes.entries())
    yield { text: `${index === 0 ? '\n' : ''}- ${markdownText(note)}\n`, counted: 'notes' };
}

function* matrix(results: readonly CheckResult[]): Generator<MarkdownPiece> {
  if (results.length === 0) return;
  const { kinds, rows, columns, cells } = matrixOf(results);
  for (let from = 0; from < columns.length; from += MOST_COLUMNS) {
    const some = columns.slice(from, from + MOST_COLUMNS);
    const head = [kinds[0], ...some.map(markdownCode)];
    yield { text: `\n${markdownTable(head, [])}`, counted: 'tables' };
    for (const [index, name] of rows.entries()) {
      const row = some.map((_, column) => cell(cells[index]?.[from + column] ?? null));
      yield { text: markdownRow([markdownCode(name), ...row]), counted: 'rows of tables' };
    }
  }
}

function cell(result: CheckResult | null): string {
  if (result === null) return '';
  const { verdict } = result;
  const gate = decidingGate(result);
  const word = verdict === 'restorable' ? 'restorable' : `**${VERDICT_WORDS[verdict]}**`;
  const why = gate === null ? '' : ` ${markdownCode(gate)}`;
  return `${word}${why}${standingNote(result)}`;
}

type PairGroup = readonly [ShownPair, ...ShownPair[]];

/** Pairs with the same explanation, the worst first. */
function groups(pairs: readonly ShownPair[]): PairGroup[] {
  const all = new Map<string, [ShownPair, ...ShownPair[]]>();
  for (const standing of ['fail', 'open', 'warn', 'accepted'] as const) {
    for (const pair of pairs) {
      if (pair.standing !== standing) continue;
      const key = explanationOf(pair.result);
      const group = all.get(key);
      if (group === undefined) all.set(key, [pair]);
      else group.push(pair);
    }
  }
  return [...all.values()];
}

function details(group: PairGroup, { reasons }: FindingTables): string {
  const [{ result, findings }] = group;
  const { image, host, verdict, firstFailure, runscError, rules, advice } = result;
  const more = group.length === 1 ? '' : ` and ${countOf(group.length - 1, 'more pair')}`;
  const lines = [
    '',
    `<details><summary>${VERDICT_WORDS[verdict]} ${htmlCode(image.path)} on ${htmlCode(host.name)}${more}</summary>`,
    '',
    ...(group.length === 1 ? [] : [...pairList(group), '']),
    `Rules: ${markdownCode(rules.release)}.${firstFailure === null ? '' : ` runsc would stop at the gate ${markdownCode(firstFailure)}.`}`,
    ...(runscError === null ? [] : ['', 'It would print:', '', markdownFence([runscError]).trimEnd()]),
    '',
    ...findings.map((finding) => findingLine(finding, reasons[finding.code].title)),
    ...(advice.length === 0 ? [] : ['', 'What to do:', '']),
    ...advice.flatMap(({ code, message, setting }) => [
      `- ${markdownText(message)} (${markdownCode(code)})`,
      ...(setting === undefined ? [] : ['', ...indented(markdownFence([setting])), '']),
    ]),
    '',
    '</details>',
  ];
  return `${lines.join('\n')}\n`;
}

/** A block that belongs to the item of a list before it. */
function indented(block: string): string[] {
  return block
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);
}

function pairList(group: PairGroup): string[] {
  const shown = group
    .slice(0, MOST_PAIRS)
    .map(({ result }) => `- ${markdownCode(result.image.path)} on ${markdownCode(result.host.name)}`);
  return group.length > MOST_PAIRS ? [...shown, `- and ${group.length - MOST_PAIRS} more`] : shown;
}

function findingLine(finding: ShownFinding, title: string): string {
  const { gate, code, outcome, features } = finding;
  const judged = judgementSentence(finding);
  const note = judged === null ? '' : ` *${markdownText(judged)}*`;
  const names = features.slice(0, MOST_NAMES).map(markdownCode).join(' ');
  const rest = features.length > MOST_NAMES ? ` and ${features.length - MOST_NAMES} more` : '';
  const said = features.length === 0 ? markdownText(findingSentence(finding, MOST_NAMES)) : `${features.length}: ${names}${rest}`;
  const word = outcome === 'fail' ? '**FAIL**' : '**UNKNOWN**';
  return `- ${word} ${markdownCode(gate)} ${code} *${plainTitle(title)}*: ${said}${note}`;
}

/** Titles are ours, and Markdown. */
function plainTitle(title: string): string {
  return title.replaceAll('*', '');
}
