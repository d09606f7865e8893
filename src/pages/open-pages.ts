/** Access to the saved pages of an image, wherever they lie and however they are packed. */
import type { ByteSource } from '../bytes/byte-source.ts';
import type { ImageContainer, ImageFile } from '../container/image-container.ts';
import { findState } from '../container/open-container.ts';
import type { Spool } from '../io/spool-file.ts';
import type { Limits } from '../limits.ts';
import { openStatefile } from '../statefile/open-statefile.ts';
import type { Statefile } from '../statefile/statefile.ts';
import { flateStore } from './flate-store.ts';
import { type MemoryStretch, openPageReader, type PageReader, wantedIntervals } from './page-reader.ts';
import { type Interval, type PageStore, plainStore, spooledStore } from './page-store.ts';
import type { MemoryLayout } from './step-over-memory.ts';

export interface OpenPagesOptions {
  readonly key: Uint8Array | null;
  readonly limits: Limits;
  /** What will be read: where pages can be read forwards only, one pass keeps just that. */
  readonly wanted: () => Iterable<MemoryStretch>;
  readonly spool: () => Spool;
  /** Is told how many bytes such a pass has kept, and how many it will. */
  readonly onKept?: (done: number, total: number) => void;
}

/**
 * Opens the pages of a file such as pages.img.
 *
 * @throws CkptError `io-error`, `over-limit`, and those of archives.
 */
export async function openSeparatePages(file: ImageFile, layout: MemoryLayout, options: OpenPagesOptions): Promise<PageReader> {
  const random = await file.openRandom();
  if (random !== null) return openPageReader(layout, plainStore(random));
  const source = await file.open();
  try {
    return openPageReader(layout, await kept(source, layout, options));
  } finally {
    await source.close();
  }
}

/**
 * Opens the pages that lie in the state file.
 *
 * @throws CkptError of the state file's framing, `io-error`, `over-limit`.
 */
export async function openInlinePages(
  container: ImageContainer,
  layout: MemoryLayout,
  options: OpenPagesOptions,
): Promise<PageReader> {
  const file = await findState(container);
  const { key, limits } = options;
  const source = await file.open();
  try {
    // Every chunk is inflated where chunks are gone through: one of another length than announced would move what is behind it.
    const statefile = await openStatefile(source, { key, limits, trustChunkSize: false });
    const random = statefile.framing === 'chunked' ? null : await file.openRandom();
    if (random !== null && statefile.framing === 'raw') return openPageReader(layout, plainStore(random));
    if (random !== null) {
      const { offset: start } = statefile.reader;
      const keyed = statefile.hmac === 'keyed';
      const store = await flateStore(random, { start, keyed, key: keyed ? key : null, limits, end: endOf(layout) });
      return openPageReader(layout, store);
    }
    return openPageReader(layout, await kept(decoded(statefile), layout, options));
  } finally {
    await source.close();
  }
}

async function kept(
  source: Pick<ByteSource, 'read' | 'skip'>,
  layout: MemoryLayout,
  { wanted, spool, onKept }: OpenPagesOptions,
): Promise<PageStore> {
  const intervals: readonly Interval[] = wantedIntervals(layout, wanted());
  const total = intervals.reduce((sum, { start, end }) => sum + (end - start), 0);
  const room = spool();
  let done = 0;
  try {
    return await spooledStore(source, intervals, room, (count) => {
      done += count;
      onKept?.(done, total);
    });
  } catch (error) {
    await room.close();
    throw error;
  }
}

/** Behind the last range. */
function endOf({ files }: MemoryLayout): number {
  let end = 0;
  for (const { ranges, positions } of files) {
    const last = ranges.length - 1;
    if (last < 0) continue;
    end = Math.max(end, (positions[last] as number) + (ranges.before[last + 1] as number) - (ranges.before[last] as number));
  }
  return end;
}

/** The decoded body, in the positions of the layout: those of the file where the body lies in it as it is. */
function decoded({ body, framing, reader }: Statefile): Pick<ByteSource, 'read' | 'skip'> {
  let pending: Uint8Array = new Uint8Array(0);
  // Positions begin at that of the file's first byte, which was read before.
  let before = framing === 'raw' ? reader.offset : 0;
  return {
    async read(max) {
      if (pending.length === 0) pending = (await body.next()) ?? new Uint8Array(0);
      const bytes = pending.subarray(0, max);
      pending = pending.subarray(bytes.length);
      return bytes;
    },
    async skip(count) {
      let left = count;
      const passed = Math.min(left, before);
      before -= passed;
      left -= passed;
      const held = Math.min(left, pending.length);
      pending = pending.subarray(held);
      left -= held;
      if (left > 0) left -= await body.skip(left);
      return count - left;
    },
  };
}
