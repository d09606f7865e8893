/** The printer and a slow independent one agree on random graphs. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeModel, type GraphModel, graphArbitrary, wireValueArbitrary } from '../support/arbitraries.ts';
import { dumpOf } from '../support/dump-of.ts';
import { referenceDump, type StreamPart } from '../support/reference-dump.ts';
import type { WireValue } from '../support/wire-value.ts';

/** Values that need not fit their graph: unknown types, dangling references, dots, numbers that no field would hold. */
const looseGraph: fc.Arbitrary<GraphModel> = fc
  .tuple(graphArbitrary, fc.array(wireValueArbitrary(8), { maxLength: 6 }))
  .map(([model, values]) => {
    const last = model.objects.at(-1)?.id ?? 0n;
    const more = values.map((value, index) => ({ id: last + BigInt(index) + 1n, value }));
    return { types: model.types, objects: [...model.objects, ...more] };
  });

const arrayOf = (items: readonly WireValue[]): WireValue => ({ kind: 'array', items });
function zero(): WireValue {
  return { kind: 'struct', typeId: 1, fields: [{ kind: 'nil' }, arrayOf([{ kind: 'nil' }, { kind: 'nil' }])] };
}
function holding(value: number): WireValue {
  const inner = arrayOf([
    zero(),
    zero(),
    { kind: 'struct', typeId: 1, fields: [{ kind: 'uint', value: BigInt(value) }, arrayOf([])] },
    zero(),
  ]);
  return { kind: 'struct', typeId: 1, fields: [{ kind: 'nil' }, inner] };
}
function nested(items: readonly WireValue[], levels: number): WireValue {
  return levels === 0 ? arrayOf(items) : nested([arrayOf([]), arrayOf(items), arrayOf([arrayOf([])])], levels - 1);
}

/** Arrays with runs of zeros before, between and behind other items. */
const zeroRuns: fc.Arbitrary<GraphModel> = fc
  .array(fc.array(fc.oneof(fc.constant(zero()), fc.constant(zero()), fc.nat({ max: 9 }).map(holding)), { maxLength: 12 }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((rows) => ({
    types: [{ name: 'T', fields: ['a', 'b'] }],
    objects: rows.map((items, index) => ({ id: BigInt(index + 1), value: nested(items, index) })),
  }));

const part = (graph: fc.Arbitrary<GraphModel>): fc.Arbitrary<StreamPart> =>
  fc.oneof(
    { weight: 4, arbitrary: graph.map((model) => ({ graph: model })) },
    { weight: 1, arbitrary: fc.nat().map((raw) => ({ raw })) },
  );

test.each([
  ['consistent graphs', graphArbitrary],
  ['graphs of anything', looseGraph],
  ['runs of zeros', zeroRuns],
] as const)('%s', async (_, graph) => {
  await fc.assert(
    fc.asyncProperty(fc.array(part(graph), { minLength: 1, maxLength: 5 }), async (parts) => {
      const encoded = parts.map((one) => ('raw' in one ? one.raw : encodeModel(one.graph)));
      expect(await dumpOf(encoded)).toBe(referenceDump(parts));
    }),
    { numRuns: 300 },
  );
});
