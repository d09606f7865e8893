import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IMAGE_FILES } from '../../src/container/image-container.ts';
import { openArchive } from '../../src/container/open-archive.ts';
import { CkptError } from '../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { type ArchiveEntry, tarOf, zstdOf } from '../support/image-forms.ts';
import { LONG } from '../support/long.ts';
import { memorySource } from '../support/memory-source.ts';

const FILES = ['checkpoint.img', 'pages_meta.img', 'pages.img'] as const;

/** Members of an image in some order, between others, below some folder. */
const entries: fc.Arbitrary<ArchiveEntry[]> = fc
  .record({
    sizes: fc.tuple(fc.nat(3000), fc.nat(3000), fc.nat(3000)),
    folder: fc.constantFrom('', './', 'a/', `${'long/'.repeat(30)}`),
    others: fc.array(fc.record({ name: fc.constantFrom('x', 'y/z', 'ü', 'n'.repeat(120)), size: fc.nat(2000) }), {
      maxLength: 3,
    }),
    order: fc.infiniteStream(fc.nat(1000)),
  })
  .map(({ sizes, folder, others, order }) => {
    const members = [
      ...FILES.map((name, index) => ({ name: folder + name, content: Buffer.alloc(sizes[index] ?? 0, String(index)) })),
      ...others.map(({ name, size }) => ({ name, content: Buffer.alloc(size, 'o') })),
    ];
    const keys = new Map(members.map((member) => [member, order.next().value]));
    return members.sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
  });

const WRAPS = {
  plain: async (tar: Buffer) => tar,
  gzip: async (tar: Buffer) => gzipSync(tar),
  zstd: zstdOf,
  nested: async (tar: Buffer) => tarOf([{ name: 'blob', content: await zstdOf(tar) }]),
} as const;
const wrap = fc.constantFrom(...(Object.keys(WRAPS) as (keyof typeof WRAPS)[]));
const reading = fc.record({
  pipe: fc.boolean(),
  blocks: fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 4 }),
});

/** All files of the image, or the code of the error. */
async function answer(
  archive: Uint8Array,
  { pipe, blocks }: { pipe: boolean; blocks: number[] },
): Promise<Record<string, string> | string> {
  const source = () => memorySource(archive, { pipe, blocks });
  try {
    const again = pipe ? null : async () => source();
    const container = await openArchive('x', { first: source(), again }, { limits: DEFAULT_LIMITS, hold: IMAGE_FILES });
    const found: Record<string, string> = {};
    for (const name of FILES) {
      const content = await (await container.find(name))?.open();
      const read: Uint8Array[] = [];
      for (let block = await content?.read(700); block !== undefined && block.length > 0; block = await content?.read(700))
        read.push(block);
      found[name] = String(Buffer.concat(read));
    }
    await container.finish();
    await container.close();
    return found;
  } catch (error) {
    if (error instanceof CkptError) return error.code;
    throw error;
  }
}

const expected = (members: readonly ArchiveEntry[]): Record<string, string> =>
  Object.fromEntries(FILES.map((name) => [name, String(members.find((member) => member.name.endsWith(name))?.content)]));

const runs = { numRuns: LONG ? 5000 : 150 };

describe('archives of an image', () => {
  it('give its files, whatever their order and the blocks that they come in', () =>
    fc.assert(
      fc.asyncProperty(entries, wrap, reading, async (members, form, how) => {
        expect(await answer(await WRAPS[form](await tarOf(members)), how)).toEqual(expected(members));
      }),
      runs,
    ));

  it('give its files or an error when they are cut', () =>
    fc.assert(
      fc.asyncProperty(entries, wrap, reading, fc.double({ min: 0, max: 1, noNaN: true }), async (members, form, how, part) => {
        const whole = await WRAPS[form](await tarOf(members));
        const told = await answer(whole.subarray(0, Math.floor(whole.length * part)), how);
        if (typeof told !== 'string') expect(told).toEqual(expected(members));
      }),
      runs,
    ));

  it('give an answer or an error, and nothing else, when bytes of them are changed', () =>
    fc.assert(
      fc.asyncProperty(
        entries,
        wrap,
        reading,
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        async (members, form, how, changes) => {
          const bytes = Buffer.from(await WRAPS[form](await tarOf(members)));
          for (const [place, value] of changes) bytes[Math.min(bytes.length - 1, Math.floor(bytes.length * place))] = value;
          await answer(bytes, how);
        },
      ),
      runs,
    ));
});
