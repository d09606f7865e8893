/** `ckpt state schema` for people. */
import type { DifferingType, StateSchemaDocument } from '../state-schema-document.ts';
import { escapeAll } from './escape.ts';
import { firstOf, withRest } from './long-list.ts';
import { countOf } from './quantities.ts';
import { type Style, styleFor, type TextOptions } from './style.ts';
import { pairs, table } from './table.ts';
import { hanging } from './wrap.ts';

/** Who could have written the image and who could load it, whether its version is true, and what differs. Ends with one newline. */
export function renderStateSchemaText(document: StateSchemaDocument, options: TextOptions): string {
  const { image, types, writtenBy, loadableBy, version, against } = escapeAll(document);
  const style = styleFor(options);
  const rows: [string, string | null][] = [
    ['Image', `${image.path} (${image.arch}, ${version.value === null ? 'names no runsc' : `runsc ${version.value}`})`],
    ['Types', typesText(types)],
    ['Written by', writersText(writtenBy, types.declared, style)],
    ['Loadable by', loadableBy.length === 0 ? style.open('no release that is known') : spans(loadableBy)],
    ['Version', versionText(version, style)],
  ];
  const lines = [
    ...pairs(rows, { indent: 0, width: options.width, paint: style.faint }),
    ...differences('Where the nearest release differs', writtenBy.differing, options),
    ...differences(`Where ${version.value ?? ''} differs`, version.differing, options),
    ...(against === null ? [] : againstLines(against, options, style)),
  ];
  return `${lines.join('\n')}\n`;
}

function typesText({ declared, used, unknown }: StateSchemaDocument['types']): string {
  const use = used === declared ? 'all in use' : `${used} in use`;
  const strange = unknown.length === 0 ? '' : `; no release knows ${firstOf(unknown).shown.join(', ')}`;
  return `${countOf(declared, 'type')}, ${use}${strange}`;
}

function writersText({ exact, releases, equal }: StateSchemaDocument['writtenBy'], declared: number, style: Style): string {
  if (exact) return spans(releases);
  if (releases.length === 0) return style.open('no release that is known');
  return `${style.open('no release exactly')}; nearest ${spans(releases)} (${equal} of ${countOf(declared, 'type')} equal)`;
}

function versionText({ value, agrees, differing }: StateSchemaDocument['version'], style: Style): string {
  if (value === null) return 'none named';
  if (agrees === true) return style.good(`${value} fits the types`);
  if (agrees === null) return style.open(`${value}: not known whether it fits the types`);
  return style.bad(
    `${value} does not fit: ${countOf(differing.length, 'type')} ${differing.length === 1 ? 'is' : 'are'} of other code`,
  );
}

function againstLines(against: NonNullable<StateSchemaDocument['against']>, options: TextOptions, style: Style): string[] {
  const { release, releases, loads, differing, undecided, firstMet, runscError } = against;
  const [from = '', to = from] = releases;
  const place = from === to ? (from === release ? '' : ` (${from})`) : ` (between ${from} and ${to})`;
  const verdict =
    loads === true
      ? style.good('has every type in use')
      : loads === null
        ? style.open('not known whether it has every type in use')
        : style.bad('does not load the image');
  const met = firstMet === null ? [] : hanging('  ', `stops at object ${firstMet.object}, ${firstMet.type}`, options.width);
  return [
    '',
    `${style.strong(`${release}${place}`)}: ${verdict}`,
    ...met,
    ...differences(`Where ${release} differs`, differing, options),
    ...(undecided.length === 0 ? [] : ['', style.strong('Undecided')]),
    ...undecided.flatMap(({ name, why }) => hanging('  ', `${name}: ${WHY_WORDS[why]}`, options.width)),
    // One line, whatever its length: people search logs for it.
    ...(runscError === null ? [] : ['', `runsc prints: ${runscError}`]),
  ];
}

const WHY_WORDS = {
  'unknown-type': 'no release knows it',
  'changed-between': 'it changed between the releases on both sides',
} as const;

function differences(title: string, types: readonly DifferingType[], options: TextOptions): string[] {
  if (types.length === 0) return [];
  const style = styleFor(options);
  const list = firstOf(types);
  const rows = list.shown.map(({ name, used, missing, onlyInImage, onlyInRelease }) => [
    used ? name : `${name} (not in use)`,
    missing
      ? 'does not exist there'
      : [fields('in the image only: ', onlyInImage), fields('there only: ', onlyInRelease)]
          .filter((text) => text !== '')
          .join('\n') || 'the same fields in another order',
  ]);
  return ['', style.strong(title), ...withRest(table(rows, { indent: 2, width: options.width }), list, 2)];
}

function fields(words: string, names: readonly string[]): string {
  return names.length === 0 ? '' : words + names.join(', ');
}

function spans(releases: StateSchemaDocument['loadableBy']): string {
  const { shown, more } = firstOf(releases);
  const text = shown.map(({ first, last }) => (first === last ? first : `${first} to ${last}`)).join(', ');
  return more === null ? text : `${text} ${more}`;
}
