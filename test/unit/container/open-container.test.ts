import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { check } from '../../../src/check.ts';
import { readImage } from '../../../src/read-image.ts';
import { buildImage, imageBytes, writeImage } from '../../support/image-builder.ts';
import { writeTestHost } from '../../support/test-host.ts';

let root = '';
let folder = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
});
beforeEach(() => {
  folder = mkdtempSync(join(root, 'image-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const read = (path: string) => readImage(path, { depth: 'all', key: null });
const SEPARATE = buildImage({ epoch: 'E6', compression: 'none' });

describe('an image as files', () => {
  it('is a directory with pages in files of their own', async () => {
    writeImage(folder, SEPARATE);
    const image = await read(folder);
    expect(image).toMatchObject({ bare: false, pagesBytes: 12_288, damage: null });
    expect(image.memory).toMatchObject({ place: 'separate', layout: { committedBytes: 12_288 } });
  });

  it('is the same when checkpoint.img is named, or reached by a link', async () => {
    writeImage(folder, SEPARATE);
    symlinkSync(folder, join(root, 'link'));
    for (const path of [join(folder, 'checkpoint.img'), join(root, 'link')])
      expect(await read(path)).toMatchObject({ bare: false, pagesBytes: 12_288 });
  });

  it('is a state file under any name, alone', async () => {
    writeImage(folder, SEPARATE);
    writeFileSync(join(folder, 'image.state'), imageBytes(SEPARATE));
    expect(await read(join(folder, 'image.state'))).toMatchObject({
      bare: true,
      pagesBytes: null,
      memory: { place: 'elsewhere', layout: null },
      damage: null,
    });
  });

  it('tells what it lacks of its pages', async () => {
    const verdictOf = async (change: (name: string) => Uint8Array | null) => {
      writeImage(folder, SEPARATE);
      for (const name of ['pages.img', 'pages_meta.img']) {
        const bytes = change(name);
        if (bytes === null) rmSync(join(folder, name));
        else writeFileSync(join(folder, name), bytes);
      }
      const { results, errors } = await check({
        images: [folder],
        hosts: [writeTestHost(root)],
        runscVersion: 'release-20260817.0',
      });
      const gate = results[0]?.gates.find(({ id }) => id === 'pages');
      return [
        results[0]?.verdict,
        results[0]?.firstFailure,
        gate?.reasons.map(({ code, order }) => `${code}@${order}`),
        errors.length,
      ];
    };
    const whole = (name: string): Uint8Array => imageBytes(SEPARATE, name);
    expect(await verdictOf(whole)).toEqual(['restorable', null, [], 0]);
    expect(await verdictOf((name) => (name === 'pages.img' ? null : whole(name)))).toEqual([
      'blocked',
      'pages',
      ['CKPT1951@6'],
      0,
    ]);
    expect(await verdictOf((name) => (name === 'pages.img' ? whole(name) : null))).toEqual([
      'blocked',
      'pages',
      ['CKPT1951@34'],
      0,
    ]);
    expect(await verdictOf(() => null)).toEqual(['blocked', 'pages', ['CKPT1951@34'], 0]);
    expect(await verdictOf((name) => (name === 'pages.img' ? whole(name).subarray(1) : whole(name)))).toEqual([
      'blocked',
      'pages',
      ['CKPT1952@42'],
      0,
    ]);
    // Metadata that is cut cannot be read at all.
    expect((await verdictOf((name) => whole(name).subarray(0, name === 'pages.img' ? undefined : 20))).slice(0, 2)).toEqual([
      'blocked',
      'image-readable',
    ]);
  });

  it('may have a longer pages.img: runsc does not mind', async () => {
    writeImage(folder, SEPARATE);
    writeFileSync(join(folder, 'pages.img'), new Uint8Array(20_000));
    expect((await read(folder)).damage).toBeNull();
  });

  it.each(['fscheckpoint.json', 'fscheckpoint.pb'])('is none with %s: it says what it is', async (name) => {
    writeFileSync(join(folder, name), '{}');
    await expect(read(folder)).rejects.toMatchObject({
      code: 'fscheckpoint',
      message: expect.stringContaining('filesystem checkpoint'),
    });
  });

  it('is none in an empty directory, or in another', async () => {
    await expect(read(folder)).rejects.toMatchObject({ code: 'no-checkpoint-img' });
    mkdirSync(join(folder, 'image'));
    await expect(read(folder)).rejects.toMatchObject({ code: 'no-checkpoint-img', message: expect.stringContaining('"image"') });
  });

  it('is missing, or not to be read', async () => {
    await expect(read(join(folder, 'no'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(read(join(folder, 'no', 'deeper'))).rejects.toMatchObject({ code: 'not-found' });
    mkdirSync(join(folder, 'checkpoint.img'));
    await expect(read(folder)).rejects.toMatchObject({ code: 'io-error' });
  });

  it.skipIf(process.getuid?.() === 0)('is refused without permission', async () => {
    writeImage(folder, SEPARATE);
    chmodSync(join(folder, 'checkpoint.img'), 0);
    await expect(read(folder)).rejects.toMatchObject({ code: 'permission-denied' });
  });
});
