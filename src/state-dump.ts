/** Use case `state dump`: the saved object graphs as text, as `runsc statefile` prints them. */

import type { ImageContainer, ImageFileName } from './container/image-container.ts';
import { openContainer, openState } from './container/open-container.ts';
import { readFeatureSet } from './cpu/feature-set-from-graph.ts';
import { CkptError } from './errors.ts';
import type { Graph } from './graph/graph.ts';
import { ObjectStream } from './graph/object-stream.ts';
import {
  createDumpPrinter,
  type DumpPrinter,
  printGraph,
  printPageEnd,
  printPageStart,
  printRawData,
  takePrinted,
} from './graph/print/print-graph.ts';
import { shownPath } from './io/http-address.ts';
import { releaseOfTypes } from './kernel/types/release-of-types.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { readMemoryFile } from './pages/memory-file.ts';
import { pagesInMetadataStream } from './read-memory.ts';
import { parseRunscVersion } from './restore/runsc-version.ts';
import { openStatefile } from './statefile/open-statefile.ts';
import { placed } from './statefile/placed.ts';
import type { HeaderHmac, Statefile } from './statefile/statefile.ts';

export interface StateDumpOptions {
  /** HMAC key of a keyed image. */
  readonly key?: Uint8Array;
  /** The page of links that `runsc statefile -html` prints, with everything of the image escaped. */
  readonly html?: boolean;
  readonly limits?: Limits;
}

/**
 * Where the dump says something else than that of runsc, which takes memory metadata for wire data: it is protobuf, or tells lengths of
 * pages that lie in another file.
 */
export type DumpDifference = 'protobuf-memory' | 'pages-elsewhere';

/** What was printed. */
export interface StateDumpResult {
  readonly hmac: HeaderHmac;
  readonly keyVerified: boolean;
  /** Bytes that were written. */
  readonly bytes: number;
  readonly difference: DumpDifference | null;
  /** What stopped the reading, or a reference that leads nowhere; null when everything was read and printed. */
  readonly damage: CkptError | null;
}

/** Takes a block of the dump; it may be overwritten when the promise has resolved. */
export type DumpWriter = (block: Uint8Array) => Promise<void>;

/**
 * Prints what checkpoint.img of the image at `path` holds: the object graphs, and the lengths of what lies between them.
 *
 * The dump is handed over in blocks, the next when the one before was taken. Memory grows with the largest graph, not with the dump.
 *
 * @throws CkptError when not even the header can be read. What is wrong behind it is answered, after everything before it was printed.
 * @see docs/format.md "How runsc prints a graph"
 */
export async function stateDump(path: string, write: DumpWriter, options: StateDumpOptions = {}): Promise<StateDumpResult> {
  try {
    const container = await openContainer(path, options.limits === undefined ? {} : { limits: options.limits });
    const state = await dumpTwice(container, write, options);
    const { hmac, keyVerified, bytes, difference, damage } = state;
    const end = createDumpPrinter(options.html === true, options.limits ?? DEFAULT_LIMITS);
    printPageEnd(end);
    const rest = takePrinted(end);
    if (rest.length > 0) await write(rest);
    return { hmac, keyVerified, bytes: bytes + rest.length, difference, damage };
  } catch (error) {
    throw error instanceof CkptError ? error.at({ file: shownPath(path) }) : error;
  }
}

/** The dump without its end. */
async function dumpTwice(container: ImageContainer, write: DumpWriter, options: StateDumpOptions): Promise<Attempt> {
  try {
    const first = await dumpOnce(container, write, options, true, 0);
    // A flate body that is cut up in an unusual way looks damaged when its chunks are stepped over unread. The dump is the same up to there.
    return first.doubtful ? await dumpOnce(container, write, options, false, first.bytes) : first;
  } finally {
    await container.close();
  }
}

/** A dump without its end; doubtful when other reading may find no damage. */
type Attempt = StateDumpResult & { readonly doubtful: boolean };

/** Everything that the parts of one dump share. */
interface Dump {
  readonly container: ImageContainer;
  readonly statefile: Statefile;
  readonly stream: ObjectStream;
  readonly printer: DumpPrinter;
  readonly limits: Limits;
  readonly send: (block: Uint8Array) => Promise<void>;
  readonly onDamage: (error: CkptError) => void;
  graphs: number;
  /** The first two graphs, while they are needed to date the image. */
  cpu: Graph | null;
  kernelTypes: Graph['types'];
  difference: DumpDifference | null;
  /** Memory metadata is protobuf: the ranges of the memory file that are still to come. */
  ranges: number | null;
}

async function dumpOnce(
  container: ImageContainer,
  write: DumpWriter,
  { key, html = false, limits = DEFAULT_LIMITS }: StateDumpOptions,
  trustChunkSize: boolean,
  written: number,
): Promise<Attempt> {
  const source = await openState(container);
  try {
    const statefile = await openStatefile(source, { key: key ?? null, limits, trustChunkSize });
    let bytes = 0;
    const found: { damage: CkptError | null } = { damage: null };
    const onDamage = (error: CkptError): void => {
      found.damage ??= placed(error, statefile).at({ file: container.path });
    };
    const dump: Dump = {
      container,
      statefile,
      stream: new ObjectStream(statefile.body, limits, statefile.framing === 'raw' ? statefile.reader.offset : 0),
      printer: createDumpPrinter(html, limits),
      limits,
      send: async (block) => {
        const unwritten = block.subarray(Math.min(block.length, Math.max(0, written - bytes)));
        bytes += block.length;
        if (unwritten.length > 0) await write(unwritten);
      },
      onDamage,
      graphs: 0,
      cpu: null,
      kernelTypes: [],
      difference: null,
      ranges: null,
    };
    printPageStart(dump.printer);
    try {
      await dumpStream(dump);
      if (found.damage === null) await statefile.body.finish();
    } catch (error) {
      if (!(error instanceof CkptError)) throw error;
      onDamage(error);
    }
    await dump.send(takePrinted(dump.printer));
    const { hmac, keyVerified, framing } = statefile;
    const { damage } = found;
    const doubtful = damage !== null && trustChunkSize && framing === 'flate' && dump.graphs > 1 && container.rereadable;
    return { hmac, keyVerified, bytes, difference: dump.difference, damage, doubtful };
  } finally {
    await source.close();
  }
}

/** Follows the stream to its end, or to a graph that is not whole. */
async function dumpStream(dump: Dump): Promise<void> {
  const { container, stream, printer } = dump;
  // What a pipe holds behind the state file is not known yet.
  const pagesMeta = container.rereadable && (await has(container, 'pages_meta.img'));
  for (;;) {
    const start = await stream.peek(9);
    if (start.length === 0) return;
    if (start.length === 9 && start.every((byte) => byte >= 0x80)) {
      if (!(await dumpGraph(dump))) return;
      continue;
    }
    // Raw data never follows the kernel graph, so this is what memory metadata is since 2026-08.
    if (dump.graphs === 2 && dump.ranges === null && !pagesMeta) dump.ranges = 0;
    if (dump.ranges === 0) {
      const before = stream.offset;
      dump.ranges = (await readMemoryFile(stream)).ranges.length;
      printRawData(printer, stream.offset - before - LENGTH_BYTES);
      dump.difference = 'protobuf-memory';
      continue;
    }
    const header = await stream.header('the length of a memory range');
    const length = header.kind === 'raw' ? header.length : 0;
    printRawData(printer, length);
    if (dump.ranges !== null) dump.ranges--;
    if (length > 0 && !pagesMeta && (await pagesElsewhere(dump))) dump.difference = 'pages-elsewhere';
    else await stream.skip(length, 'raw data');
  }
}

/** Bytes of the length before a protobuf message. */
const LENGTH_BYTES = 8;

/** Prints the graph that comes next, and answers whether the stream can be followed beyond it. */
async function dumpGraph(dump: Dump): Promise<boolean> {
  const { stream, printer, graphs } = dump;
  const what = graphs === 0 ? 'the CPU feature set' : graphs === 1 ? 'the kernel graph' : 'memory metadata';
  let broken = false;
  const graph = await stream.graph(what, undefined, (error) => {
    // Where a graph ends does not depend on its references.
    broken = error.code !== 'dangling-reference';
    dump.onDamage(error);
  });
  dump.graphs++;
  if (graphs === 0) dump.cpu = graph;
  if (graphs === 1) dump.kernelTypes = graph.types;
  for (const block of printGraph(printer, graph)) await dump.send(block);
  return !broken;
}

/** Whether the raw data that a header announces is in another file. */
async function pagesElsewhere(dump: Dump): Promise<boolean> {
  const { container, statefile } = dump;
  if (dump.difference === 'pages-elsewhere') return true;
  if (dump.ranges !== null) return false;
  if (!container.bare && container.rereadable) return has(container, 'pages.img');
  if (statefile.compression !== 'none' || statefile.header.metadata.has('runsc_version') || dump.cpu === null) return false;
  const release = await releaseOfTypes(dump.kernelTypes, readFeatureSet(dump.cpu).arch, false);
  const date = release === null ? null : (parseRunscVersion(release.last)?.date ?? null);
  return date !== null && pagesInMetadataStream(date);
}

async function has(container: ImageContainer, name: ImageFileName): Promise<boolean> {
  return (await container.find(name)) !== null;
}
