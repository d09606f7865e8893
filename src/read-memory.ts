/** Finds the saved memory of an image, wherever it is, and steps over it. */
import { PullReader } from './bytes/pull-reader.ts';
import type { ImageContainer } from './container/image-container.ts';
import { CkptError } from './errors.ts';
import { ObjectStream } from './graph/object-stream.ts';
import type { Limits } from './limits.ts';
import type { MemoryCapture } from './pages/memory-capture.ts';
import type { PageReading } from './pages/page-reading.ts';
import { readPages } from './pages/read-pages.ts';
import { type MemoryLayout, type MemoryOptions, type PagePlace, stepOverMemory } from './pages/step-over-memory.ts';
import type { Compression } from './statefile/metadata.ts';
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

/** Whether an image of this compression and date (YYYYMMDD, or null) keeps its memory in files of their own, if it is a later one. */
export function mayLieApart(compression: Compression | null, date: string | null): boolean {
  return compression === 'none' && (date === null || date >= PAGES_SINCE);
}

/** Where the pages are whose metadata follows in the state file. */
export async function placeOfPages(container: ImageContainer, apart: boolean, date: string | null): Promise<PagePlace> {
  if (!apart) return 'inline';
  const between = date !== null && pagesInMetadataStream(date);
  return (await container.find('pages.img')) !== null || (container.bare && between) ? 'separate' : 'inline';
}

/** How the memory of an image of this date is read. */
export function streamOptions(date: string | null, privateFiles: number | null): Omit<MemoryOptions, 'place'> {
  return { ownersExpected: date === null ? null : date >= OWNERS_SINCE, privateFiles };
}

/** What is known of an image when its memory comes next. */
export interface MemoryContext {
  readonly container: ImageContainer;
  readonly statefile: Pick<Statefile, 'compression' | 'body'>;
  /** The stream of checkpoint.img, behind the kernel graph. */
  readonly stream: ObjectStream;
  /** Date of the code that wrote the image (YYYYMMDD), or null. */
  readonly date: string | null;
  readonly privateMemoryFiles: number | null;
  readonly limits: Limits;
  /** Collects wanted bytes; what is not in reach stays out of it. */
  readonly capture: MemoryCapture | null;
  /** Gets the memory itself, and then nothing is collected; null: it is stepped over. */
  readonly reading: PageReading | null;
}

/** Where the memory is, and its layout: null when that is in a file that is missing or was not given. */
export interface SavedMemory {
  readonly place: 'inline' | 'separate' | 'elsewhere';
  readonly layout: MemoryLayout | null;
  /** The state file itself holds memory, whatever lies beside it. */
  readonly inState: boolean;
  /** Why a pages_meta.img beside memory in the state file cannot be read, which some releases of runsc do not open. */
  readonly besideDamage?: CkptError;
  /** Why wanted bytes of pages.img could not be had although it is there: it had gone by in a pipe. Else null. */
  readonly pagesGone: CkptError | null;
}

/**
 * Steps over the memory, and over the rest of the state file.
 *
 * The state file is read to its end before other files are asked for, because those of an archive in a pipe come one after the other.
 *
 * @throws CkptError `truncated` when the metadata or inline pages are cut short, and those of the framing.
 */
export async function readMemory(context: MemoryContext): Promise<SavedMemory> {
  const { container, statefile, stream, date } = context;
  const apart = mayLieApart(statefile.compression, date);
  let ended = false;
  let damage: CkptError | null = null;
  try {
    ended = apart && (await stream.atEnd());
  } catch (error) {
    damage = asDamage(error);
  }
  // The pages are in other files, which are missing, or were not given with a state file alone. A lone pages.img of a release that
  // writes its metadata too is without use.
  if (ended) {
    await statefile.body.finish();
    const beside = await besideState(context);
    if (beside !== null) return { ...beside, inState: false };
    await givePages(context);
    return { place: container.bare ? 'elsewhere' : 'separate', layout: null, inState: false, pagesGone: null };
  }
  const place = await placeOfPages(container, apart, date);
  let layout: MemoryLayout | null = null;
  if (damage === null) {
    try {
      layout = await stepOverMemory(stream, { ...memoryOptions(context), place });
      await statefile.body.finish();
    } catch (error) {
      damage = asDamage(error);
    }
  }
  // runsc takes pages_meta.img for what decides, and reads no further in the state file than to the end of the kernel graph.
  let beside: Awaited<ReturnType<typeof besideState>>;
  try {
    beside = await besideState(context);
  } catch (error) {
    // Whether the file matters depends on the release that restores.
    if (layout === null || place !== 'inline' || !isOfMetadata(error)) throw error;
    return { place, layout, inState: true, pagesGone: null, besideDamage: error };
  }
  if (beside !== null) {
    if (layout === null) await statefile.body.finish();
    return { ...beside, inState: place === 'inline' && layout !== null };
  }
  if (place === 'separate') await givePages(context);
  if (layout === null) throw damage;
  const pagesGone = place === 'separate' ? await readWanted(context, layout) : null;
  if (damage !== null) throw damage;
  return { place, layout, inState: place === 'inline', pagesGone };
}

/** Whether the content of pages_meta.img is what is wrong, not what it lies in. */
function isOfMetadata(error: unknown): error is CkptError {
  return error instanceof CkptError && error.place.layer !== 'file' && error.place.layer !== 'container';
}

function asDamage(error: unknown): CkptError {
  if (error instanceof CkptError) return error;
  throw error;
}

function memoryOptions({ date, privateMemoryFiles, capture, reading }: MemoryContext): Omit<MemoryOptions, 'place'> {
  return {
    ...streamOptions(date, privateMemoryFiles),
    ...(capture === null ? {} : { capture }),
    ...(reading === null ? {} : { reading }),
  };
}

/** The memory as pages_meta.img tells it; null when the image has no such file. */
async function besideState(context: MemoryContext): Promise<Omit<SavedMemory, 'inState'> | null> {
  const { container, limits } = context;
  const file = await container.find('pages_meta.img');
  if (file === null) return null;
  try {
    const source = await file.open();
    try {
      const meta = new ObjectStream(rawBody(new PullReader(source)), limits);
      const layout = await stepOverMemory(meta, { ...memoryOptions(context), place: 'separate' });
      return { place: 'separate', layout, pagesGone: await readWanted(context, layout) };
    } finally {
      await source.close();
      // Also without metadata that can be read.
      await givePages(context);
    }
  } catch (error) {
    throw error instanceof CkptError ? error.at({ file: `${container.path}/pages_meta.img` }) : error;
  }
}

/** Gives pages.img to whoever wants it, when there is one and it has not gone by. */
async function givePages({ container, reading }: MemoryContext): Promise<void> {
  if (reading === null || reading.separate === null) return;
  try {
    const source = await (await container.find('pages.img'))?.open();
    if (source === undefined) return;
    try {
      await reading.separate(source);
    } finally {
      await source.close();
    }
  } catch (error) {
    // It was given when it passed.
    if (error instanceof CkptError && error.code === 'out-of-order') return;
    throw error instanceof CkptError ? error.at({ file: `${container.path}/pages.img` }) : error;
  }
}

/** Reads what is wanted out of pages.img, when there is one; answers why it has gone by, if it has. */
async function readWanted({ capture, container }: MemoryContext, layout: MemoryLayout): Promise<CkptError | null> {
  if (capture === null || capture.size === 0) return null;
  try {
    const source = await (await container.find('pages.img'))?.open();
    if (source === undefined) return null;
    try {
      await readPages(source, layout, capture);
    } finally {
      await source.close();
    }
    return null;
  } catch (error) {
    if (error instanceof CkptError && error.code === 'out-of-order') return error;
    throw error instanceof CkptError ? error.at({ file: `${container.path}/pages.img` }) : error;
  }
}
