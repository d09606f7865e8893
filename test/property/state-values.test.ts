/** Random graphs: paths lead to what was encoded, and every byte is counted once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PullReader } from '../../src/bytes/pull-reader.ts';
import { CkptError } from '../../src/errors.ts';
import { measureTypes } from '../../src/graph/measure-types.ts';
import { pathOf } from '../../src/graph/node.ts';
import { ObjectStream } from '../../src/graph/object-stream.ts';
import { findStructs } from '../../src/graph/query/find-objects.ts';
import { leafJson } from '../../src/graph/query/json-leaf.ts';
import { type OpenedValue, openValue } from '../../src/graph/query/open-value.ts';
import { outline } from '../../src/graph/query/outline.ts';
import { PathError, type PathGraphs, resolvePath } from '../../src/graph/query/path-language.ts';
import { toJson } from '../../src/graph/query/to-json.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { rawBody } from '../../src/statefile/raw-body.ts';
import { encodeModel, type GraphModel, graphArbitrary } from '../support/arbitraries.ts';
import { concatBytes } from '../support/byte-sink.ts';
import { encodeSingleObjectGraph } from '../support/graph-builder.ts';
import { memorySource } from '../support/memory-source.ts';
import { nil, type WireValue } from '../support/wire-value.ts';

const LEAVES = { textBytes: 1 << 20, hide: () => null };
const DEEP = { ...LEAVES, depth: 100, items: 1000, characters: 1 << 24 };

async function open(kernel: Uint8Array): Promise<PathGraphs & { readonly kernel: NonNullable<PathGraphs['kernel']> }> {
  const stream = new ObjectStream(
    rawBody(new PullReader(memorySource(concatBytes([encodeSingleObjectGraph(nil()), kernel])))),
    DEFAULT_LIMITS,
  );
  return { cpu: await stream.graph('the first graph'), kernel: await stream.graph('the second graph') };
}

/** What a reference or interface leads to, by the model; null where references go round. */
function followed(model: GraphModel, value: WireValue): WireValue | null {
  let current: WireValue = value;
  for (let steps = 0; steps < 60; steps++) {
    if (current.kind === 'interface') {
      if (current.type.spec === 'nil') return nil();
      current = current.value;
    } else if (current.kind === 'ref') {
      const { root } = current;
      if (root === 0n) return nil();
      current = model.objects.find(({ id }) => id === root)?.value ?? nil();
    } else return current;
  }
  return null;
}

/** Every path through values in place, with what it must lead to. */
function* everyPath(model: GraphModel): Generator<{ readonly path: string; readonly value: WireValue }> {
  const waiting = model.objects.map(({ id, value }) => ({ path: `g1r${id}`, value }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    let { value } = next;
    while (value.kind === 'interface' && value.type.spec !== 'nil') value = value.value;
    if (value.kind === 'struct') {
      const names = model.types[value.typeId - 1]?.fields ?? [];
      for (const [index, field] of value.fields.entries())
        waiting.push({ path: `${next.path}.${JSON.stringify(names[index])}`, value: field });
    } else if (value.kind === 'array') {
      for (const [index, item] of value.items.entries()) waiting.push({ path: `${next.path}[${index}]`, value: item });
    } else if (value.kind === 'map') {
      for (const [index, [key, item]] of value.entries.entries()) {
        waiting.push({ path: `${next.path}.$key${index}`, value: key }, { path: `${next.path}.$value${index}`, value: item });
        const same = value.entries.filter(([other]) => plainKey(other) === plainKey(key)).length;
        if (plainKey(key) !== null && same === 1) waiting.push({ path: `${next.path}[${plainKey(key)}]`, value: item });
      }
    }
  }
}

/** A key as one would write it, for kinds that have one way to be written. */
function plainKey(key: WireValue): string | null {
  if (key.kind === 'int' || key.kind === 'uint') return String(key.value);
  if (key.kind === 'ref') return key.root === 0n ? 'nil' : `g1r${key.root}`;
  if (key.kind === 'bool') return String(key.value);
  if (key.kind !== 'string') return null;
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(key.bytes);
  return text.includes('\ufffd') || text.startsWith('\ufeff') ? null : JSON.stringify(text);
}

/** What the value must be as JSON, when it is a leaf; undefined for others. */
function leafOf(value: WireValue): unknown {
  switch (value.kind) {
    case 'nil':
      return null;
    case 'bool':
      return value.value;
    case 'int':
    case 'uint':
      return value.value > BigInt(Number.MAX_SAFE_INTEGER) || value.value < -BigInt(Number.MAX_SAFE_INTEGER)
        ? String(value.value)
        : Number(value.value);
    case 'float32':
    case 'float64':
      return floatOf(value.value);
    case 'complex64':
    case 'complex128':
      return { $complex: [floatOf(value.real), floatOf(value.imaginary)] };
    case 'string': {
      const text = Buffer.from(value.bytes).toString('utf8');
      return Buffer.from(text, 'utf8').equals(Buffer.from(value.bytes))
        ? text
        : { $string: value.bytes.length, hex: Buffer.from(value.bytes).toString('hex') };
    }
    default:
      return undefined;
  }
}

function floatOf(value: number): unknown {
  return Number.isFinite(value) ? value : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** Structs by type id, and the number of others. */
function countStructs(model: GraphModel): Map<number, number> {
  const counts = new Map<number, number>();
  const waiting = model.objects.map(({ value }) => value);
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (value.kind === 'struct') {
      counts.set(value.typeId, (counts.get(value.typeId) ?? 0) + 1);
      waiting.push(...value.fields);
    } else if (value.kind === 'array') waiting.push(...value.items);
    else if (value.kind === 'map') waiting.push(...value.entries.flat());
    else if (value.kind === 'interface') waiting.push(value.value);
  }
  return counts;
}

function opensTo(graphs: PathGraphs, path: string): OpenedValue | null {
  try {
    const opened = openValue(resolvePath(graphs, path));
    return opened.kind === 'nil' ? null : opened;
  } catch (error) {
    if (error instanceof PathError && /keys like|is nil/.test(error.message)) return null;
    throw error;
  }
}

describe('values of random graphs', () => {
  it('are what their paths lead to', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(graphArbitrary, async (model) => {
        const graphs = await open(encodeModel(model));
        for (const { path, value } of everyPath(model)) {
          const expected = followed(model, value);
          if (expected === null) {
            expect(() => openValue(resolvePath(graphs, path)), path).toThrow(CkptError);
            continue;
          }
          if (expected.kind === 'slice') continue;
          const opened = openValue(resolvePath(graphs, path));
          const leaf = leafOf(expected);
          if (leaf !== undefined) {
            expect(leafJson(opened, LEAVES)?.json, path).toEqual(leaf);
            compared++;
          } else if (expected.kind === 'struct') {
            const name = expected.typeId === 0 ? 'struct' : model.types[expected.typeId - 1]?.name;
            if (!/^pkg\/atomicbitops/.test(name ?? ''))
              expect([opened.kind, 'type' in opened && opened.type], path).toEqual(['struct', name]);
          } else if (expected.kind === 'map') expect('count' in opened && opened.count, path).toBe(expected.entries.length);
          else if (expected.kind === 'array') expect('length' in opened && opened.length, path).toBe(expected.items.length);
          // The place that is named is a path to the same value.
          if (opened.kind !== 'nil') expect(openValue(resolvePath(graphs, pathOf(opened.node))).kind).toBe(opened.kind);
        }
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(1000);
  });

  it('are counted to the last byte, and every struct is found', async () => {
    await fc.assert(
      fc.asyncProperty(graphArbitrary, async (model) => {
        const { kernel } = await open(encodeModel(model));
        const { types, rest, bytes, largest } = measureTypes(kernel, 3);
        expect([...types, ...rest].reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes);
        expect(bytes).toBe(kernel.wire.end);
        const counts = countStructs(model);
        expect(types.map(({ structs }) => structs)).toEqual(model.types.map((_, index) => counts.get(index + 1) ?? 0));
        expect(largest.length).toBe(Math.min(3, model.objects.length));
        for (const type of kernel.types) {
          const found = findStructs(kernel, type, () => true, 1000);
          expect(found.count).toBe(counts.get(type.id) ?? 0);
          const graphs = { cpu: kernel, kernel };
          for (const struct of found.structs) {
            // An interface without a type is nil, whatever it holds; and of two keys that are printed alike neither is meant.
            const opened = opensTo(graphs, pathOf(struct));
            if (opened !== null && !/^pkg\/atomicbitops/.test(type.name)) expect(opened).toMatchObject({ type: type.name });
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('become JSON and an outline, each part once, whatever refers to what', async () => {
    await fc.assert(
      fc.asyncProperty(graphArbitrary, async (model) => {
        const graphs = await open(encodeModel(model));
        for (const { id } of model.objects) {
          const node = resolvePath(graphs, `r${id}`);
          const text = JSON.stringify(toJson(node, DEEP).json);
          const opened = [...text.matchAll(/"\$id":"(g1r\d+)"/g)].map((match) => match[1]);
          expect(new Set(opened).size).toBe(opened.length);
          expect(text).toBe(JSON.stringify(toJson(node, DEEP).json));
          const { tree } = outline(node, 'x', { ...DEEP, nodes: 10_000 });
          expect(tree.name).toBe('x');
        }
      }),
      { numRuns: 150 },
    );
  });

  it('with flipped bytes are answered or refused with a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(graphArbitrary, fc.nat(), fc.integer({ min: 1, max: 255 }), async (model, at, flip) => {
        const bytes = encodeModel(model).slice();
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ flip;
        const errors: CkptError[] = [];
        const stream = new ObjectStream(rawBody(new PullReader(memorySource(bytes))), DEFAULT_LIMITS);
        try {
          const graph = await stream.graph('a graph', undefined, (error) => errors.push(error));
          const { types, rest } = measureTypes(graph, 3);
          expect([...types, ...rest].reduce((sum, part) => sum + part.bytes, 0)).toBe(graph.wire.end);
          for (const id of graph.ids) {
            const node = resolvePath({ cpu: graph, kernel: graph }, `r${id}`);
            toJson(node, DEEP);
            outline(node, 'x', { ...DEEP, nodes: 10_000 });
          }
        } catch (error) {
          expect(error).toBeInstanceOf(CkptError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
