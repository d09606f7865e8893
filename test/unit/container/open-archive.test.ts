import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../../src/bytes/byte-source.ts';
import type { ImageContainer, ImageFileName } from '../../../src/container/image-container.ts';
import { type OpenArchiveOptions, openArchive } from '../../../src/container/open-archive.ts';
import { CkptError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/limits.ts';
import { type ArchiveEntry, tarOf, zstdOf } from '../../support/image-forms.ts';
import { memorySource } from '../../support/memory-source.ts';

const STATE = Buffer.from(`gVisorSF${'s'.repeat(3000)}`);
const META = Buffer.from('m'.repeat(700));
const PAGES = Buffer.alloc(12_288, 'p');
const CHECKPOINT: ArchiveEntry = { name: './checkpoint.img', content: STATE };
const PAGES_META: ArchiveEntry = { name: './pages_meta.img', content: META };
const PAGES_FILE: ArchiveEntry = { name: './pages.img', content: PAGES };
const IMAGE: readonly ArchiveEntry[] = [CHECKPOINT, PAGES_META, PAGES_FILE];
const README: ArchiveEntry = { name: 'README', content: Buffer.from('hello') };

interface Opening extends Partial<Omit<OpenArchiveOptions, 'limits'>> {
  readonly limits?: Partial<Limits>;
  readonly select?: string;
}

/** Opens an archive as a file that can be read again and anywhere, or as a pipe. */
function open(archive: Uint8Array, form: 'file' | 'pipe', { limits, select, ...options }: Opening = {}): Promise<ImageContainer> {
  const source = (): ByteSource => memorySource(archive, { blocks: [5000, 1], pipe: form === 'pipe' });
  const random = {
    size: archive.length,
    readAt: async (position: number, length: number) => archive.slice(position, position + length),
    close: async () => {},
  };
  const input = {
    first: source(),
    again: form === 'pipe' ? null : async () => source(),
    random: form === 'pipe' ? null : async () => random,
    ...(select === undefined ? {} : { select }),
  };
  return openArchive('image', input, { limits: { ...DEFAULT_LIMITS, ...limits }, ...options });
}

async function read(source: ByteSource, count = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  let left = count;
  while (left > 0) {
    const block = await source.read(Math.min(left, 2000));
    if (block.length === 0) break;
    blocks.push(block);
    left -= block.length;
  }
  return Buffer.concat(blocks);
}

async function content(container: ImageContainer, name: ImageFileName): Promise<string | null> {
  const file = await container.find(name);
  return file === null ? null : String(await read(await file.open()));
}

const code = async (act: () => Promise<unknown>): Promise<unknown> => {
  try {
    await act();
    return null;
  } catch (error) {
    return error instanceof CkptError ? error.code : error;
  }
};

const opened = async (entries: readonly ArchiveEntry[], form: 'file' | 'pipe', options?: Opening): Promise<ImageContainer> =>
  open(await tarOf(entries), form, options);

const FORMS = ['file', 'pipe'] as const;

describe.each(FORMS)('an archive as a %s', (form) => {
  it.each([
    ['as it is', async (tar: Buffer) => tar],
    ['in gzip', async (tar: Buffer) => gzipSync(tar)],
    ['in zstd', zstdOf],
    ['in an archive', (tar: Buffer) => tarOf([README, { name: 'x/image.tar', content: tar }])],
    [
      'in zstd in an archive in gzip',
      async (tar: Buffer) => gzipSync(await tarOf([{ name: 'blob', content: await zstdOf(tar) }, README])),
    ],
  ])('%s gives its files in the order of use', async (_, wrap) => {
    const container = await open(await wrap(await tarOf(IMAGE)), form);
    expect(container).toMatchObject({ path: 'image', kind: 'checkpoint', bare: false, rereadable: form === 'file' });
    for (const [name, expected] of [
      ['checkpoint.img', STATE],
      ['pages_meta.img', META],
      ['pages.img', PAGES],
    ] as const) {
      const file = await container.find(name);
      expect(file?.size).toBe(expected.length);
      expect(await content(container, name)).toBe(String(expected));
    }
    expect(await container.find('fscheckpoint.pb')).toBeNull();
    await container.finish();
    await container.close();
  });

  it('gives its files in any order of the archive, those that are held', async () => {
    for (const wrap of [async (tar: Buffer) => tar, zstdOf]) {
      const archive = await wrap(await tarOf([PAGES_FILE, PAGES_META, README, CHECKPOINT]));
      const container = await open(archive, form, { hold: ['pages.img'] });
      expect(await content(container, 'checkpoint.img')).toBe(String(STATE));
      expect(await content(container, 'pages_meta.img')).toBe(String(META));
      expect(await content(container, 'pages.img')).toBe(String(PAGES));
      expect((await container.find('pages.img'))?.size).toBe(PAGES.length);
      await container.finish();
    }
  });

  it('goes on giving a file when another one is asked for in the middle of it', async () => {
    for (const wrap of [async (tar: Buffer) => tar, zstdOf]) {
      const container = await open(await wrap(await tarOf(IMAGE)), form);
      const source = await (await container.find('checkpoint.img'))?.open();
      if (source === undefined) throw new Error('no checkpoint.img');
      const start = await read(source, 1000);
      expect(await content(container, 'pages.img')).toBe(String(PAGES));
      expect(await source.skip(10)).toBe(10);
      expect(String(start) + 's'.repeat(10) + String(await read(source))).toBe(String(STATE));
    }
  });

  it('finds the folder of the image, and what belongs to it', async () => {
    const fs = [
      { name: 'b/fs/fscheckpoint.pb', content: Buffer.from('manifest') },
      { name: 'b/fs/multitar.img', content: Buffer.from('tars') },
    ];
    const image = IMAGE.map((entry) => ({ ...entry, name: `b/${entry.name}` }));
    for (const entries of [
      [README, ...image, ...fs],
      [...fs, ...image],
    ]) {
      const container = await opened(entries, form);
      expect(container.kind).toBe('checkpoint');
      expect(await content(container, 'checkpoint.img')).toBe(String(STATE));
      expect(await content(container, 'fs/fscheckpoint.pb')).toBe('manifest');
      await container.finish();
    }
    for (const folder of ['', 'fs/', 'x/']) {
      const container = await opened(
        ['fscheckpoint.json', 'multitar.img', 'pages.img'].map((name) => ({ name: folder + name, content: Buffer.from(name) })),
        form,
      );
      expect(container.kind).toBe('fscheckpoint');
      expect(await content(container, 'fscheckpoint.json')).toBe('fscheckpoint.json');
      await container.finish();
    }
  });

  it('may be a state file under any name', async () => {
    for (const archive of [gzipSync(STATE), await zstdOf(STATE), await tarOf([README, { name: 'a/x.state', content: STATE }])]) {
      const container = await open(archive, form);
      expect(container).toMatchObject({ kind: 'checkpoint', bare: true });
      const file = await container.find('checkpoint.img');
      const source = await file?.open();
      // A bare state file has no files beside it; asking must not move on in a pipe.
      expect(await container.find('pages.img')).toBeNull();
      expect(source === undefined ? null : String(await read(source))).toBe(String(STATE));
      await container.finish();
    }
  });

  it('must not hold several images, unless one is named', async () => {
    const entries = ['a', 'b/c'].flatMap((folder) => IMAGE.map((entry) => ({ ...entry, name: `${folder}/${entry.name}` })));
    const whole = async (options?: Opening) => {
      const container = await opened(entries, form, options);
      await container.finish();
      return container;
    };
    await expect(whole()).rejects.toMatchObject({ code: 'ambiguous', facts: { found: '2 images: "a", "b/c"' } });
    expect(await content(await opened(entries, form, { select: './b/c/' }), 'pages.img')).toBe(String(PAGES));
    await expect(whole({ select: 'b' })).rejects.toMatchObject({ code: 'no-image' });
  });

  it('must not name a file of the image twice', async () => {
    const twice = [...IMAGE, README, { name: 'pages.img', content: PAGES }];
    expect(await code(async () => (await opened(twice, form)).finish())).toBe('ambiguous');
    expect(await code(async () => (await opened([...IMAGE, README, README], form)).finish())).toBeNull();
  });

  it('says what it holds when that is no image', async () => {
    await expect(opened([README], form)).rejects.toMatchObject({ code: 'no-image', facts: { found: '1 file, "README"' } });
    await expect(open(gzipSync('hello'), form)).rejects.toMatchObject({ code: 'no-image' });
    await expect(opened([{ name: 'd/', type: 'directory' }], form)).rejects.toMatchObject({ code: 'no-image' });
    // pages.img alone is none either.
    await expect(opened([PAGES_FILE], form)).rejects.toMatchObject({ code: 'no-image' });
  });

  it('leaves damaged archives inside that have nothing to do with the image, and tells of those that have', async () => {
    const damaged = gzipSync(await tarOf([README])).subarray(0, 40);
    const container = await opened([{ name: 'notes.gz', content: damaged }, ...IMAGE], form);
    expect(await content(container, 'pages.img')).toBe(String(PAGES));
    await container.finish();
    const cut = gzipSync(await tarOf([...IMAGE, { name: 'noise', content: PAGES }]));
    expect(await code(async () => (await opened([{ name: 'x.gz', content: cut.subarray(0, -20) }], form)).finish())).toBe(
      'truncated',
    );
    expect(await code(() => opened([{ name: 'x.gz', content: damaged }], form))).toBe('truncated');
  });

  it('refuses an image file that is a symbolic link', async () => {
    const container = await opened([CHECKPOINT, { name: 'pages.img', type: 'symlink', linkname: '/x' }], form);
    expect(await code(() => container.find('pages.img'))).toBe('not-a-regular-file');
  });

  it.each([
    [{ archiveNesting: 1 }, async () => gzipSync(await tarOf(IMAGE))],
    [{ archiveMembers: 2 }, async () => tarOf(IMAGE)],
    [{ expandedBytes: 1000, expansionRatio: 2 }, async () => gzipSync(await tarOf(IMAGE))],
  ])('stays under the ceilings %j', async (limits, archive) => {
    expect(await code(async () => (await open(await archive(), form, { limits })).finish())).toBe('over-limit');
  });

  it.each([
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
    ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ])('of %s is refused with the command that unpacks it', async (name, magic) => {
    const file = Buffer.concat([Buffer.from(magic), Buffer.alloc(600)]);
    await expect(open(file, form)).rejects.toMatchObject({
      code: 'unsupported',
      facts: { found: name, hint: expect.stringContaining('FILE') },
    });
  });

  it('is an error or the same image wherever it is cut', async () => {
    const tar = await tarOf([...IMAGE, README]);
    const packed = await zstdOf(tar);
    const files = async (archive: Buffer): Promise<string> => {
      const container = await open(archive, form);
      const all = [
        await content(container, 'checkpoint.img'),
        await content(container, 'pages_meta.img'),
        await content(container, 'pages.img'),
      ];
      await container.finish();
      return all.join();
    };
    const whole = await files(tar);
    for (let length = 512; length < tar.length; length += 512) {
      const told = await files(tar.subarray(0, length)).catch((error: unknown) =>
        error instanceof CkptError ? error.code : String(error),
      );
      expect([whole, 'truncated', 'no-image']).toContain(told);
      expect(told === whole).toBe(length === tar.length - 512);
    }
    for (let length = 4; length < packed.length; length++)
      expect(await code(() => files(packed.subarray(0, length)))).toBe('truncated');
  });
});

describe('hard links', () => {
  const linked = [
    { name: 'store/1', content: PAGES },
    CHECKPOINT,
    { name: 'pages_meta.img', type: 'link', linkname: './checkpoint.img' },
    { name: 'pages.img', type: 'link', linkname: 'store/1' },
  ] as const;

  it('give the content of the member that they name', async () => {
    for (const wrap of [async (tar: Buffer) => tar, zstdOf]) {
      const container = await open(await wrap(await tarOf(linked)), 'file');
      expect((await container.find('pages.img'))?.size).toBe(PAGES.length);
      expect(await content(container, 'pages.img')).toBe(String(PAGES));
      expect(await content(container, 'pages_meta.img')).toBe(String(STATE));
    }
  });

  it('that lead nowhere, or to themselves, are damage', async () => {
    for (const linkname of ['nowhere', 'pages.img']) {
      const container = await opened([CHECKPOINT, { name: 'pages.img', type: 'link', linkname }], 'file');
      expect(await code(() => container.find('pages.img'))).toBe('bad-archive');
    }
  });

  it('in a pipe lead to what was kept only', async () => {
    const container = await opened(linked, 'pipe');
    expect(await code(() => container.find('pages.img'))).toBe('out-of-order');
  });
});

describe('a pipe', () => {
  const backwards = [PAGES_FILE, README, PAGES_META, CHECKPOINT];

  it('knows the size of what has gone by, and says how to have it', async () => {
    const container = await opened(backwards, 'pipe');
    expect(await content(container, 'checkpoint.img')).toBe(String(STATE));
    const file = await container.find('pages.img');
    expect(file?.size).toBe(PAGES.length);
    await expect(file?.open()).rejects.toMatchObject({
      code: 'out-of-order',
      facts: { hint: expect.stringContaining('--limit heldBytes') },
    });
    expect(await file?.openRandom()).toBeNull();
  });

  it('keeps no more than the ceiling', async () => {
    const container = await opened(backwards, 'pipe', { hold: ['pages.img'], limits: { heldBytes: 12_000 } });
    expect(await code(async () => (await container.find('pages.img'))?.open())).toBe('out-of-order');
    expect(await content(container, 'pages_meta.img')).toBe(String(META));
    const other = await opened(IMAGE, 'pipe', { limits: { heldBytes: 100 } });
    const source = await (await other.find('checkpoint.img'))?.open();
    await source?.read(10);
    await other.find('pages.img');
    expect(await code(async () => source?.read(10))).toBe('over-limit');
  });

  it('shows a file that goes by to who wants to look', async () => {
    for (const form of FORMS) {
      const seen: string[] = [];
      const passing = async (name: ImageFileName, source: ByteSource) => {
        seen.push(`${name} ${(await read(source, 5000)).length}`);
      };
      const container = await open(await zstdOf(await tarOf(backwards)), form, { passing });
      expect(await content(container, 'checkpoint.img')).toBe(String(STATE));
      await container.finish();
      expect(seen).toEqual(['pages.img 5000']);
    }
  });

  it('does not mix the pages of one folder with the state of another', async () => {
    const passing = async () => {};
    expect(await code(() => opened([{ ...PAGES_FILE, name: 'x/pages.img' }, CHECKPOINT], 'pipe', { passing }))).toBe(
      'out-of-order',
    );
  });
});

describe('access at any position', () => {
  it('is had in an archive that is not compressed, nested or not', async () => {
    const tar = await tarOf(IMAGE);
    for (const archive of [tar, await tarOf([README, { name: 'x.tar', content: tar }])]) {
      const random = await (await (await open(archive, 'file')).find('pages_meta.img'))?.openRandom();
      expect(random?.size).toBe(META.length);
      expect(String(await random?.readAt(690, 100))).toBe('m'.repeat(10));
      expect(await random?.readAt(800, 100)).toHaveLength(0);
    }
    expect(await (await (await open(gzipSync(tar), 'file')).find('pages_meta.img'))?.openRandom()).toBeNull();
  });

  it('spares reading what is not asked for', async () => {
    const archive = await tarOf([{ name: 'pages.img', content: Buffer.alloc(5_000_000) }, CHECKPOINT]);
    const source = memorySource(archive);
    const container = await openArchive(
      'image',
      { first: source, again: async () => memorySource(archive) },
      { limits: DEFAULT_LIMITS },
    );
    await container.finish();
    expect(source.bytesRead).toBeLessThan(10_000);
  });
});
