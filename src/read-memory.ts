/** Finds the saved memory of an image, wherever it is, and steps over it. */
import type { ByteSource } from './bytes/byte-source.ts';
import { PullReader } from './bytes/pull-reader.ts';
import type { ImageContainer } from './container/open-container.ts';
import { CkptError } from './errors.ts';
import { ObjectStream } from './graph/object-stream.ts';
import type { Limits } from './limits.ts';
import type { MemoryCapture } from './pages/memory-capture.ts';
import { readPages } from './pages/read-pages.ts';
import { type MemoryLayout, stepOverMemory } from './pages/step-over-memory.ts';
import { rawBody } from './statefile/raw-body.ts';
import type { Statefile } from './statefile/statefile.ts';

/** First date of images that keep a list of private memory files in the stream. @see gVisor b3bb6faf7 (2023-12-11). */
const OWNERS_SINCE = '20231211';
/** First date of images with pages in a file of their own, and first with their metadata in one too. @see 5e9207a96, a3ae7f25a. */
const PAGES_SINCE = '20240412';
const PAGES_META_SINCE = '20240430';

/** Whether an image without compression of this date (YYYYMMDD) keeps the lengths of its pages in checkpoint.img, and the pages in pages.img. */
export function pagesInMetadataStream(date: string): boolean {
  return date >= PAGES_SINCE && date < PAGES_META_SINCE;
}

/** What is known of an image when its memory comes next. */
export interface MemoryContext {
  readonly container: ImageContainer;
  readonly statefile: Pick<Statefile, 'compression'>;
  /** The stream of checkpoint.img, behind the kernel graph. */
  readonly stream: ObjectStream;
  readonly pagesMeta: ByteSource | null;
  readonly pages: ByteSource | null;
  /** Date of the code that wrote the image (YYYYMMDD), or null. */
  readonly date: string | null;
  readonly privateMemoryFiles: number | null;
  readonly limits: Limits;
  /** Collects wanted bytes; what is not in reach stays out of it. */
  readonly capture: MemoryCapture | null;
}

/** Where the memory is, and its layout: null when that is in a file that is missing or was not given. */
export interface SavedMemory {
  readonly place: 'inline' | 'separate' | 'elsewhere';
  readonly layout: MemoryLayout | null;
}

/**
 * Steps over the memory.
 *
 * @throws CkptError `truncated` when the metadata or inline pages are cut short, and those of the framing.
 */
export async function readMemory(context: MemoryContext): Promise<SavedMemory> {
  const { container, statefile, stream, pagesMeta, pages, date, limits } = context;
  const options = {
    ownersExpected: date === null ? null : date >= OWNERS_SINCE,
    privateFiles: context.privateMemoryFiles,
    ...(context.capture === null ? {} : { capture: context.capture }),
  };
  if (pagesMeta !== null) {
    const meta = new ObjectStream(rawBody(new PullReader(pagesMeta)), limits);
    let layout: MemoryLayout;
    try {
      layout = await stepOverMemory(meta, { ...options, place: 'separate' });
    } catch (error) {
      throw error instanceof CkptError ? error.at({ file: `${container.path}/pages_meta.img` }) : error;
    }
    await readWanted(context, layout);
    return { place: 'separate', layout };
  }
  const apart = statefile.compression === 'none' && (date === null || date >= PAGES_SINCE);
  // The pages are in other files, which are missing, or were not given with a state file alone. A lone pages.img of a release that
  // writes its metadata too is without use.
  if (apart && (await stream.atEnd())) return { place: container.bare ? 'elsewhere' : 'separate', layout: null };
  const between = apart && date !== null && date < PAGES_META_SINCE;
  const place = pages !== null || (container.bare && between) ? 'separate' : 'inline';
  const layout = await stepOverMemory(stream, { ...options, place });
  if (place === 'separate') await readWanted(context, layout);
  return { place, layout };
}

/** Reads what is wanted out of pages.img, when there is one. */
async function readWanted({ capture, pages, container }: MemoryContext, layout: MemoryLayout): Promise<void> {
  if (capture === null || pages === null) return;
  try {
    await readPages(pages, layout, capture);
  } catch (error) {
    throw error instanceof CkptError ? error.at({ file: `${container.path}/pages.img` }) : error;
  }
}
