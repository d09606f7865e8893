/** The answer of `check` for people. */
import type { CheckDocument, CheckError, CheckResult, Verdict } from '../restore/result.ts';
import { pairLines } from './check-pair-text.ts';
import { notChecked, paintVerdict, VERDICT_WORDS } from './check-words.ts';
import { escapeAll } from './escape.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

export interface CheckTextOptions extends TextOptions {
  /** Only the verdicts, without reasons and advice. */
  readonly quiet: boolean;
  /** Whether the messages of unreadable inputs are part of the text; they are not when they go to another output anyway. */
  readonly errors: boolean;
}

/**
 * Verdict first; with several pairs one line for each and then the details of those that are not restorable.
 *
 * Ends with one newline. Nothing of the inputs reaches the text unescaped.
 */
export function renderCheckText(document: CheckDocument, options: CheckTextOptions): string {
  const { verdict, results, errors } = escapeAll(document);
  const [only] = results;
  const lines: string[] = [];
  if (results.length === 1 && only !== undefined && !options.quiet) {
    // What is wrong with the image itself is said by its gate.
    const others = errors.filter((error) => error.image !== only.image.path);
    lines.push(...pairLines(only, options), ...unreadable(others, options));
  } else {
    if (results.length !== 1 || errors.length > 0) lines.push(summary(verdict, results, errors, options));
    if (results.length > 1) lines.push('');
    lines.push(...pairTable(results, options), ...unreadable(errors, options));
    if (!options.quiet)
      for (const result of results.filter(isOpen)) lines.push('', rule(options), '', ...pairLines(result, options));
  }
  return `${lines.join('\n')}\n`;
}

function isOpen(result: CheckResult): boolean {
  return result.verdict !== 'restorable';
}

function summary(verdict: Verdict, results: readonly CheckResult[], errors: readonly CheckError[], options: TextOptions): string {
  const word = paintVerdict(verdict, styleFor(options))(VERDICT_WORDS[verdict]);
  const count = (wanted: Verdict): number => results.filter((result) => result.verdict === wanted).length;
  const parts = [
    `${count('restorable')} of ${countOf(results.length, 'pair')} restorable`,
    count('blocked') === 0 ? '' : `${count('blocked')} blocked`,
    count('unknown') === 0 ? '' : `${count('unknown')} undecided`,
    errors.length === 0 ? '' : `${countOf(errors.length, 'input')} not readable`,
  ];
  const said = results.length === 0 ? parts.slice(3) : parts;
  return `${word}  ${said.filter((part) => part !== '').join(', ')}`;
}

function pairTable(results: readonly CheckResult[], options: TextOptions): string[] {
  const style = styleFor(options);
  const rows = results.map((result) => [VERDICT_WORDS[result.verdict], result.image.path, result.host.name, inShort(result)]);
  const verdicts = Object.entries(VERDICT_WORDS) as [Verdict, string][];
  const paint = (cell: string, column: number): string => {
    const verdict = column === 0 ? verdicts.find(([, word]) => word === cell)?.[0] : undefined;
    return verdict === undefined ? cell : paintVerdict(verdict, style)(cell);
  };
  // One line for each pair, however long: such lines are searched and counted.
  return table(rows, { indent: 0, width: Number.POSITIVE_INFINITY, paint });
}

/** Why, in a few words. */
function inShort(result: CheckResult): string {
  if (result.verdict === 'restorable') {
    const open = notChecked(result);
    return open.length === 0 ? '' : `not checked: ${open.join(', ')}`;
  }
  const wanted = result.verdict === 'blocked' ? 'fail' : 'unknown';
  const ids = result.gates.filter((gate) => gate.outcome === wanted).map((gate) => gate.id);
  const missing = result.missingFeatures.length === 0 ? '' : ` (${countOf(result.missingFeatures.length, 'feature')} missing)`;
  return ids.map((id) => (id === 'cpu-features' ? `${id}${missing}` : id)).join(', ');
}

function unreadable(errors: readonly CheckError[], options: CheckTextOptions): string[] {
  if (errors.length === 0) return [];
  const rows = errors.map((error) => [
    error.image ?? error.host ?? '',
    error.image === undefined ? 'host' : 'image',
    options.errors ? error.message : error.code,
  ]);
  return ['', styleFor(options).strong('Not readable'), ...table(rows, { indent: 2, width: options.width })];
}

function rule(options: TextOptions): string {
  return styleFor(options).faint('─'.repeat(Math.min(options.width, 100)));
}
