/** An indexed object graph: its bytes, its declared types, and where each object begins. */
import type { WireBytes } from '../wire/read-value.ts';

/** One declared type. Type ids are the position in the list of declarations, from 1, and valid in one graph only. */
export interface DeclaredType {
  readonly id: number;
  /** Go import path inside gVisor, a dot, and the type's name: `pkg/sentry/kernel.Task`. */
  readonly name: string;
  /** Field names in encoded order. */
  readonly fields: readonly string[];
}

/** A struct of a watched type that was met while indexing. */
export interface Found {
  readonly typeId: number;
  /** Id of the object that holds it; it may be that object itself or a part of it. */
  readonly objectId: number;
  /** Index of the struct's payload (its type id). */
  readonly position: number;
}

export interface Graph {
  /** Position of this graph in the stream, from 0. */
  readonly number: number;
  readonly wire: WireBytes;
  readonly types: readonly DeclaredType[];
  /** Object ids, ascending. */
  readonly ids: Uint32Array;
  /** By the same index as `ids`: index of the object's tag in `wire.bytes`. */
  readonly positions: Uint32Array;
  readonly found: readonly Found[];
}

/** Index of an object's tag, or -1 when the graph has no such object. */
export function findObject(graph: Graph, id: number): number {
  const index = indexOfObject(graph.ids, id);
  return index < 0 ? -1 : (graph.positions[index] as number);
}

/** Index of an object id in the ascending list, or -1. Most graphs have few gaps, so that an id lies near its own number. */
export function indexOfObject(ids: Uint32Array, id: number): number {
  if (ids[id - 1] === id) return id - 1;
  let low = 0;
  let high = ids.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const at = ids[middle] as number;
    if (at === id) return middle;
    if (at < id) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The declared type of an id, or undefined. */
export function typeOf(graph: Graph, typeId: number): DeclaredType | undefined {
  return graph.types[typeId - 1];
}
