/** A CPU feature for people. */
import type { FeatureAnswer } from '../explanation/answer.ts';
import type { ComparedFeature, UncomparedFeature } from '../explanation/explain-feature.ts';
import { escapeText } from './escape.ts';
import { labelled } from './labelled.ts';
import type { Style, TextOptions } from './style.ts';

export function featureLines({ given, features }: FeatureAnswer, style: Style, { width }: TextOptions): string[] {
  return features.flatMap((feature, index) => [
    ...(index === 0 ? [] : ['']),
    ...(feature.compared ? comparedLines(feature, given, style, width) : uncomparedLines(feature, style, width)),
  ]);
}

function comparedLines(feature: ComparedFeature, given: string, style: Style, width: number): string[] {
  const { name, comparedSince, place, annotation } = feature;
  const meant = given.trim() === name ? '' : ` (${escapeText(given.trim())})`;
  const since =
    comparedSince.release === null
      ? `${comparedSince.date} (by every release since 2021)`
      : `${comparedSince.release} (${comparedSince.date})`;
  const line = (label: string, text: string): string[] => labelled(label, text, width);
  return [
    `${style.strong(name)}${meant}: ${escapeText(feature.description)}`,
    ...line('compared', `yes, on ${feature.arch}, since ${since}; number ${feature.number}, block ${feature.block}`),
    ...line('bit', placeText(place)),
    ...line('missing', feature.impactMeaning),
    ...line('in Linux', feature.linuxName ?? 'never shown in /proc/cpuinfo'),
    ...(feature.cpuinfo === null ? [] : line('', cpuinfoText(feature.cpuinfo))),
    ...(feature.otherSpellings.length === 0 ? [] : line('also called', feature.otherSpellings.join(', '))),
    ...(feature.arch === 'amd64' ? line('CPUs', generationsText(feature)) : []),
    ...(feature.components.length === 0
      ? []
      : line('state', `XSAVE ${feature.components.join(', ')}: the gate fpu-state looks at it too`)),
    ...line('annotation', annotation.note),
    ...feature.settings.flatMap(({ program, setting, verified }, index) =>
      line(index === 0 ? 'turn off' : '', `${program}: ${setting} (${verified === 'experiment' ? 'tried' : 'as documented'})`),
    ),
    ...feature.traps.flatMap((trap) => line('beware', trap)),
    ...line('source', feature.source),
  ];
}

function uncomparedLines(feature: UncomparedFeature, style: Style, width: number): string[] {
  const { name, arch, place, description, note, source } = feature;
  return [
    `${style.strong(name)}: ${escapeText(description)}`,
    ...labelled('compared', `no: gVisor does not compare it (${arch})`, width),
    ...(place === null ? [] : labelled('bit', placeText(place), width)),
    ...labelled('meaning', note, width),
    ...labelled('source', source, width),
  ];
}

/** Where the bit of a feature lies. */
export function placeText({ leaf, subleaf, register, bit }: ComparedFeature['place']): string {
  return leaf === null ? `${register} bit ${bit}` : `CPUID leaf ${leaf}, subleaf ${subleaf}, ${register} bit ${bit}`;
}

const SHOWN = {
  'bit set': 'shown: the bit is 1',
  conditional: 'shown: the bit is 1 under conditions',
  nothing: 'shown: proves nothing',
} as const;
const MISSING = {
  'bit clear': 'not shown: the bit is 0',
  conditional: 'not shown: the bit is 0 under conditions',
  nothing: 'not shown: proves nothing',
} as const;

function cpuinfoText({ flag, shown, missing, because }: NonNullable<ComparedFeature['cpuinfo']>): string {
  return flag === null ? because : `${SHOWN[shown]}; ${MISSING[missing]} (${because})`;
}

function generationsText({ generations }: ComparedFeature): string {
  if (generations === null) return 'not known by generation';
  if (generations.length === 0) return 'none of the generations that are known';
  return generations
    .map(({ line, first, last }) => `${line}: ${first}${last === null ? ' and later' : last === first ? ' only' : ` to ${last}`}`)
    .join('; ');
}
