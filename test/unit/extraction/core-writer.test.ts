import { describe, expect, it } from 'vitest';
import type { CoreSegment } from '../../../src/extraction/core-layout.ts';
import { note } from '../../../src/extraction/core-notes.ts';
import { writeCore } from '../../../src/extraction/core-writer.ts';
import { pagesOf } from '../../support/saved-tree.ts';

const MEMORY = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 7 + 1) & 0xff);
const TEBIBYTE = 1n << 40n;

const segments: readonly CoreSegment[] = [
  { start: 0x1000n, end: 0x1000n + 16n * TEBIBYTE, filledTo: 0x1000n, permissions: '---', pieces: [] },
  {
    start: 0x7000_0000_0000n,
    end: 0x7000_0000_9000n,
    filledTo: 0x7000_0000_4000n,
    permissions: 'rw-',
    pieces: [
      { start: 0x7000_0000_1000n, end: 0x7000_0000_2000n, owner: '', offset: 8192 },
      { start: 0x7000_0000_3000n, end: 0x7000_0000_4000n, owner: '', offset: 0 },
    ],
  },
  // The last page that a program can have, and above it what belongs to the kernel.
  {
    start: 0xffff_ffff_ff60_0000n,
    end: 0xffff_ffff_ff60_1000n,
    filledTo: 0xffff_ffff_ff60_0000n,
    permissions: 'r-x',
    pieces: [],
  },
];

describe('a core file', () => {
  it('has every segment where its header says, and terabytes of nothing cost nothing', async () => {
    const blocks: Uint8Array[] = [];
    let written = 0;
    await writeCore(
      { machine: 'amd64', segments, notes: note('CORE', 1, new Uint8Array(5)) },
      pagesOf(MEMORY),
      {
        write: async (bytes) => void blocks.push(bytes.slice()),
        zeros: async (count) => void blocks.push(new Uint8Array(count)),
      },
      (count) => {
        written += count;
      },
    );
    const core = Buffer.concat(blocks);
    expect(written).toBe(8192);
    expect(core.length).toBe(0x1000 + 0x4000);
    const program = (index: number) =>
      [8, 16, 32, 40]
        .map((place) => core.readBigUInt64LE(64 + index * 56 + place))
        .concat(BigInt(core.readUInt32LE(64 + index * 56 + 4)));
    expect(core.readUInt16LE(56)).toBe(4);
    expect(program(0)).toEqual([64n + 4n * 56n, 0n, 28n, 0n, 0n]);
    expect(program(1)).toEqual([0x1000n, 0x1000n, 0n, 16n * TEBIBYTE, 0n]);
    expect(program(2)).toEqual([0x1000n, 0x7000_0000_0000n, 0x4000n, 0x9000n, 6n]);
    expect(program(3)).toEqual([0x5000n, 0xffff_ffff_ff60_0000n, 0n, 0x1000n, 5n]);
    const bytes = core.subarray(0x1000);
    expect(bytes.subarray(0, 0x1000).every((byte) => byte === 0)).toBe(true);
    expect(bytes.subarray(0x1000, 0x2000)).toEqual(Buffer.from(MEMORY.slice(8192, 12_288)));
    expect(bytes.subarray(0x2000, 0x3000).every((byte) => byte === 0)).toBe(true);
    expect(bytes.subarray(0x3000, 0x4000)).toEqual(Buffer.from(MEMORY.slice(0, 4096)));
  });

  it('has notes whose names and contents fill whole words', () => {
    const bytes = Buffer.from(note('LINUX', 0x202, Uint8Array.of(1, 2, 3, 4, 5)));
    expect([bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8), bytes.length]).toEqual([6, 5, 0x202, 28]);
    expect(bytes.subarray(12, 18).toString()).toBe('LINUX\0');
    expect([...bytes.subarray(20)]).toEqual([1, 2, 3, 4, 5, 0, 0, 0]);
  });
});
