import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RandomSource } from '../../../src/bytes/random-source.ts';
import { openKept } from '../../../src/container/keep-passing.ts';
import { spoolFile, spoolMemory } from '../../../src/io/spool-file.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { openInlinePages, openSeparatePages } from '../../../src/pages/open-pages.ts';
import { openPageReader, type PageReader, wantedIntervals } from '../../../src/pages/page-reader.ts';
import { joinedIntervals, plainStore, spooledStore } from '../../../src/pages/page-store.ts';
import type { MemoryLayout } from '../../../src/pages/step-over-memory.ts';
import { readImage } from '../../../src/read-image.ts';
import { buildImage, type ImageOptions, writeImage } from '../../support/image-builder.ts';
import type { TestMemoryFile } from '../../support/memory-encoder.ts';
import { memorySource } from '../../support/memory-source.ts';

const PAGE = 4096;
const KEY = new TextEncoder().encode('a key');
/** Bytes that tell where they are from. */
const pattern = (seed: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (seed * 37 + index * 7 + (index >>> 8)) & 0xff);

/** Ranges with holes between them, longer than a chunk of 64 KiB, in two memory files. */
const MEMORY: readonly TestMemoryFile[] = [
  {
    owner: null,
    ranges: [
      { start: 0n, bytes: pattern(1, 2 * PAGE), kind: 1 },
      { start: BigInt(4 * PAGE), bytes: pattern(2, 40 * PAGE), kind: 3 },
      { start: BigInt(44 * PAGE), bytes: pattern(3, PAGE), kind: 2 },
    ],
  },
  { owner: { container: 'web', path: '/' }, ranges: [{ start: BigInt(PAGE), bytes: pattern(4, 30 * PAGE), kind: 3 }] },
];
const OWNER = 'web:/';

/** What the main memory file holds, holes as zeros. */
function mainFile(): Uint8Array {
  const bytes = new Uint8Array(45 * PAGE);
  for (const { start, bytes: part } of MEMORY[0]?.ranges ?? []) bytes.set(part as Uint8Array, Number(start));
  return bytes;
}

const FORMS: readonly (readonly [name: string, options: ImageOptions])[] = [
  ['pages.img', { epoch: 'E6' }],
  ['pages.img with lengths in the metadata', { epoch: 'E3' }],
  ['a raw body', { epoch: 'E6', inline: true, framing: { kind: 'raw' } }],
  ['a body in chunks of writes', { epoch: 'E3', inline: true, framing: { kind: 'chunked', writeBytes: [1, 700, 5000] } }],
  ['a flate body', { epoch: 'E6', compression: 'flate-best-speed' }],
  [
    'a flate body in small chunks',
    { epoch: 'E3', compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 64 * 1024 } },
  ],
  [
    'a keyed flate body',
    { epoch: 'E6', compression: 'flate-best-speed', key: KEY, framing: { kind: 'flate', chunkBytes: 64 * 1024 } },
  ],
  ['a keyed body in chunks', { epoch: 'E6', inline: true, key: KEY, framing: { kind: 'chunked', chained: true } }],
];

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ckpt-pages-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function openReader(name: string, options: ImageOptions): Promise<{ reader: PageReader; close: () => Promise<void> }> {
  const place = join(directory, name.replaceAll(' ', '-'));
  writeImage(place, buildImage({ ...options, memory: MEMORY }));
  const limits = DEFAULT_LIMITS;
  const spool = () => spoolFile(directory);
  const kept = await openKept(place, { limits, hold: [], spool });
  const key = options.key ?? null;
  const { memory, damage } = await readImage(kept.container, { depth: 'all', key });
  expect(damage).toBe(null);
  const layout = memory?.layout as MemoryLayout;
  const wanted = () => [
    { owner: '', offset: 0, length: 45 * PAGE },
    { owner: OWNER, offset: 0, length: 31 * PAGE },
  ];
  const pages = await kept.container.find('pages.img');
  const open = { key, limits, spool, wanted };
  const reader =
    pages === null ? await openInlinePages(kept.container, layout, open) : await openSeparatePages(pages, layout, open);
  return { reader, close: async () => Promise.all([reader.close(), kept.close()]).then(() => {}) };
}

describe.each(FORMS)('a page reader over %s', (name, options) => {
  it('gives every byte, and zeros for what is not saved', async () => {
    const { reader, close } = await openReader(name, options);
    const whole = mainFile();
    expect(Buffer.from(await reader.read({ owner: '', offset: 0, length: whole.length })).equals(whole)).toBe(true);
    // Over the border of a range, of a chunk, and into a hole.
    for (const [offset, length] of [
      [1, 10],
      [2 * PAGE - 3, 6],
      [4 * PAGE - 1, 2],
      [20 * PAGE + 5, 70_000],
      [44 * PAGE - 1, 2],
    ] as const)
      expect(await reader.read({ owner: '', offset, length }), `${offset}`).toEqual(whole.slice(offset, offset + length));
    expect(await reader.read({ owner: OWNER, offset: PAGE + 9, length: 50 })).toEqual(pattern(4, 30 * PAGE).slice(9, 59));
    await reader.check(reader.saved({ owner: '', offset: 0, length: 45 * PAGE }));
    await close();
  });

  it('knows what is saved', async () => {
    const { reader, close } = await openReader(name, options);
    const parts = reader.saved({ owner: '', offset: PAGE, length: 10 * PAGE });
    expect(parts.map(({ offset, length }) => [offset, length])).toEqual([
      [PAGE, PAGE],
      [4 * PAGE, 7 * PAGE],
    ]);
    expect([reader.has(''), reader.has(OWNER), reader.has('other:/')]).toEqual([true, true, false]);
    await expect(reader.read({ owner: 'other:/', offset: 0, length: 1 })).rejects.toMatchObject({ code: 'dangling-reference' });
    await close();
  });
});

describe('a flate body whose chunks have other lengths than announced', () => {
  it('is measured', async () => {
    const image = buildImage({
      epoch: 'E6',
      compression: 'flate-best-speed',
      framing: { kind: 'flate', chunkBytes: 50_000 },
      memory: MEMORY,
    });
    // The announced size is the first thing of the body, right behind the metadata.
    const [header, body, ...rest] = image.get('checkpoint.img') as Uint8Array[];
    const announced = (body as Uint8Array).slice();
    new DataView(announced.buffer).setUint32(0, 49_000);
    const place = join(directory, 'odd');
    writeImage(place, new Map([['checkpoint.img', [header as Uint8Array, announced, ...rest]]]));
    const limits = DEFAULT_LIMITS;
    const spool = () => spoolMemory(0);
    const kept = await openKept(place, { limits, hold: [], spool });
    const { memory, damage } = await readImage(kept.container, { depth: 'all', key: null });
    expect(damage).toBe(null);
    const layout = memory?.layout as MemoryLayout;
    const reader = await openInlinePages(kept.container, layout, { key: null, limits, spool, wanted: () => [] });
    const whole = mainFile();
    expect(Buffer.from(await reader.read({ owner: '', offset: 0, length: whole.length })).equals(whole)).toBe(true);
    await reader.close();
    await kept.close();
  });
});

const layout: MemoryLayout = {
  place: 'separate',
  committedBytes: 3 * PAGE,
  files: [
    {
      owner: '',
      committedBytes: 3 * PAGE,
      ranges: {
        length: 2,
        starts: Float64Array.of(0, 4 * PAGE),
        before: Float64Array.of(0, PAGE, 3 * PAGE),
        kinds: Uint8Array.of(1, 1),
        cgroups: Uint32Array.of(0, 0),
      },
      positions: Float64Array.of(0, PAGE),
    },
  ],
};

function inMemory(bytes: Uint8Array): RandomSource {
  return { size: bytes.length, readAt: async (at, length) => bytes.slice(at, at + length), close: async () => {} };
}

describe('pages that end too early', () => {
  const cut = pattern(5, PAGE + 100);

  it.each([
    ['in a file', async () => plainStore(inMemory(cut))],
    [
      'in a stream',
      async () =>
        spooledStore(memorySource(cut, { pipe: true, blocks: [1000] }), [{ start: 0, end: 3 * PAGE }], spoolMemory(1 << 20)),
    ],
  ])('%s are there up to their end', async (_, open) => {
    const reader = openPageReader(layout, await open());
    expect(await reader.read({ owner: '', offset: 0, length: PAGE })).toEqual(cut.slice(0, PAGE));
    expect(await reader.read({ owner: '', offset: 4 * PAGE, length: 100 })).toEqual(cut.slice(PAGE));
    await expect(reader.read({ owner: '', offset: 4 * PAGE, length: 101 })).rejects.toMatchObject({ code: 'truncated' });
    const parts = reader.saved({ owner: '', offset: 4 * PAGE, length: 101 });
    await expect(reader.check(parts)).rejects.toMatchObject({ code: 'truncated' });
    await reader.check(reader.saved({ owner: '', offset: 0, length: PAGE }));
  });
});

describe('one pass over the pages', () => {
  it('keeps what is wanted and no more', async () => {
    const bytes = pattern(6, 3 * PAGE);
    const spool = spoolMemory(1000);
    const wanted = wantedIntervals(layout, [
      { owner: '', offset: 4 * PAGE + 10, length: 200 },
      { owner: '', offset: 100, length: 50 },
      { owner: '', offset: 120, length: 80 },
      { owner: 'unknown', offset: 0, length: 10 },
      // In no range.
      { owner: '', offset: 2 * PAGE, length: 100 },
    ]);
    expect(wanted).toEqual([
      { start: 100, end: 200 },
      { start: PAGE + 10, end: PAGE + 210 },
    ]);
    const store = await spooledStore(memorySource(bytes, { pipe: true, blocks: [33] }), wanted, spool);
    expect(spool.size).toBe(300);
    expect(await store.readAt(PAGE + 20, 100)).toEqual(bytes.slice(PAGE + 20, PAGE + 120));
    await expect(store.readAt(0, 10)).rejects.toThrow('not asked for');
  });

  it('refuses to hold too much in memory', async () => {
    const source = memorySource(pattern(7, 3 * PAGE));
    await expect(spooledStore(source, [{ start: 0, end: 3 * PAGE }], spoolMemory(PAGE))).rejects.toMatchObject({
      code: 'over-limit',
    });
  });

  it('leaves no file behind', async () => {
    const place = mkdtempSync(join(directory, 'spool-'));
    const spool = spoolFile(place);
    spool.append(pattern(8, 5000));
    spool.append(pattern(9, 100));
    expect(readdirSync(place)).toEqual([]);
    expect(await spool.readAt(4990, 20)).toEqual(Uint8Array.of(...pattern(8, 5000).slice(4990), ...pattern(9, 10)));
    expect(await spool.readAt(5090, 20)).toHaveLength(10);
    await spool.close();
  });

  it('joins intervals', () => {
    expect(
      joinedIntervals([
        { start: 5, end: 9 },
        { start: 0, end: 2 },
        { start: 2, end: 3 },
        { start: 6, end: 7 },
        { start: 4, end: 4 },
      ]),
    ).toEqual([
      { start: 0, end: 3 },
      { start: 5, end: 9 },
    ]);
  });
});
