/** An image on a host, or several pairs with the same explanation, for people: verdict, features, gates, advice. */
import type { CheckedHost, CheckedImage, CheckResult, GateResult, Reason } from '../restore/result.ts';
import { featureLines } from './check-features-text.ts';
import { failureLines, type PairGroup, verdictLines } from './check-verdict-text.ts';
import { COMPRESSION_WORDS, OUTCOME_WORDS, paintOutcome, RELATION_WORDS, RULES_WORDS, SOURCE_WORDS } from './check-words.ts';
import { firstOf } from './long-list.ts';
import { countOf, timeText } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs, table } from './table.ts';
import { hanging } from './wrap.ts';

/** Everything about some pairs. Every text of the results must be escaped already. */
export function pairLines(group: PairGroup, options: TextOptions): string[] {
  const [result] = group;
  return [
    ...verdictLines(group, options),
    ...failureLines(result, options),
    '',
    ...facts(group, options),
    ...featureLines(result, options),
    ...gates(result, options),
    ...advice(result, options),
  ];
}

function facts(group: PairGroup, options: TextOptions): string[] {
  const [{ rules }] = group;
  const rows: [string, string | null][] = [
    ['Image', perName(group.map(({ image }) => [image.path, imageText(image)]))],
    ['Host', perName(group.map(({ host }) => [host.name, hostText(host)]))],
    ['Rules', `${rules.release} (${RULES_WORDS[rules.from]})`],
    ['CPU', perName(relations(group))],
  ];
  return pairs(rows, { indent: 0, width: options.width, paint: styleFor(options).faint });
}

/** What is said of all names, or a line for each when it is not the same. */
function perName(said: readonly (readonly [name: string, text: string])[]): string {
  const [first] = said;
  if (first === undefined) return '';
  if (said.every(([, text]) => text === first[1])) return first[1];
  return [...new Set(said.map(([name, text]) => `${name}: ${text}`))].join('\n');
}

/** By host; by image where that differs too. */
function relations(group: PairGroup): (readonly [name: string, text: string])[] {
  const [first] = group;
  const oneImage = group.every(({ image }) => image.path === first.image.path);
  return group.flatMap(({ image, host, relation }) =>
    relation === null ? [] : [[oneImage ? host.name : `${image.path} on ${host.name}`, RELATION_WORDS[relation]] as const],
  );
}

function hostText(host: CheckedHost): string {
  const evidence = `${host.evidence} evidence (${SOURCE_WORDS[host.source]})`;
  return [host.arch, evidence, host.runscVersion === null ? null : `runsc ${host.runscVersion}`].filter(isText).join(', ');
}

function imageText(image: CheckedImage): string {
  const parts = [
    image.kind === 'fscheckpoint' ? 'filesystem checkpoint' : null,
    image.runscVersion === null ? 'of an unnamed runsc' : `of runsc ${image.runscVersion}`,
    image.arch,
    image.createdAt === null ? null : `saved ${timeText(image.createdAt)}`,
    image.compression === null ? null : COMPRESSION_WORDS[image.compression],
  ];
  return parts.filter(isText).join(', ');
}

function gates(result: CheckResult, options: TextOptions): string[] {
  const style = styleFor(options);
  const rows = result.gates.map((gate) => [gate.id, OUTCOME_WORDS[gate.outcome], reasonsText(gate.reasons)]);
  const paint = (cell: string, column: number): string =>
    column === 1 ? paintOutcome(outcomeOf(cell, result.gates), style)(cell) : cell;
  return ['', style.strong('Gates'), ...table(rows, { indent: 2, width: options.width, paint })];
}

function outcomeOf(word: string, all: readonly GateResult[]): GateResult['outcome'] {
  return all.find((gate) => OUTCOME_WORDS[gate.outcome] === word)?.outcome ?? 'not-applicable';
}

/** A line for each reason; every thread can have one of its own. */
function reasonsText(reasons: readonly Reason[]): string {
  const { shown, more } = firstOf(reasons);
  return [...shown.map(reasonText), ...(more === null ? [] : [more])].join('\n');
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
