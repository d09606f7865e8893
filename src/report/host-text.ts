/** A host, for people. */
import type { HostView, ShownFeature } from '../host/show-host.ts';
import { SOURCE_WORDS } from './check-words.ts';
import { identityRows } from './cpu-identity-rows.ts';
import { escapeAll } from './escape.ts';
import { byFamily } from './feature-families.ts';
import { firstOf, withRest } from './long-list.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs, type TableOptions, table } from './table.ts';
import { hanging } from './wrap.ts';

export interface HostTextOptions extends TextOptions {
  /** Also the raw CPUID leaves. */
  readonly leaves: boolean;
  /** Also the evidence of each feature. */
  readonly all: boolean;
}

const FACT_WORDS: Readonly<Record<string, string>> = {
  xcr0: 'XCR0',
  hwcap: 'AT_HWCAP',
  hwcap2: 'AT_HWCAP2',
  kernel: 'kernel',
  microcode: 'microcode',
  hypervisor: 'hypervisor',
  runscVersion: 'runsc',
  pageSize: 'page size',
  cacheLine: 'cache line',
  useXsave: 'XSAVE in use',
  mxcsrMask: 'MXCSR mask',
};

/** Kinds of hosts whose features are remembered as lines; some 10 KB each. */
const MOST_REMEMBERED = 256;

/**
 * One host after the other: who it is, how that is known, what it has. A piece for each, the last with one newline at the end; hosts of one
 * kind, as the nodes of a pool are, share the object `features`, and its lines are laid out once.
 */
export function* renderHostText(hosts: Iterable<HostView>, options: HostTextOptions): Generator<string> {
  const before = new Map<HostView['features'], readonly string[]>();
  let isFirst = true;
  for (const host of hosts) {
    let lines = before.get(host.features);
    if (lines === undefined) {
      if (before.size === MOST_REMEMBERED) before.clear();
      lines = featureLines(escapeAll(host.features), options);
      before.set(host.features, lines);
    }
    yield `${isFirst ? '' : '\n'}${hostLines(escapeAll({ ...host, features: null }), lines, options).join('\n')}\n`;
    isFirst = false;
  }
}

type HostWithoutFeatures = Omit<HostView, 'features'>;

function hostLines(host: HostWithoutFeatures, features: readonly string[], options: HostTextOptions): string[] {
  const style = styleFor(options);
  const layout: TableOptions = { indent: 2, width: options.width, paint: style.faint };
  const evidence = host.evidence === 'exact' ? style.good('exact') : style.open('partial');
  return [
    `${style.strong(host.name)}  ${host.arch}, evidence ${evidence}`,
    ...pairs(
      [
        ['source', host.provenance === '' ? SOURCE_WORDS[host.source] : host.provenance],
        ...host.rejected.map(({ source, reason }): [string, string] => ['not used', `${source}: ${reason}`]),
        ['captured', host.capturedAt],
        ...cpuRows(host.identity),
      ],
      layout,
    ),
    '',
    style.strong('Facts'),
    ...factLines(host, { ...layout, paint: (cell, column) => (column === 0 ? style.faint(cell) : cell) }),
    ...features,
    ...(options.leaves || options.all ? leafLines(host, options) : []),
    ...(host.notes.length === 0
      ? []
      : ['', style.strong('Notes'), ...host.notes.flatMap((note) => hanging('  * ', note, options.width))]),
  ];
}

function cpuRows(identity: HostView['identity']): [string, string | null][] {
  if (identity === null) return [['CPU', 'not known']];
  const sizes = identity.xsaveSizes;
  return [
    ...identityRows(identity),
    ['XSAVE area', sizes === null ? null : `${sizes.enabled} bytes enabled, ${sizes.maximum} at most`],
  ];
}

function factLines(host: HostWithoutFeatures, layout: TableOptions): string[] {
  return table(
    host.facts.map((fact) => {
      const states = fact.name === 'xcr0' && host.states !== null ? ` (${host.states.join(' ')})` : '';
      return [FACT_WORDS[fact.name] ?? fact.name, `${fact.value ?? 'unknown'}${states}`, fact.source];
    }),
    layout,
  );
}

function featureLines({ present, absent, unknown }: HostView['features'], options: HostTextOptions): string[] {
  const style = styleFor(options);
  const evidence = (title: string, features: readonly ShownFeature[]): string[] =>
    features.length === 0
      ? []
      : [
          '',
          style.strong(`${title} (${features.length})`),
          ...table(
            features.map(({ name, source, description }) => [name, source, description]),
            { indent: 2, width: options.width },
          ),
        ];
  const names = (title: string, features: readonly ShownFeature[]): string[] =>
    features.length === 0
      ? []
      : [
          '',
          style.strong(`${title} (${features.length})`),
          ...pairs(
            byFamily(features.map(({ name }) => name)).map((group): [string, string] => [group.family, group.names.join(' ')]),
            { indent: 2, width: options.width, paint: style.faint },
          ),
        ];
  if (options.all)
    return [
      ...evidence('Features present', present),
      ...evidence('Features absent', absent),
      ...evidence('Features unknown', unknown),
    ];
  const why = unknown.map(({ name, source }) => [name, source]);
  return [
    ...names('Features present', present),
    ...names('Features absent', absent),
    ...(unknown.length === 0
      ? []
      : ['', style.strong(`Features unknown (${unknown.length})`), ...table(why, { indent: 2, width: options.width })]),
  ];
}

function leafLines(host: HostWithoutFeatures, options: TextOptions): string[] {
  if (host.leaves.length === 0) return ['', '  no raw CPUID leaves in this evidence'];
  const some = firstOf(host.leaves);
  const lines = some.shown.map((line) => `  ${line}`);
  return ['', styleFor(options).strong(`CPUID (${host.leaves.length})`), ...withRest(lines, some, 2)];
}
