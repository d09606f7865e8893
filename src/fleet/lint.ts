/** What is wrong with the value of an annotation. */
import type { Presence } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import type { Host } from '../host/host.ts';
import { type ListedName, readAnnotation } from './annotation.ts';
import { brokenDependencies, X86_64_BASE } from './feature-dependencies.ts';
import type { LevelRules } from './level-rules.ts';
import type { LintCode } from './lint-codes.ts';

/** One finding about a value, without its place. */
export interface ValueFinding {
  readonly code: LintCode;
  readonly message: string;
  /** What to write instead of the name, or null. */
  readonly suggestion: string | null;
}

/** What a value says, and what is wrong with it. */
export interface LintedValue {
  /** What runsc keeps of it, if the names were as they are meant; in feature-number order. */
  readonly features: readonly string[];
  readonly findings: readonly ValueFinding[];
}

/** Features or hosts that one message names. */
const MOST_NAMES = 12;
/** Findings of one kind about single names. */
const MOST_OF_A_KIND = 50;

/** Reads a value as runsc would, and holds it against hosts. */
export function lintValue(value: string, hosts: readonly Host[], rules: LevelRules): LintedValue {
  const listed = readAnnotation(value, rules.date);
  const meant = new Set(listed.flatMap((name) => ('feature' in name ? [name.feature.name] : [])));
  const features = featuresOf('amd64')
    .map(({ name }) => name)
    .filter((name) => meant.has(name));
  const isEmpty = listed.every(({ kind }) => kind === 'empty');
  return {
    features,
    findings: [
      ...(isEmpty
        ? [finding('CKPT3006', 'the list is empty: every feature is removed')]
        : [...nameFindings(listed, rules), ...emptyElements(listed), ...repeated(listed)]),
      ...(features.length === 0 ? [] : [...setFindings(features), ...hostFindings(features, hosts)]),
    ],
  };
}

function nameFindings(listed: readonly ListedName[], rules: LevelRules): ValueFinding[] {
  const told = new Set<string>();
  const findings: ValueFinding[] = [];
  for (const name of listed) {
    if (told.has(name.text)) continue;
    told.add(name.text);
    const about = nameFinding(name, rules);
    if (about !== null) findings.push(about);
  }
  const more = findings.length - MOST_OF_A_KIND;
  if (more <= 0) return findings;
  return [...findings.slice(0, MOST_OF_A_KIND), finding('CKPT3001', `and ${more} more names that runsc does not take`)];
}

function nameFinding(name: ListedName, { release }: LevelRules): ValueFinding | null {
  const quoted = JSON.stringify(name.text);
  switch (name.kind) {
    case 'known':
    case 'empty':
      return null;
    case 'later':
      return finding('CKPT3003', `${release} does not know ${quoted} (in gVisor since ${name.feature.comparedSince})`);
    case 'nameless':
      return finding('CKPT3004', `${quoted} has no name in gVisor: it cannot be listed, and cannot be removed`);
    case 'misspelt':
      return finding(
        'CKPT3005',
        `${quoted} is not ${name.feature.name}: runsc trims nothing and folds no case`,
        name.feature.name,
      );
    case 'foreign':
      return finding('CKPT3002', `gVisor calls ${quoted} ${name.feature.name}`, name.feature.name);
    case 'unknown': {
      const meant = name.closest === null ? '' : `; did you mean ${name.closest}?`;
      return finding('CKPT3001', `gVisor has no feature ${quoted}${meant}`, name.closest);
    }
  }
}

function emptyElements(listed: readonly ListedName[]): ValueFinding[] {
  const count = listed.filter(({ kind }) => kind === 'empty').length;
  return count === 0 ? [] : [finding('CKPT3007', count === 1 ? 'one element is empty' : `${count} elements are empty`)];
}

function repeated(listed: readonly ListedName[]): ValueFinding[] {
  const counts = new Map<string, number>();
  for (const name of listed) if ('feature' in name) counts.set(name.feature.name, (counts.get(name.feature.name) ?? 0) + 1);
  const names = [...counts].filter(([, count]) => count > 1).map(([name]) => name);
  return names.length === 0 ? [] : [finding('CKPT3008', `named more than once: ${some(names)}`)];
}

function setFindings(features: readonly string[]): ValueFinding[] {
  const has = new Set(features);
  const findings: ValueFinding[] = [];
  const base = X86_64_BASE.filter((name) => !has.has(name));
  if (base.length > 0) findings.push(finding('CKPT3015', `not in the list, and part of every x86-64 CPU: ${some(base)}`));
  const state = ['xsave', 'osxsave'].filter((name) => !has.has(name));
  if (state.length > 0) findings.push(finding('CKPT3016', `not in the list: ${state.join(', ')}`));
  const broken = brokenDependencies(features);
  if (broken.length > 0)
    findings.push(finding('CKPT3014', some(broken.map(({ feature, missing }) => `${feature} without ${missing}`))));
  return findings;
}

function hostFindings(features: readonly string[], hosts: readonly Host[]): ValueFinding[] {
  const amd64 = hosts.filter(({ arch }) => arch === 'amd64');
  if (amd64.length === 0) return [];
  // By the hosts in question, whose names are said once.
  const above = new Map<string, string[]>();
  const open = new Map<string, string[]>();
  const nowhere: string[] = [];
  for (const name of features) {
    const on = (presence: Presence): Host | undefined =>
      amd64.find((host) => (host.features.get(name)?.presence ?? 'unknown') === presence);
    const [present, absent, unknown] = [on('present'), on('absent'), on('unknown')];
    if (present !== undefined && absent !== undefined) addTo(above, `${present.name} has, ${absent.name} lacks`, name);
    else if (absent !== undefined && unknown === undefined) nowhere.push(name);
    else if (unknown !== undefined) addTo(open, unknown.name, name);
  }
  return [
    ...(above.size === 0 ? [] : [finding('CKPT3011', `above some of the hosts: ${someBy(above)}`)]),
    ...(nowhere.length === 0 ? [] : [finding('CKPT3012', `on none of the hosts: ${some(nowhere)}`)]),
    ...(open.size === 0 ? [] : [finding('CKPT3013', `not known of every host: ${someBy(open)}`)]),
  ];
}

function addTo(groups: Map<string, string[]>, key: string, name: string): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [name]);
  else group.push(name);
}

function someBy(groups: ReadonlyMap<string, readonly string[]>): string {
  const all = [...groups].map(([key, names]) => `${some(names)} (${key})`);
  const more = all.length > MOST_NAMES ? `; and ${all.length - MOST_NAMES} more such groups` : '';
  return all.slice(0, MOST_NAMES).join('; ') + more;
}

function finding(code: LintCode, message: string, suggestion: string | null = null): ValueFinding {
  return { code, message, suggestion };
}

function some(words: readonly string[]): string {
  const more = words.length > MOST_NAMES ? ` and ${words.length - MOST_NAMES} more` : '';
  return words.slice(0, MOST_NAMES).join(', ') + more;
}
