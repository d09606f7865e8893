/** What is in an image, for people. */
import type { InspectDocument } from '../inspect-document.ts';
import { escapeAll } from './escape.ts';
import { containerLines } from './inspect-containers-text.ts';
import { cpuLines } from './inspect-cpu-text.ts';
import { processLines } from './inspect-processes-text.ts';
import { firstOf, withRest } from './long-list.ts';
import { byteSize, countOf, timeText } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs, type TableOptions } from './table.ts';
import { hanging } from './wrap.ts';

export interface InspectTextOptions extends TextOptions {
  /** Also the raw CPUID leaves, annotations and header metadata. */
  readonly all: boolean;
  /** Whether the section `summary` was asked for; the document always holds it. */
  readonly summary: boolean;
}

const HMAC_WORDS = {
  absent: 'none (runsc writes one only with a key since 2026-03-16)',
  'empty-key': 'matches, made with the empty key',
  keyed: 'made with a secret key',
} as const satisfies Record<InspectDocument['image']['hmac'], string>;

const FRAMING_WORDS = {
  flate: 'compressed (flate)',
  raw: 'not compressed',
  chunked: 'not compressed, in chunks',
} as const satisfies Record<InspectDocument['image']['framing'], string>;

/** Sections of aligned names and values; damage comes first. Ends with one newline. */
export function renderInspectText(document: InspectDocument, options: InspectTextOptions): string {
  const { metadata, containers, processes, ...others } = document;
  // The long lists are escaped where it is known what of them is shown.
  const safe = escapeAll(others);
  const style = styleFor(options);
  const sections: string[][] = [
    damageLines(safe, options),
    options.summary ? section('Image', summaryLines(safe, options)) : [],
    options.all && metadata !== undefined ? section('Header metadata', metadataLines(metadata, options)) : [],
    safe.cpu === undefined ? [] : section('CPU that it was saved on', cpuLines(safe.cpu, options)),
    containers === undefined ? [] : section('Containers', containerLines(containers, options)),
    processes === undefined ? [] : section('Processes', processLines(processes, options)),
    safe.memory === undefined ? [] : section('Memory', memoryLines(safe.memory, options)),
    safe.objects === undefined ? [] : section('Kernel objects', objectLines(safe.objects)),
    safe.integrity === undefined ? [] : section('Integrity', integrityLines(safe.integrity, options)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;

  function section(title: string, lines: string[]): string[] {
    return [style.strong(title), ...lines];
  }
}

function damageLines({ damage }: Pick<InspectDocument, 'damage'>, options: TextOptions): string[] {
  if (damage === null) return [];
  const style = styleFor(options);
  const message = hanging('  ', damage.message, options.width);
  return [style.bad('DAMAGED: this image cannot be read to its end; what follows is what could be read.'), ...message];
}

function metadataLines(metadata: NonNullable<InspectDocument['metadata']>, options: TextOptions): string[] {
  const entries = firstOf(Object.entries(metadata));
  return withRest(pairs(escapeAll(entries.shown), indented(options)), entries, 2);
}

function summaryLines({ image }: Pick<InspectDocument, 'image'>, options: TextOptions): string[] {
  const { datedByTypes: dated, bytes } = image;
  const version =
    image.runscVersion === null
      ? dated === null
        ? 'not named in the image'
        : `not named; by its types ${dated.first === dated.last ? dated.first : `${dated.first} to ${dated.last}`}`
      : `${image.runscVersion}${image.runscVersionFrom === 'kernel' ? ' (named in the kernel state)' : ''}`;
  const sizes = [
    bytes.statefile === null ? null : `state ${byteSize(bytes.statefile)}`,
    bytes.pagesMeta === null ? null : `pages_meta.img ${byteSize(bytes.pagesMeta)}`,
    bytes.pages === null ? null : `pages.img ${byteSize(bytes.pages)}`,
  ].filter((size) => size !== null);
  return pairs(
    [
      ['path', image.path],
      ['saved by runsc', version],
      ['saved at', image.createdAt === null ? 'not known' : timeText(image.createdAt)],
      ['architecture', image.arch],
      ['body', FRAMING_WORDS[image.framing]],
      ['header HMAC', hmacText(image.hmac, image.keyVerified)],
      ['containers', image.containerCount === null ? 'count not in the header' : String(image.containerCount)],
      ['files', sizes.join(', ')],
    ],
    indented(options),
  );
}

function memoryLines(memory: NonNullable<InspectDocument['memory']> | null, options: TextOptions): string[] {
  if (memory === null) return ['  not known: the pages are in files of their own, which were not given'];
  const files = firstOf(memory.files);
  const [main, ...others] = files.shown;
  const lines = pairs(
    [
      ['pages', memory.place === 'inline' ? 'in the state file' : 'in pages.img'],
      ['saved', byteSize(memory.committedBytes)],
      ['main memory file', main === undefined ? 'none' : `${byteSize(main.committedBytes)} in ${countOf(main.ranges, 'range')}`],
      ...others.map((file, index): [string, string] => [
        `private file ${index + 1}`,
        `${byteSize(file.committedBytes)} in ${countOf(file.ranges, 'range')}`,
      ]),
    ],
    indented(options),
  );
  return withRest(lines, files, 2);
}

function objectLines(objects: NonNullable<InspectDocument['objects']>): string[] {
  return [`  ${countOf(objects.count, 'object')} of ${countOf(objects.types, 'type')}, ${byteSize(objects.bytes)}`];
}

function integrityLines(integrity: NonNullable<InspectDocument['integrity']>, options: TextOptions): string[] {
  const style = styleFor(options);
  return pairs(
    [
      ['header HMAC', hmacText(integrity.hmac, integrity.keyVerified)],
      ['complete', integrity.complete ? 'yes, read to the last byte' : style.bad('no')],
    ],
    indented(options),
  );
}

function hmacText(hmac: InspectDocument['image']['hmac'], keyVerified: boolean): string {
  if (hmac !== 'keyed') return HMAC_WORDS[hmac];
  return `${HMAC_WORDS[hmac]}, ${keyVerified ? 'and the given key fits' : 'not verified: no key was given'}`;
}

function indented(options: TextOptions): TableOptions {
  return { indent: 2, width: options.width, paint: styleFor(options).faint };
}
