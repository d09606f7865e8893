/** The content of a saved file, read out of pages.img in the simplest way. */
import type { FilesystemCheckpoint } from '../../src/filesystem/filesystem-checkpoint.ts';
import type { SavedFile } from '../../src/filesystem/saved-file.ts';

/** @param pages all of pages.img. */
export function contentOf({ memoryFiles }: FilesystemCheckpoint, file: SavedFile | undefined, pages: Uint8Array): Buffer {
  if (file === undefined) throw new Error('no such file');
  const content = Buffer.alloc(file.size);
  for (const { offset, length, owner, memoryOffset } of file.extents) {
    const memory = memoryFiles.find((one) => one.owner === owner);
    for (let index = 0; index < (memory?.ranges.length ?? 0); index++) {
      const start = memory?.ranges.starts[index] ?? 0;
      const size = (memory?.ranges.before[index + 1] ?? 0) - (memory?.ranges.before[index] ?? 0);
      const from = Math.max(memoryOffset, start);
      const to = Math.min(memoryOffset + length, start + size);
      if (from >= to) continue;
      const position = (memory?.positions[index] ?? 0) + from - start;
      content.set(pages.subarray(position, position + to - from), offset + from - memoryOffset);
    }
  }
  return content;
}
