/** `ckpt inspect`. */
import { inspectImage } from '../inspect.ts';
import type { InspectDocument, Section } from '../inspection/document.ts';
import type { FilesystemInspection } from '../inspection/filesystem.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { documentErrorLine } from './error-message.ts';
import { hmacKey, keyWarnings } from './hmac-key.ts';
import type { InspectInvocation } from './invocation.ts';
import { SECTION_NAMES } from './option-values.ts';
import { json, writeDocuments } from './write-documents.ts';

/** What text shows unless told otherwise: enough to know an image by, without its long lists. */
const OVERVIEW: readonly Section[] = [
  'summary',
  'cpu',
  'containers',
  'processes',
  'memory',
  'objects',
  'filesystem',
  'integrity',
];
/** What text shows of a single process. */
const OF_A_PROCESS: readonly Section[] = ['processes', 'threads', 'maps', 'files', 'sockets'];

/** @returns 0, or 3 when the image is damaged behind what could be shown, or its pages.img is too short */
export async function runInspect(invocation: InspectInvocation, io: ProcessIo): Promise<0 | 3> {
  const { image, showEnv, limits, all, pid, container, destinations } = invocation;
  const key = hmacKey(io, invocation.keyFile, limits);
  const inText = all ? null : (invocation.sections ?? (pid === null ? OVERVIEW : OF_A_PROCESS));
  // JSON is for programs: it has everything unless sections are named.
  const sections = destinations.some(({ format }) => format === 'json') ? invocation.sections : inText;
  const document = await inspectImage(image, {
    ...(sections === null ? {} : { sections }),
    ...(pid === null ? {} : { pid }),
    ...(container === null ? {} : { container }),
    ...key,
    showEnv,
    limits,
  });
  if (document.schema === 'ckpt/fscheckpoint@1') return showFilesystem(document, invocation, io);
  await io.stderr.write(keyWarnings(image, document.image, key));
  if (document.damage !== null) await io.stderr.write(documentErrorLine({ image, ...document.damage }));
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderInspectText } = await import('../report/inspect-text.ts');
      const shown = inText === null ? document : onlySections(document, inText);
      return renderInspectText(shown, { ...options, all, details: pid !== null, summary: inText?.includes('summary') ?? true });
    },
  });
  return document.damage === null && !pagesMissing(document) && !isDamaged(document.filesystem?.damage ?? []) ? 0 : 3;
}

/** A filesystem checkpoint has no sections: it is its manifest and its files. */
async function showFilesystem(
  document: FilesystemInspection,
  { all, ...invocation }: InspectInvocation,
  io: ProcessIo,
): Promise<0 | 3> {
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderFilesystemText } = await import('../report/filesystem-text.ts');
      return renderFilesystemText(document, { ...options, all });
    },
  });
  return isDamaged(document.damage) ? 3 : 0;
}

function isDamaged(damage: FilesystemInspection['damage']): boolean {
  return damage.some(({ harmless }) => !harmless);
}

/** Whether pages.img is there and holds less than the image needs. */
function pagesMissing({ integrity }: InspectDocument): boolean {
  const pages = integrity?.pages ?? null;
  return pages !== null && pages.required !== null && pages.present !== null && pages.present < pages.required;
}

/** The document with these sections only. */
function onlySections(document: InspectDocument, sections: readonly Section[]): InspectDocument {
  const kept: Record<string, unknown> = { ...document };
  for (const name of SECTION_NAMES) if (!sections.includes(name)) delete kept[name];
  const named = <T extends { readonly section: Section }>(notes: readonly T[]) =>
    notes.filter(({ section }) => sections.includes(section));
  return {
    ...(kept as unknown as InspectDocument),
    incomplete: named(document.incomplete),
    unavailable: named(document.unavailable),
  };
}
