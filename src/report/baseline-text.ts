/** A level for people. */
import type { BaselineDocument, BaselineHost, FeaturesByImpact } from '../fleet/baseline-document.ts';
import { IMPACT_WORDS, reasonOf, SOURCE_WORDS } from './check-words.ts';
import { escapeAll } from './escape.ts';
import { countOf } from './quantities.ts';
import { type Style, styleFor, type TextOptions } from './style.ts';
import { hanging, wordList } from './wrap.ts';

const IMPACTS = Object.keys(IMPACT_WORDS) as (keyof FeaturesByImpact)[];
const RULES = {
  flag: 'as given',
  host: 'the oldest of the hosts',
  newest: 'the newest known, as no version is known',
} as const satisfies Record<BaselineDocument['rules']['from'], string>;

/** Groups of hosts of which the losses are spelled out. */
const MOST_HOSTS = 20;
/** Names of hosts in one line. */
const MOST_NAMES = 4;

/** The annotation, what it costs each host, and what to know about it. Ends with one newline. */
export function renderBaselineText(given: BaselineDocument, options: TextOptions): string {
  const document = escapeAll(given);
  const style = styleFor(options);
  const { width } = options;
  const { hosts, features, annotation, rules } = document;
  const lines = [
    style.strong(`${countOf(features.length, 'feature')} on ${hosts.length === 1 ? 'one host' : `all of ${hosts.length} hosts`}`),
    ...hanging('  ', `read by runsc ${rules.release} (${RULES[rules.from]})`, width).map(style.faint),
    ...(annotation === null
      ? ['', ...wordList(features, 2, width)]
      : ['', 'Start the sandbox with this annotation:', '', `  ${annotation.key}=${annotation.value}`]),
    ...notes(document, style, width),
    ...costs(document, style, width),
    ...leftOut(document, style, width),
    ...settings(document, style, width),
    ...(document.errors.length === 0
      ? []
      : [
          '',
          style.bad(`${countOf(document.errors.length, 'host')} could not be read; this is the level of the others only`),
          ...document.errors.flatMap((error) => hanging('  ', `${error.host}: ${reasonOf(error)}`, width)),
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

function notes(document: BaselineDocument, style: Style, width: number): string[] {
  if (document.notes.length === 0) return [];
  return [
    '',
    style.strong('Notes'),
    ...document.notes.flatMap(({ severity, message }) => {
      const lines = hanging(severity === 'warning' ? '  ! ' : '  - ', message, width);
      return severity === 'warning' ? lines.map(style.open) : lines;
    }),
  ];
}

function costs({ hosts, costliest }: BaselineDocument, style: Style, width: number): string[] {
  if (hosts.length < 2) return [];
  const lines = ['', style.strong('What each host loses')];
  const alike = groupedBy(hosts, lossOf);
  for (const [loss, group] of [...alike].slice(0, MOST_HOSTS)) lines.push(...lossLines(loss, group, style, width));
  const left = [...alike.values()].slice(MOST_HOSTS).reduce((sum, group) => sum + group.length, 0);
  if (left > 0) lines.push(`  and ${left} more hosts (--json has all)`);
  const most = hosts.find(({ name }) => name === costliest);
  if (most === undefined) {
    lines.push('', 'No host by itself lowers the level; ckpt plan --hosts … says which kinds of hosts do.');
    return lines;
  }
  lines.push('', style.strong(`Without ${most.name} the level would gain`), ...groups(most.withoutIt, style, 2, width));
  const others = hosts.filter((host) => host.name !== costliest && total(host.withoutIt) > 0);
  for (const host of others.slice(0, MOST_HOSTS)) {
    const instructions = host.withoutIt.instruction.length;
    const told = `without ${host.name}: ${countOf(total(host.withoutIt), 'feature')}, ${instructions} of them instructions`;
    lines.push(...hanging('  ', told, width).map(style.faint));
  }
  return lines;
}

/** What a host loses and how that is known; hosts with the same words are told once, where they lose the same features. */
function lossOf(host: BaselineHost): string {
  const lost = total(host.loses);
  const evidence = host.evidence === 'exact' ? '' : ', partial evidence';
  const loss = lost === 0 ? 'nothing' : `${lost} of ${host.features}`;
  return [`(${SOURCE_WORDS[host.source]}${evidence}): ${loss}`, ...IMPACTS.flatMap((impact) => host.loses[impact])].join('\n');
}

function lossLines(loss: string, group: readonly BaselineHost[], style: Style, width: number): string[] {
  const [words = ''] = loss.split('\n');
  const names = group.slice(0, MOST_NAMES).map(({ name }) => name);
  const more = group.length > names.length ? ` and ${group.length - names.length} more` : '';
  const lost = group[0]?.loses;
  const title = hanging('  ', `${names.join(', ')}${more} ${words}`, width);
  return lost === undefined ? title : [...title, ...groups(lost, style, 4, width)];
}

function groups(features: FeaturesByImpact, style: Style, indent: number, width: number): string[] {
  const space = ' '.repeat(indent);
  return IMPACTS.filter((impact) => features[impact].length > 0).flatMap((impact) => [
    style.faint(`${space}${IMPACT_WORDS[impact]} (${features[impact].length})`),
    ...wordList(features[impact], indent + 2, width),
  ]);
}

/** In groups of equal keys, each at the place of its first. */
function groupedBy<T>(list: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const all = new Map<string, T[]>();
  for (const one of list) {
    const key = keyOf(one);
    const group = all.get(key);
    if (group === undefined) all.set(key, [one]);
    else group.push(one);
  }
  return all;
}

function total(features: FeaturesByImpact): number {
  return IMPACTS.reduce((sum, impact) => sum + features[impact].length, 0);
}

function leftOut({ undecided, without, unknownToRelease, rules }: BaselineDocument, style: Style, width: number): string[] {
  const lines: string[] = [];
  if (undecided.length > 0) {
    lines.push('', style.open(`Not known on every host, and left out (${undecided.length})`));
    const alike = groupedBy(undecided, ({ unknownOn, why }) => {
      const more = unknownOn.count > 1 ? ` and ${unknownOn.count - 1} more` : '';
      return `${unknownOn.names[0] ?? ''}${more}: ${why}`;
    });
    for (const [why, features] of alike) {
      const names = features.map(({ name }) => name);
      if (names.length === 1) lines.push(...hanging('  ', `${names[0]}: ${why}`, width));
      else lines.push(...hanging('  ', `${why} (${names.length})`, width).map(style.faint), ...wordList(names, 4, width));
    }
  }
  if (without.length > 0)
    lines.push('', style.strong(`Left out by --without (${without.length})`), ...wordList(without, 2, width));
  if (unknownToRelease.length > 0) {
    lines.push('', style.open(`Not known to ${rules.release}, and left out (${unknownToRelease.length})`));
    lines.push(...wordList(unknownToRelease, 2, width));
  }
  return lines;
}

function settings({ settings: rows }: BaselineDocument, style: Style, width: number): string[] {
  if (rows.length === 0) return [];
  const lines = ['', style.strong('Where the CPU cannot hide CPUID, set this too')];
  for (const { program, kind, setting, verified, basis } of rows) {
    const evidence = verified === 'experiment' ? 'tried: ' : 'from its documentation, not tried: ';
    lines.push(`  ${program}${kind === 'argument' ? ' (arguments)' : ''}`, `    ${setting}`);
    lines.push(...hanging('    ', evidence + basis, width).map(style.faint));
  }
  return lines;
}
