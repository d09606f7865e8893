import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PullReader } from '../../src/bytes/pull-reader.ts';
import { CkptError } from '../../src/errors.ts';
import { objectNode } from '../../src/graph/node.ts';
import { ObjectStream } from '../../src/graph/object-stream.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { rawBody } from '../../src/statefile/raw-body.ts';
import { encodeModel, type GraphModel, graphArbitrary } from '../support/arbitraries.ts';
import { concatBytes } from '../support/byte-sink.ts';
import { decodeDeeply } from '../support/decode-deeply.ts';
import { memorySource } from '../support/memory-source.ts';

function open(bytes: Uint8Array, options: Parameters<typeof memorySource>[1] = {}): ObjectStream {
  return new ObjectStream(rawBody(new PullReader(memorySource(bytes, options))), DEFAULT_LIMITS);
}

async function indexed(stream: ObjectStream): Promise<GraphModel> {
  const graph = await stream.graph('a graph');
  return {
    types: graph.types.map(({ name, fields }) => ({ name, fields: [...fields] })),
    objects: [...graph.ids].map((id) => ({ id: BigInt(id), value: decodeDeeply(graph.wire, objectNode(graph, id).at) })),
  };
}

const blocks = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 });

describe('object graphs', () => {
  it('come back as they were encoded, in blocks of any size, from files and pipes', async () => {
    await fc.assert(
      fc.asyncProperty(graphArbitrary, blocks, fc.boolean(), async (model, sizes, pipe) => {
        expect(await indexed(open(encodeModel(model), { blocks: sizes, pipe }))).toEqual(model);
      }),
      { numRuns: 200 },
    );
  });

  it('follow one another in a stream, each with its own type ids', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(graphArbitrary, { minLength: 1, maxLength: 4 }), blocks, async (models, sizes) => {
        const stream = open(concatBytes(models.map(encodeModel)), { blocks: sizes });
        for (const model of models) expect(await indexed(stream)).toEqual(model);
        expect(await stream.atEnd()).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('cut at any byte are a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(graphArbitrary, async (model) => {
        const bytes = encodeModel(model);
        for (let end = 0; end < bytes.length; end++) {
          await expect(open(bytes.subarray(0, end)).graph('a graph')).rejects.toMatchObject({
            name: 'CkptError',
            code: 'truncated',
          });
        }
      }),
      { numRuns: 40 },
    );
  });

  it('with flipped bytes are read or refused with a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(graphArbitrary, fc.nat(), fc.integer({ min: 1, max: 255 }), async (model, at, flip) => {
        const bytes = encodeModel(model).slice();
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ flip;
        try {
          await indexed(open(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(CkptError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
