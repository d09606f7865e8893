import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PullReader } from '../../../src/bytes/pull-reader.ts';
import { ObjectStream } from '../../../src/graph/object-stream.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { readImage } from '../../../src/read-image.ts';
import { openStatefile } from '../../../src/statefile/open-statefile.ts';
import { buildImage, imageBytes, writeImage, writeSparseImage } from '../../support/image-builder.ts';
import { EPOCHS, type TestMemoryFile } from '../../support/memory-encoder.ts';
import { memorySource } from '../../support/memory-source.ts';

const GIB = 1n << 30n;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes that this process read through system calls so far; null where the kernel does not tell. */
function bytesReadSoFar(): number | null {
  try {
    return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
  } catch {
    return null;
  }
}

describe('saved memory', () => {
  it.each([
    { name: 'raw', options: { epoch: 'E6', framing: { kind: 'raw' } } },
    { name: 'chunked', options: { epoch: 'E3', framing: { kind: 'chunked' } } },
  ] as const)('of 64 GiB, $name, is stepped over and not read', async ({ name, options }) => {
    const path = join(folder, `${name}.state`);
    writeSparseImage(path, { ...options, pageBytes: 64n * GIB });
    expect(statSync(path).size).toBeGreaterThan(Number(64n * GIB));
    const before = bytesReadSoFar();
    const image = await readImage(path, { depth: 'all', key: null });
    const after = bytesReadSoFar();
    expect(image.damage).toBeNull();
    expect(image.memory?.layout?.committedBytes).toBe(Number(64n * GIB));
    if (before === null || after === null)
      console.warn('SKIPPED: /proc/self/io is not readable here; bytes read were not counted');
    else expect(after - before).toBeLessThan(Number(64n * GIB) / 10_000);
    rmSync(path);
  });

  it('compressed, is stepped over by chunks: only those with metadata are inflated', async () => {
    const pages = new Uint8Array(2 * 1024 * 1024).map((_, index) => (index * 2_654_435_761) >>> 13);
    const memory: TestMemoryFile[] = [{ owner: null, ranges: [{ start: 0n, bytes: pages }] }];
    const image = imageBytes(
      buildImage({ epoch: 'E5', compression: 'flate-best-speed', framing: { kind: 'flate', chunkBytes: 65_536 }, memory }),
    );
    // A flipped byte in the middle of the pages goes unnoticed: that data was never inflated.
    const bytes = image.slice();
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff;
    const path = join(folder, 'flate');
    writeImage(path, new Map([['checkpoint.img', [bytes]]]));
    const read = await readImage(path, { depth: 'all', key: null });
    expect([read.damage, read.memory?.layout?.committedBytes]).toEqual([null, pages.length]);
  });

  it('of private files is counted too, in every epoch that has them', async () => {
    const memory: TestMemoryFile[] = [
      { owner: null, ranges: [{ start: 0n, bytes: new Uint8Array(4096) }] },
      { owner: { container: 'a', path: '/' }, ranges: [{ start: 8192n, bytes: new Uint8Array(8192) }] },
      { owner: { container: 'a', path: '/tmp' }, ranges: [] },
    ];
    for (const epoch of EPOCHS) {
      for (const inline of [true, false]) {
        if (epoch === 'E0' && !inline) continue;
        const path = join(folder, `private-${epoch}-${inline}`);
        writeImage(path, buildImage({ epoch, compression: inline ? 'flate-best-speed' : 'none', inline, memory }));
        const image = await readImage(path, { depth: 'all', key: null });
        expect(image.damage, `${epoch} ${inline}`).toBeNull();
        expect(image.memory?.layout?.files.map(({ committedBytes }) => committedBytes)).toEqual([4096, 8192, 0]);
      }
    }
  });
});

describe('the CPU feature set', () => {
  it('needs only the beginning of an image', async () => {
    const processes = [{ pid: 1, name: 'sh', threads: Array.from({ length: 2000 }, (_, tid) => ({ tid: tid + 1 })) }];
    const bytes = imageBytes(buildImage({ epoch: 'E6', compression: 'none', inline: true, processes }));
    expect(bytes.length).toBeGreaterThan(1_000_000);
    const source = memorySource(bytes);
    const statefile = await openStatefile(source, { key: null, limits: DEFAULT_LIMITS });
    await new ObjectStream(statefile.body, DEFAULT_LIMITS).graph('the first graph');
    expect(source.bytesRead).toBeLessThanOrEqual(64 * 1024);
  });
});

describe('a pull reader', () => {
  it('reads short blocks after a skip: what is skipped to is a header', async () => {
    const source = memorySource(new Uint8Array(1 << 20));
    const reader = new PullReader(source);
    await reader.exactly(10, 'file', 'a start');
    await reader.skip(500_000);
    const before = source.bytesRead;
    await reader.exactly(10, 'file', 'a header');
    expect(source.bytesRead - before).toBeLessThanOrEqual(512);
  });
});
