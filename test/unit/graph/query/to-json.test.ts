import { describe, expect, it } from 'vitest';
import { measureTypes } from '../../../../src/graph/measure-types.ts';
import { objectNode } from '../../../../src/graph/node.ts';
import { findStructs, TypeNameError, typeNamed } from '../../../../src/graph/query/find-objects.ts';
import { outline } from '../../../../src/graph/query/outline.ts';
import { resolvePath } from '../../../../src/graph/query/path-language.ts';
import { type JsonOptions, toJson } from '../../../../src/graph/query/to-json.ts';
import { hideEnvironment } from '../../../../src/kernel/hide-environment.ts';
import { createGraph } from '../../../support/graph-builder.ts';
import { buildGraphs, openGraphs } from '../../../support/open-graph.ts';
import { array, float64, int, map, nil, ref, refInto, string, uint, type WireValue } from '../../../support/wire-value.ts';

const OPTIONS: JsonOptions = { depth: 5, items: 100, characters: 1_000_000, textBytes: 1000, hide: hideEnvironment };

async function jsonOf(
  root: (graph: ReturnType<typeof createGraph>) => WireValue,
  options: Partial<JsonOptions> = {},
): Promise<unknown> {
  const { kernel } = await buildGraphs((graph) => {
    const id = graph.reserve();
    graph.define(id, root(graph));
  });
  // The objects have no prototype.
  return JSON.parse(JSON.stringify(toJson(objectNode(kernel, 1), { ...OPTIONS, ...options }).json));
}

describe('a value as JSON', () => {
  it('keeps integers exact', async () => {
    const top = 2n ** 53n;
    expect(
      await jsonOf(() =>
        array(
          [int(top - 1n), int(top), int(-top + 1n), int(-top), uint(2n ** 64n - 1n)].map(
            (item) => ({ ...item, kind: 'int' }) as WireValue,
          ),
        ),
      ),
    ).toEqual([9007199254740991, '9007199254740992', -9007199254740991, '-9007199254740992', expect.any(String)]);
  });

  it('marks what JSON cannot hold', async () => {
    expect(
      await jsonOf(() => array([float64(Number.NaN), float64(Number.POSITIVE_INFINITY), float64(Number.NEGATIVE_INFINITY)])),
    ).toEqual(['NaN', '+Inf', '-Inf']);
    expect(await jsonOf(() => string(Uint8Array.of(0x61, 0xff)))).toEqual({ $string: 2, hex: '61ff' });
    expect(await jsonOf(() => ({ kind: 'complex128', real: 1, imaginary: -2 }))).toEqual({ $complex: [1, -2] });
  });

  it('shows bytes as text or hex, and few numbers as numbers', async () => {
    const bytes = (text: string) => (graph: ReturnType<typeof createGraph>) => graph.byteSlice(new TextEncoder().encode(text));
    expect(await jsonOf(bytes('sixteen bytes ok'))).toEqual({ $bytes: 16, text: 'sixteen bytes ok' });
    expect(await jsonOf(bytes('0123456789abcde\0'))).toEqual({ $bytes: 16, hex: '30313233343536373839616263646500' });
    expect(await jsonOf(bytes('abc'))).toEqual([97, 98, 99]);
    expect(await jsonOf(() => array(Array.from({ length: 20 }, (_, i) => uint(i * 20))))).toHaveLength(20);
    expect(await jsonOf(bytes('x'.repeat(3000)))).toEqual({ $bytes: 3000, text: 'x'.repeat(1000), $more: 2000 });
  });

  it('cuts cycles and opens every object once, nearest to the root', async () => {
    const json = await jsonOf((graph) => {
      const far = graph.reserve();
      graph.define(far, graph.struct('B', { back: ref(1), x: uint(1) }));
      const middle = graph.object(graph.struct('C', { far: ref(far) }));
      return graph.struct('A', { self: ref(1), middle: ref(middle), far: ref(far) });
    });
    expect(json).toEqual({
      $type: 'A',
      $id: 'g1r1',
      self: { $ref: 'g1r1' },
      middle: { $type: 'C', $id: 'g1r3', far: { $ref: 'g1r2' } },
      far: { $type: 'B', $id: 'g1r2', back: { $ref: 'g1r1' }, x: 1 },
    });
  });

  it('sorts maps and tells keys apart', async () => {
    const json = await jsonOf((graph) =>
      array([
        map([
          [int(10), string('ten')],
          [int(-2), string('minus')],
          [int(9), string('nine')],
        ]),
        map([
          [string('b'), uint(1)],
          [string('$a'), uint(2)],
          [string('__proto__'), uint(3)],
        ]),
        map([
          [graph.struct('K', { a: uint(10) }), uint(1)],
          [graph.struct('K', { a: uint(9) }), uint(2)],
        ]),
        map([]),
      ]),
    );
    expect(JSON.stringify(json)).toBe(
      '[{"9":"nine","10":"ten","$type":"map","$id":"g1r1[0]","-2":"minus"},{"$type":"map","$id":"g1r1[1]","$$a":2,"__proto__":3,"b":1},{"$type":"map","$id":"g1r1[2]","$entries":[[{"$type":"K","a":9},2],[{"$type":"K","a":10},1]]},{"$type":"map","$id":"g1r1[3]"}]',
    );
  });

  it('marks what is cut by depth and by number', async () => {
    const wide = (graph: ReturnType<typeof createGraph>) =>
      graph.struct('A', {
        list: graph.slice(Array.from({ length: 5 }, (_, i) => uint(i))),
        inner: graph.struct('B', { x: uint(1) }),
      });
    expect(await jsonOf(wide, { items: 2 })).toMatchObject({ list: [0, 1, { $more: 3 }] });
    expect(await jsonOf(wide, { depth: 1 })).toEqual({
      $type: 'A',
      $id: 'g1r1',
      list: { $ref: 'g1r1.list', $type: 'list', $count: 5, $cut: 'depth' },
      inner: { $ref: 'g1r1.inner', $type: 'B', $cut: 'depth' },
    });
    expect(await jsonOf(wide, { depth: 0 })).toEqual({ $ref: 'g1r1', $type: 'A', $cut: 'depth' });
    expect(JSON.stringify(await jsonOf(wide, { characters: 30 }))).toContain('"$cut":"size"');
  });

  it('says what cannot be read, and shows the rest', async () => {
    const json = await jsonOf((graph) => {
      const loop = graph.reserve();
      graph.define(loop, ref(loop));
      const target = graph.object(graph.struct('T', { x: uint(1) }));
      return graph.struct('A', {
        nowhere: ref(77),
        badDot: refInto(target, ['y'], { spec: 'id', id: 1 }),
        badIndex: refInto(target, [3], { spec: 'id', id: 1 }),
        loop: ref(loop),
        short: { kind: 'slice', length: 9, capacity: 9, ref: ref(graph.object(array([uint(1)]))) },
        fine: uint(1),
      });
    });
    const error = { $error: expect.any(String) };
    expect(json).toEqual({
      $type: 'A',
      $id: 'g1r1',
      nowhere: error,
      badDot: error,
      badIndex: error,
      loop: error,
      short: error,
      fine: 1,
    });
  });

  it('survives an array of 2^40 zeros and a slice over as many', async () => {
    const graph = createGraph();
    graph.define(
      graph.reserve(),
      graph.struct('A', { zeros: { kind: 'slice', length: 2 ** 40, capacity: 2 ** 40, ref: ref(2) } }),
    );
    graph.define(graph.reserve(), nil());
    const graphs = await openGraphs(graph.encode());
    const json = toJson(resolvePath(graphs, 'kernel.zeros'), OPTIONS).json as unknown[];
    expect([json.length, json.at(-1)]).toEqual([101, { $more: 2 ** 40 - 100 }]);
    expect(toJson(resolvePath(graphs, `kernel.zeros[${2 ** 40 - 1}]`), OPTIONS).json).toBeNull();
    expect(outline(resolvePath(graphs, 'kernel'), 'kernel', { ...OPTIONS, nodes: 100 }).tree.children[0]).toMatchObject({
      count: 2 ** 40,
    });
  });

  it('is bounded for deep and wide values', async () => {
    let deep: WireValue = uint(1);
    for (let level = 0; level < 200; level++) deep = array([deep]);
    expect(JSON.stringify(await jsonOf(() => deep, { depth: 100 }))).toContain('"$cut":"depth"');
    const { kernel } = await buildGraphs((graph) => {
      const all = Array.from({ length: 3000 }, () => graph.reserve());
      for (const [index, id] of all.entries())
        graph.define(id, graph.struct('Link', { next: ref(all[(index + 1) % all.length] ?? 1n) }));
    });
    expect(JSON.stringify(toJson(objectNode(kernel, 1), { ...OPTIONS, depth: 100 }).json).length).toBeLessThan(10_000);
  });

  it('names fields that have no name of their own', async () => {
    const { kernel } = await buildGraphs((graph) => {
      graph.define(graph.reserve(), { kind: 'struct', typeId: 9, fields: [uint(1), uint(2)] });
      graph.type('A', []);
    });
    expect({ ...(toJson(objectNode(kernel, 1), OPTIONS).json as object) }).toEqual({
      $type: 'type 9',
      $id: 'g1r1',
      $0: 1,
      $1: 2,
    });
  });
});

describe('environment variables', () => {
  const spec = JSON.stringify({
    process: { args: ['sh'], env: ['PATH=/bin', 'TOKEN=a"b\\c=d', 'EMPTY=', 'ODD'] },
    hooks: { x: { env: ['HOOK=secret'] } },
  });

  it('lose their values in specs, and nothing else is changed', () => {
    expect(JSON.parse(hideEnvironment(spec, false) ?? '')).toEqual({
      process: { args: ['sh'], env: ['PATH=<hidden>', 'TOKEN=<hidden>', 'EMPTY=<hidden>', 'ODD'] },
      hooks: { x: { env: ['HOOK=<hidden>'] } },
    });
  });

  it('lose their values in what is left of a spec', () => {
    for (let end = 0; end <= spec.length; end++)
      expect(hideEnvironment(spec.slice(0, end), false) ?? '').not.toMatch(/\/bin|a\\"b|secret/);
    expect(hideEnvironment(`${spec}\0\0\0 behind`, false)).toMatch(/\0 behind$/);
    expect(hideEnvironment('{"env" : [ "A=secret" , "B=secret"], "c": "d=e"}', false)).toBe(
      '{"env" : [ "A=<hidden>" , "B=<hidden>"], "c": "d=e"}',
    );
  });

  it('lose their values as elements of lists', () => {
    expect(hideEnvironment('TOKEN=secret\nmore', true)).toBe('TOKEN=<hidden>');
    expect(hideEnvironment('TOKEN=secret', false)).toBeNull();
    expect(hideEnvironment('--option=value', true)).toBeNull();
    expect(hideEnvironment('', true)).toBeNull();
  });

  it('do not appear wherever a spec lies', async () => {
    const { kernel } = await buildGraphs((graph) => {
      const bytes = new TextEncoder().encode(spec);
      graph.define(
        graph.reserve(),
        graph.struct('A', {
          text: string(spec),
          bytes: graph.byteSlice(bytes, new Uint8Array(9)),
          envv: graph.slice([string('TOKEN=secret'), string('x')]),
          specs: graph.pointer(map([[string('c'), graph.byteSlice(bytes)]])),
        }),
      );
    });
    for (const id of kernel.ids) {
      const { json, hidden } = toJson(objectNode(kernel, id), OPTIONS);
      expect(JSON.stringify(json)).not.toMatch(/\/bin|secret|2f62696e/);
      expect(hidden).toBeGreaterThan(0);
      expect(JSON.stringify(outline(objectNode(kernel, id), 'x', { ...OPTIONS, nodes: 1000 }))).not.toMatch(/\/bin|secret/);
    }
    expect(JSON.stringify(toJson(objectNode(kernel, 1), { ...OPTIONS, hide: () => null }).json)).toContain('secret');
    const graphs = { cpu: kernel, kernel };
    for (const path of ['kernel.bytes[40]', 'kernel.specs.c[0]']) {
      expect(() => resolvePath(graphs, path, hideEnvironment)).toThrow(/holds a secret/);
      expect(toJson(resolvePath(graphs, path), OPTIONS).json).toEqual(expect.any(Number));
    }
  });
});

describe('types', () => {
  it('are found by the end of their names', async () => {
    const { kernel } = await buildGraphs((graph) => {
      const names = ['pkg/sentry/kernel.Task', 'pkg/sentry/mm.Task2', 'pkg/a.Set', 'pkg/b.Set', 'string'];
      graph.define(graph.reserve(), array(names.map((name) => graph.struct(name, { x: uint(1) }))));
    });
    expect(
      ['Task', 'kernel.Task', 'sentry/kernel.Task', 'pkg/sentry/kernel.Task', 'string'].map(
        (name) => typeNamed(kernel.types, name).id,
      ),
    ).toEqual([1, 1, 1, 1, 5]);
    for (const name of ['Set', 'ask', 'Tas', '', 'kernel']) expect(() => typeNamed(kernel.types, name)).toThrow(TypeNameError);
    expect(() => typeNamed(kernel.types, 'Set')).toThrow(/pkg\/a\.Set, pkg\/b\.Set/);
  });

  it('are measured with the ways to the largest objects', async () => {
    const { kernel } = await buildGraphs((graph) => {
      const root = graph.reserve();
      const table = graph.reserve();
      const big = graph.object(string('x'.repeat(5000)));
      graph.define(table, map([[string('a key'), graph.struct('Entry', { data: ref(big) })]]));
      graph.define(root, graph.struct('Kernel', { table: ref(table) }));
    });
    const { largest, types } = measureTypes(kernel, 1);
    expect(largest).toEqual([{ id: 3, type: 'string', bytes: 5005, path: 'kernel.table["a key"].data' }]);
    expect(types.map(({ type, structs }) => [type, structs])).toEqual([
      ['Entry', 1],
      ['Kernel', 1],
    ]);
    expect(findStructs(kernel, typeNamed(kernel.types, 'Entry'), () => true, 0)).toEqual({ count: 1, structs: [] });
  });
});
