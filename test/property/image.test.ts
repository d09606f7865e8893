import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../src/check.ts';
import { CkptError } from '../../src/errors.ts';
import { inspect } from '../../src/inspect.ts';
import { type OpenedImage, readImage } from '../../src/read-image.ts';
import { buildImage, type ImageOptions, imageBytes, writeImage } from '../support/image-builder.ts';
import { EPOCHS } from '../support/memory-encoder.ts';
import { writeTestHost } from '../support/test-host.ts';

const KEY = new TextEncoder().encode('a key');
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What must not depend on how the same content is framed. */
function content(image: OpenedImage): unknown {
  return {
    features: image.cpu.featureSet.features,
    leaves: image.cpu.featureSet.cpuid?.entries,
    ids: image.kernel?.graph.ids,
    threads: image.kernel?.threads,
    states: image.kernel?.fpStates.map(({ bytes }) => bytes),
    committed: image.memory?.layout?.files.map(({ ranges }) => ranges),
    damage: image.damage,
  };
}

async function read(name: string, options: ImageOptions, key: Uint8Array | null = null): Promise<OpenedImage> {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  writeImage(path, buildImage(options));
  return readImage(path, { depth: 'all', key });
}

describe('an image', () => {
  it.each(EPOCHS.flatMap((epoch) => (['none', 'flate-best-speed'] as const).map((compression) => ({ epoch, compression }))))(
    'of epoch $epoch, $compression, is read to its last byte',
    async ({ epoch, compression }) => {
      const image = await read('epoch', { epoch, compression });
      expect(image.damage).toBeNull();
      expect(image.memory?.layout?.committedBytes).toBe(12_288);
      expect(image.kernel?.threads.map(({ name, pid }) => [name, pid])).toEqual([['sh', 1]]);
    },
  );

  it('is the same in chunks of any size, keyed or not', async () => {
    const plain = content(await read('plain', { epoch: 'E4', compression: 'none', inline: true }));
    const framing = fc.oneof(
      fc.record({ kind: fc.constant('flate' as const), chunkBytes: fc.integer({ min: 64, max: 5000 }) }),
      fc.record({
        kind: fc.constant('chunked' as const),
        writeBytes: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 }),
        chained: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(framing, fc.boolean(), fc.boolean(), async (chosen, keyed, knowsKey) => {
        const compression = chosen.kind === 'flate' ? 'flate-best-speed' : 'none';
        const options: ImageOptions = { epoch: 'E4', compression, framing: chosen, inline: true, ...(keyed ? { key: KEY } : {}) };
        const image = await read('framed', options, keyed && knowsKey ? KEY : null);
        expect(content(image)).toEqual(plain);
        expect(image.statefile.hmac).toBe(keyed ? 'keyed' : 'empty-key');
        expect(image.statefile.keyVerified).toBe(keyed && knowsKey);
      }),
      { numRuns: 120 },
    );
  });

  it.each([
    { name: 'raw', options: { epoch: 'E4', compression: 'none', inline: true } },
    { name: 'flate', options: { epoch: 'E6', compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 1024 } } },
    { name: 'chunked', options: { epoch: 'E0', compression: 'none' } },
    {
      name: 'keyed',
      options: { epoch: 'E5', compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 2048 }, key: KEY },
    },
  ] as const)('$name cut at any byte is a typed error, and never restorable', async ({ options }) => {
    const bytes = imageBytes(buildImage(options));
    const path = join(folder, 'cut');
    // Every byte of the headers, and a sample of the rest that always includes the last ones.
    const ends = [...Array(bytes.length).keys()].filter((end) => end < 700 || end % 23 === 0 || end > bytes.length - 40);
    for (const end of ends) {
      writeFileSync(path, bytes.subarray(0, end));
      const outcome = await readImage(path, { depth: 'all', key: null }).then(
        (image) => image.damage,
        (error: unknown) => error,
      );
      expect(outcome, `cut at ${end} of ${bytes.length}`).toBeInstanceOf(CkptError);
      if (end % 11 === 0)
        expect((await check({ images: [path], hosts: [writeTestHost(folder)] })).verdict).not.toBe('restorable');
    }
  });

  it('with flipped bytes is read or refused, without any other failure', async () => {
    const images = [
      imageBytes(buildImage({ epoch: 'E6', compression: 'none', inline: true })),
      imageBytes(buildImage({ epoch: 'E3', compression: 'flate-best-speed' })),
      imageBytes(buildImage({ epoch: 'E0', compression: 'none', parallelSlices: true })),
    ];
    const path = join(folder, 'flipped');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...images), fc.nat(), fc.integer({ min: 1, max: 255 }), async (original, at, flip) => {
        const bytes = original.slice();
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ flip;
        writeFileSync(path, bytes);
        const document = await check({ images: [path], hosts: [writeTestHost(folder)] });
        expect(document.results.length + document.errors.length).toBeGreaterThan(0);
        await inspect(path).catch((error: unknown) => expect(error).toBeInstanceOf(CkptError));
      }),
      { numRuns: 600 },
    );
  });

  it('with a wrong key is told apart from a damaged one', async () => {
    const good = buildImage({ compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 4096 }, key: KEY });
    const path = join(folder, 'keyed');
    writeFileSync(path, imageBytes(good));
    await expect(readImage(path, { depth: 'all', key: new TextEncoder().encode('other') })).rejects.toMatchObject({
      code: 'wrong-key',
    });
    const damaged = imageBytes(good).slice();
    damaged[damaged.length - 60] = (damaged[damaged.length - 60] ?? 0) ^ 1;
    writeFileSync(path, damaged);
    expect((await readImage(path, { depth: 'all', key: KEY })).damage?.code).toBe('bad-hmac');
    const header = imageBytes(good).slice();
    header[60] = (header[60] ?? 0) ^ 1;
    writeFileSync(path, header);
    await expect(readImage(path, { depth: 'all', key: KEY })).rejects.toMatchObject({ code: 'bad-hmac' });
  });
});
