/** Opens an image for its object graphs alone, whatever is in them. */

import type { ImageContainer } from './container/image-container.ts';
import { openContainer, openState } from './container/open-container.ts';
import { CkptError } from './errors.ts';
import type { Graph } from './graph/graph.ts';
import { ObjectStream } from './graph/object-stream.ts';
import { shownPath } from './io/http-address.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { unlessHost } from './mistaken-host.ts';
import { openStatefile } from './statefile/open-statefile.ts';
import { placed } from './statefile/placed.ts';
import type { HeaderHmac } from './statefile/statefile.ts';

/** The two graphs that every image begins with. */
export interface ImageGraphs {
  readonly path: string;
  readonly hmac: HeaderHmac;
  readonly keyVerified: boolean;
  /** Graph 0, the CPU feature set. */
  readonly cpu: Graph;
  /** Graph 1, the kernel; null when it was not asked for or the image is damaged before its first object. */
  readonly kernel: Graph | null;
  /** What is wrong with the image up to where it was read; the graphs are then what was indexed before. */
  readonly damage: CkptError | null;
}

interface ReadGraphsOptions {
  /** How many graphs to read: only the first, or the kernel's too. */
  readonly depth: 'cpu' | 'kernel';
  /** HMAC key, or null. */
  readonly key: Uint8Array | null;
  readonly limits?: Limits;
}

/**
 * Reads the graphs of the image at `path`. Objects before a damage are kept, and references that lead nowhere are no reason to stop.
 *
 * @throws CkptError of any layer when not one object can be read.
 */
export async function readGraphs(path: string, { depth, key, limits = DEFAULT_LIMITS }: ReadGraphsOptions): Promise<ImageGraphs> {
  try {
    const container = await openContainer(path, { limits });
    try {
      return await graphsOf(container, { depth, key, limits });
    } finally {
      await container.close();
    }
  } catch (error) {
    throw error instanceof CkptError ? await unlessHost(path, error.at({ file: shownPath(path) }), limits) : error;
  }
}

async function graphsOf(container: ImageContainer, { depth, key, limits }: Required<ReadGraphsOptions>): Promise<ImageGraphs> {
  const source = await openState(container);
  try {
    const statefile = await openStatefile(source, { key, limits, trustChunkSize: true });
    // A raw body lies in the file as it is, so that its offsets are those of the file.
    const stream = new ObjectStream(statefile.body, limits, statefile.framing === 'raw' ? statefile.reader.offset : 0);
    let damage: CkptError | null = null;
    const onDamage = (error: CkptError): void => {
      damage ??= placed(error, statefile).at({ file: container.path });
    };
    const cpu = await graphOf(stream, 'the CPU feature set', onDamage);
    // Where the kernel's graph begins is known only when the first was read to its end; wrong references do not matter for that.
    const complete = cpu !== null && stream.offset === cpu.wire.base + cpu.wire.end;
    const kernel = depth === 'kernel' && complete ? await graphOf(stream, 'the kernel graph', onDamage) : null;
    if (cpu === null || (!complete && cpu.ids.length === 0))
      throw damage ?? new Error('a graph that ends nowhere, without damage');
    const { hmac, keyVerified } = statefile;
    return { path: container.path, hmac, keyVerified, cpu, kernel: kernel?.ids.length === 0 ? null : kernel, damage };
  } finally {
    await source.close();
  }
}

async function graphOf(stream: ObjectStream, what: string, onDamage: (error: CkptError) => void): Promise<Graph | null> {
  try {
    return await stream.graph(what, undefined, onDamage);
  } catch (error) {
    if (!(error instanceof CkptError)) throw error;
    onDamage(error);
    return null;
  }
}
