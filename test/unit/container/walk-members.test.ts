import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { ByteSource } from '../../../src/bytes/byte-source.ts';
import { walkMembers } from '../../../src/container/walk-members.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { tarOf, zstdOf } from '../../support/image-forms.ts';
import { memorySource } from '../../support/memory-source.ts';

const CHECKPOINT = { name: 'checkpoint.img', content: Buffer.alloc(3000, 'c') };

it('shows each member of an archive to who stands between, to its last byte', async () => {
  const inner = await tarOf([CHECKPOINT, { name: 'other', content: Buffer.alloc(5000) }]);
  const blobs = {
    zstd: await zstdOf(inner),
    plain: Buffer.from('plain'),
    'damaged.gz': gzipSync(inner).subarray(0, 60),
    tar: inner,
  };
  const archive = await tarOf(Object.entries(blobs).map(([name, content]) => ({ name, content })));
  for (const pipe of [false, true]) {
    const seen = new Map<string, Uint8Array[]>();
    const wrap = (names: readonly string[], source: ByteSource): ByteSource => {
      if (names.length > 1) return source;
      const blocks: Uint8Array[] = [];
      seen.set(names.join(), blocks);
      const read = async (max: number): Promise<Uint8Array> => {
        const block = await source.read(max);
        blocks.push(block);
        return block;
      };
      return {
        ...source,
        seekable: false,
        read,
        async skip(count) {
          let left = count;
          for (let block = await read(Math.min(left, 700)); block.length > 0; block = await read(Math.min(left, 700)))
            left -= block.length;
          return count - left;
        },
      };
    };
    const walk = walkMembers(memorySource(archive, { pipe, blocks: [1000, 3] }), DEFAULT_LIMITS, { wrap });
    const names: string[] = [];
    for (let member = await walk.next(); member !== null; member = await walk.next()) names.push(member.names.join('|'));
    expect(names).toEqual(['zstd|checkpoint.img', 'zstd|other', 'plain', 'tar|checkpoint.img', 'tar|other']);
    expect(walk.unread).toMatchObject([{ code: 'truncated', place: { path: 'damaged.gz' } }]);
    for (const [name, content] of Object.entries(blobs))
      expect([name, Buffer.concat(seen.get(name) ?? []).equals(content)]).toEqual([name, true]);
    await walk.close();
  }
});

it('charges each compression inside another for what comes out of it alone', async () => {
  const archive = gzipSync(gzipSync(gzipSync(await tarOf([CHECKPOINT]))));
  // The tar is 4608 bytes; what comes out of all three together is more.
  const limits = { ...DEFAULT_LIMITS, expandedBytes: 4608, expansionRatio: 1 };
  const walk = walkMembers(memorySource(archive), limits);
  expect((await walk.next())?.names).toEqual(['checkpoint.img']);
  expect(await walk.next()).toBeNull();
  await expect(walkMembers(memorySource(archive), { ...limits, expandedBytes: 4600 }).next()).rejects.toMatchObject({
    code: 'over-limit',
  });
});
