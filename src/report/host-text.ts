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

/** One host after the other: who it is, how that is known, what it has. Ends with one newline. */
export function renderHostText(hosts: readonly HostView[], options: HostTextOptions): string {
  return `${hosts.map((host) => hostLines(escapeAll(host), options).join('\n')).join('\n\n')}\n`;
}

function hostLines(host: HostView, options: HostTextOptions): string[] {
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
    ...featureLines(host, options),
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

function factLines(host: HostView, layout: TableOptions): string[] {
  return table(
    host.facts.map((fact) => {
      const states = fact.name === 'xcr0' && host.states !== null ? ` (${host.states.join(' ')})` : '';
      return [FACT_WORDS[fact.name] ?? fact.name, `${fact.value ?? 'unknown'}${states}`, fact.source];
    }),
    layout,
  );
}

function featureLines(host: HostView, options: HostTextOptions): string[] {
  const style = styleFor(options);
  const { present, absent, unknown } = host.features;
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

function leafLines(host: HostView, options: TextOptions): string[] {
  if (host.leaves.length === 0) return ['', '  no raw CPUID leaves in this evidence'];
  const some = firstOf(host.leaves);
  const lines = some.shown.map((line) => `  ${line}`);
  return ['', styleFor(options).strong(`CPUID (${host.leaves.length})`), ...withRest(lines, some, 2)];
}
