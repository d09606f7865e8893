import { describe, expect, it } from 'vitest';
import { PullReader } from '../../../../src/bytes/pull-reader.ts';
import type { Graph } from '../../../../src/graph/graph.ts';
import { ObjectStream } from '../../../../src/graph/object-stream.ts';
import { inDecodeOrder } from '../../../../src/kernel/types/decode-order.ts';
import { firstRefused } from '../../../../src/kernel/types/first-refused.ts';
import { DEFAULT_LIMITS } from '../../../../src/limits.ts';
import { rawBody } from '../../../../src/statefile/raw-body.ts';
import { createGraph, type GraphBuilder } from '../../../support/graph-builder.ts';
import { memorySource } from '../../../support/memory-source.ts';
import { array, int, map, nil, ref, refInto, string, uint, type WireValue } from '../../../support/wire-value.ts';

async function graphOf(build: (graph: GraphBuilder) => void): Promise<Graph> {
  const graph = createGraph();
  build(graph);
  return new ObjectStream(rawBody(new PullReader(memorySource(graph.encode()))), DEFAULT_LIMITS).graph('a graph');
}

/** The types in the order in which they are looked at, each time, with the id of the stream object. */
function visits(graph: Graph, order: (typeId: number) => readonly number[] | null = () => null): string[] {
  const seen: string[] = [];
  inDecodeOrder(graph, {
    order,
    type: (typeId, as, object) => seen.push(`${graph.types[typeId - 1]?.name} ${as} ${graph.ids[object]}`),
  });
  return seen;
}

const interfaceOf = (graph: GraphBuilder, name: string, value: WireValue): WireValue => ({
  kind: 'interface',
  type: { spec: 'pointer', to: graph.spec(name) },
  value,
});

describe('the order of decoding', () => {
  it('is that of the stream, with embedded structs, arrays and maps inside', async () => {
    const graph = await graphOf((g) => {
      const root = g.reserve();
      const items = g.reserve();
      const entries = g.reserve();
      const inner = g.struct('p.Inner', { n: int(1) });
      g.define(items, array([inner, inner]));
      g.define(
        entries,
        map([
          [g.struct('p.Key', { k: int(1) }), g.struct('p.Value', { v: int(2) })],
          [g.struct('p.Key', { k: int(2) }), g.struct('p.Value', { v: int(3) })],
        ]),
      );
      g.define(root, g.struct('p.Root', { a: inner, b: ref(items), c: ref(entries), d: g.byteSlice(Uint8Array.of(1, 200)) }));
    });
    expect(visits(graph)).toEqual([
      'p.Root struct 1',
      'p.Inner struct 1',
      'p.Inner struct 2',
      'p.Inner struct 2',
      'p.Key struct 3',
      'p.Value struct 3',
      'p.Key struct 3',
      'p.Value struct 3',
    ]);
  });

  it('decodes an object that came too early in the middle of the one that first refers to it', async () => {
    const graph = await graphOf((g) => {
      const [root, early, late] = [g.reserve(), g.reserve(), g.reserve()];
      g.define(root, g.struct('p.Root', { late: ref(late) }));
      g.define(early, g.struct('p.Early', { n: int(1), back: ref(root) }));
      g.define(late, g.struct('p.Late', { early: ref(early), after: g.struct('p.After', { n: int(1) }), again: ref(early) }));
    });
    expect(visits(graph)).toEqual(['p.Root struct 1', 'p.Late struct 3', 'p.Early struct 3', 'p.After struct 3']);
  });

  it('leaves out what nothing refers to', async () => {
    const graph = await graphOf((g) => {
      g.object(g.struct('p.Root', { n: int(1), m: int(2) }));
      g.object(g.struct('p.Lost', { n: int(1), m: int(2) }));
    });
    expect(visits(graph)).toEqual(['p.Root struct 1']);
  });

  it('asks for the names in interfaces, and in references to the inside of objects that are new', async () => {
    const graph = await graphOf((g) => {
      const [root, target] = [g.reserve(), g.reserve()];
      const into = refInto(target, ['n'], g.spec('p.Target', ['n', 'm']));
      g.define(root, g.struct('p.Root', { a: into, b: into, c: interfaceOf(g, 'p.Named', nil()), d: string('x') }));
      g.define(target, g.struct('p.Target', { n: int(1), m: uint(2) }));
    });
    expect(visits(graph)).toEqual(['p.Root struct 1', 'p.Target name 1', 'p.Named name 1', 'p.Target struct 2']);
  });

  it('follows the fields of the restoring release', async () => {
    const graph = await graphOf((g) => {
      g.object(
        g.struct('p.Root', {
          a: g.struct('p.A', { n: int(1), m: int(1) }),
          b: g.struct('p.B', { n: g.struct('p.C', { x: int(1) }) }),
        }),
      );
    });
    const swapped = (typeId: number): readonly number[] | null => (graph.types[typeId - 1]?.name === 'p.Root' ? [1, 0] : null);
    expect(visits(graph, swapped).map((visit) => visit.split(' ')[0])).toEqual(['p.Root', 'p.B', 'p.C', 'p.A']);
  });

  it('goes through a long chain of early objects without depth', async () => {
    const count = 20_000;
    const graph = await graphOf((g) => {
      const ids = Array.from({ length: count }, () => g.reserve());
      // Each object is referred to by the next only, and the root by the last: all are decoded inside that one.
      for (const [index, id] of ids.entries()) {
        const before = ids[index === 0 ? count - 1 : index - 1] ?? 0;
        g.define(id, g.struct('p.Link', { before: index === 1 ? nil() : ref(before), n: int(index) }));
      }
    });
    expect(visits(graph)).toHaveLength(count);
  });
});

describe('the first type that is refused', () => {
  const suspects = (graph: Graph, ...names: string[]): Set<number> =>
    new Set(graph.types.filter(({ name }) => names.includes(name)).map(({ id }) => id));
  const example = graphOf((g) => {
    const [root, task, list] = [g.reserve(), g.reserve(), g.reserve()];
    const part = (n: number): WireValue => g.struct('pkg/a/b.Part', { n: int(n) });
    g.define(root, g.struct('pkg/a/kernel.Kernel', { task: ref(task), list: ref(list) }));
    g.define(task, g.struct('pkg/a/kernel.Task', { one: part(1) }));
    g.define(list, array([g.struct('pkg/a/b.Item', { x: part(2), y: g.struct('pkg/a/b.Other', { z: nil() }) })]));
  });

  it('is told with the object as Go prints it', async () => {
    const graph = await example;
    const found = (...names: string[]) => firstRefused(graph, suspects(graph, ...names), () => null).first;
    expect(found('pkg/a/kernel.Kernel', 'pkg/a/b.Part')).toMatchObject({
      objectId: 1,
      goType: 'kernel.Kernel',
      goValue: '&wire.Struct{TypeID:0x1, fields:(*wire.multipleObjects)(0xc000000000)}',
      certain: true,
    });
    expect(found('pkg/a/b.Part')).toMatchObject({
      objectId: 2,
      goType: 'kernel.Task',
      goValue: '&wire.Struct{TypeID:0x3, fields:(*wire.Struct)(0xc000000000)}',
      certain: true,
    });
    expect(found('pkg/a/b.Item')).toMatchObject({
      objectId: 3,
      goType: '[1]b.Item',
      goValue: '&wire.Array{Contents:[]wire.Object{(*wire.Struct)(0xc000000000)}}',
    });
    expect(found()).toBeNull();
  });

  it('is not certain when several differ within one object', async () => {
    const graph = await example;
    const { first } = firstRefused(graph, suspects(graph, 'pkg/a/b.Other', 'pkg/a/b.Item'), () => null);
    expect(first).toMatchObject({ objectId: 3, certain: true });
    const inside = await graphOf((g) => {
      g.object(g.struct('p.Root', { a: g.struct('p.A', { n: int(1) }), b: g.struct('p.B', { n: int(1) }) }));
    });
    expect(firstRefused(inside, suspects(inside, 'p.A', 'p.B'), () => null).first).toMatchObject({ typeId: 1, certain: false });
  });
});
