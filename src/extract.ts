/** Files out of an image: as a list, an archive, or a directory. */

import { dirname } from 'node:path';
import { eventLoopTurns } from './bytes/event-loop-turns.ts';
import { CkptError, UsageError } from './errors.ts';
import { type Compression, compressionOfName, openCompressor } from './extraction/compress.ts';
import { fileContent } from './extraction/content.ts';
import { directoryWriter } from './extraction/directory-writer.ts';
import {
  type ExtractDocument,
  type ExtractedFile,
  type ExtractNote,
  entryDocument,
  extractError,
  fileSystemDocument,
  omittedDocument,
} from './extraction/document.ts';
import { type Entries, type Entry, type LeftOut, planEntries, type Whiteouts } from './extraction/entries.ts';
import { type OutputPlace, openOutput } from './extraction/output.ts';
import { openTarWriter } from './extraction/tar-writer.ts';
import type { SavedFileSystem } from './filesystem/saved-file.ts';
import { nameBytes } from './filesystem/tree-names.ts';
import { shownPath } from './io/http-address.ts';
import { openTargetTree } from './io/target-tree.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { MemoryStretch } from './pages/page-reader.ts';
import { openSavedImage, type SavedImage, type SavedImageOptions } from './saved-image.ts';
import { TOOL } from './tool.ts';

/** Which files, and how. */
export interface ExtractOptions {
  readonly key?: Uint8Array;
  readonly limits?: Limits;
  /** Only this container. */
  readonly container?: string;
  /** Only files that fit one of these patterns; none: all. */
  readonly paths?: readonly string[];
  /** Default: `keep`. */
  readonly whiteouts?: Whiteouts;
  /** Is told of the bytes that were written, and of how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ExtractArchiveOptions extends ExtractOptions {
  /** Default: what the name of the file ends in. */
  readonly compression?: Compression;
}

export interface ExtractDirectoryOptions extends ExtractOptions {
  /** Replace files that are there. */
  readonly force?: boolean;
  /** Set owners, which only root may. */
  readonly owners?: boolean;
  /** Keep set-user-id and set-group-id. */
  readonly preserve?: boolean;
  /** Make device nodes, which only root may. */
  readonly devices?: boolean;
}

/**
 * What {@link extractArchive} would take out of an image. No page is read.
 *
 * @throws CkptError of any layer up to the CPU features; what is damaged behind them is one of the document's `errors`.
 */
export function listFiles(path: string, options: ExtractOptions = {}): Promise<ExtractDocument> {
  return withImage(path, options, { scratch: null, pages: false }, async (image, { entries, omitted }) => {
    const files = entries.map((entry) =>
      entryDocument(entry, entry.file.type === 'socket' ? 'left-out' : 'listed', socketReason(entry)),
    );
    return document(image, 'list', null, [...files, ...omitted.map(omittedDocument)], []);
  });
}

function socketReason({ file }: Entry): { readonly reason?: LeftOut } {
  return file.type === 'socket' ? { reason: 'socket' } : {};
}

/**
 * Writes the saved files of an image as a tar archive, which has its name when it is whole.
 *
 * @throws CkptError as {@link listFiles}; UsageError when the output cannot be written.
 */
export function extractArchive(path: string, place: OutputPlace, options: ExtractArchiveOptions = {}): Promise<ExtractDocument> {
  const scratch = 'file' in place ? dirname(place.file) : null;
  const compression = options.compression ?? ('file' in place ? compressionOfName(place.file) : 'none');
  return withImage(path, options, { scratch }, async (image, plan) => {
    refuseUnread(image);
    const output = openOutput(place);
    const compressor = await openCompressor(compression, output.write);
    const tar = openTarWriter(compressor.write);
    try {
      await openPages(image, plan, options);
      const files = await eachEntry(image, plan, options, async (entry, content) => {
        try {
          return await tar.add(entry, content);
        } catch (error) {
          if (tar.broken) throw new BrokenArchive(error);
          throw error;
        }
      });
      await tar.finish();
      await compressor.finish();
      await end(image);
      const result = document(image, 'archive', 'file' in place ? place.file : null, files, []);
      output.finish();
      return result;
    } catch (error) {
      tar.abandon();
      output.abandon();
      throw error instanceof BrokenArchive ? error.cause : error;
    } finally {
      compressor.close();
    }
  });
}

/** An error inside a member: the archive is lost. */
class BrokenArchive extends Error {
  constructor(cause: unknown) {
    super('a member is broken', { cause });
  }
}

/**
 * Writes the saved files of an image into a directory, which nothing of it leaves.
 *
 * @throws CkptError as {@link listFiles}; UsageError when the directory cannot be written, or holds files of these names already.
 */
export function extractDirectory(
  path: string,
  directory: string,
  { force = false, owners = false, preserve = false, devices = false, ...options }: ExtractDirectoryOptions = {},
): Promise<ExtractDocument> {
  return withImage(path, options, { scratch: dirname(`${directory}/.`) }, async (image, plan) => {
    refuseUnread(image);
    const tree = openTargetTree(directory, { force, encode: nameBytes });
    try {
      if (!force) refuseOverwriting(directory, plan, tree.look);
      await openPages(image, plan, options);
      const writer = directoryWriter(tree, { owners, preserve, devices });
      const files = await eachEntry(image, plan, options, (entry, content) => writer.add(entry, content));
      const failed = new Map<string, CkptError>();
      writer.finish((name, error) => {
        if (!(error instanceof CkptError)) throw error;
        failed.set(name, error);
      });
      await end(image);
      const shown = files.map((file): ExtractedFile => {
        const error = file.outcome === 'written' ? failed.get(file.path) : undefined;
        return error === undefined ? file : { ...file, outcome: 'failed', error: extractError(error) };
      });
      return document(image, 'directory', directory, shown, notesOf(shown, plan, { owners, preserve }));
    } finally {
      tree.close();
    }
  });
}

/** Nothing is written of an image that could not be read as far as its files. */
function refuseUnread({ fileSystems, errors: [damage] }: SavedImage): void {
  if (fileSystems.length === 0 && damage !== undefined) throw damage;
}

/** Opens, plans, and closes in every case. */
async function withImage(
  path: string,
  { key, limits = DEFAULT_LIMITS, container, paths = [], whiteouts = 'keep' }: ExtractOptions,
  place: Pick<SavedImageOptions, 'scratch' | 'pages'>,
  use: (image: SavedImage, plan: Entries) => Promise<ExtractDocument>,
): Promise<ExtractDocument> {
  const image = await openSavedImage(path, { limits, ...place, ...(key === undefined ? {} : { key }) });
  try {
    // What stands in the way of the files may hide a container or a path.
    const isWhole = image.errors.length === 0;
    const hidden = !isWhole && image.fileSystems.length === 0;
    const plan = planEntries(image.fileSystems, { whiteouts, paths, container: hidden ? null : (container ?? null) });
    const [unmatched] = isWhole ? plan.unmatched : [];
    if (unmatched !== undefined)
      throw new UsageError(`no saved file lies at ${JSON.stringify(unmatched)}; --list shows them all`);
    return await use(image, plan);
  } catch (error) {
    throw error instanceof CkptError ? error.at({ file: shownPath(path) }) : error;
  } finally {
    await image.close();
  }
}

/** Opens the pages for the files that are given out. */
async function openPages(image: SavedImage, { entries }: Entries, { onProgress }: ExtractOptions): Promise<void> {
  const bySystem = new Map<SavedFileSystem | null, Entry[]>();
  for (const entry of entries) {
    const others = bySystem.get(entry.system);
    if (others === undefined) bySystem.set(entry.system, [entry]);
    else others.push(entry);
  }
  const wanted = function* (system: SavedFileSystem | null): Generator<MemoryStretch> {
    for (const { file, linkTo } of bySystem.get(system) ?? [])
      if (linkTo === null)
        for (const { owner, memoryOffset, length } of file.extents) yield { owner, offset: memoryOffset, length };
  };
  await image.openPages(wanted, onProgress);
}

type AddEntry = (entry: Entry, content: ReturnType<typeof fileContent>) => Promise<LeftOut | null>;

/** Gives out one entry after the other; one that fails does not stop the others. */
async function eachEntry(
  image: SavedImage,
  { entries, omitted }: Entries,
  { onProgress }: ExtractOptions,
  add: AddEntry,
): Promise<ExtractedFile[]> {
  const total = entries.reduce((sum, { file, linkTo }) => sum + (linkTo === null ? file.size : 0), 0);
  const files: ExtractedFile[] = [];
  /** Names that were to be given and were not. */
  const lost = new Set<string>();
  const turn = eventLoopTurns();
  let done = 0;
  for (const entry of entries) {
    await turn();
    const { path, file, linkTo, system } = entry;
    let shown: ExtractedFile;
    if (linkTo !== null && lost.has(linkTo)) {
      shown = entryDocument(entry, 'left-out', { reason: 'link-target' });
    } else {
      try {
        const content = fileContent(linkTo === null ? file : { ...file, extents: [] }, () => image.pagesOf(system));
        const reason = await add(entry, content);
        shown = reason === null ? entryDocument(entry, 'written') : entryDocument(entry, 'left-out', { reason });
      } catch (error) {
        if (!(error instanceof CkptError)) throw error;
        shown = entryDocument(entry, 'failed', { error });
      }
    }
    if (shown.outcome !== 'written') lost.add(path);
    files.push(shown);
    if (linkTo === null) done += file.size;
    onProgress?.(done, total);
  }
  return [...files, ...omitted.map(omittedDocument)];
}

/** Looks behind the files of the image; what is wrong there does not undo what was read. */
async function end(image: SavedImage): Promise<void> {
  try {
    await image.end();
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    image.note(error);
  }
}

const MOST_NAMED = 3;

function refuseOverwriting(
  directory: string,
  { entries }: Entries,
  look: (path: string) => 'nothing' | 'directory' | 'other',
): void {
  const taken = entries.filter(({ path, file }) => {
    if (path === '') return false;
    const there = look(path);
    return there !== 'nothing' && !(there === 'directory' && file.type === 'directory');
  });
  const [first] = taken;
  if (first === undefined) return;
  const names = taken.slice(0, MOST_NAMED).map(({ path }) => path);
  const more = taken.length > MOST_NAMED ? ` and ${taken.length - MOST_NAMED} more` : '';
  throw new UsageError(`${directory} has ${names.join(', ')}${more} already; --force replaces files`);
}

/** What a directory cannot hold, or was not asked to. */
function notesOf(
  files: readonly ExtractedFile[],
  { entries }: Entries,
  { owners, preserve }: { readonly owners: boolean; readonly preserve: boolean },
): ExtractNote[] {
  const written = new Set(files.filter(({ outcome }) => outcome === 'written').map(({ path }) => path));
  const own = entries.filter(({ path, linkTo }) => linkTo === null && written.has(path === '' ? '.' : path));
  const count = (code: ExtractNote['code'], is: (entry: Entry) => boolean): ExtractNote[] => {
    const number = own.filter(is).length;
    return number === 0 ? [] : [{ code, files: number }];
  };
  return [
    ...(owners ? [] : count('owners', () => true)),
    ...(preserve ? [] : count('set-id', ({ file }) => file.type !== 'symlink' && (file.mode & 0o6000) !== 0)),
    ...count('xattrs', ({ file }) => file.xattrs.length > 0),
  ];
}

function document(
  { path, kind, fileSystems, errors }: SavedImage,
  action: ExtractDocument['action'],
  output: string | null,
  files: readonly ExtractedFile[],
  notes: readonly ExtractNote[],
): ExtractDocument {
  const count = (outcome: ExtractedFile['outcome']): number => files.filter((file) => file.outcome === outcome).length;
  const given = files.filter(({ outcome, linkTo }) => linkTo === null && (outcome === 'listed' || outcome === 'written'));
  return {
    schema: 'ckpt/extract@1',
    tool: TOOL,
    image: { path, kind },
    action,
    output,
    fileSystems: fileSystems.map(fileSystemDocument),
    totals: {
      files: files.length,
      written: count('written'),
      leftOut: count('left-out'),
      failed: count('failed'),
      bytes: given.reduce((sum, { size }) => sum + size, 0),
    },
    notes,
    errors: errors.map(extractError),
    files,
  };
}
