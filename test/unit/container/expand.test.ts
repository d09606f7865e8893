import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../../src/bytes/byte-source.ts';
import { expandGzip } from '../../../src/container/expand-gzip.ts';
import { expandZstd } from '../../../src/container/expand-zstd.ts';
import { expansionBudget } from '../../../src/container/expansion-budget.ts';
import { CkptError } from '../../../src/errors.ts';
import { openZstdCompressor } from '../../../src/io/zstd-codec.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { zstdOf } from '../../support/image-forms.ts';
import { memorySource } from '../../support/memory-source.ts';

type Expand = (source: ByteSource, charge: (bytes: number) => void) => ByteSource;

async function all(source: ByteSource, piece = 100_000): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  try {
    for (;;) {
      const block = await source.read(piece);
      expect(block.length).toBeLessThanOrEqual(piece);
      if (block.length === 0) return Buffer.concat(blocks);
      blocks.push(block);
    }
  } finally {
    await source.close();
  }
}

async function outcome(expand: Expand, bytes: Uint8Array): Promise<string | Buffer> {
  try {
    return await all(expand(memorySource(bytes, { blocks: [65_536, 7] }), () => {}));
  } catch (error) {
    if (error instanceof CkptError) return error.code;
    throw error;
  }
}

/** Compares without printing a megabyte. */
function expectBytes(bytes: string | Buffer, expected: Buffer): void {
  expect(typeof bytes === 'string' ? bytes : bytes.length).toBe(expected.length);
  expect(expected.equals(Buffer.from(bytes as Buffer))).toBe(true);
}

const { gzipSync } = zlib;
const TEXT = Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(20_000));
const NOISE = randomBytes(700_000);
const RLE_BOMB = (() => {
  // A frame of blocks that each repeat one byte 128 KiB times.
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]);
  const block = Buffer.from([(0x20000 << 3) | (1 << 1), ((0x20000 << 3) | 2) >> 8, (0x20000 << 3) >> 16, 0]);
  return Buffer.concat([header, ...Array.from({ length: 1000 }, () => block)]);
})();

const CODECS: readonly (readonly [string, Expand])[] = [
  ...('createZstdDecompress' in zlib ? [['zstd by Node', expandZstd] as const] : []),
  ['zstd by the package', (source, charge) => expandZstd(source, charge, { native: false })],
];

describe.each(CODECS)('%s', (_, expand) => {
  it.each([
    ['text', TEXT],
    ['noise', NOISE],
    ['one byte', Buffer.from('x')],
    ['nothing', Buffer.alloc(0)],
  ])('expands %s', async (_name, content) => {
    for (const native of [true, false]) {
      const codec = await openZstdCompressor(3, { native });
      const packed = Buffer.concat([...(await codec.push(content)), ...(await codec.end())]);
      codec.close();
      expectBytes(await outcome(expand, packed), content);
    }
  });

  it('expands frames one behind the other, and steps over those that hold nothing', async () => {
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
    const frames = [skippable, await zstdOf(TEXT), skippable, await zstdOf(NOISE), await zstdOf(Buffer.alloc(0)), skippable];
    expectBytes(await outcome(expand, Buffer.concat(frames)), Buffer.concat([TEXT, NOISE]));
  });

  it('tells a frame that is cut anywhere', async () => {
    const packed = await zstdOf(TEXT);
    expect(packed.length).toBeLessThan(2000);
    for (let length = 1; length < packed.length; length++)
      expect(`${length} ${await outcome(expand, packed.subarray(0, length))}`).toBe(`${length} truncated`);
  });

  it('tells what is no frame', async () => {
    expect(await outcome(expand, Buffer.from('not zstd'))).toBe('bad-archive');
    expect(await outcome(expand, Buffer.concat([await zstdOf(TEXT), Buffer.from('more')]))).toBe('trailing-bytes');
    expect(await outcome(expand, Buffer.concat([await zstdOf(TEXT), Buffer.alloc(4)]))).toBe('trailing-bytes');
  });

  it('refuses a window over 128 MiB and a dictionary', async () => {
    const window = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x90, 1, 0, 0]);
    const dictionary = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x58, 7, 1, 0, 0]);
    expect(await outcome(expand, window)).toBe('unsupported');
    expect(await outcome(expand, dictionary)).toBe('unsupported');
  });

  it('gives a bomb in pieces, and counts it', async () => {
    const limits = { ...DEFAULT_LIMITS, expandedBytes: 10_000_000, expansionRatio: 100 };
    const budget = expansionBudget(memorySource(RLE_BOMB), limits);
    let most = 0;
    let charged = 0;
    const source = expand(budget.source, (bytes) => {
      most = Math.max(most, bytes);
      charged += bytes;
      budget.charge(1, bytes);
    });
    await expect(all(source)).rejects.toMatchObject({ code: 'over-limit' });
    expect(most).toBeLessThanOrEqual(1024 * 1024);
    expect(charged).toBeLessThan(12_000_000);
  });
});

const HAS_ZSTD = spawnSync('zstd', ['--version']).status === 0;
if (!HAS_ZSTD) console.warn('SKIPPED: no program zstd; what it writes was not expanded.');

describe.skipIf(!HAS_ZSTD)('what the zstd program writes', () => {
  it.each([['-1'], ['-19'], ['--ultra', '-22'], ['--long=27'], ['--no-check']])('with %s %s is expanded', async (...options) => {
    const content = Buffer.concat([TEXT, NOISE, TEXT]);
    const { stdout } = spawnSync('zstd', [...options, '-c'], { input: content, maxBuffer: 2 ** 26 });
    for (const [, expand] of CODECS) expectBytes(await outcome(expand, stdout), content);
  });

  it('has a checksum that tells damage', async () => {
    const { stdout } = spawnSync('zstd', ['-c'], { input: NOISE, maxBuffer: 2 ** 26 });
    const middle = stdout.length >> 1;
    stdout[middle] = (stdout[middle] as number) ^ 1;
    for (const [, expand] of CODECS) expect(await outcome(expand, stdout)).toBe('bad-archive');
  });

  it('with --long=31 is refused with the command that unpacks it', async () => {
    const { stdout } = spawnSync('zstd', ['--ultra', '--long=31', '-c'], { input: TEXT });
    await expect(all(expandZstd(memorySource(stdout), () => {}))).rejects.toMatchObject({
      code: 'unsupported',
      facts: { hint: expect.stringContaining('zstd -d --long=31') },
    });
  });
});

describe('gzip', () => {
  it('expands members one behind the other, with zeros behind the last', async () => {
    for (const padding of [0, 1, 511, 1_000_000]) {
      const packed = Buffer.concat([gzipSync(TEXT), gzipSync(NOISE), gzipSync(''), Buffer.alloc(padding)]);
      expectBytes(await outcome(expandGzip, packed), Buffer.concat([TEXT, NOISE]));
    }
  });

  it('tells a member that is cut anywhere', async () => {
    const packed = gzipSync(TEXT);
    for (let length = 1; length < packed.length; length += 3)
      expect(`${length} ${await outcome(expandGzip, packed.subarray(0, length))}`).toBe(`${length} truncated`);
  });

  it('tells damage by the checksum, and other bytes behind the end', async () => {
    const packed = gzipSync(NOISE);
    const damaged = Buffer.from(packed);
    damaged[packed.length >> 1] = (damaged[packed.length >> 1] as number) ^ 1;
    expect(await outcome(expandGzip, damaged)).toBe('bad-archive');
    expect(await outcome(expandGzip, Buffer.concat([packed, Buffer.from('more')]))).toBe('bad-archive');
    expect(await outcome(expandGzip, Buffer.concat([packed, Buffer.alloc(600), Buffer.from('more')]))).toBe('trailing-bytes');
  });

  it('is refused when it expands beyond the ceilings', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const limits = { ...DEFAULT_LIMITS, expandedBytes: 10_000_000 };
    const expanded = (ratio: number) => {
      const budget = expansionBudget(memorySource(bomb, { blocks: [1000] }), { ...limits, expansionRatio: ratio });
      return all(expandGzip(budget.source, (bytes) => budget.charge(1, bytes)));
    };
    expect(await expanded(100_000)).toHaveLength(50_000_000);
    await expect(expanded(100)).rejects.toMatchObject({
      code: 'over-limit',
      facts: { hint: expect.stringContaining('--limit expan') },
    });
  });
});
