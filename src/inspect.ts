/** Use case `inspect`: what is in this image. */

import type { ImageContainer as Container } from './container/image-container.ts';
import { openContainer } from './container/open-container.ts';
import { CkptError, errorDocument, UsageError } from './errors.ts';
import { FILESYSTEM_FILES } from './filesystem/read-filesystem-checkpoint.ts';
import { containersOf, runscVersionOf } from './image-facts.ts';
import { inspectFilesystem, inspectSplitFilesystem } from './inspect-filesystem.ts';
import { containerDocument } from './inspection/containers.ts';
import { cpuDocument } from './inspection/cpu.ts';
import {
  type ImageContainer,
  type ImageSummary,
  type InspectDocument,
  SECTIONS,
  type Section,
  type Unavailable,
} from './inspection/document.ts';
import type { FilesystemInspection, FilesystemSection } from './inspection/filesystem.ts';
import {
  type FoundParts,
  isKernelSection,
  type KernelSectionOptions,
  readKernelSections,
  wantedStrings,
} from './inspection/kernel-sections.ts';
import { shownPath } from './io/http-address.ts';
import { attempt } from './kernel/attempt.ts';
import type { SavedContainer } from './kernel/container-specs.ts';
import type { ProcessMemory } from './kernel/memory/process-memory.ts';
import type { SavedKernel } from './kernel/saved-kernel.ts';
import type { SavedThread } from './kernel/threads.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { unlessHost } from './mistaken-host.ts';
import { type OpenedImage, type ReadDepth, readImage } from './read-image.ts';
import { parseRunscVersion } from './restore/runsc-version.ts';
import { createdAt } from './statefile/metadata.ts';

/** Sections that need the saved memory: its ranges, or what processes keep in it. */
const NEED_MEMORY: ReadonlySet<Section> = new Set(['processes', 'memory', 'maps', 'integrity']);

export interface InspectOptions {
  /** Default: all of them. */
  readonly sections?: readonly Section[];
  /** Only this process, by its id in the root PID namespace. */
  readonly pid?: number;
  /** Only this container, by name or id. */
  readonly container?: string;
  /** HMAC key of a keyed image. */
  readonly key?: Uint8Array;
  /** Show the values of environment variables, which are hidden by default. */
  readonly showEnv?: boolean;
  readonly limits?: Limits;
}

/**
 * Inspects a checkpoint of a sandbox.
 *
 * Reads only as far as the sections need: `summary` and `cpu` stop after the first object graph, and of the page data only the
 * arguments and environments of processes are read, for `processes`. A failure behind the CPU feature set is reported as `damage`, a part
 * that cannot be read in `incomplete`, with everything that could be read.
 *
 * @param path where the image is, in any form: docs/forms.md.
 * @throws CkptError when the image cannot be read up to its CPU feature set; `fscheckpoint` for a filesystem checkpoint.
 * @throws UsageError when the image has no such process or container.
 */
export async function inspect(path: string, options: InspectOptions = {}): Promise<InspectDocument> {
  return (await inspectOpened(path, options)).document;
}

/** Inspects an image of either kind: a filesystem checkpoint too. Throws as {@link inspect} does otherwise. */
export async function inspectImage(path: string, options: InspectOptions = {}): Promise<InspectDocument | FilesystemInspection> {
  return withContainer(path, options, async (container) =>
    container.kind === 'fscheckpoint'
      ? inspectFilesystem(container, { limits: options.limits ?? DEFAULT_LIMITS })
      : (await inspectContainer(container, options)).document,
  );
}

/** An inspection together with the image that it is of. */
interface Inspected {
  readonly document: InspectDocument;
  readonly image: OpenedImage;
}

/** The inspection together with the image that it is of, for use cases that need more of it. Throws as {@link inspect} does. */
export async function inspectOpened(path: string, options: InspectOptions): Promise<Inspected> {
  return withContainer(path, options, (container) => inspectContainer(container, options));
}

async function withContainer<T>(
  path: string,
  { limits = DEFAULT_LIMITS }: InspectOptions,
  use: (container: Container) => Promise<T>,
): Promise<T> {
  try {
    const container = await openContainer(path, { limits, hold: ['pages.img', ...FILESYSTEM_FILES] });
    try {
      return await use(container);
    } finally {
      await container.close();
    }
  } catch (error) {
    throw error instanceof CkptError ? error.at({ file: shownPath(path) }) : error;
  }
}

async function inspectContainer(container: Container, options: InspectOptions): Promise<Inspected> {
  const sections = new Set(options.sections ?? SECTIONS);
  const limits = options.limits ?? DEFAULT_LIMITS;
  const found: FoundParts = { incomplete: [], unavailable: [] };
  let memories: readonly ProcessMemory[] | null = null;
  const wantMemory = (kernel: SavedKernel) => {
    // An image that looks damaged is read twice.
    found.incomplete.length = 0;
    const strings = wantedStrings(kernel, limits, found);
    memories = strings.memories;
    return strings.requests;
  };
  const image = await readImage(container, {
    depth: depthOf(sections),
    key: options.key ?? null,
    limits,
    ...(sections.has('processes') ? { wantMemory } : {}),
  }).catch(async (error: unknown) => {
    throw error instanceof CkptError ? await unlessHost(container.path, error, options.limits) : error;
  });
  const specs = attempt(
    () => containersOf(image),
    ({ code, message }) => {
      if (sections.has('containers')) found.incomplete.push({ section: 'containers', code, message, path: null });
    },
  );
  const { damage, kernel } = image;
  if (kernel !== null) checkFilter(kernel, options);
  for (const { code, message, place } of kernel?.unread ?? [])
    found.incomplete.push({ section: 'threads', code, message, path: place.path ?? null });
  const layout = image.memory?.layout ?? null;
  const kernelSections =
    kernel === null
      ? {}
      : readKernelSections(
          kernel,
          {
            layout,
            captured: image.captured,
            memories,
            pagesGiven: image.files.pages || damage !== null,
            pagesGone: image.pagesGone,
          },
          sections,
          optionsOf(image, options, limits),
          found,
        );
  tellUnavailable(image, specs !== null, sections, found.unavailable);
  const document: InspectDocument = {
    schema: 'ckpt/image@1',
    image: summaryOf(image),
    ...(sections.has('summary') ? { metadata: plainMetadata(image) } : {}),
    ...(sections.has('cpu') ? { cpu: cpuDocument(image.cpu.featureSet, specs?.containers ?? null) } : {}),
    ...(sections.has('containers')
      ? { containers: specs === null ? null : containersShown(specs.containers, image.kernel?.threads ?? [], options) }
      : {}),
    ...kernelSections,
    ...(sections.has('filesystem') ? { filesystem: await splitFilesystem(container, limits, found) } : {}),
    ...(sections.has('integrity')
      ? {
          integrity: {
            hmac: image.statefile.hmac,
            keyVerified: image.statefile.keyVerified,
            complete: damage === null,
            pages: pagesFileOf(image),
          },
        }
      : {}),
    incomplete: found.incomplete,
    unavailable: found.unavailable,
    damage: damage === null ? null : errorDocument(damage),
  };
  return { document, image };
}

/** The files that lie apart in a split checkpoint; null for an image that is none. */
async function splitFilesystem(container: Container, limits: Limits, found: FoundParts): Promise<FilesystemSection | null> {
  if (container.bare) return null;
  try {
    return await inspectSplitFilesystem(container, limits);
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    found.incomplete.push({ section: 'filesystem', code: error.code, message: error.message, path: null });
    return null;
  }
}

/** The file of pages and what its metadata asks of it; null where the pages are in the state file, or not known to be elsewhere. */
function pagesFileOf({ memory, pagesBytes }: OpenedImage): NonNullable<InspectDocument['integrity']>['pages'] {
  if (memory === null || memory.place === 'inline') return null;
  return { required: memory.layout?.committedBytes ?? null, present: pagesBytes };
}

function depthOf(sections: ReadonlySet<Section>): ReadDepth {
  const all = [...sections];
  if (all.some((section) => NEED_MEMORY.has(section))) return 'all';
  // The specs of some releases are in the kernel graph.
  return all.some((section) => section === 'containers' || isKernelSection(section)) ? 'kernel' : 'cpu';
}

function optionsOf(image: OpenedImage, options: InspectOptions, limits: Limits): KernelSectionOptions {
  const version = runscVersionOf(image)?.value ?? image.typesRelease?.last ?? null;
  const date = version === null ? null : (parseRunscVersion(version)?.date ?? null);
  return {
    arch: image.cpu.arch,
    networkMode: image.statefile.header.metadata.get('network') ?? null,
    date: date === null ? null : Number(date),
    showEnv: options.showEnv === true,
    only: (thread) => isWanted(thread, options),
    limits,
  };
}

function isWanted({ pid, containerId, containerName }: SavedThread, { pid: wanted, container }: InspectOptions): boolean {
  if (wanted !== undefined && pid !== wanted) return false;
  return container === undefined || container === containerName || container === containerId;
}

/** A process or container that is not there is a mistake of the caller, who is told what is there. */
function checkFilter({ threads }: SavedKernel, options: InspectOptions): void {
  if (options.pid === undefined && options.container === undefined) return;
  const live = threads.filter(({ tid }) => tid !== null);
  if (live.some((thread) => isWanted(thread, options))) return;
  const names = (of: (thread: SavedThread) => string | null) => [...new Set(live.map(of))].filter((name) => name !== null);
  const list = (all: readonly string[]) => all.slice(0, 20).join(', ') + (all.length > 20 ? ', …' : '');
  const containerOf = ({ containerName, containerId }: SavedThread) => containerName ?? containerId;
  const { pid: wanted, container } = options;
  const elsewhere = live.find(({ pid }) => pid === wanted);
  if (container === undefined)
    throw new UsageError(
      `the image has no process ${wanted}; it has ${list(names(({ pid }) => (pid === null ? null : String(pid))))}`,
    );
  if (elsewhere !== undefined)
    throw new UsageError(
      `process ${wanted} is not in container ${JSON.stringify(container)}, but in ${containerOf(elsewhere) ?? 'none'}`,
    );
  const which = wanted === undefined ? 'process' : `process ${wanted}`;
  throw new UsageError(
    `the image has no ${which} in a container ${JSON.stringify(container)}; its containers are ${list(names(containerOf))}`,
  );
}

function containersShown(
  containers: readonly SavedContainer[],
  threads: readonly SavedThread[],
  { container, showEnv }: InspectOptions,
): ImageContainer[] {
  const ids = new Map(
    threads.flatMap(({ containerName, containerId }) => (containerName === null ? [] : [[containerName, containerId]])),
  );
  const wanted = containers.filter(({ name }) => container === undefined || name === container || ids.get(name) === container);
  return wanted.map((one) => containerDocument(one, ids, showEnv === true));
}

/** First release whose images hold the specs of their containers. @see gVisor 2024-09-11, release-20240916.0 */
const SPECS_SINCE = 'release-20240916.0';

/** Says of sections that were asked for why the image cannot give them. */
function tellUnavailable(image: OpenedImage, hasSpecs: boolean, sections: ReadonlySet<Section>, to: Unavailable[]): void {
  if (image.damage !== null) {
    // What the damage keeps from being read is not lost without a word.
    for (const section of sections)
      if (image.kernel === null && isKernelSection(section))
        to.push({
          section,
          reason: 'The image is damaged before the end of the kernel graph; ckpt state get reads the objects before that',
        });
    return;
  }
  if (sections.has('containers') && !hasSpecs && image.kernel !== null)
    to.push({ section: 'containers', reason: `The image holds no OCI specs: releases before ${SPECS_SINCE} do not save them` });
  for (const section of ['memory', 'maps'] as const)
    if (sections.has(section) && image.memory !== null && image.memory.layout === null)
      to.push({ section, reason: 'Which pages are saved is in a file that is not here (pages_meta.img)' });
}

function summaryOf(image: OpenedImage): ImageSummary {
  const { header, compression, framing, hmac, keyVerified } = image.statefile;
  const version = runscVersionOf(image);
  const count = header.metadata.get('container_count');
  const { typesRelease } = image;
  return {
    path: image.path,
    runscVersion: version?.value ?? null,
    runscVersionFrom: version?.from ?? null,
    datedByTypes: typesRelease === null ? null : { first: typesRelease.first, last: typesRelease.last },
    arch: image.cpu.arch,
    createdAt: createdAt(header.metadata),
    compression,
    framing,
    hmac,
    keyVerified,
    containerCount: count !== undefined && /^\d{1,9}$/.test(count) ? Number(count) : null,
    bytes: { statefile: image.statefileBytes, pagesMeta: image.pagesMetaBytes, pages: image.pagesBytes },
  };
}

function plainMetadata(image: OpenedImage): Readonly<Record<string, string>> {
  const entries = [...image.statefile.header.metadata].filter(([key]) => key !== 'container_specs');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
