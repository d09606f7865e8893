/** The content of a saved file: where it has bytes, and what they are. */
import { eventLoopTurns } from '../bytes/event-loop-turns.ts';
import { CkptError } from '../errors.ts';
import type { SavedFile } from '../filesystem/saved-file.ts';
import type { PageReader, SavedPart } from '../pages/page-reader.ts';

/** A stretch of a file that is not a hole. Offsets are in the file. */
export interface DataStretch {
  readonly offset: number;
  readonly length: number;
}

/** A piece of content. */
export interface ContentPiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Most bytes that are in memory at once. */
const BLOCK = 1024 * 1024;

/** What of a file is in its image. */
export interface FileContent {
  /** Ascending; those that touch are one. What lies between them reads as zeros. */
  readonly stretches: readonly DataStretch[];
  /** Bytes of all stretches. */
  readonly bytes: number;
  /**
   * Makes sure that it can be read.
   *
   * @throws CkptError as {@link PageReader.read} does.
   */
  check(): Promise<void>;
  /** The bytes of all stretches in their order, in pieces of at most 1 MiB, none of them over two stretches. */
  pieces(): AsyncGenerator<ContentPiece>;
}

const NOTHING: FileContent = { stretches: [], bytes: 0, async check() {}, async *pieces() {} };

/**
 * The content of a file.
 *
 * @param pages asked for when it has any.
 * @throws CkptError of `pages`, `dangling-reference`, `inconsistent` when its extents contradict one another.
 */
export function fileContent({ path, size, extents }: SavedFile, pages: () => PageReader): FileContent {
  if (extents.length === 0 || size === 0) return NOTHING;
  const reader = pages();
  const parts: { readonly offset: number; readonly owner: string; readonly part: SavedPart }[] = [];
  const stretches: { offset: number; length: number }[] = [];
  let bytes = 0;
  let behind = 0;
  for (const { offset, length, owner, memoryOffset } of extents) {
    if (offset < behind || length < 0 || offset + length > size) throw overlapping(path, offset);
    behind = offset + length;
    for (const part of reader.saved({ owner, offset: memoryOffset, length })) {
      const at = offset + (part.offset - memoryOffset);
      parts.push({ offset: at, owner, part });
      bytes += part.length;
      const last = stretches.at(-1);
      if (last !== undefined && last.offset + last.length === at) last.length += part.length;
      else stretches.push({ offset: at, length: part.length });
    }
  }
  return {
    stretches,
    bytes,
    check: () => reader.check(parts.map(({ part }) => part)),
    async *pieces() {
      const turn = eventLoopTurns();
      for (const { offset, owner, part } of parts)
        for (let at = 0; at < part.length; at += BLOCK) {
          await turn();
          const length = Math.min(BLOCK, part.length - at);
          yield { offset: offset + at, bytes: await reader.read({ owner, offset: part.offset + at, length }) };
        }
    },
  };
}

function overlapping(path: string, offset: number): CkptError {
  return new CkptError(
    'inconsistent',
    { layer: 'kernel', path },
    {
      expected: 'the parts of a file in ascending order, within its size',
      found: `one at ${offset}`,
      hint: 'The image is damaged',
    },
  );
}
