/** The metadata of the saved memory, and the files that its pages are in. */

import type { ByteSource } from '../bytes/byte-source.ts';
import { eachBlock } from '../bytes/source-reading.ts';
import { CkptError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import { countElements, field, follow, integer, type Node, objectNode, pathOf, readNode } from '../graph/node.ts';
import { type Segment, segmentsOf } from '../graph/segment-set.ts';
import { MEMORY_KINDS } from '../pages/memory-ranges.ts';
import { type MemoryLayout, type MemoryOptions, stepOverMemory } from '../pages/step-over-memory.ts';
import { beginCheck, type Check, type CheckId } from './check.ts';
import type { CheckedStream } from './checked-stream.ts';
import { type Damage, damageOf } from './damage.ts';
import { CHUNK_BYTES, checkMemoryMessage, NO_END, PAGE_BYTES } from './memory-message.ts';

/** The metadata, checked. */
export interface CheckedMemory {
  readonly check: Check;
  /** Null when it is not readable to its end. */
  readonly layout: MemoryLayout | null;
}

/**
 * Steps over the memory of a stream, and checks its metadata on the way.
 *
 * @param isLost whether an error comes from damage that was told of elsewhere.
 * @param toEnd nothing may follow.
 */
export async function checkMemory(
  stream: CheckedStream,
  options: MemoryOptions,
  isLost: (error: unknown) => boolean,
  toEnd = false,
): Promise<CheckedMemory> {
  const check = beginCheck('memory-metadata');
  const start = stream.offset;
  stream.report = check.report;
  let segments = 0;
  stream.onMessage = (bytes, base) => {
    segments += checkMemoryMessage(bytes, (position, expected, found) =>
      stream.fault('inconsistent', 'pages', base + position, expected, found),
    );
  };
  stream.onGraph = (graph) => {
    segments += checkSets(stream, graph);
  };
  let layout: MemoryLayout | null = null;
  let lost = false;
  try {
    layout = await stepOverMemory(stream, options);
    checkOwners(stream, layout, start);
    if (toEnd && !(await stream.atEnd()))
      stream.fault('trailing-bytes', 'pages', stream.offset, 'the end of the file', 'more bytes');
  } catch (error) {
    if (isLost(error)) lost = true;
    else stream.note(error, start);
  }
  const { bytes, objects } = stream.covered();
  const covered = {
    memoryFiles: layout?.files.length ?? 0,
    segments,
    ranges: layout?.files.reduce((sum, { ranges }) => sum + ranges.length, 0) ?? 0,
    pageBytes: layout?.committedBytes ?? 0,
    bytes,
    objects,
  };
  const inline = options.place === 'inline';
  const told = `ranges are whole pages in ascending order${inline ? ', and their lengths stand before the pages' : ''}`;
  return {
    check: lost ? check.notDone('the body is not readable to the end of it', covered) : check.done(told, covered),
    layout,
  };
}

function checkOwners(stream: CheckedStream, { files }: MemoryLayout, start: number): void {
  const seen = new Set<string>();
  for (const { owner } of files) {
    if (owner === null) continue;
    if (seen.has(owner))
      stream.fault('inconsistent', 'pages', start, 'memory files of different owners', `${JSON.stringify(owner)} twice`);
    seen.add(owner);
  }
}

/**
 * The segment sets of metadata that is a graph: ascending, without overlap, whole pages, within the file.
 *
 * @returns how many segments there are.
 * @see gVisor pkg/sentry/pgalloc/pgalloc.go: unwasteSet, unfreeSet, memAcctSet; usageSet before 2024-06
 */
function checkSets(stream: CheckedStream, graph: Graph): number {
  let segments = 0;
  const note = (error: unknown): void => {
    if (!(error instanceof CkptError)) throw error;
    stream.report(stream.damage(error.at({ layer: 'pages', offset: graph.wire.base })));
  };
  try {
    const root = follow(objectNode(graph, graph.ids[0] ?? 0));
    if (root === null || readNode(root).kind !== 'struct') return 0;
    const chunks = field(root, 'chunks');
    const most = chunks === null ? null : BigInt(countElements(chunks)) * CHUNK_BYTES;
    for (const set of setsOf(root)) segments += checkSet(stream, graph, set, most);
  } catch (error) {
    note(error);
  }
  return segments;
}

const SETS = ['unwasteSmall', 'unwasteHuge', 'unfreeSmall', 'unfreeHuge', 'memAcct'] as const;

function setsOf(root: Node): Node[] {
  if (field(root, 'root') !== null) return [root];
  return SETS.flatMap((name) => field(root, name) ?? []);
}

function checkSet(stream: CheckedStream, graph: Graph, set: Node, most: bigint | null): number {
  let segments = 0;
  let last = 0n;
  for (const segment of segmentsOf(set)) {
    segments++;
    const { start, end } = segment;
    const offset = graph.wire.base + (segment.value ?? set).at.position;
    const found = `one from ${start} to ${end} (${pathOf(set)})`;
    const endless = end === NO_END;
    if (start % PAGE_BYTES !== 0n || (!endless && end % PAGE_BYTES !== 0n) || end <= start)
      stream.fault('inconsistent', 'pages', offset, 'ranges of whole pages', found);
    else if (start < last) stream.fault('inconsistent', 'pages', offset, 'ranges in ascending order without overlap', found);
    if (most !== null && !endless && end > most)
      stream.fault('inconsistent', 'pages', offset, `ranges within the ${most} bytes of the memory file`, found);
    const kind = kindOf(segment);
    if (kind >= BigInt(MEMORY_KINDS.length) || kind < 0n)
      stream.fault('inconsistent', 'pages', offset, `a kind of memory from 0 to ${MEMORY_KINDS.length - 1}`, String(kind));
    last = end;
  }
  return segments;
}

function kindOf({ value }: Segment): bigint {
  return value === null || readNode(value).kind !== 'struct' ? 0n : integer(field(value, 'kind'));
}

/** pages.img as it is. */
export interface PagesFile {
  readonly name: string;
  /** Bytes it has by its directory or archive; null when only reading it tells. */
  readonly size: number | null;
  /** Null when it went by in a pipe, and was read then. */
  readonly open: (() => Promise<ByteSource>) | null;
}

/** What it has to be. */
export interface PagesExpected {
  /** Bytes, or null when the metadata cannot be read. */
  readonly required: number | null;
  /** Why that is so. */
  readonly unknown: string;
  readonly ranges: number;
}

/** Compares the size of pages.img with the metadata, to the byte; `deep` reads all of it. */
export async function checkPages(
  id: CheckId,
  name: string,
  file: PagesFile | null,
  { required, unknown, ranges }: PagesExpected,
  deep: boolean,
): Promise<Check> {
  const check = beginCheck(id);
  const wrong = (code: Damage['code'], offset: number | null, message: string): void =>
    check.report({ code, layer: 'pages', file: name, offset, decoded: null, message });
  if (file === null) {
    if (required === null) return check.notDone(unknown);
    wrong('not-found', null, `expected ${name} of ${required} bytes, found no such file`);
    return check.done('');
  }
  let size = file.size;
  let read = file.open === null ? (size ?? 0) : 0;
  if (file.open !== null && (deep || size === null)) {
    try {
      const source = await file.open();
      try {
        await eachBlock(source, ({ length }) => {
          read += length;
        });
      } finally {
        await source.close();
      }
      if (size !== null && read !== size) wrong('truncated', read, `expected ${size} bytes of ${name}, found ${read}`);
      size = read;
    } catch (error) {
      if (error instanceof CkptError && error.place.layer === 'container')
        return check.notDone('what holds the file is damaged before its end');
      check.report(damageOf(error, name));
    }
  }
  const covered = { ranges, bytes: size ?? read, ...(deep ? { bytesRead: read } : {}) };
  if (required === null) return check.notDone(unknown, covered);
  if (size !== null && size < required) wrong('truncated', size, `expected ${required} bytes of pages, found ${size}`);
  else if (size !== null && size > required)
    wrong('trailing-bytes', required, `expected ${required} bytes of pages, found ${size}`);
  return check.done(
    `as many bytes as the metadata says${deep ? ', all of them readable' : ''}; what is in pages has no checksum`,
    covered,
  );
}
