/** What is in an image, for people. */
import type { InspectDocument } from '../inspection/document.ts';
import type { ProcessDocument } from '../inspection/process-document.ts';
import { durationText } from './duration.ts';
import { escapeAll, escapeText } from './escape.ts';
import { fileLines } from './files-text.ts';
import { filesystemLines } from './filesystem-text.ts';
import { fpuStateLines } from './fpu-states-text.ts';
import { containerLines } from './inspect-containers-text.ts';
import { cpuLines } from './inspect-cpu-text.ts';
import { firstOf, withRest } from './long-list.ts';
import { mapsLines } from './maps-text.ts';
import { memoryLines } from './memory-text.ts';
import { mountLines } from './mounts-text.ts';
import { networkLines } from './network-text.ts';
import { processDetailLines } from './process-detail-text.ts';
import { processLines } from './processes-text.ts';
import { byteSize, countOf, timeText } from './quantities.ts';
import { socketLines } from './sockets-text.ts';
import { type Style, styleFor, type TextOptions } from './style.ts';
import { pairs, type TableOptions } from './table.ts';
import { threadLines } from './threads-text.ts';
import { hanging } from './wrap.ts';

export interface InspectTextOptions extends TextOptions {
  /** Also the raw CPUID leaves, annotations and header metadata. */
  readonly all: boolean;
  /** Whether the section `summary` was asked for; the document always holds it. */
  readonly summary: boolean;
  /** Every process in full, with its threads. */
  readonly details: boolean;
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
  const style = styleFor(options);
  const sections = [
    damageLines(document, options),
    ...parts(document, options).map(([title, lines]) => (lines.length === 0 ? [] : [style.strong(title), ...lines])),
    notShownLines(document, options),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

type Part = readonly [title: string, lines: readonly string[]];

/** Every section with its title; one that is not there has no lines. */
function parts(document: InspectDocument, options: InspectTextOptions): Part[] {
  const { all, details, summary } = options;
  const { metadata, cpu, containers, processes, threads, memory, maps, files, sockets, mounts, network } = document;
  const { filesystem, objects, integrity } = document;
  return [
    ['Image', summary ? summaryLines(escapeAll(document.image), document.kernel, options) : []],
    ['Header metadata', all && metadata !== undefined ? metadataLines(metadata, options) : []],
    ['CPU that it was saved on', cpu === undefined ? [] : cpuLines(escapeAll(cpu), options)],
    ['Containers', containers === undefined ? [] : containerLines(containers, options)],
    ...(details ? (processes ?? []).map((process) => detailPart(process, threads, options)) : []),
    ['Processes', processes === undefined || details ? [] : processParts(processes, options)],
    ['Threads', threads === undefined || details ? [] : threadLines(threads, { ...options, registers: all })],
    ['Memory', memory === undefined ? [] : memoryLines(memory, options)],
    ['Memory maps', maps === undefined ? [] : mapsLines(maps, options)],
    ['Open files', files === undefined ? [] : fileLines(files, options)],
    ['Sockets', sockets === undefined ? [] : socketLines(sockets, options)],
    ['Mounts', mounts === undefined ? [] : mountLines(mounts, options)],
    ['Network', network === undefined ? [] : networkLines(network, options)],
    ['Kernel objects', objects === undefined ? [] : objectLines(objects)],
    ['Files apart (fs/)', filesystem === undefined || filesystem === null ? [] : filesystemLines(filesystem, options)],
    ['Integrity', integrity === undefined ? [] : integrityLines(integrity, options)],
  ];
}

function processParts(processes: NonNullable<InspectDocument['processes']>, options: TextOptions): string[] {
  const states = fpuStateLines(processes, options);
  return [...processLines(processes, options), ...(states.length === 0 ? [] : ['', ...states])];
}

/** One process in full; its first line is its title. */
function detailPart(process: ProcessDocument, threads: InspectDocument['threads'], options: TextOptions): Part {
  const own = (threads ?? []).filter(({ pid }) => pid === process.pid);
  const [, ...lines] = processDetailLines(process, own, options);
  return [`Process ${process.pid ?? '(dead)'}: ${escapeText(process.name)}`, lines];
}

/** What was asked for and cannot be shown, and why. */
function notShownLines({ incomplete, unavailable }: InspectDocument, options: TextOptions): string[] {
  if (incomplete.length + unavailable.length === 0) return [];
  const style = styleFor(options);
  const notes = firstOf([
    ...unavailable.map(({ section, reason }) => `${section}: ${reason}`),
    ...incomplete.map(({ section, message }) => `${section}: ${message}`),
  ]);
  const lines = notes.shown.flatMap((note) => hanging('  ', escapeText(note), options.width));
  return [style.open('Not shown'), ...withRest(lines, notes, 2)];
}

function damageLines({ damage }: Pick<InspectDocument, 'damage'>, options: TextOptions): string[] {
  if (damage === null) return [];
  const style = styleFor(options);
  const message = hanging('  ', escapeText(damage.message), options.width);
  return [style.bad('DAMAGED: this image cannot be read to its end; what follows is what could be read.'), ...message];
}

function metadataLines(metadata: NonNullable<InspectDocument['metadata']>, options: TextOptions): string[] {
  const entries = firstOf(Object.entries(metadata));
  return withRest(pairs(escapeAll(entries.shown), indented(options)), entries, 2);
}

function summaryLines(image: InspectDocument['image'], kernel: InspectDocument['kernel'], options: TextOptions): string[] {
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
      ['running', kernel === undefined ? null : runningText(kernel)],
      ['files', sizes.join(', ')],
    ],
    indented(options),
  );
}

function runningText({ hostname, processes, threads, uptime }: NonNullable<InspectDocument['kernel']>): string {
  const counts = `${countOf(processes, 'process', 'processes')} with ${countOf(threads, 'thread')}`;
  const name = hostname === null || hostname === '' ? '' : ` on host ${escapeText(hostname)}`;
  return `${counts}${name}${uptime === null ? '' : `, up ${durationText(uptime)}`}`;
}

function objectLines(objects: NonNullable<InspectDocument['objects']>): string[] {
  return [`  ${countOf(objects.count, 'object')} of ${countOf(objects.types, 'type')}, ${byteSize(objects.bytes)}`];
}

function pagesText(pages: NonNullable<InspectDocument['integrity']>['pages'], style: Style): string | null {
  if (pages === null) return null;
  const { required, present } = pages;
  if (present === null) return 'not here';
  if (required === null) return `${byteSize(present)}; how much it must have is not known`;
  return present < required ? style.bad(`too short: ${byteSize(present)} of ${byteSize(required)}`) : 'long enough';
}

function integrityLines(integrity: NonNullable<InspectDocument['integrity']>, options: TextOptions): string[] {
  const style = styleFor(options);
  return pairs(
    [
      ['header HMAC', hmacText(integrity.hmac, integrity.keyVerified)],
      ['complete', integrity.complete ? 'yes, read to the last byte' : style.bad('no')],
      ['pages.img', pagesText(integrity.pages, style)],
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
