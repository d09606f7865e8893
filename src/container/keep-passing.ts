/** An image from a pipe, with what goes by too early kept for later. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { eachBlock, forwardSource, readThrough } from '../bytes/source-reading.ts';
import type { Spool } from '../io/spool-file.ts';
import type { Limits } from '../limits.ts';
import type { ImageContainer, ImageFile, ImageFileName } from './image-container.ts';
import { openContainer } from './open-container.ts';

/** Files whose pages are asked for last, and which come first in some archives. */
const PAGES: readonly ImageFileName[] = ['pages.img', 'fs/pages.img'];

export interface KeepOptions {
  readonly limits: Limits;
  /** Files to hold in memory: see `OpenContainerOptions.hold`. */
  readonly hold: readonly ImageFileName[];
  /** Room for what must be kept; null: nothing is, because no page will be asked for. */
  readonly spool: (() => Spool) | null;
}

/** An image whose files can be asked for in the order in which they are needed. */
export interface KeptImage {
  /** Its `close` and `finish` do nothing: {@link KeptImage.end} does both, when the pages were read. */
  readonly container: ImageContainer;
  /** @throws CkptError of what the archive holds behind the last file that was needed. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens an image. Of one that can be read once only, pages that go by before they are asked for are kept, and so is a state file that
 * was given by itself: its pages are in it.
 *
 * @throws CkptError as openContainer does.
 */
export async function openKept(path: string, { limits, hold, spool }: KeepOptions): Promise<KeptImage> {
  const kept = new Map<ImageFileName, Spool>();
  const keep = (name: ImageFileName, makeRoom: () => Spool): Spool => {
    const room = makeRoom();
    kept.set(name, room);
    return room;
  };
  const passing = async (name: ImageFileName, source: ByteSource): Promise<void> => {
    if (spool === null || !PAGES.includes(name) || kept.has(name)) return;
    await eachBlock(source, keep(name, spool).append);
  };
  const image = await openContainer(path, { limits, hold: [...hold], passing });
  const bareStream = image.bare && !image.rereadable;
  const container: ImageContainer = {
    ...image,
    async find(name) {
      const room = kept.get(name);
      if (room !== undefined) return spooledFile(room);
      const file = await image.find(name);
      // It may have gone by while it was looked for.
      const gone = kept.get(name);
      if (gone !== undefined) return spooledFile(gone);
      if (file === null || !bareStream || spool === null) return file;
      return {
        size: file.size,
        open: async () => copying(await file.open(), keep(name, spool)),
        openRandom: async () => null,
      };
    },
    async finish() {},
    async close() {},
  };
  return {
    container,
    end: () => image.finish(),
    async close() {
      for (const room of kept.values()) await room.close();
      await image.close();
    },
  };
}

function spooledFile(room: Spool): ImageFile {
  return {
    get size() {
      return room.size;
    },
    open: async () => forwardSource(room),
    openRandom: async () => ({ size: room.size, readAt: room.readAt, close: async () => {} }),
  };
}

/** The source, with a copy of everything that is read or skipped. */
function copying(source: ByteSource, room: Spool): ByteSource {
  const read = async (max: number): Promise<Uint8Array> => {
    const bytes = await source.read(max);
    room.append(bytes);
    return bytes;
  };
  return readThrough(source, read);
}
