/** What differs between two hosts, for people. */
import type { HostComparison } from '../host/compare-hosts.ts';
import { SOURCE_WORDS } from './check-words.ts';
import { escapeAll } from './escape.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs, table } from './table.ts';
import { wordList } from './wrap.ts';

/** Features that B lacks and has, then every fact that differs. Ends with one newline. */
export function renderHostDiffText(document: HostComparison, options: TextOptions): string {
  const { a, b, features, facts } = escapeAll(document);
  const style = styleFor(options);
  const differing = facts.filter((fact) => fact.same !== true);
  const list = (title: string, names: readonly string[], paint: (text: string) => string): string[] =>
    names.length === 0 ? [] : ['', paint(`${title} (${names.length})`), ...wordList(names, 2, options.width)];
  const side = (host: typeof a): string => `${host.name} (${host.arch}, ${host.evidence} evidence: ${SOURCE_WORDS[host.source]})`;
  const same = features.gained.length + features.lost.length + features.unknown.length === 0 && a.arch === b.arch;
  const lines = [
    ...pairs(
      [
        ['A', side(a)],
        ['B', side(b)],
      ],
      { indent: 0, width: options.width, paint: style.strong },
    ),
    ...(same ? ['', style.good('Both have the same features.')] : []),
    ...list('Only A has these features: its images are refused on B', features.lost, style.bad),
    ...list('Only B has these features: its images are refused on A', features.gained, style.open),
    ...(features.unknown.length === 0
      ? []
      : [
          '',
          style.open(`Not known on a side (${features.unknown.length})`),
          ...table(
            features.unknown.map((row) => [row.name, row.a, row.b]),
            {
              head: { cells: ['FEATURE', 'A', 'B'], paint: style.faint },
              indent: 2,
              width: options.width,
            },
          ),
        ]),
    '',
    style.strong(differing.length === 0 ? 'All other facts are equal.' : 'Other facts that differ'),
    ...(differing.length === 0
      ? []
      : table(
          differing.map((fact) => [fact.fact, valueText(fact.a), valueText(fact.b)]),
          { head: { cells: ['FACT', 'A', 'B'], paint: style.faint }, indent: 2, width: options.width },
        )),
  ];
  return `${lines.join('\n')}\n`;
}

function valueText(value: string | number | boolean | null): string {
  return value === null ? 'unknown' : String(value);
}
