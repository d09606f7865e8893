/** What a log says, for people. */
import type { LogAnswer } from '../explanation/answer.ts';
import type { FieldDifference, LogFinding, NamedFeature, NamedFeatures, NamedState } from '../explanation/log-finding.ts';
import { IMPACT_WORDS } from './check-words.ts';
import { escapeText } from './escape.ts';
import { labelled } from './labelled.ts';
import { joined } from './long-list.ts';
import { countOf } from './quantities.ts';
import type { Style, TextOptions } from './style.ts';
import { hanging } from './wrap.ts';

export interface ExplainTextOptions extends TextOptions {
  /** Every message of a log in full. */
  readonly all: boolean;
}

/** Characters of a message that are shown unless all is asked for. */
const LONGEST_MESSAGE = 600;
const LINES_SHOWN = 5;

export function logLines(answer: LogAnswer, style: Style, options: ExplainTextOptions): string[] {
  const { findings, rootCause, source, unlisted } = answer;
  const one = answer.lines <= 1 && source === null;
  const [first, ...others] = findings;
  const head = one ? [] : [headLine(answer, style)];
  if (first === undefined) {
    const nothing = answer.lines === 0 ? 'There is nothing in it.' : 'Nothing in it is a message that ckpt knows.';
    return [...head, nothing, ...strangeLines(answer, style, options)];
  }
  const title = rootCause === null ? (first.role === 'note' ? 'No failure is in it' : 'The cause is not in it') : 'Cause';
  const rest =
    others.length === 0
      ? []
      : ['', style.strong('Also there'), ...others.flatMap((finding) => shortLines(finding, style, options))];
  return [
    ...head,
    `${rootCause === null ? style.open(title) : style.bad(title)}: ${style.strong(escapeText(first.title))}`,
    ...findingLines(first, style, options, !one),
    ...rest,
    ...(unlisted === 0 ? [] : [`  … and ${countOf(unlisted, 'more message')}`]),
    ...(one ? [] : strangeLines(answer, style, options)),
  ];
}

function headLine({ source, lines, versions }: LogAnswer, style: Style): string {
  const name = source === null ? 'the text' : source === '-' ? 'standard input' : source;
  const builds = versions.length === 0 ? '' : `, of runsc ${joined(versions, ', ')}`;
  return `${style.strong(escapeText(name))}: ${countOf(lines, 'line')}${escapeText(builds)}`;
}

function findingLines(finding: LogFinding, style: Style, options: ExplainTextOptions, numbered: boolean): string[] {
  const { width, all } = options;
  const line = (label: string, text: string): string[] => labelled(label, text, width);
  const message = all ? finding.message : cut(finding.message);
  const condition = finding.order === null ? '' : `condition ${finding.order} of docs/gates.md`;
  const gate = [finding.gate === null ? '' : `gate ${finding.gate}`, condition].filter((part) => part !== '').join(', ');
  return [
    ...(numbered ? line('said', `${linesText(finding)}: ${message}`) : line('said', message)),
    ...(gate === '' ? [] : line('where', gate)),
    ...finding.codes.flatMap(({ code, title }, index) => line(index === 0 ? 'code' : 'or', `${code}: ${title}`)),
    ...(releasesText(finding) === '' ? [] : line('releases', releasesText(finding))),
    ...partLines(finding, options),
    ...(finding.features === null ? [] : featureLines(finding.features, width)),
    ...(finding.state === null ? [] : stateLines(finding.state, width)),
    ...(finding.fields === null ? [] : fieldLines(finding.fields, width)),
    ...line('meaning', finding.meaning),
    ...line('fix', finding.remedy),
    ...causeLines(finding, style, width),
  ];
}

function shortLines(finding: LogFinding, style: Style, options: ExplainTextOptions): string[] {
  if (options.all) return ['', style.strong(escapeText(finding.title)), ...findingLines(finding, style, options, true)];
  const gate = finding.gate === null ? '' : ` (${finding.gate})`;
  return hanging('  ', `${linesText(finding)}: ${escapeText(finding.title)}${gate}`, options.width);
}

/** Parts that are shown as features, masks and fields say nothing again. */
function partLines({ parts, features, state, fields }: LogFinding, { width, all }: ExplainTextOptions): string[] {
  const shown = parts.filter(
    ({ name }) =>
      !(features !== null && name === 'features') &&
      !(state !== null && (name === 'supported' || name === 'saved')) &&
      !(fields !== null && (name === 'running' || name === 'saved')),
  );
  return shown.flatMap(({ name, value, meaning }) =>
    labelled(name, `${value === '' ? '(empty)' : all ? value : cut(value)}${meaning === '' ? '' : `: ${meaning}`}`, width),
  );
}

function featureLines({ list, arch }: NamedFeatures, width: number): string[] {
  const groups = Object.entries(IMPACT_WORDS).flatMap(([impact, words]) => {
    const those = list.filter((feature) => feature.impact === impact);
    return those.length === 0
      ? []
      : [`  ${countOf(those.length, 'missing feature')}, ${words} (${arch})`, ...those.flatMap((one) => featureLine(one, width))];
  });
  const strange = list.filter(({ name }) => name === null);
  return [
    ...groups,
    ...(strange.length === 0 ? [] : ['  names that gVisor does not have', ...strange.flatMap((one) => featureLine(one, width))]),
  ];
}

const NAME_COLUMNS = 20;

function featureLine({ given, name, description }: NamedFeature, width: number): string[] {
  return hanging(`    ${escapeText(name ?? given).padEnd(NAME_COLUMNS)}  `, description ?? '', width).map((line) =>
    line.trimEnd(),
  );
}

function stateLines({ supported, saved, missing }: NamedState, width: number): string[] {
  const text = ({ mask, components }: NamedState['saved']): string =>
    `${mask} (${components.length === 0 ? 'none' : components.join(', ')})`;
  return [
    ...labelled('saved', text(saved), width),
    ...labelled('supported', text(supported), width),
    ...labelled('lacking', text(missing), width),
  ];
}

function fieldLines({ onlyInImage, onlyInRunsc, imageReleases, runscReleases }: FieldDifference, width: number): string[] {
  const ranges = (list: FieldDifference['imageReleases']): string =>
    list.length === 0
      ? 'of no release that ckpt knows'
      : list.map(({ from, to }) => (to === null ? `${from} and later` : from === to ? from : `${from} to ${to}`)).join(', ');
  return [
    ...labelled('image only', onlyInImage.length === 0 ? 'no field' : joined(onlyInImage, ' '), width),
    ...labelled('runsc only', onlyInRunsc.length === 0 ? 'no field' : joined(onlyInRunsc, ' '), width),
    ...labelled('the image', `its fields are those ${imageReleases.length === 0 ? '' : 'of '}${ranges(imageReleases)}`, width),
    ...labelled('the runsc', `its fields are those ${runscReleases.length === 0 ? '' : 'of '}${ranges(runscReleases)}`, width),
  ];
}

function causeLines({ possibleCauses }: LogFinding, style: Style, width: number): string[] {
  if (possibleCauses.length === 0) return [];
  return [
    '  it can be that',
    ...possibleCauses.flatMap(({ title, why, howToTell, codes, gate, releases, evidence }, index) => [
      ...hanging(
        `    ${index + 1}. `,
        `${title}${gate === null ? '' : ` (${[gate, ...codes].join(', ')})`}${releases === null ? '' : `; ${releases}`}`,
        width,
      ),
      ...hanging('       ', why, width),
      ...hanging('       to tell: ', howToTell, width),
      ...(evidence === null ? [] : hanging(`       ${style.open('speaks for it')}: `, escapeText(evidence), width)),
    ]),
  ];
}

function strangeLines({ notUnderstood }: LogAnswer, style: Style, { width, all }: ExplainTextOptions): string[] {
  const { count, first } = notUnderstood;
  if (count === 0) return [];
  const shown = all ? first : first.slice(0, LINES_SHOWN);
  const more = count - shown.length;
  return [
    '',
    style.strong('Not understood'),
    ...shown.flatMap(({ line, text }) => hanging(`  line ${line}: `, escapeText(text), width)),
    ...(more === 0 ? [] : [`  … and ${countOf(more, 'more line')}${all ? '' : ' (--all shows more)'}`]),
  ];
}

function linesText({ lines, count }: LogFinding): string {
  const shown = lines.slice(0, LINES_SHOWN);
  const more = count > shown.length ? ` and ${count - shown.length} more` : '';
  return `${shown.length === 1 && more === '' ? 'line' : 'lines'} ${shown.join(', ')}${more}`;
}

function releasesText({ releases: { from, to } }: LogFinding): string {
  if (from !== null) return to === null ? `printed since ${from}` : `printed from ${from} to ${to}`;
  return to === null ? '' : `printed up to ${to}`;
}

function cut(text: string): string {
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}… (--all shows it whole)` : text;
}
