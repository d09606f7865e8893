/** How fast a kernel graph is indexed, beside just adding up its bytes. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Graph } from '../../src/graph/graph.ts';
import { advance, beginGraph, finishGraph } from '../../src/graph/index-graph.ts';
import { isThreadType } from '../../src/kernel/threads.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { readImage } from '../../src/read-image.ts';
import { ratio, type Spread, spreadOf } from './spread.ts';

export interface Indexing {
  readonly image: string;
  readonly framing: string;
  readonly bytes: number;
  readonly objects: number;
  readonly runs: number;
  /** Millions of bytes of the graph per second; `opening` is from the file on: framing, decompression, both graphs. */
  readonly indexing: Spread;
  readonly opening: Spread;
  readonly adding: Spread;
  /** How many times faster adding up is. */
  readonly addingToIndexing: ReturnType<typeof ratio>;
}

/** Directories that are looked through, at most this deep. */
const PLACES = ['fixtures/images', '../shared/fixtures/images'];
const DEPTH = 5;

/** Measures the image with the largest kernel graph of all that are here. */
export async function measureIndexing(runs: number): Promise<Indexing> {
  const { path, graph, framing } = await largestGraph();
  const { bytes, end } = graph.wire;
  const times = { indexing: [] as number[], opening: [] as number[], adding: [] as number[] };
  // The first runs are in code that is still being compiled.
  for (let run = -Math.ceil(runs / 2); run < runs; run++) {
    const adding = timed(() => addUp(bytes, end));
    const indexing = timed(() => indexAgain(graph));
    const opening = await timedAsync(() => readImage(path, { depth: 'kernel', key: null }));
    if (run < 0) continue;
    times.adding.push(end / 1000 / adding);
    times.indexing.push(end / 1000 / indexing);
    times.opening.push(end / 1000 / opening);
  }
  const [adding, indexing] = [spreadOf(times.adding), spreadOf(times.indexing)];
  return {
    image: path,
    framing,
    bytes: end,
    objects: graph.ids.length,
    runs,
    indexing,
    opening: spreadOf(times.opening),
    adding,
    addingToIndexing: ratio(adding, indexing),
  };
}

async function largestGraph(): Promise<{ readonly path: string; readonly graph: Graph; readonly framing: string }> {
  let largest: { readonly path: string; readonly graph: Graph; readonly framing: string } | null = null;
  for (const path of PLACES.flatMap((place) => imagesBelow(place, DEPTH))) {
    const image = await readImage(path, { depth: 'kernel', key: null });
    const graph = image.kernel?.graph;
    if (graph !== undefined && graph.wire.end > (largest?.graph.wire.end ?? 0)) {
      largest = { path, graph, framing: image.statefile.framing };
    }
  }
  if (largest === null) throw new Error(`no image in ${PLACES.join(', ')}`);
  return largest;
}

/** State files and directories with checkpoint.img. */
function imagesBelow(directory: string, depth: number): string[] {
  if (!existsSync(directory) || depth === 0) return [];
  const entries = readdirSync(directory, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'checkpoint.img')) return [directory];
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return imagesBelow(path, depth - 1);
    return entry.name.endsWith('.state') ? [path] : [];
  });
}

function indexAgain(graph: Graph): void {
  const scan = beginGraph(graph.number, graph.ids.length, graph.wire.base, DEFAULT_LIMITS, isThreadType);
  if (!advance(scan, graph.wire.bytes, graph.wire.end)) throw new Error('the graph is not complete');
  finishGraph(scan);
}

function addUp(bytes: Uint8Array, end: number): void {
  let sum = 0;
  for (let index = 0; index < end; index++) sum = (sum + (bytes[index] as number)) | 0;
  if (sum === 0) throw new Error('the graph is all zeros');
}

function timed(action: () => void): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

async function timedAsync(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
