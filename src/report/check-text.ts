/** The answer of `check` for people. */
import type { CheckDocument, CheckError, CheckResult, Verdict } from '../restore/result.ts';
import { explanationOf, grouped, shortExplanationOf, shortPairLines } from './check-groups.ts';
import { pairLines } from './check-pair-text.ts';
import { policyLines } from './check-policy-text.ts';
import { errorSubject, paintVerdict, reasonOf, reservations, VERDICT_WORDS } from './check-words.ts';
import { escapeAll } from './escape.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

/** The most explanations of a run that are told in full unasked. */
const FULL_EXPLANATIONS = 4;

export interface CheckTextOptions extends TextOptions {
  /** Only the verdicts, without reasons and advice. */
  readonly quiet: boolean;
  /** Gates and advice of every pair, however many there are. */
  readonly details: boolean;
}

/**
 * Verdict first; with several pairs one line for each, and then the explanations of those that are not restorable, each told once for
 * all pairs that share it, and in short when there are many.
 *
 * Ends with one newline. Nothing of the inputs reaches the text unescaped.
 */
export function renderCheckText(document: CheckDocument, options: CheckTextOptions): string {
  const escaped = escapeAll(document);
  const { verdict, results, errors } = escaped;
  const policy = policyLines(escaped, options, options.quiet);
  const [only] = results;
  if (results.length === 1 && only !== undefined && !options.quiet) {
    // What is wrong with the image itself is said by its gate.
    const others = errors.filter((error) => error.image !== only.image.path);
    const first = others.length === 0 ? [] : [summary(verdict, results, others, options), ...unreadable(others, options), ''];
    return text([...first, ...pairLines([only], options), ...policy]);
  }
  return text([
    ...(results.length === 1 && errors.length === 0 ? [] : [summary(verdict, results, errors, options)]),
    ...(results.length > 1 ? [''] : []),
    ...pairTable(results, options),
    ...unreadable(errors, options),
    ...policy,
    ...(options.quiet ? [] : explanations(results.filter(isOpen), options)),
  ]);
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function explanations(open: readonly CheckResult[], options: CheckTextOptions): string[] {
  const full = grouped(open, explanationOf);
  if (options.details || full.length <= FULL_EXPLANATIONS)
    return full.flatMap((group) => ['', rule(options), '', ...pairLines(group, options)]);
  const short = grouped(open, shortExplanationOf).flatMap((group) => ['', ...shortPairLines(group, options)]);
  return ['', rule(options), ...short, '', '--details shows gates and advice for each pair'];
}

function isOpen(result: CheckResult): boolean {
  return result.verdict !== 'restorable';
}

const ADJECTIVES = [
  ['blocked', 'blocked'],
  ['unknown', 'undecided'],
  ['restorable', 'restorable'],
] as const satisfies readonly (readonly [Verdict, string])[];

/** Begins with what makes the verdict. */
function summary(verdict: Verdict, results: readonly CheckResult[], errors: readonly CheckError[], options: TextOptions): string {
  const word = paintVerdict(verdict, styleFor(options))(VERDICT_WORDS[verdict]);
  const answers = ADJECTIVES.map(([wanted, adjective]) => ({
    adjective,
    count: results.filter((result) => result.verdict === wanted).length,
  })).filter(({ count }) => count > 0);
  const pairs = answers.map(({ count, adjective }, index) =>
    index === 0 ? `${count} of ${countOf(results.length, 'pair')} ${adjective}` : `${count} ${adjective}`,
  );
  const bad = errors.length === 0 ? [] : [`${countOf(errors.length, 'input')} not readable`];
  return `${word}  ${(verdict === 'blocked' ? [...pairs, ...bad] : [...bad, ...pairs]).join(', ')}`;
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
  if (result.verdict === 'restorable') return reservations(result);
  const wanted = result.verdict === 'blocked' ? 'fail' : 'unknown';
  const ids = result.gates.filter((gate) => gate.outcome === wanted).map((gate) => gate.id);
  const missing = result.missingFeatures.length === 0 ? '' : ` (${countOf(result.missingFeatures.length, 'feature')} missing)`;
  return ids.map((id) => (id === 'cpu-features' ? `${id}${missing}` : id)).join(', ');
}

function unreadable(errors: readonly CheckError[], options: CheckTextOptions): string[] {
  if (errors.length === 0) return [];
  const rows = errors.map((error) => {
    const { kind, name } = errorSubject(error);
    return [kind, `${name}: ${reasonOf(error)} [${error.code}]`];
  });
  return ['', styleFor(options).strong('Not readable'), ...table(rows, { indent: 2, width: options.width })];
}

function rule(options: TextOptions): string {
  return styleFor(options).faint('─'.repeat(Math.min(options.width, 100)));
}
