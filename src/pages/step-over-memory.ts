/** Steps over the saved memory by its framing: every range is accounted for, no page is read. */
import { CkptError } from '../errors.ts';
import { elements, field, follow, objectNode, typeName } from '../graph/node.ts';
import type { ObjectStream } from '../graph/object-stream.ts';
import { MAIN_OWNER, resourceOwner } from '../graph/resource-owner.ts';
import { type FileCapture, type MemoryCapture, storePart, wantedParts } from './memory-capture.ts';
import { type MemoryFile, readMemoryFile } from './memory-file.ts';
import { rangeLength } from './memory-ranges.ts';
import type { PageReading } from './page-reading.ts';

export type { MemoryFile } from './memory-file.ts';

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
  /** Collects wanted bytes of inline ranges on the way. */
  readonly capture?: MemoryCapture;
  /** Is told of each file, and gets the inline pages; then nothing is collected. */
  readonly reading?: Pick<PageReading, 'file' | 'inline'>;
}

const OWNERS = 'pkg/sentry/kernel.privateMemoryFileMetadata';

/**
 * Steps over the memory of an image, to the end of the last range.
 *
 * @throws CkptError `truncated` when the stream ends inside it, `inconsistent` when the framing contradicts the metadata.
 * @see gVisor pkg/sentry/kernel/kernel_restore.go: loadMemoryFiles, loadPrivateMemoryFiles.
 */
export async function stepOverMemory(stream: ObjectStream, options: MemoryOptions): Promise<MemoryLayout> {
  const files: MemoryFile[] = [];
  let committedBytes = 0;
  const step = async (owner: string | null): Promise<void> => {
    const file = await stepOverFile(stream, options, owner, committedBytes);
    files.push(file);
    committedBytes += file.committedBytes;
  };
  await step(MAIN_OWNER);
  let owners: readonly (string | null)[] = Array.from({ length: options.privateFiles ?? 0 }, () => null);
  if (options.privateFiles === null && (options.ownersExpected === true || !(await stream.atEnd())))
    owners = await readOwners(stream);
  for (const owner of owners) await step(owner);
  return { place: options.place, files, committedBytes };
}

/** The owners of the private memory files, in the order of the files. */
async function readOwners(stream: ObjectStream): Promise<(string | null)[]> {
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
  return owners === null ? [] : [...elements(owners)].map(resourceOwner);
}

async function stepOverFile(
  stream: ObjectStream,
  { place, capture, reading }: MemoryOptions,
  owner: string | null,
  before: number,
): Promise<MemoryFile> {
  const { ranges, committedBytes } = await readMemoryFile(stream);
  const positions = new Float64Array(ranges.length);
  for (let index = 0; index < ranges.length; index++) positions[index] = before + (ranges.before[index] as number);
  const file = { ranges, committedBytes, owner, positions };
  reading?.file(file);
  // With separate pages, releases from 2024-04 to 2025-09 still write the length of each range; later ones nothing.
  if (place === 'separate' && (ranges.length === 0 || !(await lengthFollows(stream, rangeLength(ranges, 0))))) return file;
  const wanted = place === 'inline' && owner !== null ? capture?.get(owner) : undefined;
  for (let index = 0; index < ranges.length; index++) {
    const length = rangeLength(ranges, index);
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
    if (place !== 'inline') continue;
    positions[index] = stream.offset;
    if (reading !== undefined && reading.inline !== null) {
      await givePages(stream, length, reading.inline);
      continue;
    }
    const taken = wanted === undefined ? 0 : await takeWanted(stream, wanted, ranges.starts[index] as number, length);
    await stream.skip(length - taken, 'a memory range');
  }
  if (wanted !== undefined) wanted.reached = Number.POSITIVE_INFINITY;
  return file;
}

/** Hands over the pages of a range. */
async function givePages(stream: ObjectStream, length: number, inline: NonNullable<PageReading['inline']>): Promise<void> {
  for (let left = length; left > 0; ) {
    const bytes = await stream.some(left, 'a memory range');
    await inline(bytes);
    left -= bytes.length;
  }
}

/** Takes what is wanted of the range that comes next, and answers how far that went. */
async function takeWanted(stream: ObjectStream, wanted: FileCapture, start: number, length: number): Promise<number> {
  let done = 0;
  for (const part of wantedParts(wanted, start, start + length)) {
    await stream.skip(part.start - start - done, 'a memory range');
    storePart(part, await stream.take(part.end - part.start, 'a memory range'));
    wanted.reached = part.end;
    done = part.end - start;
  }
  return done;
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
