/** Reads the saved file systems of an image with the content of their files, as a test compares them. */

import type { SavedExtent, SavedFile, SavedFileSystem } from '../../src/filesystem/saved-file.ts';
import { savedFileSystems } from '../../src/filesystem/tree-from-graph.ts';
import type { SavedKernel } from '../../src/kernel/saved-kernel.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { capturedBytes, type MemoryCapture, type MemoryRequest } from '../../src/pages/memory-capture.ts';
import { readImage } from '../../src/read-image.ts';

export interface SavedTrees {
  readonly kernel: SavedKernel;
  readonly systems: readonly SavedFileSystem[];
  /** What could not be read. */
  readonly damage: readonly Error[];
  /** The whole content of a file, holes as zeros. */
  readonly content: (file: SavedFile) => Uint8Array;
}

/** Everything that is saved in the image at a path; `most` bytes of content together. */
export async function readTrees(path: string, key: Buffer | null = null, most = 1 << 30): Promise<SavedTrees> {
  const damage: Error[] = [];
  let systems: readonly SavedFileSystem[] = [];
  const image = await readImage(path, {
    depth: 'all',
    key,
    limits: { ...DEFAULT_LIMITS, capturedBytes: most },
    wantMemory: (kernel) => {
      systems = savedFileSystems(kernel, DEFAULT_LIMITS, (error) => damage.push(error));
      return systems.flatMap(({ files }) => files.flatMap(({ extents }) => extents.map(requestOf)));
    },
  });
  const { kernel, captured } = image;
  if (kernel === null || image.damage !== null) throw image.damage ?? new Error('no kernel');
  return { kernel, systems, damage, content: (file) => contentOf(file, captured) };
}

function requestOf({ owner, memoryOffset, length }: SavedExtent): MemoryRequest {
  return { owner, start: memoryOffset, end: memoryOffset + length };
}

function contentOf({ path, size, extents }: SavedFile, captured: MemoryCapture | null): Uint8Array {
  const content = new Uint8Array(size);
  for (const extent of extents) {
    const bytes = capturedBytes(captured, requestOf(extent));
    if (typeof bytes === 'string') throw new Error(`content of ${path} at ${extent.offset}: ${bytes}`);
    content.set(bytes, extent.offset);
  }
  return content;
}
