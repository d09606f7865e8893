import { randomFillSync } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../../src/bytes/byte-source.ts';
import { BLOCK_BYTES, createPageMemory, pageHasher, pageSlot } from '../../../src/bytes/page-hash.ts';
import { ContentTable } from '../../../src/pages/content-table.ts';
import { NumberSet } from '../../../src/pages/number-set.ts';
import { MOST_SAMPLES, PageSamples } from '../../../src/pages/page-samples.ts';
import { openPageScanner, type PageScanResult } from '../../../src/pages/page-scanner.ts';
import { ScannedPages } from '../../../src/pages/scanned-pages.ts';
import { memorySource } from '../../support/memory-source.ts';

const PAGE = 4096;

describe('the hash of a page', () => {
  const memory = createPageMemory(1);
  const slot = pageSlot(memory, 0);
  const hash = pageHasher(memory);
  const hashOf = (page: number): string => slot.hashes.slice(page * 4, page * 4 + 4).join(' ');

  it('differs for pages that differ in one bit, wherever that is', () => {
    slot.bytes.fill(0);
    for (let page = 1; page < 512; page++) slot.bytes[page * PAGE + page * 8] = 1 << (page % 8);
    hash(0, 512);
    expect(new Set(Array.from({ length: 512 }, (_, page) => hashOf(page))).size).toBe(512);
    expect([...slot.used.subarray(0, 3)]).toEqual([0, 1, 1]);
  });

  it('sees the first and the last byte', () => {
    slot.bytes.fill(0);
    slot.bytes[0] = 1;
    slot.bytes[2 * PAGE - 1] = 1;
    slot.bytes[2 * PAGE] = 0;
    hash(0, 3);
    expect([...slot.used.subarray(0, 3)]).toEqual([1, 1, 0]);
    expect(hashOf(0)).not.toBe(hashOf(1));
  });

  it('differs when words change places', () => {
    randomFillSync(slot.bytes.subarray(0, PAGE) as unknown as Uint8Array<ArrayBuffer>);
    slot.bytes.copyWithin(PAGE, 0, PAGE);
    const words = new Uint32Array(slot.bytes.buffer, slot.bytes.byteOffset + PAGE, 1024);
    [words[0], words[4]] = [words[4] as number, words[0] as number];
    slot.bytes.copyWithin(2 * PAGE, 0, PAGE);
    hash(0, 3);
    expect(hashOf(0)).toBe(hashOf(2));
    expect(hashOf(1)).not.toBe(hashOf(0));
  });

  it('is another one in every run: nobody can prepare pages that collide', () => {
    const other = createPageMemory(1);
    pageSlot(other, 0).bytes.set(slot.bytes.subarray(0, PAGE));
    pageHasher(other)(0, 1);
    hash(0, 1);
    expect(pageSlot(other, 0).hashes.slice(0, 4).join(' ')).not.toBe(hashOf(0));
  });
});

describe('a table of contents', () => {
  it('numbers hashes in the order in which they come, however many', () => {
    const table = new ContentTable();
    const hashes = new Uint32Array(4);
    const count = 150_000;
    for (let round = 0; round < 2; round++)
      for (let value = 0; value < count; value++) {
        hashes.set([value & 0xff, value >>> 8, 7, 7]);
        if (table.numberOf(hashes, 0) !== value + 1) throw new Error(`another number for ${value}`);
      }
  });

  it('compares all bits', () => {
    const table = new ContentTable();
    const numbers = [0, 1, 2, 3].map((word) => {
      const hashes = new Uint32Array(6);
      hashes[word + 1] = 1;
      return table.numberOf(hashes, 1);
    });
    expect(numbers).toEqual([1, 2, 3, 4]);
  });
});

it('a set of numbers counts what it has, and what it has in common with another', () => {
  const [even, third] = [new NumberSet(), new NumberSet()];
  for (let number = 0; number < 200_000; number += 2) expect(even.add(number)).toBe(true);
  for (let number = 0; number < 200_000; number += 3) third.add(number);
  expect(even.add(4)).toBe(false);
  expect([even.size, third.size, even.shared(third), third.shared(even)]).toEqual([100_000, 66_667, 33_334, 33_334]);
  const [once, twice] = [new NumberSet(), new NumberSet()];
  even.addTo(once, twice);
  third.addTo(once, twice);
  expect([once.size, twice.size]).toEqual([133_333, 33_334]);
});

it('counts of pages are those of a list', () => {
  const scanned = new ScannedPages();
  const truth: string[] = [];
  for (let page = 0; page < 140_000; page++) {
    const content = (page * 7) % 5;
    const repeated = content !== 0 && page % 3 === 0;
    scanned.push(content, repeated);
    truth.push(content === 0 ? 'zero' : repeated ? 'duplicate' : 'new');
  }
  for (const [start, end] of [
    [0, 140_000],
    [0, 0],
    [5, 6],
    [63, 65],
    [64, 64 * 1000],
    [65_535, 65_537],
    [139_999, 150_000],
    [150_000, 160_000],
  ] as const) {
    const part = truth.slice(start, end);
    expect(scanned.counts(start, end)).toEqual({
      scanned: part.length,
      zero: part.filter((one) => one === 'zero').length,
      duplicate: part.filter((one) => one === 'duplicate').length,
    });
  }
});

describe('samples', () => {
  it.each([0, 1, 255, 256, 257, 1000, 4097])('of %i are the same whether the number is known before or not', (count) => {
    const take = (known: boolean) => {
      const samples = new PageSamples();
      if (known) samples.expect(count);
      for (let number = 0; number < count; number++) if (samples.wants(number)) samples.add(number, 100 + number, number);
      return samples.sums();
    };
    expect(take(true)).toEqual(take(false));
    expect(take(true).samples).toBeLessThanOrEqual(MOST_SAMPLES);
    expect(take(true).samples).toBeGreaterThanOrEqual(Math.min(count, MOST_SAMPLES / 2));
  });
});

describe('a scan', () => {
  /** 3 blocks and a half, and some bytes more: zeros, repeated pages, others. */
  const bytes = new Uint8Array(3.5 * BLOCK_BYTES + 100);
  for (let page = 0; page < bytes.length / PAGE; page++)
    if (page % 3 !== 0) bytes[page * PAGE + 5] = page % 3 === 1 ? 9 : (page % 250) + 1;

  const truth = () => {
    const seen = new Set<number>();
    let [zero, duplicate] = [0, 0];
    const whole = Math.floor(bytes.length / PAGE);
    for (let page = 0; page < whole; page++) {
      const value = bytes[page * PAGE + 5] as number;
      if (value === 0) zero++;
      else if (seen.has(value)) duplicate++;
      seen.add(value);
    }
    return { scanned: whole, zero, duplicate };
  };

  const sourceOf = (content: Uint8Array, piece: number): ByteSource => memorySource(content, { blocks: [piece], pipe: true });

  const scan = async (content: Uint8Array, piece: number, mostPages = 1_000_000): Promise<PageScanResult> => {
    const scanner = openPageScanner({ threads: 0, mostPages });
    try {
      const one = await scanner.begin();
      await one.fill(sourceOf(content, piece));
      return await one.end();
    } finally {
      await scanner.close();
    }
  };

  it.each([1_000_000_000, 65_536, 4097, 1000])('in pieces of at most %i bytes finds the same', async (piece) => {
    const found = await scan(bytes, piece);
    expect(found.pages.counts(0, 1_000_000)).toEqual(truth());
    expect([found.bytes, found.restBytes, found.overLimit]).toEqual([bytes.length, 100, false]);
  });

  it('compresses samples of 32 KiB', async () => {
    const { samples } = await scan(bytes, 65_536);
    const whole = Math.floor(bytes.length / PAGE) * PAGE;
    let compressed = 0;
    for (let at = 0; at < whole; at += 32_768)
      compressed += deflateRawSync(bytes.subarray(at, Math.min(at + 32_768, whole)), { level: 1 }).length;
    expect(samples).toEqual({ samples: Math.ceil(whole / 32_768), bytes: whole, compressedBytes: compressed });
  });

  it('stops at the most pages that it looks at, and says so', async () => {
    const found = await scan(bytes, 65_536, 600);
    expect([found.pages.length, found.overLimit, found.bytes]).toEqual([600, true, bytes.length]);
  });

  it('of nothing finds nothing', async () => {
    const found = await scan(new Uint8Array(0), 10);
    expect([found.pages.length, found.samples.samples, found.contents.size]).toEqual([0, 0, 0]);
  });

  it('that was given up does not disturb the next', async () => {
    const scanner = openPageScanner({ threads: 0, mostPages: 1_000_000 });
    const first = await scanner.begin();
    await first.write(new Uint8Array(3 * BLOCK_BYTES).fill(7));
    const second = await scanner.begin();
    await second.write(bytes);
    expect((await second.end()).pages.counts(0, 1_000_000)).toEqual(truth());
    await scanner.close();
  });
});
