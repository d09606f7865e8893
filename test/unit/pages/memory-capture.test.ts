import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { beginCapture, capturedBytes, type MemoryRequest } from '../../../src/pages/memory-capture.ts';
import { type OpenedImage, readImage } from '../../../src/read-image.ts';
import { buildImage, type ImageOptions, writeImage, writeSparseImage } from '../../support/image-builder.ts';
import { EPOCHS, type TestMemoryFile } from '../../support/memory-encoder.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PAGE = 4096;
/** A page whose bytes say which it is. */
const page = (seed: number): Uint8Array => new Uint8Array(PAGE).map((_, index) => (index * 7 + seed) & 0xff);
const pages = (...seeds: number[]): Uint8Array => Uint8Array.from(seeds.flatMap((seed) => [...page(seed)]));

/** Pages 0 and 1, a hole, pages 3 and 4 in two ranges of different kinds; and a private file. */
const MEMORY: readonly TestMemoryFile[] = [
  {
    owner: null,
    ranges: [
      { start: 0n, bytes: pages(1, 2), kind: 0 },
      { start: BigInt(2 * PAGE), bytes: { zeros: PAGE }, committed: false },
      { start: BigInt(3 * PAGE), bytes: page(3), kind: 1 },
      { start: BigInt(4 * PAGE), bytes: page(4), kind: 3 },
    ],
  },
  { owner: { container: 'web', path: '/' }, ranges: [{ start: BigInt(PAGE), bytes: pages(5, 6) }] },
];

const at = (owner: string, start: number, end: number): MemoryRequest => ({ owner, start, end });

const WANTED: readonly MemoryRequest[] = [
  at('', PAGE - 10, PAGE + 10),
  at('', 2 * PAGE - 5, 4 * PAGE + 5),
  at('', 3 * PAGE + 100, 3 * PAGE + 101),
  at('', 5 * PAGE - 1, 6 * PAGE),
  at('web:/', PAGE, PAGE + 3),
  at('web:/', 0, 8),
];

/** What each request must give. */
function expected({ owner, start, end }: MemoryRequest): Uint8Array {
  const whole = new Uint8Array(8 * PAGE);
  for (const range of MEMORY[owner === '' ? 0 : 1]?.ranges ?? []) {
    if (range.bytes instanceof Uint8Array) whole.set(range.bytes, Number(range.start));
  }
  return whole.slice(start, end);
}

async function read(name: string, options: ImageOptions, wanted = WANTED): Promise<OpenedImage> {
  const path = join(folder, name);
  writeImage(path, buildImage({ memory: MEMORY, ...options }));
  return readImage(path, { depth: 'all', key: null, wantMemory: () => wanted });
}

describe('wanted memory', () => {
  const epochs = EPOCHS.filter((epoch) => epoch !== 'E0').flatMap((epoch) => [
    { name: `${epoch} pages.img`, options: { epoch, compression: 'none', inline: false } },
    { name: `${epoch} inline`, options: { epoch, compression: 'none', inline: true } },
    { name: `${epoch} flate`, options: { epoch, compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 5000 } } },
    {
      name: `${epoch} chunked`,
      options: { epoch, compression: 'none', inline: true, framing: { kind: 'chunked', writeBytes: [3, 4000] } },
    },
  ]) satisfies readonly { name: string; options: ImageOptions }[];

  it.each(epochs)('of $name is what the processes saw', async ({ name, options }) => {
    const image = await read(name, options);
    expect(image.damage).toBeNull();
    for (const request of WANTED) expect(capturedBytes(image.captured, request)).toEqual(expected(request));
    expect(image.memory?.layout?.files.map(({ owner }) => owner)).toEqual(['', 'web:/']);
  });

  it('of images before private memory files were listed is found too', async () => {
    const main = WANTED.filter(({ owner }) => owner === '');
    const options: ImageOptions = {
      epoch: 'E0',
      compression: 'flate-best-speed',
      parallelSlices: true,
      memory: MEMORY.slice(0, 1),
    };
    const image = await read('E0', options, main);
    for (const request of main) expect(capturedBytes(image.captured, request)).toEqual(expected(request));
  });

  it('is not there when nothing was asked, or when the pages are elsewhere or end before it', async () => {
    const asked = at('', 4 * PAGE, 4 * PAGE + 4);
    const path = join(folder, 'cut');
    writeImage(path, buildImage({ memory: MEMORY }));
    expect((await readImage(path, { depth: 'all', key: null })).captured).toBeNull();
    truncateSync(join(path, 'pages.img'), 3 * PAGE + 1);
    const wantMemory = () => [at('', 0, 4), asked];
    const cut = await readImage(path, { depth: 'all', key: null, wantMemory });
    expect(capturedBytes(cut.captured, at('', 0, 4))).toEqual(page(1).slice(0, 4));
    expect(capturedBytes(cut.captured, asked)).toBe('not-reached');
    rmSync(join(path, 'pages.img'));
    const apart = await readImage(path, { depth: 'all', key: null, wantMemory });
    expect(capturedBytes(apart.captured, asked)).toBe('not-reached');
  });

  it('ends where a stream is cut, and keeps what came before', async () => {
    const path = join(folder, 'cut-inline');
    writeImage(path, buildImage({ memory: MEMORY, inline: true }));
    const file = join(path, 'checkpoint.img');
    truncateSync(file, readFileSync(file).length - 5 * PAGE);
    const image = await readImage(path, { depth: 'all', key: null, wantMemory: () => WANTED });
    expect(image.damage?.code).toBe('truncated');
    expect(capturedBytes(image.captured, WANTED[0] as MemoryRequest)).toEqual(expected(WANTED[0] as MemoryRequest));
    expect(capturedBytes(image.captured, at('web:/', PAGE, PAGE + 3))).toBe('not-reached');
  });

  it('of 64 GiB is read and nothing else of it', async () => {
    const path = join(folder, 'sparse.state');
    writeSparseImage(path, { epoch: 'E6', framing: { kind: 'raw' }, pageBytes: 64n << 30n });
    const wanted = [at('', 40 * 2 ** 30 + 12, 40 * 2 ** 30 + 5000), at('', 2 ** 30 - 8, 2 ** 30 + 8)];
    const before = bytesReadSoFar();
    const image = await readImage(path, { depth: 'all', key: null, wantMemory: () => wanted });
    const after = bytesReadSoFar();
    for (const request of wanted) {
      expect(capturedBytes(image.captured, request)).toEqual(new Uint8Array(request.end - request.start));
    }
    if (before === null || after === null)
      console.warn('SKIPPED: /proc/self/io is not readable here; bytes read were not counted');
    else expect(after - before).toBeLessThan(4 * 1024 * 1024);
    rmSync(path);
  });

  it('stays below the ceiling: what comes first is kept', () => {
    const capture = beginCapture([at('', 0, 60), at('', 100, 160), at('', 0, 30)], 100);
    const file = capture.get('');
    if (file !== undefined) file.reached = 1000;
    expect(capturedBytes(capture, at('', 0, 60))).toHaveLength(60);
    expect(capturedBytes(capture, at('', 100, 160))).toBe('not-collected');
    expect(capturedBytes(capture, at('', 0, 30))).toHaveLength(30);
    expect(beginCapture([at('', 5, 1), at('', -1, 4)], DEFAULT_LIMITS.capturedBytes).size).toBe(0);
  });
});

/** Bytes that this process read through system calls so far; null where the kernel does not tell. */
function bytesReadSoFar(): number | null {
  try {
    return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
  } catch {
    return null;
  }
}
