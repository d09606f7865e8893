/** Opens an image and decodes as much of it as a question needs. */

import { PullReader } from './bytes/pull-reader.ts';
import { type ImageContainer, openContainer } from './container/open-container.ts';
import { readFeatureSet, type SavedFeatureSet } from './cpu/feature-set-from-graph.ts';
import { CkptError, type ErrorLayer } from './errors.ts';
import { ObjectStream } from './graph/object-stream.ts';
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
import { readMemory, type SavedMemory } from './read-memory.ts';
import { parseRunscVersion } from './restore/runsc-version.ts';
import { type RawHeader, readHeader } from './statefile/header.ts';
import { openStatefile } from './statefile/open-statefile.ts';
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
}

/** A decoded image. Parts beyond the asked depth are null. */
export interface OpenedImage {
  readonly path: string;
  readonly bare: boolean;
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
  /** For an image that names no runsc version: the releases whose types equal the declared ones best. */
  readonly typesRelease: ReleaseRange | null;
  /** What stopped the reading behind the feature set, or null when everything asked for was read. */
  readonly damage: CkptError | null;
}

/**
 * Reads the image at `path`.
 *
 * What lies before the end of the feature set must be readable; a failure behind it is a value (`damage`), so that what
 * was read can still be shown.
 *
 * @throws CkptError of any layer up to the feature set.
 */
export async function readImage(path: string, options: ReadOptions): Promise<OpenedImage> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  try {
    const container = openContainer(path);
    let image: OpenedImage | null = await readOnce(container, options, limits, true);
    // A flate body that is cut up in an unusual way looks damaged when its chunks are stepped over unread; runsc restores it.
    const doubtful = image.damage !== null && image.kernel !== null && image.statefile.framing === 'flate' && path !== '-';
    if (!doubtful) return image;
    // Let go of the first reading, so that memory holds one graph at a time.
    image = null;
    return await readOnce(container, options, limits, false);
  } catch (error) {
    throw error instanceof CkptError ? error.at({ file: path }) : error;
  }
}

/**
 * The header alone, for what can still be said of an image whose body is damaged; null when that cannot be read either.
 *
 * @param path not standard input, which cannot be read twice.
 */
export async function readImageHeader(path: string, limits: Limits = DEFAULT_LIMITS): Promise<RawHeader | null> {
  if (path === '-') return null;
  try {
    const source = openContainer(path).openState();
    try {
      return await readHeader(new PullReader(source), limits);
    } finally {
      await source.close();
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
  const source = container.openState();
  try {
    return await readBody(container, await openStatefile(source, { key: options.key, limits, trustChunkSize }), options, limits);
  } finally {
    await source.close();
  }
}

async function readBody(
  container: ImageContainer,
  statefile: Statefile,
  { depth, wantMemory }: ReadOptions,
  limits: Limits,
): Promise<OpenedImage> {
  // A raw body lies in the file as it is, so that its offsets are those of the file.
  const stream = new ObjectStream(statefile.body, limits, statefile.framing === 'raw' ? statefile.reader.offset : 0);
  let cpu: SavedFeatureSet;
  try {
    cpu = readFeatureSet(await stream.graph('the CPU feature set'));
  } catch (error) {
    throw error instanceof CkptError ? placed(error, statefile) : error;
  }
  const pagesMeta = container.open('pages_meta.img');
  const pages = container.open('pages.img');
  let kernel: SavedKernel | null = null;
  let typesRelease: ReleaseRange | null = null;
  let memory: SavedMemory | null = null;
  let captured: MemoryCapture | null = null;
  let damage: CkptError | null = null;
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
        const context = { container, statefile, stream, pagesMeta, pages, date, privateMemoryFiles, limits, capture: captured };
        memory = await readMemory(context);
        await statefile.body.finish();
      }
    }
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    damage ??= placed(error, statefile).at({ file: container.path });
  } finally {
    await pagesMeta?.close();
    await pages?.close();
  }
  const { header, compression, hmac, keyVerified, framing } = statefile;
  return {
    path: container.path,
    bare: container.bare,
    pagesMetaBytes: pagesMeta?.size ?? null,
    pagesBytes: pages?.size ?? null,
    statefileBytes: statefile.reader.source.size,
    statefile: { header, compression, hmac, keyVerified, framing },
    cpu,
    kernel,
    memory,
    captured,
    typesRelease,
    damage,
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

/** Layers whose offsets are those of the file, whatever the framing. */
const FILE_LAYERS: readonly ErrorLayer[] = ['file', 'container', 'header', 'metadata', 'compression', 'key'];

/** Marks offsets that count in the decoded body. */
export function placed(error: CkptError, { framing }: Statefile): CkptError {
  const inFile = framing === 'raw' || error.place.file !== undefined || FILE_LAYERS.includes(error.place.layer);
  return inFile ? error : error.at({ decoded: true });
}
