import { describe, expect, it } from 'vitest';
import { PullReader } from '../../../src/bytes/pull-reader.ts';
import { CpuidTable } from '../../../src/cpu/cpuid-table.ts';
import { countElements, elements, mapEntries, objectNode, resolve } from '../../../src/graph/node.ts';
import { ObjectStream } from '../../../src/graph/object-stream.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/limits.ts';
import { rawBody } from '../../../src/statefile/raw-body.ts';
import { createGraph } from '../../support/graph-builder.ts';
import { memorySource } from '../../support/memory-source.ts';
import { array, map, nil, uint } from '../../support/wire-value.ts';

const open = (bytes: Uint8Array, limits: Partial<Limits> = {}) =>
  new ObjectStream(rawBody(new PullReader(memorySource(bytes))), { ...DEFAULT_LIMITS, ...limits });

describe('a hostile graph', () => {
  it('of empty structs that are looked at is refused, in one object and in many', async () => {
    const one = createGraph();
    one.object(array(Array.from({ length: 100 }, () => one.struct('pkg/x.Watched'))));
    const many = createGraph();
    for (let index = 0; index < 100; index++) many.object(many.struct('pkg/x.Watched'));
    for (const graph of [one, many]) {
      const watch = (name: string): boolean => name === 'pkg/x.Watched';
      expect((await open(graph.encode()).graph('a graph', watch)).found).toHaveLength(100);
      await expect(open(graph.encode(), { watchedStructs: 99 }).graph('a graph', watch)).rejects.toMatchObject({
        code: 'over-limit',
      });
    }
  });

  it('of many elements is counted without reading them, and read only up to a ceiling', async () => {
    const graph = createGraph();
    graph.object(array(Array.from({ length: 1000 }, nil)));
    graph.object(map(Array.from({ length: 1000 }, (_, index) => [uint(index), nil()] as const)));
    const indexed = await open(graph.encode(), { elements: 500 }).graph('a graph');
    expect(countElements(objectNode(indexed, 1))).toBe(1000);
    expect(() => [...elements(objectNode(indexed, 1))]).toThrow(expect.objectContaining({ code: 'over-limit' }));
    expect(() => mapEntries(objectNode(indexed, 2))).toThrow(expect.objectContaining({ code: 'over-limit' }));
  });

  it('with a reference to every element of an array costs one pass over it', async () => {
    const count = 20_000;
    const graph = createGraph();
    graph.object(array(Array.from({ length: count }, (_, index) => uint(index))));
    const indexed = await open(graph.encode()).graph('a graph');
    for (let index = count - 1; index >= 0; index--) {
      const node = resolve(indexed, { kind: 'ref', root: 1, dots: [index], type: null });
      expect(node.at.position).toBeGreaterThan(0);
    }
  });
});

describe('CPUID answers', () => {
  it('of subleaves that differ in high bits only are kept apart', () => {
    const table = new CpuidTable([
      [7, 0, 1, 2, 3, 4],
      [7, 0x1_0000, 0, 0, 0, 0],
    ]);
    expect(table.get(7, 0)).toEqual({ eax: 1, ebx: 2, ecx: 3, edx: 4 });
  });
});
