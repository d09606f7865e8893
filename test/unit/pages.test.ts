import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { pages } from '../../src/pages.ts';
import { buildImage, type ImageOptions, writeImage } from '../support/image-builder.ts';
import { EPOCHS, type TestMemoryFile } from '../support/memory-encoder.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ckpt-pages-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PAGE = 4096;
/** A page filled with a number. */
const filled = (...values: number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => Array(PAGE).fill(value) as number[]));

/** Main file: 1 2 0 | 0 2 3; a private one: 3 4. */
const MEMORY: readonly TestMemoryFile[] = [
  {
    owner: null,
    ranges: [
      { start: 0n, bytes: filled(1, 2, 0), kind: 1 },
      { start: BigInt(3 * PAGE), bytes: { zeros: PAGE }, committed: false },
      { start: BigInt(4 * PAGE), bytes: filled(0, 2, 3), kind: 3 },
    ],
  },
  { owner: { container: 'web', path: '/' }, ranges: [{ start: BigInt(PAGE), bytes: filled(3, 4), kind: 1 }] },
];

const FORMS = EPOCHS.filter((epoch) => epoch !== 'E0').flatMap((epoch) => [
  { name: `${epoch} pages.img`, options: { epoch, compression: 'none', inline: false } },
  { name: `${epoch} inline`, options: { epoch, compression: 'none', inline: true } },
  { name: `${epoch} flate`, options: { epoch, compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 5000 } } },
  {
    name: `${epoch} chunked`,
    options: { epoch, compression: 'none', inline: true, framing: { kind: 'chunked', writeBytes: [3, 4000] } },
  },
]) satisfies readonly { name: string; options: ImageOptions }[];

const written = (name: string, options: ImageOptions): string => {
  const path = join(folder, name.replaceAll(' ', '-'));
  writeImage(path, buildImage({ memory: MEMORY, ...options }));
  return path;
};

describe('the pages of an image', () => {
  it.each(FORMS)('of $name are found, with their owners and content', async ({ name, options }) => {
    const { images, errors } = await pages([written(name, options)], { threads: 0, map: true });
    const [image] = images;
    expect([errors, image?.damage, image?.incomplete]).toEqual([[], null, []]);
    expect(image?.content).toEqual({ scannedPages: 8, zeroPages: 2, duplicatePages: 2 });
    expect(image?.savings).toEqual({ excludeCommittedZeroPages: 2 * PAGE, deduplication: 2 * PAGE });
    expect(image?.kinds).toEqual([
      { kind: 'anonymous', ranges: 2, committedBytes: 5 * PAGE, content: { scannedPages: 5, zeroPages: 1, duplicatePages: 1 } },
      { kind: 'tmpfs', ranges: 1, committedBytes: 3 * PAGE, content: { scannedPages: 3, zeroPages: 1, duplicatePages: 1 } },
    ]);
    expect(image?.files).toMatchObject([
      { owner: null, ranges: 2, committedBytes: 6 * PAGE },
      { owner: 'web:/', ranges: 1, committedBytes: 2 * PAGE, content: { scannedPages: 2, zeroPages: 0, duplicatePages: 1 } },
    ]);
    expect(image?.containers).toContainEqual(expect.objectContaining({ container: 'web', ownFiles: 2 * PAGE }));
    expect(image?.map?.map(({ start, committedBytes }) => [start / PAGE, committedBytes / PAGE])).toEqual([
      [0, 3],
      [4, 3],
      [1, 2],
    ]);
    if (options.compression === 'none' && !options.inline) {
      expect(image?.map?.map(({ position }) => position)).toEqual([0, 3 * PAGE, 6 * PAGE]);
      expect(image?.pagesFile).toEqual({ required: 8 * PAGE, present: 8 * PAGE });
    } else expect(image?.pagesFile).toBeNull();
  });

  it('without metadata are counted all the same', async () => {
    const path = written('no-metadata', { epoch: 'E6', inline: false });
    rmSync(join(path, 'pages_meta.img'));
    const [image] = (await pages([path], { threads: 0 })).images;
    expect(image).toMatchObject({ place: 'separate', committedBytes: null, pagesFile: { required: null, present: 8 * PAGE } });
    expect(image?.content).toEqual({ scannedPages: 8, zeroPages: 2, duplicatePages: 2 });
    expect([image?.kinds, image?.files, image?.unmapped]).toEqual([[], [], null]);
  });

  it('whose metadata is cut are told as far as it goes', async () => {
    const path = written('cut-metadata', { epoch: 'E5', inline: false });
    const file = join(path, 'pages_meta.img');
    truncateSync(file, readFileSync(file).length - 20);
    const [image] = (await pages([path], { threads: 0 })).images;
    expect(image?.damage?.code).toBe('truncated');
    expect(image?.content?.scannedPages).toBe(8);
    expect(image?.files).toMatchObject([{ owner: null, committedBytes: 6 * PAGE }]);
  });

  it('that are cut in the stream are told up to there', async () => {
    const path = written('cut-inline', { epoch: 'E6', inline: true });
    const file = join(path, 'checkpoint.img');
    // In the middle of the last page but one of the main file; behind it are the list of owners and the private file.
    const whole = readFileSync(file);
    const second = whole.indexOf(filled(0, 2, 3));
    truncateSync(file, second + PAGE + 100);
    const [image] = (await pages([path], { threads: 0, map: true })).images;
    expect(image?.damage?.code).toBe('truncated');
    expect(image).toMatchObject({ place: 'inline', committedBytes: 6 * PAGE, content: { scannedPages: 4, zeroPages: 2 } });
    expect(image?.map).toMatchObject([{ content: { scannedPages: 3 } }, { content: { scannedPages: 1, zeroPages: 1 } }]);
  });

  it('of a longer pages.img are those that are named, and the rest is seen', async () => {
    const path = written('longer', { epoch: 'E6', inline: false });
    writeFileSync(join(path, 'pages.img'), new Uint8Array(PAGE + 7), { flag: 'a' });
    const [image] = (await pages([path], { threads: 0 })).images;
    expect(image).toMatchObject({ committedBytes: 8 * PAGE, pagesFile: { required: 8 * PAGE, present: 9 * PAGE + 7 } });
    expect(image?.content).toEqual({ scannedPages: 8, zeroPages: 2, duplicatePages: 2 });
  });

  it('beyond the limit are not looked at', async () => {
    const path = written('limited', { epoch: 'E6', inline: false });
    const [image] = (await pages([path], { threads: 0, limits: { ...DEFAULT_LIMITS, scannedPages: 5 } })).images;
    expect(image?.content).toEqual({ scannedPages: 5, zeroPages: 2, duplicatePages: 1 });
    expect(image?.incomplete).toMatchObject([{ code: 'over-limit' }]);
  });

  it('of several images are compared by content', async () => {
    const a = written('a', { epoch: 'E6', inline: false });
    const b = written('b', {
      epoch: 'E3',
      compression: 'flate-best-speed',
      memory: [{ owner: null, ranges: [{ start: 0n, bytes: filled(2, 9, 0) }] }],
    });
    const { together } = await pages([a, b], { threads: 0 });
    expect(together).toEqual({
      storedPages: 11,
      storedBytes: 11 * PAGE,
      keptPages: 6,
      keptBytes: 6 * PAGE,
      images: [
        { path: a, contents: 4, onlyHere: 3, shared: [4, 1] },
        { path: b, contents: 2, onlyHere: 1, shared: [1, 2] },
      ],
    });
  });

  it('are told as they are read', async () => {
    const seen: unknown[] = [];
    const path = written('progress', { epoch: 'E6', inline: false });
    await pages([path], { threads: 0, onProgress: (...args) => seen.push(args) });
    expect(seen.at(-1)).toEqual([path, 8 * PAGE, 8 * PAGE]);
  });
});
