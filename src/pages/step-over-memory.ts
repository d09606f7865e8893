/** Steps over the saved memory by its framing: every range is accounted for, no page is read. */
import { CkptError } from '../errors.ts';
import { countElements, field, follow, objectNode, typeName } from '../graph/node.ts';
import type { ObjectStream } from '../graph/object-stream.ts';
import { type MemoryFile, readMemoryFile } from './memory-file.ts';

/** Where the bytes of the ranges are: behind their metadata in the same stream, or in pages.img. */
export type PagePlace = 'inline' | 'separate';

export interface MemoryLayout {
  readonly place: PagePlace;
  /** The main memory file first, then private ones in stored order. */
  readonly files: readonly MemoryFile[];
  /** Bytes of all committed ranges: the size of pages.img when the pages are separate. */
  readonly committedBytes: number;
}

export interface MemoryOptions {
  readonly place: PagePlace;
  /** The writing release keeps a list of private memory files (2023-11-29 and later); null: not known. */
  readonly ownersExpected: boolean | null;
  /** Number of private files when the kernel graph holds their list (release-20231204.0), else null. */
  readonly privateFiles: number | null;
}

const OWNERS = 'pkg/sentry/kernel.privateMemoryFileMetadata';

/**
 * Steps over the memory of an image, to the end of the last range.
 *
 * @throws CkptError `truncated` when the stream ends inside it, `inconsistent` when the framing contradicts the metadata.
 * @see gVisor pkg/sentry/kernel/kernel_restore.go: loadMemoryFiles, loadPrivateMemoryFiles.
 */
export async function stepOverMemory(stream: ObjectStream, options: MemoryOptions): Promise<MemoryLayout> {
  const files = [await stepOverFile(stream, options.place)];
  let others = options.privateFiles ?? 0;
  if (options.privateFiles === null && (options.ownersExpected === true || !(await stream.atEnd())))
    others = await privateFiles(stream);
  for (let index = 0; index < others; index++) files.push(await stepOverFile(stream, options.place));
  return { place: options.place, files, committedBytes: files.reduce((sum, file) => sum + file.committedBytes, 0) };
}

/** The number of private memory files in the owners graph. */
async function privateFiles(stream: ObjectStream): Promise<number> {
  const at = stream.offset;
  const graph = await stream.graph('the list of private memory files');
  const root = follow(objectNode(graph, graph.ids[0] ?? 0));
  const name = root === null ? null : typeName(root);
  if (root === null || name !== OWNERS) {
    throw new CkptError(
      'unknown-shape',
      { layer: 'pages', offset: at },
      {
        expected: OWNERS,
        found: name ?? 'another value',
        hint: 'The image is damaged, or written by a runsc that this version does not know',
      },
    );
  }
  const owners = field(root, 'owners');
  return owners === null ? 0 : countElements(owners);
}

async function stepOverFile(stream: ObjectStream, place: PagePlace): Promise<MemoryFile> {
  const file = await readMemoryFile(stream);
  // With separate pages, releases from 2024-04 to 2025-09 still write the length of each range; later ones nothing.
  if (place === 'separate' && (file.ranges.length === 0 || !(await lengthFollows(stream, file.ranges[0] as number)))) return file;
  for (const length of file.ranges) {
    const at = stream.offset;
    const header = await stream.header('the length of a memory range');
    if (header.kind === 'graph' || header.length !== length) {
      throw new CkptError(
        'inconsistent',
        { layer: 'pages', offset: at },
        {
          expected: `a memory range of ${length} bytes`,
          found: header.kind === 'graph' ? 'an object graph' : `${header.length} bytes`,
          hint: 'runsc answers "mismatched segment"; the image is damaged',
        },
      );
    }
    if (place === 'inline') await stream.skip(length, 'a memory range');
  }
  return file;
}

/** Whether the varint of this length comes next. */
async function lengthFollows(stream: ObjectStream, length: number): Promise<boolean> {
  const expected: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      expected.push(rest);
      break;
    }
    expected.push((rest % 128) | 0x80);
  }
  const bytes = await stream.peek(expected.length);
  return bytes.length === expected.length && expected.every((byte, index) => bytes[index] === byte);
}
