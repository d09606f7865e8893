/** How many objects of each type a graph holds. */
import { KIND } from '../wire/kinds.ts';
import { readCount } from '../wire/varint.ts';
import { type Graph, typeOf } from './graph.ts';

/** Objects of their own by declared type, in the order in which types are met: structs inside others, and objects that are no structs, do not count. */
export function countObjects(graph: Graph): Map<string, number> {
  const { bytes, end, base } = graph.wire;
  const counts = new Map<number, number>();
  const cursor = { bytes, end, base, position: 0 };
  for (const position of graph.positions) {
    if (bytes[position] !== KIND.struct) continue;
    cursor.position = position + 1;
    const id = readCount(cursor, 'type id', Number.MAX_SAFE_INTEGER);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return new Map([...counts].flatMap(([id, count]) => namedCount(typeOf(graph, id)?.name, count)));
}

function namedCount(name: string | undefined, count: number): [string, number][] {
  return name === undefined ? [] : [[name, count]];
}
