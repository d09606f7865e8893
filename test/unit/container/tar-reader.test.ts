import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTar, type TarMember } from '../../../src/container/tar-reader.ts';
import { CkptError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/limits.ts';
import { HAS_GNU_TAR, tarOf } from '../../support/image-forms.ts';
import { memorySource } from '../../support/memory-source.ts';

interface Told extends Omit<TarMember, 'source'> {
  readonly content: Buffer;
}

/** All members with their contents, read in odd pieces. */
async function members(archive: Uint8Array, options: { limits?: Partial<Limits>; pipe?: boolean } = {}): Promise<Told[]> {
  const source = memorySource(archive, { blocks: [100, 1, 513], ...(options.pipe === undefined ? {} : { pipe: options.pipe }) });
  const tar = readTar(source, { ...DEFAULT_LIMITS, ...options.limits }, () => {});
  const told: Told[] = [];
  for (;;) {
    const member = await tar.next();
    if (member === null) return told;
    const { source: content, ...rest } = member;
    const blocks: Uint8Array[] = [];
    for (;;) {
      const block = await content.read(1000);
      if (block.length === 0) break;
      blocks.push(block);
    }
    told.push({ ...rest, content: Buffer.concat(blocks) });
  }
}

const code = async (archive: Uint8Array, options: Parameters<typeof members>[1] = {}): Promise<unknown> => {
  try {
    return await members(archive, options);
  } catch (error) {
    return error instanceof CkptError ? error.code : error;
  }
};

/** A header block by hand; fields are written at their offsets as they are given. */
function header(
  name: string,
  size: string | Uint8Array,
  type = '0',
  fields: readonly (readonly [number, string])[] = [],
): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write('0000644\0', 100);
  if (typeof size === 'string') block.write(size, 124);
  else block.set(size, 124);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  for (const [offset, text] of fields) block.write(text, offset, 'latin1');
  block.fill(' ', 148, 156);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}

const END = Buffer.alloc(1024);
const octal = (size: number): string => `${size.toString(8).padStart(11, '0')}\0`;
const padded = (content: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
};
const record = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length++;
  return `${length}${rest}`;
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ckpt-tar-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what the tar package writes', () => {
  it('is read the same, from a file and a pipe', async () => {
    const long = `${'long/'.repeat(60)}name`;
    const content = Buffer.from('x'.repeat(1300));
    const archive = await tarOf([
      { name: 'd/', type: 'directory' },
      { name: 'd/file', content },
      { name: long, content: Buffer.from('deep') },
      { name: 'grüße', content: Buffer.from('utf-8') },
      { name: 'empty', content: Buffer.alloc(0) },
      { name: 'soft', type: 'symlink', linkname: long },
      { name: 'hard', type: 'link', linkname: 'd/file' },
    ]);
    for (const pipe of [false, true]) {
      const told = await members(archive, { pipe });
      expect(told.map(({ path, kind, target, size }) => [path, kind, target, size])).toEqual([
        ['d/', 'directory', '', 0],
        ['d/file', 'file', '', 1300],
        [long, 'file', '', 4],
        ['grüße', 'file', '', 5],
        ['empty', 'file', '', 0],
        ['soft', 'symlink', long, 0],
        ['hard', 'link', 'd/file', 0],
      ]);
      expect(told[1]?.content).toEqual(content);
      const { position = null } = told[1] ?? {};
      expect(archive.subarray(position ?? 0, (position ?? 0) + 1300)).toEqual(content);
    }
  });
});

describe.skipIf(!HAS_GNU_TAR)('what GNU tar writes', () => {
  const SIZE = 3 * 1024 * 1024 + 17;
  beforeAll(() => {
    // Many holes, so that the map does not fit in one header.
    const fd = openSync(join(folder, 'sparse'), 'w');
    for (let index = 0; index < 60; index++) writeSync(fd, `part ${index}`, index * 49_152 + 4096);
    ftruncateSync(fd, SIZE);
    closeSync(fd);
    writeFileSync(join(folder, 'plain'), 'plain');
    linkSync(join(folder, 'plain'), join(folder, 'second'));
    symlinkSync('plain', join(folder, 'soft'));
  });

  it.each([
    ['--format=v7'],
    ['--format=oldgnu'],
    ['--format=ustar'],
    ['--format=gnu'],
    ['--format=posix'],
    ['--format=oldgnu', '--sparse'],
    ['--format=gnu', '--sparse'],
    ['--format=posix', '--sparse-version=0.0', '--sparse'],
    ['--format=posix', '--sparse-version=0.1', '--sparse'],
    ['--format=posix', '--sparse-version=1.0', '--sparse'],
  ])('with %s %s %s', async (...options) => {
    const names = ['sparse', 'plain', 'second', 'soft'];
    const archive = execFileSync('tar', [...options, '-C', folder, '-cf', '-', ...names], { maxBuffer: 2 ** 26 });
    const told = await members(archive);
    expect(told.map(({ path, kind, target, size }) => [path, kind, target, size])).toEqual([
      ['sparse', 'file', '', SIZE],
      ['plain', 'file', '', 5],
      ['second', 'link', 'plain', 0],
      ['soft', 'symlink', 'plain', 0],
    ]);
    const sparse = options.includes('--sparse');
    expect(archive.length < 1024 * 1024).toBe(sparse);
    expect(told[0]?.position === null).toBe(sparse);
    expect(told[0]?.content.equals(readFileSync(join(folder, 'sparse')))).toBe(true);
    expect(String(told[1]?.content)).toBe('plain');
  });
});

describe('fields', () => {
  it('are binary when the highest bit says so', async () => {
    const size = new Uint8Array(12);
    size[0] = 0x80;
    size[11] = 3;
    const [member] = await members(Buffer.concat([header('a', size), padded('abc'), END]));
    expect(member).toMatchObject({ path: 'a', size: 3 });
  });

  it('give a prefix in ustar only', async () => {
    const prefixed = header('a', octal(0), '0', [[345, 'folder']]);
    const gnu = header('a', octal(0), '0', [
      [257, 'ustar  \0'],
      [345, 'folder'],
    ]);
    expect((await members(Buffer.concat([prefixed, gnu, END]))).map(({ path }) => path)).toEqual(['folder/a', 'a']);
  });

  it.each([
    ['a negative size', new Uint8Array(12).fill(0xff)],
    ['a size beyond 2^53', Uint8Array.from([0x80, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0])],
    ['a size that is no number', 'many bytes!!'],
  ])('refuse %s', async (_, size) => expect(await code(Buffer.concat([header('a', size), END]))).toBe('bad-archive'));

  it('refuse a wrong checksum, and say where', async () => {
    const archive = Buffer.concat([header('a', octal(3)), padded('abc'), header('b', octal(0)), END]);
    archive[1024 + 3] = 1;
    await expect(members(archive)).rejects.toMatchObject({ code: 'bad-archive', place: { layer: 'container', offset: 1024 } });
  });

  it('take content of unknown types as files, and none of links and directories', async () => {
    const archive = Buffer.concat([
      header('a', octal(3), '7'),
      padded('abc'),
      header('b', octal(3), 'Z'),
      padded('def'),
      header('c', octal(3), '5'),
      header('d', octal(3), '1', [[157, 'a']]),
      header('e', octal(4096), 'V'),
      END,
    ]);
    expect((await members(archive)).map(({ path, kind, size }) => `${path} ${kind} ${size}`)).toEqual([
      'a file 3',
      'b file 3',
      'c directory 0',
      'd link 0',
      'e other 0',
    ]);
  });
});

describe('extended headers', () => {
  const extended = (type: string, text: string): Buffer => Buffer.concat([header('x', octal(text.length), type), padded(text)]);

  it('override the name and the size of the next member, global ones those of all', async () => {
    const archive = Buffer.concat([
      extended('g', record('comment', 'hello') + record('path', 'global')),
      header('a', octal(1)),
      padded('a'),
      extended('x', record('path', 'own') + record('size', '3')),
      header('b', octal(0)),
      padded('abc'),
      header('c', octal(0)),
      END,
    ]);
    expect((await members(archive)).map(({ path, content }) => `${path} ${content}`)).toEqual(['global a', 'own abc', 'global ']);
  });

  it.each([
    ['no length', 'path=a\n'],
    ['a length beyond the end', '99 path=a\n'],
    ['a length within the key', '5 path=a\n'],
    ['no newline', '9 path=abc'],
    ['no key', '7 abcd\n'],
    ['a path with a zero byte', record('path', 'checkpoint.img\0other')],
    ['a link path with a zero byte', record('linkpath', 'a\0b')],
  ])('refuse %s', async (_, text) =>
    expect(await code(Buffer.concat([extended('x', text), header('a', octal(0)), END]))).toBe('bad-archive'),
  );

  it('refuse a length that does not fit', async () =>
    expect(await code(Buffer.concat([extended('x', record('path', 'abc')), END]), { limits: { manifestBytes: 4 } })).toBe(
      'over-limit',
    ));

  it.each([
    ['parts out of order', '4096,5,0,5', 10],
    ['parts beyond the size', '0,5,8191,5', 10],
    ['parts that are not all there', '0,5', 10],
    ['a number too few', '0,10,5', 10],
    ['a huge number', '0,99999999999999999999', 10],
  ])('refuse a sparse map with %s', async (_, map, size) => {
    const text = record('GNU.sparse.size', '8192') + record('GNU.sparse.map', map);
    expect(await code(Buffer.concat([extended('x', text), header('a', octal(size)), padded('x'.repeat(size)), END]))).toBe(
      'bad-archive',
    );
  });

  it('refuse a sparse map with more parts than the ceiling', async () => {
    const text = record('GNU.sparse.size', '8192') + record('GNU.sparse.map', '0,1,2,1,4,1');
    const archive = Buffer.concat([extended('x', text), header('a', octal(3)), padded('abc'), END]);
    expect(await code(archive, { limits: { elements: 2 } })).toBe('over-limit');
    const [member] = await members(archive);
    expect(member?.content.subarray(0, 6).toString('latin1')).toBe('a\0b\0c\0');
  });
});

describe('the end', () => {
  it('is one block of zeros or more, and nothing but zeros behind it', async () => {
    const start = Buffer.concat([header('a', octal(3)), padded('abc')]);
    for (const zeros of [512, 1024, 10_240, 10_241])
      expect(await members(Buffer.concat([start, Buffer.alloc(zeros)]))).toMatchObject([{ path: 'a' }]);
    expect(await code(start)).toBe('truncated');
    expect(await code(Buffer.concat([start, END, start, END]))).toBe('trailing-bytes');
    expect(await code(Buffer.concat([start, END, Buffer.from('x')]))).toBe('trailing-bytes');
  });

  it('is missed when the archive is cut anywhere', async () => {
    const archive = await tarOf([
      { name: 'a', content: Buffer.alloc(1500, 'a') },
      { name: `${'b/'.repeat(100)}b`, content: Buffer.alloc(600, 'b') },
      { name: 'c', type: 'symlink', linkname: 'a' },
    ]);
    for (const pipe of [false, true])
      for (let length = 0; length <= archive.length - 1024; length++)
        expect(`${length} ${await code(archive.subarray(0, length), { pipe })}`).toBe(`${length} truncated`);
    expect(await members(archive.subarray(0, archive.length - 512))).toHaveLength(3);
  });
});

describe('an archive that never ends', () => {
  it('is given up behind so many zeros as no tar writes', async () => {
    const archive = await tarOf([{ name: 'a', content: Buffer.from('a') }]);
    let position = 0;
    let given = 0;
    const endless = {
      size: null,
      seekable: false,
      async read(max: number): Promise<Uint8Array> {
        const bytes = position < archive.length ? archive.subarray(position, position + max) : new Uint8Array(max);
        position += bytes.length;
        given += bytes.length;
        return bytes;
      },
      async skip(count: number): Promise<number> {
        position += count;
        return count;
      },
      async close(): Promise<void> {},
    };
    const tar = readTar(endless, DEFAULT_LIMITS, () => {});
    await tar.next();
    await expect(tar.next()).rejects.toMatchObject({ code: 'trailing-bytes' });
    expect(given).toBeLessThan(80 * 1024 * 1024);
  });
});
