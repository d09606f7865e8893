/** The memory of an image that is verified: its metadata and pages, wherever they are. */
import { PullReader } from './bytes/pull-reader.ts';
import type { ImageFile } from './container/image-container.ts';
import { CkptError } from './errors.ts';
import { releaseOfTypes } from './kernel/types/release-of-types.ts';
import type { MemoryOptions } from './pages/step-over-memory.ts';
import { mayLieApart, placeOfPages, streamOptions } from './read-memory.ts';
import { parseRunscVersion } from './restore/runsc-version.ts';
import type { RawHeader } from './statefile/header.ts';
import { beginCheck, type Check } from './verification/check.ts';
import type { CheckedHeader } from './verification/check-header.ts';
import { type CheckedMemory, checkMemory, checkPages, type PagesFile } from './verification/check-memory.ts';
import { type CheckedGraphs, isLost, isOfArchive, type StateInProgress } from './verification/check-state.ts';
import { plainBody } from './verification/checked-body.ts';
import { CheckedStream } from './verification/checked-stream.ts';
import { damageOf } from './verification/damage.ts';
import { asPages, seek, type VerifyContext } from './verification/verified-files.ts';

/** Date of the code that wrote the image (YYYYMMDD), or null: by its version, else by its types. */
export async function dateOf({ metadata }: RawHeader, graphs: CheckedGraphs | null): Promise<string | null> {
  const version = metadata.get('runsc_version') ?? graphs?.settings?.runscVersion ?? null;
  const named = version === null ? null : parseRunscVersion(version);
  if (named !== null) return named.date;
  if (graphs === null || graphs.kernelTypes === null || graphs.arch === null) return null;
  const release = await releaseOfTypes(graphs.kernelTypes, graphs.arch, version !== null);
  return release === null ? null : (parseRunscVersion(release.last)?.date ?? null);
}

/** How the memory of an image of this date is read. */
export function memoryOptions(date: string | null, graphs: CheckedGraphs | null): Omit<MemoryOptions, 'place'> {
  return streamOptions(date, graphs?.settings?.privateMemoryFiles ?? null);
}

/** What follows the kernel graph in the state file. */
export interface StreamMemory {
  /** Where it begins; null when the stream ends there. */
  readonly start: number | null;
  /** Null when nothing follows. */
  readonly memory: CheckedMemory | null;
  /** Where something follows that is no memory; null when the stream has ended. */
  readonly behind: number | null;
}

/** Checks what follows the kernel graph in the state file; null when that is out of reach. */
export async function memoryInStream(
  state: StateInProgress,
  graphs: CheckedGraphs,
  head: CheckedHeader,
  { container }: VerifyContext,
): Promise<StreamMemory | null> {
  if (!graphs.complete || head.header === null) return null;
  const { stream } = state;
  const date = await dateOf(head.header, graphs);
  const apart = mayLieApart(head.compression, date);
  try {
    const start = stream.offset;
    if (apart && (await stream.atEnd())) return { start: null, memory: null, behind: null };
    const place = await placeOfPages(container, apart, date);
    const memory = await checkMemory(stream, { ...memoryOptions(date, graphs), place }, (error) => isLost(error, state));
    const behind = memory.layout === null || (await stream.atEnd()) ? null : stream.offset;
    return { start, memory, behind };
  } catch (error) {
    if (isLost(error, state)) return null;
    if (!(error instanceof CkptError)) throw error;
    state.chunks.report(stream.damage(error));
    return null;
  }
}

/** The metadata and pages, wherever they are, and whether the state file ends where it should. */
export async function memoryChecks(
  context: VerifyContext,
  state: StateInProgress | null,
  inStream: StreamMemory | null,
  options: Omit<MemoryOptions, 'place'>,
): Promise<readonly Check[]> {
  const { container, passed, deep } = context;
  const meta = await seek(context, 'pages_meta.img');
  const pagesFile = await seek(context, 'pages.img');
  const pages = pagesFile === null ? null : asPages(context, 'pages.img', pagesFile, passed);
  const checks: Check[] = state === null ? [] : [endCheck(state, inStream, meta !== null)];
  let memory = inStream?.memory ?? null;
  if (meta !== null) memory = await checkMetaFile(context, meta, options);
  const begun = beginCheck('memory-metadata');
  const why = 'what comes before it is not readable to its end';
  if (memory !== null) checks.push(memory.check);
  else if (inStream === null) checks.push(begun.notDone(why));
  else if (container.bare) checks.push(begun.notDone('it is in pages_meta.img, which was not given with the state file'));
  else {
    const message = 'expected pages_meta.img, found no such file, and no memory in the state file';
    begun.report({ code: 'not-found', layer: 'pages', file: 'pages_meta.img', offset: null, decoded: null, message });
    checks.push(begun.done(''));
  }
  checks.push(await pagesCheck(memory, pages, container.bare, deep, memory === null && inStream !== null));
  return checks;
}

async function pagesCheck(
  memory: CheckedMemory | null,
  pages: PagesFile | null,
  bare: boolean,
  deep: boolean,
  elsewhere: boolean,
): Promise<Check> {
  const layout = memory?.layout ?? null;
  const check = beginCheck('pages');
  const ranges = layout?.files.reduce((sum, file) => sum + file.ranges.length, 0) ?? 0;
  if (bare && (elsewhere || layout?.place === 'separate'))
    return check.notDone('they are in pages.img, which was not given with the state file');
  if (layout?.place === 'inline') {
    if (pages !== null) {
      const message = 'expected no pages.img, because the pages are in the state file; found one';
      check.report({ code: 'inconsistent', layer: 'pages', file: 'pages.img', offset: null, decoded: null, message });
    }
    const told = `they are in the state file, as many bytes as the metadata says${deep ? ', all of them readable' : ''}; what is in pages has no checksum of its own`;
    return check.done(told, { ranges, bytes: layout.committedBytes });
  }
  const required = layout?.committedBytes ?? null;
  return checkPages(
    'pages',
    'pages.img',
    pages,
    { required, unknown: 'the metadata that says how many there are is not readable', ranges },
    deep,
  );
}

function endCheck(state: StateInProgress, inStream: StreamMemory | null, metaFile: boolean): Check {
  const check = beginCheck('end');
  const { stream } = state;
  if (inStream === null) return check.notDone('what comes before it is not readable to its end');
  const at = metaFile ? inStream.start : inStream.behind;
  if (at !== null) {
    const expected = metaFile
      ? 'the end of the state file, because the memory is in pages_meta.img'
      : 'the end of the state file';
    const error = new CkptError('trailing-bytes', { layer: 'graph', offset: at }, { expected, found: 'more bytes' });
    check.report(stream.damage(error));
  } else if (inStream.memory !== null && inStream.memory.layout === null)
    return check.notDone('the memory before it is not readable to its end');
  return check.done('nothing follows the last part of the state file');
}

async function checkMetaFile(
  context: VerifyContext,
  file: ImageFile,
  options: Omit<MemoryOptions, 'place'>,
): Promise<CheckedMemory> {
  const { limits, known, watch } = context;
  const name = 'pages_meta.img';
  try {
    const source = watch(await file.open());
    try {
      const body = plainBody(new PullReader(source));
      const stream = new CheckedStream(body, limits, 0, { name, plain: true }, known);
      return await checkMemory(stream, { ...options, place: 'separate' }, isOfArchive, true);
    } finally {
      await source.close();
    }
  } catch (error) {
    const check = beginCheck('memory-metadata');
    check.report(damageOf(error, name));
    return { check: check.done(''), layout: null };
  }
}
