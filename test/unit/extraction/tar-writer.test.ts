import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import { fileContent } from '../../../src/extraction/content.ts';
import { planEntries } from '../../../src/extraction/entries.ts';
import { encodeRecords, paxTime } from '../../../src/extraction/pax.ts';
import { openTarWriter } from '../../../src/extraction/tar-writer.ts';
import type { SavedFile } from '../../../src/filesystem/saved-file.ts';
import type { PageReader } from '../../../src/pages/page-reader.ts';
import { savedDirectory as directory, extent, savedFile as file, pagesOf, savedSystem } from '../../support/saved-tree.ts';

const MEMORY = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 13) & 0xff);

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ckpt-tar-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

async function archiveOf(files: readonly SavedFile[], pages: PageReader = pagesOf(MEMORY)): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  const tar = openTarWriter(async (bytes) => {
    blocks.push(bytes.slice());
  });
  const { entries } = planEntries([savedSystem(files)], { whiteouts: 'keep', container: null, paths: [] });
  for (const entry of entries)
    await tar.add(
      entry,
      fileContent(entry.linkTo === null ? entry.file : { ...entry.file, extents: [] }, () => pages),
    );
  await tar.finish();
  return Buffer.concat(blocks);
}

function unpack(archive: Buffer, ...args: string[]): string {
  const place = mkdtempSync(join(scratch, 'out-'));
  const name = join(scratch, 'archive.tar');
  writeFileSync(name, archive);
  execFileSync('tar', [...args, '-xf', name, '-C', place], { stdio: ['ignore', 'ignore', 'pipe'] });
  return place;
}

const list = (archive: Buffer): string[] =>
  execFileSync('tar', ['--full-time', '--numeric-owner', '--quoting-style=escape', '-tvf', '-'], {
    input: archive,
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
  })
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '));

describe('an archive', () => {
  it('has every kind of file, with its attributes', async () => {
    const archive = await archiveOf([
      directory('', { mode: 0o1777 }),
      directory('d', { mode: 0, uid: 1, gid: 2 }),
      file('d/run', { mode: 0o6755, size: 5, extents: [extent(0, 10, 5)] }),
      file('d/none', { mode: 0 }),
      file('far', { uid: 4_000_000_000, gid: 0o1_000_000 }),
      file('hard', { linkTo: 'd/run' }),
      file('link', { type: 'symlink', mode: 0o777, target: '/a/b' }),
      file('null', { type: 'character-device', device: { major: 1, minor: 3 } }),
      file('old', { modified: -2_000_000_000n }),
      file('pipe', { type: 'fifo' }),
      file('sda', { type: 'block-device', device: { major: 8, minor: 1 } }),
      file('when', { modified: 99_999_999_999_000_000_001n }),
    ]);
    expect(list(archive)).toEqual([
      'drwxrwxrwt 0/0 0 2023-11-14 22:13:20.123456789 ./',
      'd--------- 1/2 0 2023-11-14 22:13:20.123456789 d/',
      '-rwsr-sr-x 0/0 5 2023-11-14 22:13:20.123456789 d/run',
      '---------- 0/0 0 2023-11-14 22:13:20.123456789 d/none',
      '-rw-r--r-- 4000000000/262144 0 2023-11-14 22:13:20.123456789 far',
      'hrwsr-sr-x 0/0 0 2023-11-14 22:13:20.123456789 hard link to d/run',
      'lrwxrwxrwx 0/0 0 2023-11-14 22:13:20.123456789 link -> /a/b',
      'crw-r--r-- 0/0 1,3 2023-11-14 22:13:20.123456789 null',
      '-rw-r--r-- 0/0 0 1969-12-31 23:59:58 old',
      'prw-r--r-- 0/0 0 2023-11-14 22:13:20.123456789 pipe',
      'brw-r--r-- 0/0 8,1 2023-11-14 22:13:20.123456789 sda',
      '-rw-r--r-- 0/0 0 5138-11-16 09:46:39.000000001 when',
    ]);
  });

  it('has times before 1970 to the nanosecond', async () => {
    const place = unpack(await archiveOf([file('old', { modified: -1_500_000_001n })]), '--warning=no-timestamp');
    expect(statSync(join(place, 'old'), { bigint: true }).mtimeNs).toBe(-1_500_000_001n);
  });

  it('has names of any length and any bytes', async () => {
    const long = `${'d'.repeat(200)}/${'e'.repeat(200)}/${'f'.repeat(255)}`;
    const archive = await archiveOf([
      file('a\nb'),
      file(long),
      file('ünï'),
      file('x\udcffy'),
      file('z', { type: 'symlink', target: 't'.repeat(300) }),
    ]);
    expect(list(archive).map((line) => line.split(' ').slice(5).join(' '))).toEqual([
      'a\\nb',
      long,
      '\\303\\274n\\303\\257',
      'x\\377y',
      `z -> ${'t'.repeat(300)}`,
    ]);
  });

  it('has the bytes of extended attributes', async () => {
    const value = Uint8Array.of(0, 1, 0x0a, 0x3d, 0x80, 0xff, 0xc3);
    const archive = await archiveOf([
      file('a', {
        xattrs: [
          { name: 'user.bytes', value },
          { name: 'user.a=b%', value: Uint8Array.of(0x78) },
        ],
      }),
    ]);
    expect(archive.includes(Buffer.concat([Buffer.from(' SCHILY.xattr.user.bytes='), value, Buffer.from('\n')]))).toBe(true);
    expect(archive.includes(' SCHILY.xattr.user.a%3Db%25=x\n')).toBe(true);
    expect(list(archive)).toHaveLength(1);
  });

  it('keeps files with large holes small, and fills small holes', async () => {
    const size = 10 * 1024 ** 3;
    const extents = [extent(0, 100, 7), extent(4096, 0, 50_000), extent(size - 20, 0, 10)];
    const archive = await archiveOf([
      file('sparse', { size, extents }),
      file('empty', { size: 1024 ** 4 }),
      file('small', { size: 9000, extents: [extent(5000, 0, 4000)] }),
    ]);
    expect(archive.length).toBeLessThan(80_000);
    const place = unpack(archive);
    const shown = statSync(join(place, 'sparse'));
    expect(shown.size).toBe(size);
    expect(shown.blocks * 512).toBeLessThan(200_000);
    const read = (at: number, length: number): Buffer =>
      execFileSync('dd', [`if=${join(place, 'sparse')}`, 'bs=1', `skip=${at}`, `count=${length}`, 'status=none']);
    expect(read(0, 9)).toEqual(Buffer.from([...MEMORY.slice(100, 107), 0, 0]));
    expect(read(4096, 50_000)).toEqual(Buffer.from(MEMORY.slice(0, 50_000)));
    expect(read(size - 22, 30)).toEqual(Buffer.from([0, 0, ...MEMORY.slice(0, 10), ...new Uint8Array(10)]));
    expect(statSync(join(place, 'empty')).size).toBe(1024 ** 4);
    expect(readFileSync(join(place, 'small'))).toEqual(Buffer.concat([Buffer.alloc(5000), MEMORY.slice(0, 4000)]));
  });

  it('is the same again', async () => {
    const files = [directory('d'), file('d/a', { size: 70_000, extents: [extent(0, 0, 70_000)] })];
    expect((await archiveOf(files)).equals(await archiveOf(files))).toBe(true);
  });

  it('has no sockets', async () => {
    const tar = openTarWriter(async () => {});
    const [entry] = planEntries([savedSystem([file('s', { type: 'socket' })])], {
      whiteouts: 'keep',
      container: null,
      paths: [],
    }).entries;
    if (entry !== undefined)
      expect(
        await tar.add(
          entry,
          fileContent(entry.file, () => pagesOf(MEMORY)),
        ),
      ).toBe('socket');
    await tar.finish();
    expect.assertions(1);
  });

  it('has nothing of a file that cannot be read, and the others', async () => {
    const blocks: Uint8Array[] = [];
    const tar = openTarWriter(async (bytes) => {
      blocks.push(bytes.slice());
    });
    const pages = pagesOf(MEMORY, 1000);
    const files = [
      file('bad', { size: 5000, extents: [extent(0, 0, 5000)] }),
      file('good', { size: 5, extents: [extent(0, 0, 5)] }),
    ];
    const { entries } = planEntries([savedSystem(files)], { whiteouts: 'keep', container: null, paths: [] });
    const [bad, good] = entries.map((entry) =>
      tar.add.bind(
        tar,
        entry,
        fileContent(entry.file, () => pages),
      ),
    );
    await expect(bad?.()).rejects.toMatchObject({ code: 'truncated' });
    expect(tar.broken).toBe(false);
    await good?.();
    await tar.finish();
    expect(list(Buffer.concat(blocks)).map((line) => line.split(' ').at(-1))).toEqual(['good']);
  });

  it('ends when what takes it fails', async () => {
    const tar = openTarWriter(async () => {
      throw new Error('disk full');
    });
    const [entry] = planEntries([savedSystem([file('a', { size: 90_000, extents: [extent(0, 0, 90_000)] })])], {
      whiteouts: 'keep',
      container: null,
      paths: [],
    }).entries;
    const add = async (): Promise<void> => {
      if (entry !== undefined)
        await tar.add(
          entry,
          fileContent(entry.file, () => pagesOf(MEMORY)),
        );
      await tar.finish();
    };
    await expect(add()).rejects.toThrow('disk full');
  });
});

describe('content', () => {
  it.each([
    ['overlapping', [extent(0, 0, 10), extent(5, 0, 10)]],
    ['behind the end', [extent(0, 0, 101)]],
    ['descending', [extent(50, 0, 10), extent(0, 0, 10)]],
  ])('refuses parts that are %s', (_, extents) => {
    expect(() => fileContent(file('a', { size: 100, extents }), () => pagesOf(MEMORY))).toThrow(CkptError);
  });
});

describe('records', () => {
  it('count their own length', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = encodeRecords([['k', 'v'.repeat(length)]]);
      expect(Number.parseInt(Buffer.from(bytes).toString(), 10)).toBe(bytes.length);
    }
  });

  it.each([
    [0n, '0'],
    [1_500_000_000n, '1.5'],
    [-1n, '-0.000000001'],
    [-2_000_000_000n, '-2'],
    [1_000_000_001n, '1.000000001'],
  ])('have times: %s is %s', (time, text) => {
    expect(paxTime(time)).toBe(text);
  });
});
