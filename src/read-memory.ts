/** Finds the saved memory of an image, wherever it is, and steps over it. */
import type { ByteSource } from './bytes/byte-source.ts';
import { PullReader } from './bytes/pull-reader.ts';
import type { ImageContainer } from './container/open-container.ts';
import { CkptError } from './errors.ts';
import { ObjectStream } from './graph/object-stream.ts';
import type { Limits } from './limits.ts';
import { type MemoryLayout, stepOverMemory } from './pages/step-over-memory.ts';
import { rawBody } from './statefile/raw-body.ts';
import type { Statefile } from './statefile/statefile.ts';

/** First date of images that keep a list of private memory files in the stream. @see gVisor b3bb6faf7 (2023-12-11). */
const OWNERS_SINCE = '20231211';
/** First date of images with pages in a file of their own, and first with their metadata in one too. @see 5e9207a96, a3ae7f25a. */
const PAGES_SINCE = '20240412';
const PAGES_META_SINCE = '20240430';

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
}

/**
 * Steps over the memory. Null when the state file was given alone and the pages are in files beside it.
 *
 * @throws CkptError `truncated` when pages or their metadata are missing or cut short, and those of the framing.
 */
export async function readMemory(context: MemoryContext): Promise<MemoryLayout | null> {
  const { container, statefile, stream, pagesMeta, pages, date, limits } = context;
  const options = { ownersExpected: date === null ? null : date >= OWNERS_SINCE, privateFiles: context.privateMemoryFiles };
  if (pagesMeta !== null) {
    if (pages === null) throw missing('pages.img', 'only pages_meta.img');
    const meta = new ObjectStream(rawBody(new PullReader(pagesMeta)), limits);
    return checkSize(await stepOverMemory(meta, { ...options, place: 'separate' }), pages);
  }
  const apart = statefile.compression === 'none' && (date === null || date >= PAGES_SINCE);
  if (apart && pages === null && (await stream.atEnd())) {
    // A state file alone: the pages are in other files, which were not given.
    if (container.bare) return null;
    throw missing('pages_meta.img and pages.img', 'neither');
  }
  const between = apart && date !== null && date < PAGES_META_SINCE;
  const place = pages !== null || (container.bare && between) ? 'separate' : 'inline';
  return checkSize(await stepOverMemory(stream, { ...options, place }), pages);
}

function checkSize(layout: MemoryLayout, pages: ByteSource | null): MemoryLayout {
  if (pages !== null && pages.size !== null && pages.size < layout.committedBytes) {
    throw new CkptError(
      'truncated',
      { layer: 'pages', offset: pages.size },
      {
        expected: `${layout.committedBytes} bytes of memory in pages.img`,
        found: `the end of pages.img after ${pages.size}`,
        hint: 'pages.img was cut short: copy it again',
      },
    );
  }
  return layout;
}

function missing(expected: string, found: string): CkptError {
  return new CkptError(
    'truncated',
    { layer: 'pages' },
    { expected: `${expected} beside checkpoint.img`, found, hint: 'Copy the whole directory that `runsc checkpoint` wrote' },
  );
}
