/** Dumps of streams that a test makes. */

import { ObjectStream } from '../../src/graph/object-stream.ts';
import { createDumpPrinter, printGraph, printRawData, takePrinted } from '../../src/graph/print/print-graph.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/limits.ts';
import { concatBytes } from './byte-sink.ts';

export interface DumpOptions {
  readonly html?: boolean;
  readonly limits?: Partial<Limits>;
}

/** What the printer makes of graphs and raw data (as its length), in the order given; references need not resolve. */
export async function dumpOf(
  parts: readonly (Uint8Array | number)[],
  { html = false, limits = {} }: DumpOptions = {},
): Promise<string> {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const printer = createDumpPrinter(html, all);
  const blocks: Uint8Array[] = [];
  for (const part of parts) {
    if (typeof part === 'number') {
      printRawData(printer, part);
      continue;
    }
    const blocksOfGraph = [part];
    const body = { atMost: null, skip: async () => 0, next: async () => blocksOfGraph.pop() ?? null };
    const graph = await new ObjectStream(body, all).graph('a test graph', undefined, (error) => {
      if (error.code !== 'dangling-reference') throw error;
    });
    for (const block of printGraph(printer, graph)) blocks.push(block.slice());
  }
  blocks.push(takePrinted(printer).slice());
  return Buffer.from(concatBytes(blocks)).toString('utf8');
}
