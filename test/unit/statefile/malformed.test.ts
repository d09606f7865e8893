import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../../src/check.ts';
import { CkptError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/limits.ts';
import { readImage } from '../../../src/read-image.ts';
import { concatBytes } from '../../support/byte-sink.ts';
import { createGraph } from '../../support/graph-builder.ts';
import { buildImage, type ImageOptions, imageBytes } from '../../support/image-builder.ts';
import { encodeHeader } from '../../support/statefile-encoder.ts';
import { writeTestHost } from '../../support/test-host.ts';
import { ref, string, uint } from '../../support/wire-value.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const RAW: ImageOptions = { epoch: 'E6', compression: 'none', inline: true };
const FLATE: ImageOptions = { epoch: 'E6', compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 4096 } };

/** Bytes of a good image, and where its body begins. */
function good(options: ImageOptions): { bytes: Uint8Array; body: number } {
  const bytes = imageBytes(buildImage(options)).slice();
  const body = 16 + Number(new DataView(bytes.buffer).getBigUint64(8));
  return { bytes, body };
}

/** A good header of an uncompressed image, with another body. */
function withBody(...parts: readonly Uint8Array[]): Uint8Array {
  const { bytes, body } = good(RAW);
  return concatBytes([bytes.slice(0, body), ...parts]);
}

function header(metadata: Uint8Array | Record<string, string>): Uint8Array {
  return encodeHeader({ metadata, headerHmac: 'absent' });
}

function lengthOf(length: bigint): Uint8Array {
  const bytes = concatBytes([text('gVisorSF'), new Uint8Array(8), text('{}')]);
  new DataView(bytes.buffer).setBigUint64(8, length);
  return bytes;
}

function edited(options: ImageOptions, edit: (bytes: Uint8Array, body: number) => Uint8Array): Uint8Array {
  const { bytes, body } = good(options);
  return edit(bytes, body);
}

/** The header of a graph of so many objects: a varint of ten bytes with bit 63. */
const graphOf = (objects: number): Uint8Array =>
  new Uint8Array([0x80 | objects, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]);

function featureSetOf(fields: Readonly<Record<string, ReturnType<typeof uint>>>): Uint8Array {
  const graph = createGraph();
  graph.define(graph.reserve(), graph.struct('pkg/cpuid.FeatureSet', fields));
  return graph.encode();
}

function danglingFeatureSet(): Uint8Array {
  const graph = createGraph();
  graph.define(graph.reserve(), graph.struct('pkg/cpuid.FeatureSet', { Function: ref(7) }));
  return graph.encode();
}

interface Case {
  readonly name: string;
  readonly bytes: () => Uint8Array;
  readonly code: string;
  readonly layer: string;
  readonly offset?: number;
  /** Not an image at all: no result, only an error. */
  readonly noImage?: true;
  readonly limits?: Partial<Limits>;
}

const CASES: readonly Case[] = [
  { name: 'an empty file', bytes: () => new Uint8Array(0), code: 'empty', layer: 'header', offset: 0, noImage: true },
  {
    name: 'another magic',
    bytes: () => text('gVisorXX........'),
    code: 'not-an-image',
    layer: 'header',
    offset: 0,
    noImage: true,
  },
  {
    name: 'the beginning of a gzip file',
    bytes: () => new Uint8Array([0x1f, 0x8b, 8, 0]),
    code: 'truncated',
    layer: 'container',
    offset: 4,
    noImage: true,
  },
  { name: 'half a magic', bytes: () => text('gVis'), code: 'truncated', layer: 'header', offset: 4 },
  { name: 'no metadata length', bytes: () => text('gVisorSF12'), code: 'truncated', layer: 'header', offset: 10 },
  {
    name: 'a metadata length over 16 MiB',
    bytes: () => lengthOf(16n * 1024n * 1024n + 1n),
    code: 'over-limit',
    layer: 'header',
    offset: 8,
  },
  { name: 'a metadata length of 2^63', bytes: () => lengthOf(1n << 63n), code: 'over-limit', layer: 'header', offset: 8 },
  { name: 'metadata cut short', bytes: () => lengthOf(100n), code: 'truncated', layer: 'metadata', offset: 18 },
  { name: 'metadata that is not JSON', bytes: () => header(text('{"a":')), code: 'bad-metadata', layer: 'metadata', offset: 16 },
  { name: 'metadata that is an array', bytes: () => header(text('[]')), code: 'bad-metadata', layer: 'metadata', offset: 16 },
  { name: 'metadata with a number', bytes: () => header(text('{"a":1}')), code: 'bad-metadata', layer: 'metadata', offset: 16 },
  {
    name: 'an unknown compression',
    bytes: () => header({ compression: 'zstd' }),
    code: 'unknown-compression',
    layer: 'metadata',
    offset: 16,
  },
  {
    name: 'no body',
    bytes: () => edited(RAW, (bytes, body) => bytes.subarray(0, body)),
    code: 'truncated',
    layer: 'compression',
  },
  {
    name: 'a flipped bit in hashed metadata',
    bytes: () =>
      edited({ epoch: 'E3', compression: 'flate-best-speed' }, (bytes) => {
        const at = new TextDecoder('latin1').decode(bytes).indexOf('_timestamp');
        bytes[at] = 0x2d;
        return bytes;
      }),
    code: 'bad-hmac',
    layer: 'header',
  },
  { name: 'a body of zeros', bytes: () => withBody(new Uint8Array(200_000)), code: 'unknown-shape', layer: 'compression' },
  {
    name: 'bad deflate at the end of the last chunk',
    bytes: () => edited(FLATE, (bytes) => bytes.fill(0xff, bytes.length - 20)),
    code: 'bad-deflate',
    layer: 'compression',
  },
  {
    name: 'a chunk length that lies',
    bytes: () =>
      edited(FLATE, (bytes, body) => {
        const first = new DataView(bytes.buffer).getUint32(body + 4);
        return bytes.fill(0xff, body + 8 + first, body + 12 + first);
      }),
    code: 'over-limit',
    layer: 'compression',
  },
  {
    name: 'a chunk whose deflate data is damaged',
    bytes: () =>
      edited(FLATE, (bytes, body) => {
        const first = new DataView(bytes.buffer).getUint32(body + 4);
        bytes.fill(0xff, body + 8 + first + 4, body + 8 + first + 40);
        return bytes;
      }),
    code: 'bad-deflate',
    layer: 'compression',
  },
  {
    name: 'a varint that does not end',
    bytes: () => withBody(graphOf(1), new Uint8Array(40).fill(0xff)),
    code: 'unexpected-record',
    layer: 'graph',
  },
  {
    name: 'an id that does not end',
    bytes: () => withBody(graphOf(1), new Uint8Array([2, ...new Array(20).fill(0xff)])),
    code: 'bad-varint',
    layer: 'wire',
  },
  {
    name: 'a record of unknown kind',
    bytes: () => withBody(graphOf(1), new Uint8Array([2, 1, 0x3f, 0, 0, 0])),
    code: 'unknown-kind',
    layer: 'wire',
  },
  {
    name: 'a string length that lies',
    bytes: () => withBody(graphOf(1), new Uint8Array([2, 1, 7, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x61])),
    code: 'truncated',
    layer: 'graph',
  },
  {
    name: 'an array of 2^40 elements',
    bytes: () => withBody(graphOf(1), new Uint8Array([2, 1, 9, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 2, 1, 1])),
    code: 'truncated',
    layer: 'graph',
  },
  {
    name: 'object ids that go backwards',
    bytes: () => withBody(graphOf(2), new Uint8Array([2, 5, 5, 2, 4, 5])),
    code: 'inconsistent',
    layer: 'graph',
  },
  {
    name: 'more objects than allowed',
    bytes: () => withBody(graphOf(9)),
    code: 'over-limit',
    layer: 'graph',
    limits: { graphObjects: 8 },
  },
  {
    name: 'values nested a million deep',
    bytes: () =>
      withBody(
        graphOf(1),
        new Uint8Array([2, 1]),
        new Uint8Array(2_000_000).map((_, index) => [11, 1][index % 2] ?? 0),
      ),
    code: 'over-limit',
    layer: 'wire',
  },
  {
    name: 'a type spec nested a million deep',
    bytes: () => withBody(graphOf(1), new Uint8Array([2, 1, 14]), new Uint8Array(1_000_000).fill(1)),
    code: 'over-limit',
    layer: 'wire',
  },
  {
    name: 'a first graph of another root',
    bytes: () => withBody(graphOf(1), new Uint8Array([2, 1, 5])),
    code: 'unknown-shape',
    layer: 'cpu',
  },
  {
    name: 'a FeatureSet of unknown fields',
    bytes: () => withBody(featureSetOf({ Bits: uint(1) })),
    code: 'unknown-shape',
    layer: 'cpu',
  },
  {
    name: 'a FeatureSet whose map is a string',
    bytes: () => withBody(featureSetOf({ Function: string('x') })),
    code: 'unknown-shape',
    layer: 'graph',
  },
  { name: 'a reference to no object', bytes: () => withBody(danglingFeatureSet()), code: 'dangling-reference', layer: 'graph' },
];

describe('a malformed image', () => {
  it.each(CASES)(
    '$name: a typed error that says where, and never a restorable',
    async ({ bytes, code, layer, offset, noImage, limits }) => {
      const path = join(folder, 'malformed');
      writeFileSync(path, bytes());
      const ceilings = { ...DEFAULT_LIMITS, ...limits };
      const error = await readImage(path, { depth: 'all', key: null, limits: ceilings }).then(
        (image) => image.damage,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(CkptError);
      if (!(error instanceof CkptError)) return;
      expect({ code: error.code, layer: error.place.layer, file: error.place.file }).toEqual({ code, layer, file: path });
      if (offset !== undefined) expect(error.place.offset).toBe(offset);
      else expect(error.place.offset ?? error.place.path).toBeDefined();
      expect(error.message).toMatch(/^[a-z]+: expected .+, found .+/);

      const document = await check({ images: [path], hosts: [writeTestHost(folder)], limits: ceilings });
      expect(document.errors).toHaveLength(1);
      expect(document.errors[0]).toMatchObject({ image: path, code, layer });
      expect(document.results.map((result) => [result.verdict, result.firstFailure])).toEqual(
        noImage ? [] : [['blocked', 'image-readable']],
      );
      expect(document.verdict).toBe(noImage ? 'unknown' : 'blocked');
    },
  );

  it('does not stop the answers for the others', async () => {
    const bad = join(folder, 'bad');
    const fine = join(folder, 'fine');
    writeFileSync(bad, text('gVisorSF'));
    writeFileSync(fine, imageBytes(buildImage(RAW)));
    const document = await check({
      images: [bad, fine, join(folder, 'nothing')],
      hosts: [writeTestHost(folder), join(folder, 'no-host')],
    });
    expect(document.results.map(({ image, verdict }) => [image.path, verdict])).toEqual([
      [bad, 'blocked'],
      [fine, 'restorable'],
    ]);
    expect(document.errors.map(({ image, host, code }) => [image ?? host, code])).toEqual([
      [bad, 'truncated'],
      [join(folder, 'nothing'), 'not-found'],
      [join(folder, 'no-host'), 'not-found'],
    ]);
  });
});
