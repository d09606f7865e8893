/** Use case `pages`: what memory is saved in images, whose it is, and what of it is there more than once. */

import { CkptError, errorDocument } from './errors.ts';
import { runscVersionOf } from './image-facts.ts';
import { imagePages } from './inspection/image-pages.ts';
import type { PageImage, PagesDocument, PagesError, PagesTogether } from './inspection/page-document.ts';
import { shownPath } from './io/http-address.ts';
import { usualThreads } from './io/page-workers.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { unlessHost } from './mistaken-host.ts';
import { PAGE_BYTES } from './pages/memory-file.ts';
import { NumberSet } from './pages/number-set.ts';
import type { PageReading } from './pages/page-reading.ts';
import { openPageScanner, type PageScan, type PageScanner, type PageScanResult } from './pages/page-scanner.ts';
import type { MemoryFile } from './pages/step-over-memory.ts';
import { type OpenedImage, readImage } from './read-image.ts';
import { createdAt } from './statefile/metadata.ts';

export interface PagesOptions {
  /** Look at the pages themselves; without, only what the metadata tells. Default: true. */
  readonly scan?: boolean;
  /** Also every range, where it lies, and who maps it. */
  readonly map?: boolean;
  /** Threads that read pages; default: as many as run at the same time here, at most 8. */
  readonly threads?: number;
  /** HMAC key of keyed images. */
  readonly key?: Uint8Array;
  readonly limits?: Limits;
  /** Is told, while pages are read, of which image, and how many bytes of how many. */
  readonly onProgress?: (image: string, done: number, total: number | null) => void;
}

/** An image, and what was found in its pages. */
interface Scanned {
  readonly image: PageImage;
  readonly scan: PageScanResult | null;
}

/**
 * Says what memory images hold. Every stored page is read once, in a stream and with bounded memory, wherever it lies.
 *
 * One image that cannot be read does not hide the others; of one that is damaged, what could be read is told.
 *
 * @param paths as `inspect` takes them.
 */
export async function pages(paths: readonly string[], options: PagesOptions = {}): Promise<PagesDocument> {
  const { scan = true, threads = usualThreads(), limits = DEFAULT_LIMITS } = options;
  let path = '';
  const onProgress = (done: number, total: number | null): void => options.onProgress?.(path, done, total);
  const scanner = scan ? openPageScanner({ threads, mostPages: limits.scannedPages, onProgress }) : null;
  const found: Scanned[] = [];
  const errors: PagesError[] = [];
  try {
    for (path of paths) {
      try {
        found.push(await pagesOf(path, scanner, options, limits));
      } catch (error) {
        if (!(error instanceof CkptError)) throw error;
        errors.push({ image: shownPath(path), ...errorDocument(await unlessHost(path, error, limits)) });
      }
    }
  } finally {
    await scanner?.close();
  }
  return {
    schema: 'ckpt/pages@1',
    images: found.map(({ image }) => image),
    together: found.length > 1 ? togetherOf(found) : null,
    errors,
  };
}

async function pagesOf(path: string, scanner: PageScanner | null, options: PagesOptions, limits: Limits): Promise<Scanned> {
  const reading = pageReading(scanner);
  const image = await readImage(path, { depth: 'all', key: options.key ?? null, limits, reading });
  const { memory, damage } = image;
  // What was read before a damage is known too, though not whether the pages are in pages.img.
  const place = memory?.place ?? (image.files.pagesMeta ? 'separate' : 'inline');
  const scan = await reading.scanned(place === 'inline' ? 'inline' : 'separate');
  const files = memory?.layout?.files ?? reading.files();
  const complete = memory !== null && memory.layout !== null;
  const layout = files.length === 0 ? null : ({ place: place === 'inline' ? 'inline' : 'separate', files } as const);
  const parts = imagePages({ kernel: image.kernel, layout, complete, scan }, options.map === true, limits.elements);
  const incomplete = scan?.overLimit === true ? [...parts.incomplete, overLimit(limits)] : parts.incomplete;
  return {
    scan,
    image: {
      path: shownPath(path),
      runscVersion: runscVersionOf(image)?.value ?? null,
      arch: image.cpu.arch,
      createdAt: createdAt(image.statefile.header.metadata),
      compression: image.statefile.compression,
      hmac: image.statefile.hmac,
      keyVerified: image.statefile.keyVerified,
      place: memory === null && files.length === 0 ? null : place,
      pagesFile: pagesFileOf(image, place, scan),
      ...parts,
      incomplete,
      damage: damage === null ? null : errorDocument(damage),
    },
  };
}

function pagesFileOf(
  { memory, pagesBytes }: OpenedImage,
  place: PageImage['place'],
  scan: PageScanResult | null,
): PageImage['pagesFile'] {
  if (place === 'inline') return null;
  return { required: memory?.layout?.committedBytes ?? null, present: pagesBytes ?? scan?.bytes ?? null };
}

function overLimit(limits: Limits): PageImage['incomplete'][number] {
  return {
    code: 'over-limit',
    message: `The image has more pages than the limit scannedPages (${limits.scannedPages}); those behind them were not looked at`,
    path: null,
  };
}

/** Collects what an image gives of its memory. */
interface Collected extends PageReading {
  /** Memory files whose metadata was read. */
  readonly files: () => readonly MemoryFile[];
  /** What was found in the pages that lie there; null when they were not there, or not wanted. */
  readonly scanned: (place: 'inline' | 'separate') => Promise<PageScanResult | null>;
}

function pageReading(scanner: PageScanner | null): Collected {
  let files: MemoryFile[] = [];
  const scans: { inline: PageScan | null; separate: PageScan | null } = { inline: null, separate: null };
  return {
    begin() {
      files = [];
      scans.inline = null;
    },
    file(file) {
      files.push(file);
    },
    inline:
      scanner === null
        ? null
        : async (bytes) => {
            scans.inline ??= await scanner.begin();
            await scans.inline.write(bytes);
          },
    separate:
      scanner === null
        ? null
        : async (source) => {
            scans.separate = await scanner.begin();
            await scans.separate.fill(source);
          },
    files: () => files,
    scanned: async (place) => (await scans[place]?.end()) ?? null,
  };
}

/** What all of them are together; null when not all were scanned. */
function togetherOf(found: readonly Scanned[]): PagesTogether | null {
  const scans = found.flatMap(({ scan }) => (scan === null ? [] : [scan]));
  if (scans.length < found.length) return null;
  const once = new NumberSet();
  const twice = new NumberSet();
  let [storedPages, anyZero] = [0, 0];
  for (const { contents } of scans) contents.addTo(once, twice);
  for (const { image } of found) {
    storedPages += image.content?.scannedPages ?? 0;
    if ((image.content?.zeroPages ?? 0) > 0) anyZero = 1;
  }
  const keptPages = once.size + anyZero;
  return {
    storedPages,
    storedBytes: storedPages * PAGE_BYTES,
    keptPages,
    keptBytes: keptPages * PAGE_BYTES,
    images: found.map(({ image: { path } }, index) => {
      const { contents } = scans[index] as PageScanResult;
      return {
        path,
        contents: contents.size,
        onlyHere: contents.size - contents.shared(twice),
        shared: scans.map((other) => contents.shared(other.contents)),
      };
    }),
  };
}
