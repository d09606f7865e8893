/** One image on one host, for people: verdict, features, gates, advice. */
import type { FeatureRef } from '../restore/reasons.ts';
import type { CheckedImage, CheckResult, GateResult, Reason } from '../restore/result.ts';
import {
  COMPRESSION_WORDS,
  IMPACT_WORDS,
  notChecked,
  OUTCOME_WORDS,
  paintOutcome,
  paintVerdict,
  RELATION_WORDS,
  RULES_WORDS,
  SOURCE_WORDS,
  VERDICT_WORDS,
} from './check-words.ts';
import { countOf, timeText } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs, table } from './table.ts';
import { hanging, wordList } from './wrap.ts';

/** Everything about one pair. Every text of the result must be escaped already. */
export function pairLines(result: CheckResult, options: TextOptions): string[] {
  return [
    verdictLine(result, options),
    ...firstFailure(result, options),
    '',
    ...facts(result, options),
    ...features(result, options),
    ...gates(result, options),
    ...advice(result, options),
  ];
}

function verdictLine(result: CheckResult, options: TextOptions): string {
  const word = paintVerdict(result.verdict, styleFor(options))(VERDICT_WORDS[result.verdict]);
  const open = result.verdict === 'restorable' ? notChecked(result) : [];
  const limits = open.length === 0 ? '' : ` (not checked: ${open.join(', ')})`;
  return `${word}  ${result.image.path}  on  ${result.host.name}${limits}`;
}

function firstFailure(result: CheckResult, options: TextOptions): string[] {
  if (result.firstFailure === null) return [];
  const style = styleFor(options);
  const lines = [`  runsc restore would stop at the gate ${style.strong(result.firstFailure)}`];
  // One line, whatever its length: people search logs for it.
  if (result.runscError !== null) lines.push(`  and print: ${result.runscError}`);
  else lines.push('  what it would print is not known');
  return lines;
}

function facts(result: CheckResult, options: TextOptions): string[] {
  const { host, rules } = result;
  const rows: [string, string | null][] = [
    ['Image', imageText(result.image)],
    [
      'Host',
      [
        host.arch,
        `${host.evidence} evidence (${SOURCE_WORDS[host.source]})`,
        host.runscVersion === null ? null : `runsc ${host.runscVersion}`,
      ]
        .filter(isText)
        .join(', '),
    ],
    ['Rules', `${rules.release} (${RULES_WORDS[rules.from]})`],
    ['CPU', result.relation === null ? null : RELATION_WORDS[result.relation]],
  ];
  return pairs(rows, { indent: 0, width: options.width, paint: styleFor(options).faint });
}

function imageText(image: CheckedImage): string {
  const parts = [
    image.runscVersion === null ? 'of an unnamed runsc' : `of runsc ${image.runscVersion}`,
    image.arch,
    image.createdAt === null ? null : `saved ${timeText(image.createdAt)}`,
    image.compression === null ? null : COMPRESSION_WORDS[image.compression],
  ];
  return parts.filter(isText).join(', ');
}

function features(result: CheckResult, options: TextOptions): string[] {
  const style = styleFor(options);
  const reasons = result.gates.flatMap((gate) => gate.reasons);
  const missing = reasons.flatMap((because) => (because.code === 'CKPT1601' ? because.details.features : []));
  const unknown = reasons.flatMap((because) => (because.code === 'CKPT1602' ? because.details.features : []));
  const lines: string[] = [];
  if (missing.length > 0) lines.push('', style.strong(`Missing CPU features (${missing.length})`), ...byImpact(missing, options));
  if (unknown.length > 0) {
    lines.push('', style.strong(`Undecided CPU features (${unknown.length})`));
    lines.push(
      ...table(
        unknown.map((feature) => [featureName(feature), feature.evidence]),
        { indent: 2, width: options.width },
      ),
    );
  }
  return lines;
}

function byImpact(missing: readonly FeatureRef[], options: TextOptions): string[] {
  return Object.entries(IMPACT_WORDS).flatMap(([impact, words]) => {
    const names = missing.filter((feature) => feature.impact === impact).map(featureName);
    return names.length === 0 ? [] : [`  ${words} (${names.length})`, ...wordList(names, 4, options.width)];
  });
}

/** gVisor's name, with Linux's beside it where that differs. */
function featureName(feature: FeatureRef): string {
  return feature.linuxName === null || feature.linuxName === feature.name
    ? feature.name
    : `${feature.name} (Linux: ${feature.linuxName})`;
}

function gates(result: CheckResult, options: TextOptions): string[] {
  const style = styleFor(options);
  const rows = result.gates.map((gate) => [gate.id, OUTCOME_WORDS[gate.outcome], gate.reasons.map(reasonText).join('\n')]);
  const paint = (cell: string, column: number): string =>
    column === 1 ? paintOutcome(outcomeOf(cell, result.gates), style)(cell) : cell;
  return ['', style.strong('Gates'), ...table(rows, { indent: 2, width: options.width, paint })];
}

function outcomeOf(word: string, all: readonly GateResult[]): GateResult['outcome'] {
  return all.find((gate) => OUTCOME_WORDS[gate.outcome] === word)?.outcome ?? 'not-applicable';
}

/** The message of a reason and its code. Features are listed above the gates and not repeated. */
function reasonText(because: Reason): string {
  const { code } = because;
  if (code === 'CKPT1601')
    return `the host lacks ${countOf(because.details.features.length, 'feature')} of the image, listed above [${code}]`;
  if (code === 'CKPT1602') return `${countOf(because.details.features.length, 'feature')} undecided, listed above [${code}]`;
  return `${because.message} [${code}]`;
}

function advice(result: CheckResult, options: TextOptions): string[] {
  if (result.advice.length === 0) return [];
  const style = styleFor(options);
  const lines = ['', style.strong('What to do')];
  for (const { code, message, setting } of result.advice) {
    lines.push(...hanging('  * ', `${message} [${code}]`, options.width));
    // Unbroken, to be copied.
    if (setting !== undefined) lines.push(`      ${style.strong(setting)}`);
  }
  return lines;
}

function isText(text: string | null): text is string {
  return text !== null;
}
