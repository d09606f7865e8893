/** Ranges of one file of an image, read one after the other whatever their order. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { PullReader } from '../bytes/pull-reader.ts';
import type { ImageFile } from '../container/image-container.ts';
import { CkptError } from '../errors.ts';

/** Reads ranges of a file. */
export interface FileRanges {
  /**
   * A reader at an offset; the one that was given before is of no use any more.
   *
   * @throws CkptError `truncated` when the file ends before; `out-of-order` when it comes from a pipe and the offset has gone by.
   */
  at(offset: number): Promise<PullReader>;
  /** Bytes of the file. Where that is not known, it is read to its end. */
  size(): Promise<number>;
  close(): Promise<void>;
}

/** @param name of the file, for errors. */
export function fileRanges(file: ImageFile, name: string): FileRanges {
  let source: ByteSource | null = null;
  let reader: PullReader | null = null;
  const restart = async (): Promise<PullReader> => {
    await source?.close();
    source = await file.open();
    reader = new PullReader(source);
    return reader;
  };
  return {
    async at(offset) {
      const there = reader === null || offset < reader.offset ? await restart() : reader;
      await there.skip(offset - there.offset);
      if (there.offset === offset) return there;
      throw new CkptError(
        'truncated',
        { layer: 'file', file: name, offset: there.offset },
        {
          expected: `at least ${offset} bytes`,
          found: `the end of the file after ${there.offset}`,
          hint: 'Copy the image again',
        },
      );
    },
    async size() {
      if (file.size !== null) return file.size;
      const there = reader ?? (await restart());
      await there.skip(Number.MAX_SAFE_INTEGER - there.offset);
      return there.offset;
    },
    async close() {
      await source?.close();
    },
  };
}
