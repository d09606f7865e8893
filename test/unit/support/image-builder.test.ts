import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CpuidEntry } from '../../../src/cpu/cpuid-table.ts';
import { encodeModel, graphArbitrary, wireValueArbitrary } from '../../support/arbitraries.ts';
import { buildImage, imageBytes, writeSparseImage } from '../../support/image-builder.ts';
import { encodeFeatureSetGraph } from '../../support/kernel-graph-encoder.ts';
import { EPOCHS, encodeMemory } from '../../support/memory-encoder.ts';
import { encodeHeader, hash } from '../../support/statefile-encoder.ts';
import { wireBytes } from '../../support/wire-encoder.ts';

const FIXTURES = join(import.meta.dirname, '../../../../shared/fixtures/images');

/** Leaves of the first map in a dump, in stored order. */
function dumpedLeaves(dump: string): CpuidEntry[] {
  const graph = dump.slice(0, dump.indexOf('\n}\n', dump.indexOf('= map{')));
  const register = (text: string): number => (text === 'nil' ? 0 : Number(text));
  const pattern = /Eax: (\w+),\s+Ecx: (\w+),\s+\}: struct\[[^\]]*\]\{\s+Eax: (\w+),\s+Ebx: (\w+),\s+Ecx: (\w+),\s+Edx: (\w+),/g;
  return [...graph.matchAll(pattern)].map((match) => match.slice(1, 7).map(register) as unknown as CpuidEntry);
}

const real = join(FIXTURES, '20260817/sh-none');
const haveFixtures = existsSync(real);
if (!haveFixtures) console.warn(`skipped: comparison with a real image, no fixtures at ${FIXTURES}`);

describe.skipIf(!haveFixtures)('against a real image', () => {
  const dump = (): string => gunzipSync(readFileSync(join(real, 'truth/statefile.txt.gz'))).toString('latin1');

  it('encodes the FeatureSet graph to the very bytes that runsc wrote', () => {
    const text = dump();
    const leaves = dumpedLeaves(text);
    expect(leaves).toHaveLength(78);
    const hwcap = (name: string): bigint => BigInt(new RegExp(`${name}: (\\d+)`).exec(text)?.[1] ?? 0);
    const encoded = encodeFeatureSetGraph({
      encoding: 'amd64-function-hwcap',
      leaves,
      hwcap: hwcap('hwCap1'),
      hwcap2: hwcap('hwCap2'),
    });
    const image = readFileSync(join(real, 'image/checkpoint.img'));
    const start = 16 + Number(image.readBigUInt64BE(8));
    expect(Buffer.from(encoded).equals(image.subarray(start, start + encoded.length))).toBe(true);
  });

  it('encodes header and its HMAC to the very bytes of an older image', () => {
    const image = readFileSync(join(FIXTURES, '20240729/sh-none/image/checkpoint.img'));
    const end = 16 + Number(image.readBigUInt64BE(8));
    const header = encodeHeader({ metadata: new Uint8Array(image.subarray(16, end)), headerHmac: 'empty-key' });
    expect(Buffer.from(header).equals(image.subarray(0, end + 32))).toBe(true);
  });
});

describe('image builder', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(EPOCHS)('%s has the files of its epoch', (epoch) => {
    const none = [...buildImage({ epoch }).keys()];
    const expected = { E0: ['checkpoint.img'], E1: ['checkpoint.img', 'pages.img'] }[epoch as string];
    expect(none).toEqual(expected ?? ['checkpoint.img', 'pages_meta.img', 'pages.img']);
    expect([...buildImage({ epoch, compression: 'flate-best-speed' }).keys()]).toEqual(['checkpoint.img']);
  });

  it('writes pages of committed ranges only', () => {
    expect(imageBytes(buildImage({ epoch: 'E6' }), 'pages.img')).toHaveLength(12_288);
  });

  it('puts range headers into the metadata until E3 and before inline pages always', () => {
    const file = { owner: null, ranges: [{ start: 0n, bytes: new Uint8Array(4096) }] };
    const pieces = (epoch: (typeof EPOCHS)[number], inline: boolean): number =>
      encodeMemory({ epoch, inline, files: [file] }).stream.length;
    expect(EPOCHS.map((epoch) => pieces(epoch, false))).toEqual([3, 3, 3, 3, 2, 2, 2]);
    expect(EPOCHS.map((epoch) => pieces(epoch, true))).toEqual(EPOCHS.map(() => 4));
  });

  it('writes the HMAC with the empty key until 2026', () => {
    const old = imageBytes(buildImage({ epoch: 'E4' }));
    const end = 16 + Number(Buffer.from(old).readBigUInt64BE(8));
    expect(old.slice(end, end + 32)).toEqual(hash(new Uint8Array(), [old.subarray(0, end)]));
    const recent = imageBytes(buildImage({ epoch: 'E6' }));
    const start = 16 + Number(Buffer.from(recent).readBigUInt64BE(8));
    expect(recent[start + 9]).toBe(1);
  });

  it('changes single metadata keys', () => {
    const image = Buffer.from(imageBytes(buildImage({ metadata: { container_count: undefined, extra: 'x' } })));
    const metadata = JSON.parse(image.subarray(16, 16 + Number(image.readBigUInt64BE(8))).toString()) as object;
    expect(metadata).toMatchObject({ extra: 'x', compression: 'none' });
    expect(metadata).not.toHaveProperty('container_count');
  });

  it.each(['raw', 'chunked'] as const)('writes 8 GiB of %s pages as holes', (kind) => {
    const path = join(directory, `${kind}.state`);
    writeSparseImage(path, { epoch: 'E6', framing: { kind }, pageBytes: 8n << 30n });
    const { size, blocks } = statSync(path);
    expect(size).toBeGreaterThan(8 * 2 ** 30);
    expect(blocks * 512).toBeLessThan(2 ** 20);
  });
});

describe('arbitraries', () => {
  it('make values and graphs that encode', () => {
    fc.assert(fc.property(wireValueArbitrary(), (value) => wireBytes(value).length > 0));
    fc.assert(fc.property(graphArbitrary, (model) => encodeModel(model).length > 12));
  });
});
