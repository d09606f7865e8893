import { describe, expect, it } from 'vitest';
import { PullReader } from '../../../src/bytes/pull-reader.ts';
import type { CkptError } from '../../../src/errors.ts';
import { byteArray, countElements, elements, field, integer, type Node, objectNode } from '../../../src/graph/node.ts';
import { ObjectStream } from '../../../src/graph/object-stream.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { rawBody } from '../../../src/statefile/raw-body.ts';
import { createGraph } from '../../support/graph-builder.ts';
import { memorySource } from '../../support/memory-source.ts';
import { nil } from '../../support/wire-value.ts';

/** A slice whose array holds zeros only: gVisor saves that array as nil. */
async function zeros(length: number): Promise<Node> {
  const graph = createGraph();
  const root = graph.reserve();
  const list = { kind: 'slice', length, capacity: length + 2, ref: graph.pointer(nil()) } as const;
  graph.define(root, graph.struct('test.Root', { list, spare: nil() }));
  const stream = new ObjectStream(rawBody(new PullReader(memorySource(graph.encode()))), DEFAULT_LIMITS);
  return field(objectNode(await stream.graph('a graph', () => false), 1), 'list') as Node;
}

describe('a slice over zeros', () => {
  it('has its length, and zeros as elements', async () => {
    const list = await zeros(3);
    expect(countElements(list)).toBe(3);
    expect([...elements(list)].map((item) => integer(item))).toEqual([0n, 0n, 0n]);
    expect(byteArray(list)).toEqual(new Uint8Array(3));
  });

  it('may be empty', async () => {
    const list = await zeros(0);
    expect(countElements(list)).toBe(0);
    expect([...elements(list)]).toEqual([]);
    expect(byteArray(list)).toEqual(new Uint8Array(0));
  });

  it.each([countElements, byteArray, (node: Node) => [...elements(node)]])(
    'does not believe a length of 2^40 (%#)',
    async (read) => {
      const list = await zeros(2 ** 40);
      const code = (): string => {
        try {
          return String(read(list));
        } catch (error) {
          return (error as CkptError).code;
        }
      };
      expect(code()).toBe('over-limit');
    },
  );
});
