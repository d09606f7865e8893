/** Opens an image and decodes as much of it as a question needs. */

import { PullReader } from './bytes/pull-reader.ts';
import type { ImageContainer, ImageFile } from './container/image-container.ts';
import { type OpenContainerOptions, openContainer, openState } from './container/open-container.ts';
import { readFeatureSet, type SavedFeatureSet } from './cpu/feature-set-from-graph.ts';
import { CkptError } from './errors.ts';
import { ObjectStream } from './graph/object-stream.ts';
import { shownPath } from './io/http-address.ts';
import { attempt, type OnDamage } from './kernel/attempt.ts';
import { HOST_INODE } from './kernel/files/lost-descriptors.ts';
import { lostPrivateMemory, TMPFS } from './kernel/files/private-memory.ts';
import { isDeviceType } from './kernel/gpu-state.ts';
import { isEndpointType } from './kernel/network/socket-needs.ts';
import type { SavedKernel } from './kernel/saved-kernel.ts';
import { readSavedSettings } from './kernel/saved-settings.ts';
import { isThreadType, kernelFields, readFpStates, readThreads } from './kernel/threads.ts';
import { type ReleaseRange, releaseOfTypes } from './kernel/types/release-of-types.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { beginCapture, type MemoryCapture, type MemoryRequest } from './pages/memory-capture.ts';
import type { PageReading } from './pages/page-reading.ts';
import { readMemory, type SavedMemory } from './read-memory.ts';
import { parseRunscVersion } from './restore/runsc-version.ts';
import { type RawHeader, readHeader } from './statefile/header.ts';
import { openStatefile } from './statefile/open-statefile.ts';
import { placed } from './statefile/placed.ts';
import type { Statefile } from './statefile/statefile.ts';

/** How far to read: the header and CPU features, the kernel graph too, or everything to the last byte. */
export type ReadDepth = 'cpu' | 'kernel' | 'all';

export interface ReadOptions {
  readonly depth: ReadDepth;
  /** HMAC key, or null. */
  readonly key: Uint8Array | null;
  readonly limits?: Limits;
  /**
   * Says, once the kernel is known, which bytes of the saved memory are wanted. Asked at depth `all` only; nothing else of the memory is
   * read.
   */
  readonly wantMemory?: (kernel: SavedKernel) => readonly MemoryRequest[];
  /** Gets the saved memory itself, at depth `all`; then nothing of what is wanted is collected. */
  readonly reading?: PageReading;
}

/** A decoded image. Parts beyond the asked depth are null. */
export interface OpenedImage {
  readonly path: string;
  readonly bare: boolean;
  /** Which files are beside the state file. */
  readonly files: { readonly pagesMeta: boolean; readonly pages: boolean };
  /** Sizes in bytes of the files beside the state file; null when the image does not have the file or its size is unknown. */
  readonly pagesMetaBytes: number | null;
  readonly pagesBytes: number | null;
  readonly statefileBytes: number | null;
  readonly statefile: Pick<Statefile, 'header' | 'compression' | 'hmac' | 'keyVerified' | 'framing'>;
  readonly cpu: SavedFeatureSet;
  readonly kernel: SavedKernel | null;
  readonly memory: SavedMemory | null;
  /** What `wantMemory` asked for, as far as it was in reach; null when nothing was asked. */
  readonly captured: MemoryCapture | null;
  /** Why wanted bytes of pages.img could not be had although it is there: it had gone by in a pipe. Else null. */
  readonly pagesGone: CkptError | null;
  /** For an image that names no runsc version: the releases whose types equal the declared ones best. */
  readonly typesRelease: ReleaseRange | null;
  /** What stopped the reading behind the feature set, or null when everything asked for was read. */
  readonly damage: CkptError | null;
  /** The same error when all that is wrong is a pages_meta.img beside memory in the state file, which not every runsc opens; else null. */
  readonly besideDamage: CkptError | null;
}

/**
 * Reads the image at a path, or one whose files were found before, which the caller closes.
 *
 * What lies before the end of the feature set must be readable; a failure behind it is a value (`damage`), so that what
 * was read can still be shown.
 *
 * @throws CkptError of any layer up to the feature set.
 */
export async function readImage(from: string | ImageContainer, options: ReadOptions): Promise<OpenedImage> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const path = typeof from === 'string' ? from : from.path;
  try {
    const container = typeof from === 'string' ? await openContainer(from, containerOptions(options)) : from;
    try {
      let image: OpenedImage | null = await readOnce(container, options, limits, true);
      // A flate body that is cut up in an unusual way looks damaged when its chunks are stepped over unread; runsc restores it.
      const doubtful = image.damage !== image.besideDamage && image.kernel !== null && image.statefile.framing === 'flate';
      if (!doubtful || !container.rereadable) return image;
      // Let go of the first reading, so that memory holds one graph at a time.
      image = null;
      return await readOnce(container, options, limits, false);
    } finally {
      if (typeof from === 'string') await container.close();
    }
  } catch (error) {
    throw error instanceof CkptError ? error.at({ file: shownPath(path) }) : error;
  }
}

/** How to find the files of an image that is read with these options. */
export function containerOptions({ limits = DEFAULT_LIMITS, wantMemory, reading }: ReadOptions): OpenContainerOptions {
  const separate = reading?.separate ?? null;
  return {
    limits,
    ...(wantMemory === undefined ? {} : { hold: ['pages.img'] }),
    ...(separate === null ? {} : { passing: async (name, source) => (name === 'pages.img' ? separate(source) : undefined) }),
  };
}

/**
 * The header alone, for what can still be said of an image whose body is damaged; null when that cannot be read either.
 *
 * @param path not standard input, which cannot be read twice.
 */
export async function readImageHeader(path: string, limits: Limits = DEFAULT_LIMITS): Promise<RawHeader | null> {
  if (path === '-') return null;
  try {
    const container = await openContainer(path, { limits });
    try {
      const source = await openState(container);
      try {
        return await readHeader(new PullReader(source), limits);
      } finally {
        await source.close();
      }
    } finally {
      await container.close();
    }
  } catch (error) {
    if (error instanceof CkptError) return null;
    throw error;
  }
}

async function readOnce(
  container: ImageContainer,
  options: ReadOptions,
  limits: Limits,
  trustChunkSize: boolean,
): Promise<OpenedImage> {
  const source = await openState(container);
  try {
    return await readBody(container, await openStatefile(source, { key: options.key, limits, trustChunkSize }), options, limits);
  } finally {
    await source.close();
  }
}

async function readBody(
  container: ImageContainer,
  statefile: Statefile,
  { depth, wantMemory, reading }: ReadOptions,
  limits: Limits,
): Promise<OpenedImage> {
  reading?.begin();
  // A raw body lies in the file as it is, so that its offsets are those of the file.
  const stream = new ObjectStream(statefile.body, limits, statefile.framing === 'raw' ? statefile.reader.offset : 0);
  let cpu: SavedFeatureSet;
  try {
    cpu = readFeatureSet(await stream.graph('the CPU feature set'));
  } catch (error) {
    throw error instanceof CkptError ? placed(error, statefile) : error;
  }
  let kernel: SavedKernel | null = null;
  let typesRelease: ReleaseRange | null = null;
  let memory: SavedMemory | null = null;
  let captured: MemoryCapture | null = null;
  let damage: CkptError | null = null;
  const note = (error: unknown): void => {
    if (!(error instanceof CkptError)) throw error;
    damage ??= placed(error, statefile).at({ file: container.path });
  };
  try {
    if (depth !== 'cpu') {
      kernel = await readKernel(stream);
      const [unread] = kernel.unread;
      if (unread !== undefined) damage = placed(unread, statefile).at({ file: container.path });
      const version = statefile.header.metadata.get('runsc_version') ?? kernel.settings.runscVersion;
      const named = version === null ? null : parseRunscVersion(version);
      if (named === null) typesRelease = await releaseOfTypes(kernel.graph.types, cpu.arch, version !== null);
      const date = named?.date ?? (typesRelease === null ? null : (parseRunscVersion(typesRelease.last)?.date ?? null));
      if (depth === 'all') {
        const { privateMemoryFiles } = kernel.settings;
        if (wantMemory !== undefined) captured = beginCapture(wantMemory(kernel), limits.capturedBytes);
        memory = await readMemory({
          container,
          statefile,
          stream,
          date,
          privateMemoryFiles,
          limits,
          capture: captured,
          reading: reading ?? null,
        });
      }
    }
  } catch (error) {
    note(error);
  }
  // What the archive holds behind the state file is told of a damaged one too.
  const files: { pagesMeta: ImageFile | null; pages: ImageFile | null } = { pagesMeta: null, pages: null };
  let statefileBytes = statefile.reader.source.size;
  try {
    if (depth === 'all' && statefileBytes === null) {
      await statefile.reader.skip(Number.MAX_SAFE_INTEGER);
      statefileBytes = statefile.reader.offset;
    }
    files.pagesMeta = await container.find('pages_meta.img');
    files.pages = await container.find('pages.img');
    if (depth === 'all') await container.finish();
  } catch (error) {
    note(error);
  }
  const { header, compression, hmac, keyVerified, framing } = statefile;
  const besideDamage = damage === null ? (memory?.besideDamage ?? null) : null;
  return {
    path: container.path,
    bare: container.bare,
    files: { pagesMeta: files.pagesMeta !== null, pages: files.pages !== null },
    pagesMetaBytes: files.pagesMeta?.size ?? null,
    pagesBytes: files.pages?.size ?? null,
    statefileBytes,
    statefile: { header, compression, hmac, keyVerified, framing },
    cpu,
    kernel,
    memory,
    captured,
    pagesGone: memory?.pagesGone ?? null,
    typesRelease,
    damage: damage ?? besideDamage,
    besideDamage,
  };
}

/** Parts of the kernel that are named as unreadable. */
const MOST_UNREAD = 100;

const NO_SETTINGS = { containerSpecs: null, runscVersion: null, privateMemoryFiles: null } as const;

async function readKernel(stream: ObjectStream): Promise<SavedKernel> {
  const watched = (name: string): boolean =>
    isThreadType(name) || name === TMPFS || name === HOST_INODE || isDeviceType(name) || isEndpointType(name);
  const graph = await stream.graph('the kernel graph', watched);
  const fields = kernelFields(graph);
  const unread: CkptError[] = [];
  const note: OnDamage = (error) => {
    if (unread.length < MOST_UNREAD) unread.push(error);
  };
  const threads = attempt(() => readThreads(graph, fields, note), note) ?? [];
  return {
    graph,
    threads,
    fpStates: readFpStates(graph, threads, note),
    settings: attempt(() => readSavedSettings(fields), note) ?? NO_SETTINGS,
    privateMemoryLost: attempt(() => lostPrivateMemory(graph), note) ?? false,
    unread,
  };
}
