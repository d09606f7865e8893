/** Every value that runsc's own dump prints is what its path leads to, and every struct is found and counted. */
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../src/graph/graph.ts';
import { measureTypes } from '../../src/graph/measure-types.ts';
import { objectNode, pathOf } from '../../src/graph/node.ts';
import { findStructs, typeNamed } from '../../src/graph/query/find-objects.ts';
import { leafJson } from '../../src/graph/query/json-leaf.ts';
import { openValue } from '../../src/graph/query/open-value.ts';
import { resolvePath } from '../../src/graph/query/path-language.ts';
import { type ImageGraphs, readGraphs } from '../../src/read-graphs.ts';
import { stateGet } from '../../src/state-get.ts';
import { decodeDeeply } from '../support/decode-deeply.ts';
import { type DumpValue, readDumpObjects } from '../support/dump-objects.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';
import type { WireValue } from '../support/wire-value.ts';

const images = sharedImages().filter((name) => truthOf(name, 'statefile.txt.gz') !== null);
/** One of each epoch and architecture, and the two with the most in them. */
const chosen = [
  '20221219/sh',
  '20240424/sh-none',
  '20240729/node-proc',
  '20241015/sh-none',
  '20250415/sh-flate',
  '20260817/kitchen',
].filter((name) => images.includes(name));
const OPTIONS = { textBytes: 1 << 24, hide: () => null };

interface Expected {
  readonly path: string;
  readonly value: DumpValue;
}

describe.runIf(HAS_SHARED)('the dump of', () => {
  it('several images is there', () => {
    expect(chosen.length).toBeGreaterThan(4);
    expect(images.length).toBeGreaterThan(30);
  });

  it.each(chosen)('%s says what paths lead to', async (name) => {
    const { graphs, objects } = await read(name);
    let leaves = 0;
    let others = 0;
    for (const { path, value } of everyPath(objects)) {
      const opened = openValue(resolvePath(graphs, path), 'wrapped');
      const at = opened.kind === 'nil' ? null : pathOf(opened.node);
      if (value.kind === 'ref' && value.length === null) {
        others++;
        // A reference leads into its object, or through it to another that it refers to.
        if (value.root === 0) expect(opened.kind).toBe('nil');
        else if (!isIndirect(objects.get(value.root))) expect(at?.match(/^g1r\d+/)?.[0]).toBe(`g1r${value.root}`);
      } else if (value.kind === 'ref') {
        others++;
        expect(opened.kind === 'list' && opened.length === value.length, path).toBe(true);
      } else if (value.kind === 'struct') {
        others++;
        const type = value.type === '' ? 'struct' : value.type;
        expect(opened.kind === 'struct' ? [opened.type, opened.fields.length] : opened.kind, path).toEqual([
          type,
          value.fields.length,
        ]);
      } else if (value.kind === 'map' || value.kind === 'array') {
        others++;
        const count = value.kind === 'map' ? value.entries.length : value.items.length + value.zeros;
        expect(opened.kind === 'map' ? opened.count : opened.kind === 'list' ? opened.length : -1, path).toBe(count);
      } else {
        leaves++;
        if (leafOf(value) !== JSON.stringify(leafJson(opened, OPTIONS)?.json))
          expect(leafJson(opened, OPTIONS)?.json, path).toBe(leafOf(value));
      }
    }
    expect(leaves).toBeGreaterThan(4000);
    expect(others).toBeGreaterThan(4000);
  });

  it.each(images)('%s counts the same structs of each type', async (name) => {
    const { kernel, objects } = await read(name);
    const expected = new Map<string, number>();
    for (const [id, value] of objects) {
      // Structs of zeros only are counted, not printed, in arrays.
      if (countPrinted(value, new Map()) === null)
        countDecoded(kernel, decodeDeeply(kernel.wire, objectNode(kernel, id).at), expected);
      else countPrinted(value, expected);
    }
    const measured = measureTypes(kernel, 0);
    const counted = new Map(measured.types.filter(({ structs }) => structs > 0).map(({ type, structs }) => [type, structs]));
    expect(counted).toEqual(new Map([...expected].filter(([type]) => type !== '')));
    expect(measured.rest.find(({ kind }) => kind === 'structs without a declared type')?.count).toBe(expected.get(''));
    const sum = [...measured.types, ...measured.rest].reduce((bytes, part) => bytes + part.bytes, 0);
    expect(sum).toBe(kernel.wire.end);
    for (const type of ['pkg/sentry/kernel.Task', 'pkg/sentry/mm.vma', 'pkg/sentry/vfs.FileDescription', 'pkg/cpuid.In']) {
      if (!kernel.types.some((declared) => declared.name === type)) continue;
      const found = findStructs(kernel, typeNamed(kernel.types, type), () => true, 1 << 20);
      expect([found.count, found.structs.length]).toEqual([expected.get(type), expected.get(type)]);
    }
  });
});

/** Filesystem checkpoints hold files only. */
const configured = sharedImages().filter((name) => truthOf(name, 'config.json') !== null && !name.endsWith('/fscheckpoint'));

describe.runIf(HAS_SHARED)('the environment of', () => {
  it('many images is known', () => {
    expect(configured.length).toBeGreaterThan(30);
  });

  it.each(configured)('%s is hidden', async (name) => {
    const { process } = JSON.parse(String(truthOf(name, 'config.json'))) as { process: { env: string[] } };
    expect(process.env.length).toBeGreaterThan(0);
    const { value, hidden } = await stateGet(imageOf(name), 'kernel', { depth: 100, all: true, ...keyOfImage(name) });
    const shown = JSON.stringify(value);
    for (const variable of process.env) expect(shown.includes(JSON.stringify(variable).slice(1, -1)), variable).toBe(false);
    // From 2024-09 to 2025-04 the specs are in the kernel.
    expect(hidden).toBe(name.startsWith('20241015/') ? 1 : 0);
  });
});

function keyOfImage(name: string): { readonly key?: Uint8Array } {
  const key = truthOf(name, 'key.txt');
  return key === null ? {} : { key };
}

async function read(name: string): Promise<{ graphs: ImageGraphs; kernel: Graph; objects: Map<number, DumpValue> }> {
  const graphs = await readGraphs(imageOf(name), { depth: 'kernel', key: truthOf(name, 'key.txt') });
  if (graphs.kernel === null) throw new Error('no kernel');
  const objects = readDumpObjects(gunzipSync(truthOf(name, 'statefile.txt.gz') ?? Buffer.alloc(0)).toString('utf8'));
  expect(objects.size).toBe(graphs.kernel.ids.length);
  return { graphs, kernel: graphs.kernel, objects };
}

/** Paths to all values (of long arrays the first 50 and the last), from the objects that hold them; keys of maps by what is printed, where that is a number, a text or a reference. */
function* everyPath(objects: ReadonlyMap<number, DumpValue>): Generator<Expected> {
  const waiting: Expected[] = [...objects].map(([id, value]) => ({ path: `g1r${id}`, value }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path } = next;
    const value = next.value.kind === 'interface' ? next.value.value : next.value;
    if (value.kind === 'interface') waiting.push({ path, value });
    else yield { path, value };
    if (value.kind === 'struct')
      for (const [name, field] of value.fields) waiting.push({ path: `${path}.${name}`, value: field });
    if (value.kind === 'array')
      for (const [index, item] of value.items.entries())
        if (index < 50 || index === value.items.length - 1) waiting.push({ path: `${path}[${index}]`, value: item });
    if (value.kind === 'map')
      for (const [key, item] of value.entries) {
        const step = keyOf(key);
        if (step !== null) waiting.push({ path: `${path}[${step}]`, value: item });
      }
  }
}

function keyOf(key: DumpValue): string | null {
  if (key.kind === 'interface') return keyOf(key.value);
  if (key.kind === 'number') return key.text;
  if (key.kind === 'string') return JSON.stringify(new TextDecoder().decode(key.bytes));
  if (key.kind === 'ref') return key.dots ? null : `r${key.root}`;
  if (key.kind !== 'struct' || key.fields.some(([, field]) => !['nil', 'number'].includes(field.kind))) return null;
  return `{${key.fields.map(([name, field]) => `${name}:${field.kind === 'number' ? field.text : 0}`).join(',')}}`;
}

function isIndirect(value: DumpValue | undefined): boolean {
  return value === undefined || value.kind === 'ref' || value.kind === 'interface' || value.kind === 'nil';
}

/** The value as it stands in our JSON. */
function leafOf(value: DumpValue): string {
  if (value.kind === 'nil') return 'null';
  if (value.kind === 'bool') return String(value.value);
  if (value.kind === 'string') return JSON.stringify(new TextDecoder().decode(value.bytes));
  if (value.kind !== 'number') return value.kind;
  if (!/^-?\d+$/.test(value.text)) return JSON.stringify(Number(value.text));
  return Number.isSafeInteger(Number(value.text)) ? value.text : JSON.stringify(value.text);
}

/** Adds the printed structs by type, or answers null when some are not printed. */
function countPrinted(root: DumpValue, counts: Map<string, number>): Map<string, number> | null {
  const waiting = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (value.kind === 'interface') waiting.push(value.value);
    if (value.kind === 'map') waiting.push(...value.entries.flat());
    if (value.kind === 'array') {
      if (value.zeros > 0) return null;
      for (const item of value.items) waiting.push(item);
    }
    if (value.kind === 'struct') {
      counts.set(value.type, (counts.get(value.type) ?? 0) + 1);
      waiting.push(...value.fields.map(([, field]) => field));
    }
  }
  return counts;
}

function countDecoded(graph: Graph, root: WireValue, counts: Map<string, number>): void {
  const waiting = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (value.kind === 'interface') waiting.push(value.value);
    if (value.kind === 'map') waiting.push(...value.entries.flat());
    if (value.kind === 'array') for (const item of value.items) waiting.push(item);
    if (value.kind === 'struct') {
      const type = graph.types[value.typeId - 1]?.name ?? '';
      counts.set(type, (counts.get(type) ?? 0) + 1);
      waiting.push(...value.fields);
    }
  }
}
