/** Real graphs with references and numbers replaced: `inspect` and `diff` show what can be read, and never crash or hang. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diff } from '../../src/diff.ts';
import { CkptError } from '../../src/errors.ts';
import { inspect } from '../../src/inspect.ts';
import { readImage } from '../../src/read-image.ts';
import { renderDiffText } from '../../src/report/diff-text.ts';
import { renderInspectText } from '../../src/report/inspect-text.ts';
import { renderJson } from '../../src/report/json.ts';
import { concatBytes } from '../support/byte-sink.ts';
import { type EditableImage, readEditableImage, withStream } from '../support/image-editor.ts';
import { LONG } from '../support/long.ts';
import { HAS_SHARED, imageOf } from '../support/shared-fixtures.ts';
import { replaceTokens, varintBytes, type WireToken, wireTokens } from '../support/wire-tokens.ts';

const published = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/schema/image@1.schema.json'), 'utf8'));
const isImage = new Ajv2020().compile(published);

const IMAGES = [
  ['20240729/node-proc', 'chunked'],
  ['20240729/pod-none', 'chunked'],
  ['20221219/sh', 'flate'],
] as const;
/** Damaged copies of each image; `npm run test:long` makes many more. */
const RUNS = LONG ? 500 : 12;
/** Every which byte is flipped. */
const STEP = LONG ? 211 : 2003;

interface Damageable {
  readonly image: EditableImage;
  readonly before: Uint8Array;
  readonly graph: Uint8Array;
  readonly after: Uint8Array;
  readonly tokens: readonly WireToken[];
  readonly ids: Uint32Array;
}

async function damageable(name: string, framing: 'chunked' | 'flate'): Promise<Damageable> {
  const image = readEditableImage(imageOf(name), framing);
  const { kernel } = await readImage(imageOf(name), { depth: 'kernel', key: null });
  if (kernel === null) throw new Error(`${name} has no kernel graph`);
  const { wire, positions, ids } = kernel.graph;
  const graph = wire.bytes.slice(0, wire.end);
  const start = Buffer.from(image.stream).indexOf(graph.subarray(0, 400));
  return {
    image,
    graph,
    ids,
    before: image.stream.subarray(0, start),
    after: image.stream.subarray(start + graph.length),
    // The bytes of floating-point states and the like say little.
    tokens: wireTokens(graph, positions).filter(({ kind }, index) => kind !== 'number' || index % 8 === 0),
  };
}

const numbers = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(0n, 1n, 1n << 31n, 1n << 40n, 1n << 53n, (1n << 63n) - 1n, (1n << 64n) - 1n),
);
interface Edit {
  readonly place: number;
  readonly others: readonly { readonly distance: number; readonly number: bigint; readonly target: number }[];
}

/** Where (as a share of all tokens), how far from there, and what instead. */
const edits: fc.Arbitrary<Edit> = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  others: fc.array(fc.record({ distance: fc.nat(300), number: numbers, target: fc.double({ min: 0, max: 1, noNaN: true }) }), {
    minLength: 1,
    maxLength: 6,
  }),
});

function damaged({ graph, tokens, ids }: Damageable, { place, others }: Edit): Uint8Array {
  const replacements = others.map(({ distance, number, target }) => {
    const token = tokens[Math.min(tokens.length - 1, Math.floor(place * tokens.length) + distance)] as WireToken;
    const id = ids[Math.floor(target * (ids.length - 1))] ?? 0;
    if (token.kind === 'reference') return { token, bytes: varintBytes(BigInt(id)) };
    if (token.kind === 'number') return { token, bytes: varintBytes(number) };
    return { token, bytes: graph.slice(token.start, token.end).fill(Number(number & 0xffn)) };
  });
  return replaceTokens(graph, replacements);
}

describe.runIf(HAS_SHARED)('damage in the graph of', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'ckpt-damaged-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it.each(IMAGES)(
    '%s',
    async (name, framing) => {
      const original = await damageable(name, framing);
      const image = join(dir, name.replace('/', '-'));
      mkdirSync(image);
      await fc.assert(
        fc.asyncProperty(edits, async (edit) => {
          const stream = concatBytes([original.before, damaged(original, edit), original.after]);
          for (const [file, bytes] of Object.entries(withStream(original.image, stream)))
            if (bytes !== undefined) writeFileSync(join(image, file), bytes);
          const document = await inspect(image);
          expect(isImage(document), JSON.stringify(isImage.errors?.slice(0, 3))).toBe(true);
          renderInspectText(document, { color: false, width: 100, all: true, summary: true, details: false });
          JSON.parse(renderJson(document));
          // The graph is readable as such: what is wrong is inside it, and the sections are there.
          expect(document.objects).toBeDefined();
          for (const { message, path } of document.incomplete) expect(message.length + (path ?? '').length).toBeGreaterThan(0);
          const difference = await diff(imageOf(name), image);
          renderDiffText(difference, { color: false, width: 100, all: true });
        }),
        { numRuns: RUNS },
      );
    },
    LONG ? 3_600_000 : 300_000,
  );

  it(
    'every byte, flipped one at a time here and there',
    async () => {
      const original = await damageable('20221219/sh', 'flate');
      const image = join(dir, 'flipped');
      mkdirSync(image);
      const readable = { yes: 0, no: 0 };
      for (let at = 0; at < original.graph.length; at += STEP) {
        const graph = original.graph.slice();
        graph[at] = (graph[at] as number) ^ (1 << (at % 8));
        const stream = concatBytes([original.before, graph, original.after]);
        for (const [file, bytes] of Object.entries(withStream(original.image, stream)))
          if (bytes !== undefined) writeFileSync(join(image, file), bytes);
        try {
          const document = await inspect(image);
          if (document.damage === null && document.incomplete.length === 0) readable.yes++;
          else readable.no++;
          expect(isImage(document), JSON.stringify(isImage.errors?.slice(0, 3))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(CkptError);
          readable.no++;
        }
      }
      expect(readable.no).toBeGreaterThan(0);
      expect(readable.yes).toBeGreaterThan(0);
    },
    LONG ? 3_600_000 : 120_000,
  );
});
