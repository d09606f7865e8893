import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type VerifiedImage, verify } from '../../../src/verify.ts';
import { buildImage, type ImageOptions, imageBytes, writeImage } from '../../support/image-builder.ts';
import { EPOCHS } from '../../support/memory-encoder.ts';

const KEY = new TextEncoder().encode('a key of ours');
let dir = '';
let count = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-verify-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function written(options: ImageOptions): string {
  const path = join(dir, `image${count++}`);
  writeImage(path, buildImage(options));
  return path;
}

async function one(path: string, options: Parameters<typeof verify>[1] = {}): Promise<VerifiedImage> {
  const { images } = await verify([path], options);
  return images[0] as VerifiedImage;
}

/** An image with a file changed. */
async function damaged(
  options: ImageOptions,
  file: string,
  change: (bytes: Uint8Array) => Uint8Array,
  how: Parameters<typeof verify>[1] = {},
): Promise<VerifiedImage> {
  const path = written(options);
  writeFileSync(join(path, file), change(new Uint8Array(readFileSync(join(path, file)))));
  return one(path, how);
}

const flipped =
  (at: number) =>
  (bytes: Uint8Array): Uint8Array => {
    const copy = bytes.slice();
    const index = at < 0 ? copy.length + at : at;
    copy[index] = (copy[index] ?? 0) ^ 1;
    return copy;
  };
const cut =
  (at: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.subarray(0, at < 0 ? bytes.length + at : at);
const longer = (bytes: Uint8Array): Uint8Array => new Uint8Array([...bytes, 1]);

const outcomes = ({ checks }: VerifiedImage): Record<string, string> =>
  Object.fromEntries(checks.map(({ id, outcome }) => [id, outcome]));
const damages = ({ checks }: VerifiedImage) => checks.flatMap((check) => check.damages);

describe.each(EPOCHS)('an image of epoch %s', (epoch) => {
  for (const compression of ['none', 'flate-best-speed'] as const) {
    for (const deep of [false, true]) {
      test(`with compression ${compression} is intact${deep ? ', read to its end' : ''}`, async () => {
        const image = await one(written({ epoch, compression }), { deep });
        expect(damages(image)).toEqual([]);
        expect(image.verdict).toBe('intact');
        expect(outcomes(image)).toMatchObject({
          header: 'ok',
          'kernel-graph': 'ok',
          end: 'ok',
          'memory-metadata': 'ok',
          pages: 'ok',
        });
      });
    }
  }
});

describe('every byte that a key covers', () => {
  const options: readonly ImageOptions[] = [
    { key: KEY, epoch: 'E6', compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 4096 } },
    { key: KEY, epoch: 'E6', framing: { kind: 'chunked', chained: true, writeBytes: [700] } },
    { key: KEY, epoch: 'E2', framing: { kind: 'chunked', writeBytes: [4096, 1] } },
  ];
  test.each(options)('shows when it is changed: $framing.kind', async (given) => {
    const bytes = imageBytes(buildImage(given));
    expect(await one(written(given), { key: KEY })).toMatchObject({ verdict: 'intact', keyed: true, keyVerified: true });
    for (let at = 0; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 40))) {
      const image = await damaged(given, 'checkpoint.img', flipped(at), { key: KEY });
      expect({ at, verdict: image.verdict }).toEqual({ at, verdict: 'damaged' });
      expect(damages(image).every(({ offset, code }) => offset !== null || code === 'not-found')).toBe(true);
    }
  });

  test('is named by its chunk, and the chunks behind it are still looked at', async () => {
    const given: ImageOptions = { key: KEY, compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 1024 } };
    const path = written(given);
    const file = join(path, 'checkpoint.img');
    const bytes = new Uint8Array(readFileSync(file));
    const half = Math.floor(bytes.length / 2);
    bytes[half] = (bytes[half] ?? 0) ^ 255;
    const late = bytes.length - 40;
    bytes[late] = (bytes[late] ?? 0) ^ 255;
    writeFileSync(file, bytes);
    const image = await one(path, { key: KEY });
    const hashes = image.checks.find(({ id }) => id === 'body-hmac');
    expect(hashes?.damages).toHaveLength(2);
    const [first, second] = hashes?.damages ?? [];
    expect(first?.offset ?? 0).toBeLessThanOrEqual(half);
    expect(second?.offset ?? 0).toBeGreaterThan(half);
    expect(second?.offset ?? 0).toBeLessThanOrEqual(late);
  });

  test('is not compared without the key, and another key does not fit', async () => {
    const path = written({ key: KEY, compression: 'flate-best-speed' });
    const without = await one(path);
    expect(without).toMatchObject({ verdict: 'intact', keyed: true, keyVerified: false });
    expect(outcomes(without)).toMatchObject({ 'header-hmac': 'not-checked', 'body-hmac': 'not-checked', 'kernel-graph': 'ok' });
    const other = await one(path, { key: new Uint8Array([1]) });
    expect(other.verdict).toBe('damaged');
    expect(damages(other)).toMatchObject([{ code: 'wrong-key', layer: 'key' }]);
  });
});

describe('a header', () => {
  test('that is damaged does not hide the rest', async () => {
    const image = await damaged({ epoch: 'E4' }, 'checkpoint.img', flipped(20));
    expect(outcomes(image)).toMatchObject({
      'header-hmac': 'damaged',
      'kernel-graph': 'ok',
      'memory-metadata': 'ok',
      pages: 'ok',
    });
  });

  test('whose metadata is no JSON does not hide the rest', async () => {
    const image = await damaged({ epoch: 'E6' }, 'checkpoint.img', flipped(16));
    expect(outcomes(image)).toMatchObject({ header: 'damaged', 'kernel-graph': 'ok', 'memory-metadata': 'ok', pages: 'ok' });
    expect(damages(image)).toMatchObject([{ code: 'bad-metadata', file: 'checkpoint.img', offset: 16 }]);
  });

  test('with a wrong byte in its magic is still one', async () => {
    const image = await damaged({ epoch: 'E6' }, 'checkpoint.img', flipped(3));
    expect(outcomes(image)).toMatchObject({ header: 'damaged', 'kernel-graph': 'ok' });
  });

  test('of something else is no image', async () => {
    const path = join(dir, 'text');
    writeFileSync(path, 'no image at all, but long enough to be one');
    const document = await verify([path, join(dir, 'nowhere')]);
    expect(document).toMatchObject({ verdict: 'unreadable', errors: [{ code: 'not-an-image' }, { code: 'not-found' }] });
  });
});

describe('damage is placed:', () => {
  test('a chunk that does not inflate', async () => {
    const given: ImageOptions = { compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 2048 } };
    const image = await damaged(given, 'checkpoint.img', (bytes) => {
      const copy = bytes.slice();
      // The type of the second block of DEFLATE data: 3 does not exist.
      const view = new DataView(copy.buffer);
      const start = Number(view.getBigUint64(8)) + 16 + 4;
      const second = start + 4 + view.getUint32(start);
      copy[second + 4] = 7;
      return copy;
    });
    expect(damages(image)).toMatchObject([{ code: 'bad-deflate', layer: 'compression', file: 'checkpoint.img' }]);
    expect(outcomes(image)).toMatchObject({ chunks: 'damaged', 'kernel-graph': 'not-checked', 'memory-metadata': 'not-checked' });
  });

  test('the state file is cut anywhere', async () => {
    const whole = imageBytes(buildImage({ epoch: 'E6' })).length;
    for (let at = 1; at < whole; at += Math.floor(whole / 30)) {
      const image = await damaged({ epoch: 'E6' }, 'checkpoint.img', cut(at));
      expect({ at, verdict: image.verdict }).toEqual({ at, verdict: 'damaged' });
      expect(outcomes(image)).toMatchObject({ 'memory-metadata': 'ok', pages: 'ok' });
    }
  });

  test('pages.img is short, long, or missing', async () => {
    const short = await damaged({ epoch: 'E6' }, 'pages.img', cut(-1));
    expect(damages(short)).toMatchObject([{ code: 'truncated', file: 'pages.img', offset: 12_287 }]);
    const long = await damaged({ epoch: 'E6' }, 'pages.img', longer);
    expect(damages(long)).toMatchObject([{ code: 'trailing-bytes', file: 'pages.img', offset: 12_288 }]);
    const path = written({ epoch: 'E6' });
    rmSync(join(path, 'pages.img'));
    expect(damages(await one(path))).toMatchObject([{ code: 'not-found', file: 'pages.img' }]);
  });

  test('pages_meta.img is missing, or goes on behind its end', async () => {
    const path = written({ epoch: 'E6' });
    rmSync(join(path, 'pages_meta.img'));
    expect(damages(await one(path))).toMatchObject([{ code: 'not-found', file: 'pages_meta.img' }]);
    const long = await damaged({ epoch: 'E6' }, 'pages_meta.img', longer);
    expect(damages(long)).toMatchObject([{ code: 'trailing-bytes', layer: 'pages', file: 'pages_meta.img' }]);
  });

  test.each(['E0', 'E3', 'E5', 'E6'] as const)('something is behind the last byte of a state file of %s', async (epoch) => {
    const image = await damaged({ epoch, framing: { kind: 'raw' } }, 'checkpoint.img', longer);
    const end = imageBytes(buildImage({ epoch, framing: { kind: 'raw' } })).length;
    expect(damages(image)).toMatchObject([{ code: 'trailing-bytes', file: 'checkpoint.img', offset: end }]);
  });

  test('by its byte in the decoded body, and by the chunk that holds it', async () => {
    const given: ImageOptions = { epoch: 'E0', framing: { kind: 'chunked', writeBytes: [1024] } };
    const path = written(given);
    const bytes = imageBytes(buildImage(given));
    const start = 16 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8)) + 32;
    // Whole chunks, so that only the graph can notice.
    truncateSync(join(path, 'checkpoint.img'), start + 2 * (1024 + 4));
    const image = await one(path);
    expect(outcomes(image)).toMatchObject({ chunks: 'ok', 'kernel-graph': 'damaged', 'memory-metadata': 'not-checked' });
    expect(damages(image)).toMatchObject([
      { code: 'truncated', layer: 'graph', file: 'checkpoint.img', offset: start, decoded: 2048 },
    ]);
  });
});

describe('a document', () => {
  test('answers every image, in order, and is the same from run to run', async () => {
    const good = written({ epoch: 'E6' });
    const bad = written({ epoch: 'E6' });
    truncateSync(join(bad, 'pages.img'), 4096);
    const nothing = join(dir, 'nothing');
    const first = await verify([good, bad, nothing]);
    expect(first.images.map(({ verdict }) => verdict)).toEqual(['intact', 'damaged', 'unreadable']);
    expect(first).toMatchObject({ schema: 'ckpt/verify@1', deep: false, verdict: 'unreadable', errors: [{ image: nothing }] });
    expect(await verify([good, bad, nothing])).toEqual(first);
  });
});
