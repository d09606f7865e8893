/** The saved files and pages of an image, for what takes them out of it. */

import type { ImageFileName } from './container/image-container.ts';
import { type KeptImage, openKept } from './container/keep-passing.ts';
import { CkptError } from './errors.ts';
import type { FilesystemCheckpoint } from './filesystem/filesystem-checkpoint.ts';
import type { FilesystemPrefix } from './filesystem/manifest.ts';
import { FILESYSTEM_FILES, readFilesystemCheckpoint } from './filesystem/read-filesystem-checkpoint.ts';
import type { SavedFileSystem } from './filesystem/saved-file.ts';
import { savedFileSystems } from './filesystem/tree-from-graph.ts';
import { shownPath } from './io/http-address.ts';
import { type Spool, spoolFile, spoolMemory } from './io/spool-file.ts';
import type { SavedKernel } from './kernel/saved-kernel.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { type OpenPagesOptions, openInlinePages, openSeparatePages } from './pages/open-pages.ts';
import type { MemoryStretch, PageReader } from './pages/page-reader.ts';
import type { MemoryLayout } from './pages/step-over-memory.ts';
import { type OpenedImage, readImage } from './read-image.ts';

export interface SavedImageOptions {
  readonly key?: Uint8Array;
  readonly limits?: Limits;
  /** Directory for what must be kept on disk for a moment; null: it is kept in memory, up to `heldBytes`. */
  readonly scratch: string | null;
  /** Whether pages will be read; default true. */
  readonly pages?: boolean;
}

/** An image that is open. Its files are read when they are asked for. */
export interface SavedImage {
  readonly path: string;
  readonly kind: 'checkpoint' | 'fscheckpoint';
  /** Null for a filesystem checkpoint. */
  readonly opened: OpenedImage | null;
  readonly fileSystems: readonly SavedFileSystem[];
  /** Everything that could not be read. */
  readonly errors: readonly CkptError[];
  /**
   * The pages that hold the content of a file system.
   *
   * @throws CkptError when they are not there.
   */
  pagesOf(system: SavedFileSystem): PageReader;
  /**
   * Opens the pages for reading. Once.
   *
   * @param wanted what will be read, asked for where pages can be read forwards only.
   */
  openPages(
    wanted: (system: SavedFileSystem | null) => Iterable<MemoryStretch>,
    onKept?: (done: number, total: number) => void,
  ): Promise<void>;
  /** The pages of the sandbox itself, after `openPages`. @throws CkptError when they are not there. */
  memoryPages(): PageReader;
  /** Adds to `errors`. */
  note(error: CkptError): void;
  /** Looks at what an archive holds behind the files of the image. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/** A part of the image whose files share pages. */
interface Part {
  readonly systems: readonly SavedFileSystem[];
  readonly layout: MemoryLayout | null;
  readonly pagesFile: ImageFileName;
  /** What stands in the way of its pages. */
  readonly damage: CkptError | null;
  pages: PageReader | CkptError | null;
}

/**
 * Opens an image and reads what it holds, but not its pages.
 *
 * @throws CkptError of any layer up to the feature set; what is damaged behind it is one of `errors`.
 */
export async function openSavedImage(path: string, options: SavedImageOptions): Promise<SavedImage> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const { scratch } = options;
  const spool = (): Spool => (scratch === null ? spoolMemory(limits.heldBytes) : spoolFile(scratch));
  const image = await openKept(path, { limits, hold: FILESYSTEM_FILES, spool: options.pages === false ? null : spool });
  try {
    return await readParts(image, { ...options, limits, spool });
  } catch (error) {
    await image.close();
    throw error instanceof CkptError ? error.at({ file: shownPath(path) }) : error;
  }
}

type PartOptions = SavedImageOptions & { readonly limits: Limits; readonly spool: () => Spool };

async function readParts(image: KeptImage, { key, limits, spool }: PartOptions): Promise<SavedImage> {
  const { container } = image;
  const errors: CkptError[] = [];
  const parts: Part[] = [];
  let opened: OpenedImage | null = null;
  if (container.kind === 'checkpoint') {
    opened = await readImage(container, { depth: 'all', key: key ?? null, limits });
    if (opened.damage !== null) errors.push(opened.damage);
    for (const error of opened.kernel?.unread ?? []) if (error.message !== opened.damage?.message) errors.push(error);
    const systems = opened.kernel === null ? [] : treesOf(opened.kernel, limits, errors);
    const memory = opened.memory;
    const pagesFile: ImageFileName = memory?.place === 'inline' ? 'checkpoint.img' : 'pages.img';
    parts.push({ systems, layout: memory?.layout ?? null, pagesFile, damage: opened.damage, pages: null });
  }
  // Of a split checkpoint the files lie apart, and the graph has none of their content.
  const prefix: FilesystemPrefix = container.kind === 'fscheckpoint' ? '' : 'fs/';
  const files = container.bare ? null : await readFilesystemCheckpoint(container, prefix, limits);
  if (files !== null) {
    for (const { error, harmless } of files.problems) if (!harmless) errors.push(error);
    parts.unshift(filesPart(files, prefix));
  }
  const partOf = new Map<SavedFileSystem, Part>();
  const fileSystems: SavedFileSystem[] = [];
  const places = new Set<string>();
  for (const part of parts)
    for (const system of part.systems) {
      const place = JSON.stringify([system.container, system.mountPoint]);
      if (system.mountPoint !== null && places.has(place)) continue;
      places.add(place);
      partOf.set(system, part);
      fileSystems.push(system);
    }
  const readerOf = (part: Part | undefined): PageReader => {
    const pages = part?.pages ?? null;
    if (pages instanceof CkptError) throw pages;
    if (pages === null) throw part?.damage ?? pagesMissing(container.path);
    return pages;
  };
  const pageOptions: Omit<OpenPagesOptions, 'wanted' | 'onKept'> = { key: key ?? null, limits, spool };
  return {
    path: container.path,
    kind: container.kind,
    opened,
    fileSystems,
    errors,
    pagesOf: (system) => readerOf(partOf.get(system)),
    async openPages(wanted, onKept) {
      for (const part of parts) {
        const own = function* (): Generator<MemoryStretch> {
          for (const system of part.systems) if (partOf.get(system) === part) yield* wanted(system);
          if (part.pagesFile !== 'fs/pages.img') yield* wanted(null);
        };
        try {
          part.pages = await openPart(part, { ...pageOptions, wanted: own, ...(onKept === undefined ? {} : { onKept }) });
        } catch (error) {
          if (!(error instanceof CkptError)) throw error;
          part.pages = error;
          errors.push(error);
        }
      }
    },
    memoryPages: () => readerOf(parts.find(({ pagesFile }) => pagesFile !== 'fs/pages.img')),
    note: (error) => errors.push(error),
    end: () => image.end(),
    async close() {
      for (const { pages } of parts) if (pages !== null && !(pages instanceof CkptError)) await pages.close();
      await image.close();
    },
  };

  async function openPart({ layout, pagesFile }: Part, openOptions: OpenPagesOptions): Promise<PageReader | null> {
    if (layout === null) return null;
    if (pagesFile === 'checkpoint.img') return openInlinePages(container, layout, openOptions);
    const file = await container.find(pagesFile);
    return file === null ? null : openSeparatePages(file, layout, openOptions);
  }
}

function treesOf(kernel: SavedKernel, limits: Limits, errors: CkptError[]): readonly SavedFileSystem[] {
  return savedFileSystems(kernel, limits, (error) => errors.push(error));
}

function filesPart({ fileSystems, memoryFiles, requiredPages, problems }: FilesystemCheckpoint, prefix: FilesystemPrefix): Part {
  const layout: MemoryLayout = { place: 'separate', files: memoryFiles, committedBytes: requiredPages };
  const damage = problems.find(({ harmless }) => !harmless)?.error ?? null;
  return { systems: fileSystems, layout, pagesFile: `${prefix}pages.img`, damage, pages: null };
}

function pagesMissing(path: string): CkptError {
  return new CkptError(
    'truncated',
    { layer: 'pages', file: path },
    {
      expected: 'the saved pages, which hold the content',
      found: 'none',
      hint: 'They lie in pages.img and pages_meta.img beside the state file: give the directory that has all three',
    },
  );
}
