/** The memory files of a filesystem checkpoint. */
import type { PullReader } from '../bytes/pull-reader.ts';
import type { ImageFile } from '../container/image-container.ts';
import { CkptError } from '../errors.ts';
import { ObjectStream, type StreamBody } from '../graph/object-stream.ts';
import type { Limits } from '../limits.ts';
import { readMemoryFile } from '../pages/memory-file.ts';
import type { MemoryFile } from '../pages/step-over-memory.ts';
import { fileRanges } from './file-ranges.ts';
import type { Complain } from './filesystem-checkpoint.ts';
import { type FilesystemManifest, type ManifestMemoryFile, ownerOf } from './manifest.ts';

const BLOCK = 1024 * 1024;

/**
 * Reads the metadata of every memory file of a manifest.
 *
 * @returns the files in the order of the manifest, null for one that cannot be read; and the bytes of pages_meta.img, null when it is missing.
 * @throws CkptError of the source: `io-error`.
 */
export async function readMemoryOf(
  manifest: FilesystemManifest | null,
  file: ImageFile | null,
  limits: Limits,
  complain: Complain,
): Promise<{ readonly bytes: number | null; readonly files: (MemoryFile | null)[] }> {
  if (file === null) return { bytes: null, files: [] };
  const ranges = fileRanges(file, 'pages_meta.img');
  const files: (MemoryFile | null)[] = [];
  try {
    for (const entry of manifest?.memoryFiles ?? []) {
      const size = BigInt(file.size ?? Number.MAX_SAFE_INTEGER);
      // Ranges that lie outside of the file are told of with the bounds.
      if (entry.metadataStart >= entry.metadataEnd || entry.metadataEnd > size) {
        files.push(null);
        continue;
      }
      try {
        files.push(await readOne(await ranges.at(Number(entry.metadataStart)), entry, limits, complain));
      } catch (error) {
        if (!(error instanceof CkptError) || error.code === 'io-error' || error.code === 'out-of-order') throw error;
        complain('memory', error);
        files.push(null);
      }
    }
    return { bytes: await ranges.size(), files };
  } finally {
    await ranges.close();
  }
}

async function readOne(
  reader: PullReader,
  { id, metadataStart, metadataEnd, pagesStart }: ManifestMemoryFile,
  limits: Limits,
  complain: Complain,
): Promise<MemoryFile> {
  const end = Number(metadataEnd);
  const stream = new ObjectStream(bodyUntil(reader, end), limits, Number(metadataStart));
  const { ranges, committedBytes } = await readMemoryFile(stream);
  if (!(await stream.atEnd())) {
    const facts = { expected: 'the end of the metadata of a memory file', found: `${end - stream.offset} more bytes` };
    complain('memory', new CkptError('trailing-bytes', { layer: 'pages', offset: stream.offset }, facts), true);
  }
  const positions = new Float64Array(ranges.length);
  for (let index = 0; index < ranges.length; index++) positions[index] = Number(pagesStart) + (ranges.before[index] as number);
  return { owner: ownerOf(id), ranges, committedBytes, positions };
}

/** The bytes of a reader up to an offset. */
function bodyUntil(reader: PullReader, end: number): StreamBody {
  return {
    get atMost() {
      return end - reader.offset;
    },
    async next() {
      if (reader.offset >= end) return null;
      const bytes = await reader.some(Math.min(BLOCK, end - reader.offset));
      return bytes.length === 0 ? null : bytes.slice();
    },
    skip: (count) => reader.skip(Math.min(count, end - reader.offset)),
  };
}
