import { describe, expect, test } from 'vitest';
import { findObject } from '../../../src/graph/graph.ts';
import { ObjectStream } from '../../../src/graph/object-stream.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { checkGraph, type GraphFault } from '../../../src/verification/check-graph.ts';
import { checkTypes, knownTypes } from '../../../src/verification/check-types.ts';
import { createGraph, type GraphBuilder } from '../../support/graph-builder.ts';
import { bool, map, nilInterface, ref, refInto, slice, string, uint, type WireValue } from '../../support/wire-value.ts';

async function graphOf(build: (graph: GraphBuilder) => void) {
  const builder = createGraph();
  build(builder);
  const bytes = builder.encode();
  let given = false;
  const body = {
    atMost: null,
    async next() {
      const first = !given;
      given = true;
      return first ? bytes : null;
    },
    skip: async () => 0,
  };
  return new ObjectStream(body, DEFAULT_LIMITS).graph('a graph', undefined, () => {});
}

async function faultsOf(build: (graph: GraphBuilder) => void): Promise<GraphFault[]> {
  const faults: GraphFault[] = [];
  checkGraph(await graphOf(build), true, (fault) => faults.push(fault));
  return faults;
}

/** A root that holds these values in order. */
const root =
  (...values: readonly WireValue[]) =>
  (graph: GraphBuilder) => {
    const id = graph.reserve();
    graph.define(id, graph.struct('pkg/x.Root', Object.fromEntries(values.map((value, index) => [`f${index}`, value]))));
  };

describe('a graph as runsc writes it', () => {
  test('has no fault, and everything in it is counted', async () => {
    const graph = await graphOf((builder) => {
      const id = builder.reserve();
      const leaf = builder.pointer(builder.struct('pkg/x.Leaf', { a: uint(1), b: bool(true) }));
      const other = builder.pointer(builder.struct('pkg/x.Leaf', { a: uint(2), b: bool(false) }));
      const entries = builder.object(
        map([
          [string('a'), leaf],
          [string('b'), other],
        ]),
      );
      const values = { leaf, list: builder.slice([leaf, other]), map: ref(entries), none: nilInterface() };
      builder.define(id, builder.struct('pkg/x.Root', values));
    });
    const faults: GraphFault[] = [];
    expect(checkGraph(graph, true, (fault) => faults.push(fault))).toEqual({ types: 2, objects: 5, structs: 3, references: 7 });
    expect(faults).toEqual([]);
  });
});

describe('a fault is found:', () => {
  test('a reference to nothing, with its offset', async () => {
    const faults = await faultsOf(root(ref(7), uint(3)));
    expect(faults).toMatchObject([{ code: 'dangling-reference', expected: 'object 7, which is referred to' }]);
    expect(faults[0]?.position).toBeGreaterThan(0);
  });

  test('an object that nothing leads to', async () => {
    const build = (graph: GraphBuilder): void => {
      root(uint(1), uint(2))(graph);
      graph.object(uint(5));
    };
    expect(await faultsOf(build)).toMatchObject([{ code: 'inconsistent', expected: 'object 2 to be referred to' }]);
  });

  test('objects that lead to one another only', async () => {
    const build = (graph: GraphBuilder): void => {
      root(uint(1), uint(2))(graph);
      graph.object(ref(3));
      graph.object(ref(2));
    };
    expect(await faultsOf(build)).toHaveLength(1);
  });

  test('too few fields in a struct', async () => {
    const build = (graph: GraphBuilder): void => {
      const id = graph.reserve();
      graph.type('pkg/x.Root', ['a', 'b', 'c']);
      graph.define(id, { kind: 'struct', typeId: 1, fields: [uint(1), uint(2)] } as unknown as WireValue);
    };
    expect(await faultsOf(build)).toMatchObject([{ code: 'inconsistent', expected: '3 fields in a struct of type pkg/x.Root' }]);
  });

  test('a field that is of one kind here and of another there', async () => {
    const build = (graph: GraphBuilder): void => {
      const id = graph.reserve();
      const one = graph.pointer(graph.struct('pkg/x.Leaf', { a: uint(1), b: uint(1) }));
      const two = graph.pointer(graph.struct('pkg/x.Leaf', { a: string('x'), b: uint(1) }));
      graph.define(id, graph.struct('pkg/x.Root', { one, two }));
    };
    const [fault, ...others] = await faultsOf(build);
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ code: 'inconsistent' });
    expect(fault?.expected).toContain('pkg/x.Leaf.a');
  });

  test('a reference to a value of another type than its siblings lead to', async () => {
    const build = (graph: GraphBuilder): void => {
      const id = graph.reserve();
      const one = graph.pointer(graph.struct('pkg/x.Leaf', { a: uint(1), b: uint(1) }));
      const two = graph.pointer(string('no leaf'));
      graph.define(id, graph.struct('pkg/x.Root', { list: graph.slice([one, two]), rest: uint(1) }));
    };
    expect(await faultsOf(build)).toMatchObject([{ code: 'inconsistent', found: 'one to a value of kind string' }]);
  });

  test('a slice that is longer than its array', async () => {
    const build = (graph: GraphBuilder): void => {
      const id = graph.reserve();
      graph.define(id, graph.struct('pkg/x.Root', { list: slice(2, 2, 3), rest: uint(1) }));
      graph.object({ kind: 'array', items: [uint(1), uint(2)] });
    };
    expect(await faultsOf(build)).toMatchObject([{ expected: 'an array of 3 elements behind a slice', found: '2' }]);
  });

  test('a slice that is longer than its capacity', async () => {
    const build = (graph: GraphBuilder): void => {
      const id = graph.reserve();
      graph.define(id, graph.struct('pkg/x.Root', { list: slice(2, 3, 2), rest: uint(1) }));
      graph.object({ kind: 'array', items: [uint(1), uint(2)] });
    };
    expect(await faultsOf(build)).toMatchObject([{ expected: 'a slice of at most its capacity, 2' }]);
  });

  test('a key that is in a map twice', async () => {
    const build = (graph: GraphBuilder): void => {
      const id = graph.reserve();
      const entries = map([
        [uint(1), uint(5)],
        [uint(300), uint(6)],
        [uint(300), uint(7)],
      ]);
      graph.define(id, graph.struct('pkg/x.Root', { map: ref(2), rest: uint(1) }));
      graph.object(entries);
    };
    expect(await faultsOf(build)).toMatchObject([{ expected: 'keys of a map that differ' }]);
  });

  test('a way into a field that does not exist', async () => {
    const build = (graph: GraphBuilder): void => {
      const id = graph.reserve();
      const leaf = graph.object(graph.struct('pkg/x.Leaf', { a: uint(1), b: uint(1) }));
      const into = refInto(leaf, ['z'], graph.spec('pkg/x.Leaf', ['a', 'b']));
      graph.define(id, graph.struct('pkg/x.Root', { leaf: ref(leaf), into }));
    };
    expect(await faultsOf(build)).toMatchObject([{ code: 'dangling-reference', found: 'struct' }]);
  });

  test('nothing is followed in a graph that is cut', async () => {
    const faults: GraphFault[] = [];
    const graph = await graphOf(root(ref(7), uint(3)));
    checkGraph(graph, false, (fault) => faults.push(fault));
    expect(faults).toEqual([]);
    expect(findObject(graph, 1)).toBeGreaterThan(0);
  });
});

describe('declared types', () => {
  const known = knownTypes({
    releases: ['release-20260817.0'],
    types: { 'pkg/sentry/kernel.Task': [[0, ['name', 'image']]], 'pkg/sentry/kernel.Mask@arm64': [[0, ['bits']]] },
  });
  const wrong = async (build: (graph: GraphBuilder) => void): Promise<string[]> => {
    const told: string[] = [];
    checkTypes(await graphOf(build), known, (_position, expected, found) => told.push(`${expected} / ${found}`));
    return told;
  };
  const declares = (name: string, fields: readonly string[]) => (graph: GraphBuilder) => {
    root(uint(1), uint(2))(graph);
    graph.type(name, fields);
  };

  test('of gVisor and of anybody else are fine', async () => {
    expect(await wrong(declares('pkg/sentry/kernel.Task', ['name', 'image']))).toEqual([]);
    expect(await wrong(declares('pkg/vendor/own.Thing', ['anything']))).toEqual([]);
  });

  test('with one wrong byte in a name are found', async () => {
    expect(await wrong(declares('pkg/sentry/kernel.Tesk', ['name', 'image']))).toEqual([
      'the type "pkg/sentry/kernel.Task" / "pkg/sentry/kernel.Tesk"',
    ]);
    expect(await wrong(declares('pkg/sentry/kernel.Task', ['name', 'imagf']))).toEqual([
      'the field "image" of "pkg/sentry/kernel.Task" / "imagf"',
    ]);
  });

  test('with one field twice are found', async () => {
    expect(await wrong(declares('pkg/sentry/kernel.Task', ['name', 'name']))).toHaveLength(1);
  });
});
