/** Use case `state types`: what the kernel's object graph is made of. */
import type { ErrorDocument } from './errors.ts';
import { type Measure, measureTypes } from './graph/measure-types.ts';
import { readGraphs } from './read-graphs.ts';
import { readingOf, type StateImage, type StateOptions, stateDamage, stateImage } from './state-document.ts';

export interface StateTypesOptions extends StateOptions {
  /** How many of the largest objects are named (default 20). */
  readonly largest?: number;
}

/** The structs of one declared type. */
export interface StateType {
  readonly type: string;
  readonly structs: number;
  /** Encoded bytes of these structs without the structs inside them. */
  readonly bytes: number;
  /** The same with the structs inside them, but not with what they refer to. */
  readonly inclusiveBytes: number;
  /** `bytes` as a part of those of the graph, from 0 to 1. */
  readonly share: number;
}

/** `ckpt/state-types@1` */
export interface StateTypesDocument {
  readonly schema: 'ckpt/state-types@1';
  readonly image: StateImage;
  /** The graph of the kernel. `bytes` of `types` and `rest` add up to its bytes, its header not counted. */
  readonly graph: { readonly objects: number; readonly types: number; readonly bytes: number };
  /** By bytes, the most first, then by name; declared types that no struct has are at the end. */
  readonly types: readonly StateType[];
  /** What belongs to no struct: objects of other kinds, ids, declarations; by bytes. */
  readonly rest: readonly { readonly kind: string; readonly count: number; readonly bytes: number; readonly share: number }[];
  /** The largest objects, what they refer to not counted. */
  readonly largest: readonly { readonly id: string; readonly type: string; readonly bytes: number; readonly path: string }[];
  readonly damage: ErrorDocument | null;
}

/**
 * Counts and measures the structs of the kernel's graph by type.
 *
 * @param image a directory with checkpoint.img, a state file under any name, or `-` for standard input
 * @throws CkptError when the kernel's graph cannot be read at all
 */
export async function stateTypes(image: string, options: StateTypesOptions = {}): Promise<StateTypesDocument> {
  const graphs = await readGraphs(image, { depth: 'kernel', ...readingOf(options) });
  if (graphs.kernel === null) throw graphs.damage ?? new Error('an image without a kernel and without damage');
  const measured = measureTypes(graphs.kernel, options.largest ?? 20);
  const share = (bytes: number): number => (measured.bytes === 0 ? 0 : Number((bytes / measured.bytes).toFixed(6)));
  return {
    schema: 'ckpt/state-types@1',
    image: stateImage(graphs),
    graph: { objects: measured.objects, types: measured.types.length, bytes: measured.bytes },
    types: measured.types.map((type) => ({ ...type, share: share(type.bytes) })).sort(byBytes((type) => type.type)),
    rest: measured.rest.map((rest) => ({ ...rest, share: share(rest.bytes) })).sort(byBytes((rest) => rest.kind)),
    largest: measured.largest.map((object: Measure['largest'][number]) => ({ ...object, id: `g1r${object.id}` })),
    damage: stateDamage(graphs),
  };
}

function byBytes<T extends { readonly bytes: number }>(name: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => b.bytes - a.bytes || (name(a) < name(b) ? -1 : 1);
}
