import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/pack.ts';
import { verify } from '../../src/verify.ts';
import { buildImage, imageBytes, writeImage } from '../support/image-builder.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-pack-'));
  writeImage(join(dir, 'image'), buildImage({ epoch: 'E6' }));
});
afterAll(() => rmSync(dir, { recursive: true }));

const at = (name: string): string => join(dir, name);
const to = (name: string, force = false) => ({ file: at(name), force });
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('an archive', () => {
  test('holds the files in the order in which they are needed, and says nothing of the machine', async () => {
    const { members, bytes, sha256: digest } = await pack(at('image'), to('a.tar'));
    const archive = readFileSync(at('a.tar'));
    expect(members.map(({ name }) => name)).toEqual(['checkpoint.img', 'pages_meta.img', 'pages.img']);
    expect({ bytes, digest }).toEqual({ bytes: archive.length, digest: sha256(archive) });
    const image = buildImage({ epoch: 'E6' });
    for (const { name, bytes: size, sha256: of } of members)
      expect({ size, of }).toEqual({ size: imageBytes(image, name).length, of: sha256(imageBytes(image, name)) });
    const header = archive.subarray(0, 512).toString('latin1');
    // Mode, owner, group, size, time.
    const size = imageBytes(image).length.toString(8).padStart(11, '0');
    expect(header.slice(100, 148)).toBe(['000644 ', '000000 ', '000000 ', `${size} 00000000000 `].join('\0'));
    expect(header.slice(265, 329)).toBe('\0'.repeat(64));
  });

  test('is the same for the same files, whoever owns them and whenever they were written', async () => {
    const copy = at('copy');
    writeImage(copy, buildImage({ epoch: 'E6' }));
    for (const name of readdirSync(copy)) utimesSync(join(copy, name), 1, 1);
    for (const name of ['tar', 'tar.gz', 'tar.zst']) {
      const first = await pack(at('image'), to(`first.${name}`));
      const second = await pack(copy, to(`second.${name}`));
      // From another form of the same image.
      const third = await pack(at(`first.${name}`), to(`third.${name}`));
      const fourth = await pack(at('first.tar'), { write: async () => {} }, { compression: first.compression });
      expect([second.sha256, third.sha256, fourth.sha256]).toEqual(Array(3).fill(first.sha256));
      expect((await verify([at(`third.${name}`)])).verdict).toBe('intact');
    }
    expect(gunzipSync(readFileSync(at('first.tar.gz')))).toEqual(readFileSync(at('first.tar')));
    expect(readFileSync(at('first.tar.gz')).subarray(0, 10)).toEqual(Buffer.from('1f8b08000000000000ff', 'hex'));
  });

  test('is compressed as its name says, unless told otherwise', async () => {
    const image = at('image');
    expect((await pack(image, to('b.tgz'))).compression).toBe('gzip');
    expect((await pack(image, to('b.tar.zst'))).compression).toBe('zstd');
    expect((await pack(image, to('b.bin'), { compression: 'zstd' })).compression).toBe('zstd');
    expect(readFileSync(at('b.bin'))).toEqual(readFileSync(at('b.tar.zst')));
  });

  test('of a state file by itself has it as checkpoint.img', async () => {
    writeFileSync(at('own-name.state'), imageBytes(buildImage({ epoch: 'E0' })));
    const { members } = await pack(at('own-name.state'), to('bare.tar'));
    expect(members.map(({ name }) => name)).toEqual(['checkpoint.img']);
    expect((await verify([at('bare.tar')])).verdict).toBe('intact');
  });

  test('can be read by tar, with a file over 8 GiB', async () => {
    const image = at('large');
    writeImage(image, buildImage({ epoch: 'E6' }));
    const most = 8 * 1024 ** 3;
    truncateSync(join(image, 'pages.img'), most + 4096);
    const blocks: Uint8Array[] = [];
    let length = 0;
    // Enough for the header of pages.img, which is the last member.
    const stop = new Error('enough');
    const write = async (bytes: Uint8Array): Promise<void> => {
      blocks.push(bytes.slice());
      length += bytes.length;
      if (length > 1024 * 1024) throw stop;
    };
    await expect(pack(image, { write }, { compression: 'none' })).rejects.toBe(stop);
    const { stdout } = spawnSync('tar', ['-tvf', '-'], { input: Buffer.concat(blocks), encoding: 'utf8' });
    expect(stdout).toMatch(new RegExp(`^-rw-r--r-- 0/0 +${most + 4096} .* pages\\.img$`, 'm'));
  });
});

describe('nothing is left under its name', () => {
  const left = (): string[] => readdirSync(dir).filter((name) => name.startsWith('failed') || name.startsWith('.'));

  test('when the image cannot be read', async () => {
    writeFileSync(at('text'), 'no image');
    await expect(pack(at('text'), to('failed.tar'))).rejects.toMatchObject({ code: 'not-an-image' });
    await expect(pack(at('nowhere'), to('failed.tar.zst'))).rejects.toMatchObject({ code: 'not-found' });
    expect(left()).toEqual([]);
  });

  test('when an archive ends too early, or its checksum is wrong', async () => {
    await pack(at('image'), to('source.tar.gz'));
    const bytes = readFileSync(at('source.tar.gz'));
    for (const cut of [bytes.length - 1, bytes.length - 9, Math.floor(bytes.length / 2)]) {
      writeFileSync(at('cut.tar.gz'), bytes.subarray(0, cut));
      await expect(pack(at('cut.tar.gz'), to('failed.tar'))).rejects.toMatchObject({ code: 'truncated' });
    }
    const wrong = Buffer.from(bytes);
    wrong[bytes.length - 6] = (wrong[bytes.length - 6] ?? 0) ^ 1;
    writeFileSync(at('wrong.tar.gz'), wrong);
    await expect(pack(at('wrong.tar.gz'), to('failed.tar'))).rejects.toMatchObject({ place: { layer: 'container' } });
    expect(left()).toEqual([]);
  });

  test('and a file that is there stays, unless --force is given', async () => {
    writeFileSync(at('there.tar'), 'mine');
    await expect(pack(at('image'), to('there.tar'))).rejects.toThrow('is there already');
    expect(readFileSync(at('there.tar'), 'utf8')).toBe('mine');
    await pack(at('image'), to('there.tar', true));
    expect(readFileSync(at('there.tar'))).toEqual(readFileSync(at('a.tar')));
    mkdirSync(at('folder'));
    await expect(pack(at('image'), to('folder', true))).rejects.toThrow('is a directory');
  });
});
