/** What differs between two hosts, for people. */
import type { Arch } from '../cpu/feature.ts';
import type { ComparedFact, ComparedHost, HostComparison } from '../host/compare-hosts.ts';
import { SOURCE_WORDS } from './check-words.ts';
import { escapeAll } from './escape.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs, table } from './table.ts';
import { wordList } from './wrap.ts';

/** Facts that exist on one architecture only. */
const ONLY_ON: Readonly<Record<string, Arch>> = {
  cacheLine: 'amd64',
  xcr0: 'amd64',
  useXsave: 'amd64',
  mxcsrMask: 'amd64',
  family: 'amd64',
  model: 'amd64',
  stepping: 'amd64',
  implementer: 'arm64',
  variant: 'arm64',
  part: 'arm64',
  revision: 'arm64',
};

/** Numbers that are shown in hex, as `host show` does. */
const IN_HEX: ReadonlySet<string> = new Set(['family', 'model', 'stepping', 'implementer', 'variant', 'part', 'revision']);

/** Whether the architectures differ, features that B lacks and has, then every fact that differs. Ends with one newline. */
export function renderHostDiffText(document: HostComparison, options: TextOptions): string {
  const { a, b, features, facts } = escapeAll(document);
  const style = styleFor(options);
  const differing = facts.filter((fact) => fact.same !== true);
  const list = (title: string, names: readonly string[], paint: (text: string) => string): string[] =>
    names.length === 0 ? [] : ['', paint(`${title} (${names.length})`), ...wordList(names, 2, options.width)];
  const side = (host: ComparedHost): string =>
    `${host.name} (${host.arch}, ${host.evidence} evidence: ${SOURCE_WORDS[host.source]})`;
  const sides: [string, string][] = [
    ['A', side(a)],
    ['B', side(b)],
  ];
  const same = features.gained.length + features.lost.length + features.unknown.length === 0 && a.arch === b.arch;
  const lines = [
    ...(a.arch === b.arch ? [] : [style.bad('Different architectures: no image of one restores on the other.'), '']),
    ...pairs(sides, { indent: 0, width: options.width, paint: style.strong }),
    ...(same ? ['', style.good('Both have the same features.')] : []),
    ...list('Only A has these features: its images are refused on B', features.lost, style.bad),
    ...list('Only B has these features: its images are refused on A', features.gained, style.open),
    ...unknownLines(features.unknown, options),
    '',
    style.strong(differing.length === 0 ? 'All other facts are equal.' : 'Other facts that differ'),
    ...table(
      differing.map((fact) => [fact.fact, valueText(fact.fact, fact.a, a), valueText(fact.fact, fact.b, b)]),
      { head: { cells: ['FACT', 'A', 'B'], paint: style.faint }, indent: 2, width: options.width },
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** What one side knows and the other does not; of what neither knows, how much. */
function unknownLines(unknown: HostComparison['features']['unknown'], options: TextOptions): string[] {
  if (unknown.length === 0) return [];
  const style = styleFor(options);
  const oneSided = unknown.filter((row) => row.a !== 'unknown' || row.b !== 'unknown');
  const neither = unknown.length - oneSided.length;
  return [
    '',
    style.open(`Not known on a side (${unknown.length})`),
    ...table(
      oneSided.map((row) => [row.name, row.a, row.b]),
      { head: { cells: ['FEATURE', 'A', 'B'], paint: style.faint }, indent: 2, width: options.width },
    ),
    ...(neither === 0 ? [] : [`  ${oneSided.length === 0 ? '' : 'and '}${countOf(neither, 'feature')} unknown on both sides`]),
  ];
}

/** `-` where the architecture has no such fact. */
function valueText(fact: string, value: ComparedFact['a'], { arch }: ComparedHost): string {
  if (value === null) return ONLY_ON[fact] === undefined || ONLY_ON[fact] === arch ? 'unknown' : '-';
  return typeof value === 'number' && IN_HEX.has(fact) ? `0x${value.toString(16)}` : String(value);
}
