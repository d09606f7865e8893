/** The files of an image that is verified: where damage of what holds them is noted, and what was read of them. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { countedSource, eachBlock, guardedSource } from '../bytes/source-reading.ts';
import type { ImageContainer, ImageFile, ImageFileName } from '../container/image-container.ts';
import { CkptError } from '../errors.ts';
import type { PagesFile } from './check-memory.ts';
import { isOfArchive, type StateOptions } from './check-state.ts';

/** What the checks of one image share. */
export interface VerifyContext extends StateOptions {
  readonly container: ImageContainer;
  /** Bytes of page files that went by in a pipe before anything else could be read. */
  readonly passed: ReadonlyMap<ImageFileName, number>;
  /** Damage of what holds the files. */
  readonly archive: CkptError[];
  readonly watch: (source: ByteSource) => ByteSource;
}

/** A file of the image; null also when what holds it is damaged before it, which is told of once. */
export async function seek({ container, archive }: VerifyContext, name: ImageFileName): Promise<ImageFile | null> {
  try {
    return await container.find(name);
  } catch (error) {
    noteArchive(archive, error);
    return null;
  }
}

/** pages.img as it is checked. */
export function asPages(
  { watch }: VerifyContext,
  name: ImageFileName,
  file: ImageFile,
  passed: ReadonlyMap<ImageFileName, number>,
): PagesFile {
  const counted = passed.get(name);
  // What has gone by in a pipe was read to its end then.
  if (counted !== undefined) return { name, size: counted, open: null };
  return { name, size: file.size, open: async () => watch(await file.open()) };
}

/** Tells of what is read, and notes damage of what holds the file. */
export function watched(source: ByteSource, moved: (count: number) => void, archive: CkptError[]): ByteSource {
  const noted = guardedSource(source, (error) => {
    if (isOfArchive(error)) noteArchive(archive, error);
    throw error;
  });
  return countedSource(noted, moved);
}

/** Notes an error once, however often what holds the files is asked again. */
export function noteArchive(archive: CkptError[], error: unknown): void {
  if (!(error instanceof CkptError)) throw error;
  const { code, place } = error;
  if (!archive.some((known) => known.code === code && known.place.offset === place.offset)) archive.push(error);
}

/** Reads a source to its end, and says how many bytes there were. */
export async function countBytes(source: ByteSource): Promise<number> {
  let count = 0;
  await eachBlock(source, ({ length }) => {
    count += length;
  });
  return count;
}
