/** `ckpt pages` as people run it: the built command, with its threads. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PagesDocument } from '../../src/inspection/page-document.ts';
import { pages } from '../../src/pages.ts';
import { buildImage, writeImage } from '../support/image-builder.ts';
import { ckpt, ROOT } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const ajv = new Ajv2020({ allErrors: true });
const isPages = ajv.compile(
  strictSchema(JSON.parse(readFileSync(join(ROOT, 'docs/schema/pages@1.schema.json'), 'utf8'))) as object,
);

const PAGE = 4096;
/** 160 MiB, so that threads are started: most pages are zeros, the others are of 5 contents. */
const LARGE = 40_960;

let dir = '';
let large = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-pages-'));
  large = join(dir, 'large');
  const ranges = [{ start: 0n, bytes: { zeros: LARGE * PAGE }, kind: 1 }];
  writeImage(large, buildImage({ epoch: 'E6', inline: false, memory: [{ owner: null, ranges }] }));
  const bytes = new Uint8Array(LARGE * PAGE);
  for (let page = 0; page < LARGE; page += 7) bytes[page * PAGE + (page % 5)] = 1;
  writeFileSync(join(large, 'pages.img'), bytes);
});
afterAll(() => rmSync(dir, { recursive: true }));

const document = (stdout: string): PagesDocument => {
  const parsed = JSON.parse(stdout) as PagesDocument;
  expect(isPages(parsed), JSON.stringify(isPages.errors?.slice(0, 3))).toBe(true);
  return parsed;
};

describe('ckpt pages', () => {
  test.each([['0'], ['1'], ['2'], ['5']])('gives the same with %s threads, from every place', (threads) => {
    const { stdout, code } = ckpt(['pages', large, '--json', '--threads', threads]);
    const used = Math.ceil(LARGE / 7);
    const [image] = document(stdout).images;
    expect(code).toBe(0);
    expect(image?.content).toEqual({ scannedPages: LARGE, zeroPages: LARGE - used, duplicatePages: used - 5 });
    expect(image?.savings).toEqual({ excludeCommittedZeroPages: (LARGE - used) * PAGE, deduplication: (used - 5) * PAGE });
    expect(image?.compressibility?.samples).toBeLessThanOrEqual(256);
  });

  test('is what the library answers', async () => {
    const { stdout } = ckpt(['pages', large, '--json', '--map']);
    expect(JSON.parse(JSON.stringify(await pages([large], { map: true })))).toEqual(document(stdout));
  });

  test('answers the others when one image cannot be read, and says so by the exit code', () => {
    const run = ckpt(['pages', large, join(dir, 'nowhere'), large, '--json', '--no-scan']);
    const { images, errors, together } = document(run.stdout);
    expect([run.code, images.length, together]).toEqual([3, 2, null]);
    expect(errors).toMatchObject([{ code: 'not-found' }]);
    expect(run.stderr).toContain('nowhere');
    expect(images[0]).toMatchObject({ content: null, savings: null, committedBytes: LARGE * PAGE });
  });

  test('compares several images', () => {
    const { together } = document(ckpt(['pages', large, large, '--json']).stdout);
    expect(together).toMatchObject({ storedPages: 2 * LARGE, keptPages: 6, keptBytes: 6 * PAGE });
    expect(together?.images).toMatchObject([
      { contents: 5, onlyHere: 0, shared: [5, 5] },
      { contents: 5, onlyHere: 0, shared: [5, 5] },
    ]);
  });

  test('tells what is there of a pages.img that is cut, with exit code 3', () => {
    const cut = join(dir, 'cut');
    writeImage(
      cut,
      buildImage({ epoch: 'E6', inline: false, memory: [{ owner: null, ranges: [{ start: 0n, bytes: { zeros: 10 * PAGE } }] }] }),
    );
    truncateSync(join(cut, 'pages.img'), 7 * PAGE + 5);
    const run = ckpt(['pages', cut, '--json']);
    expect(run.code).toBe(3);
    expect(document(run.stdout).images[0]).toMatchObject({
      committedBytes: 10 * PAGE,
      content: { scannedPages: 7, zeroPages: 7 },
      pagesFile: { required: 10 * PAGE, present: 7 * PAGE + 5 },
    });
    expect(ckpt(['pages', cut]).stdout).toContain('are missing');
  });

  test('in text says what could be saved, in sentences', () => {
    const { stdout } = ckpt(['pages', large, '--map']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('--exclude-committed-zero-pages would save 137 MiB (143802368 bytes).');
    expect(stdout).toContain('By use');
    expect(stdout).toContain('MAPPED BY');
    expect(ckpt(['pages', large, large]).stdout).toContain('Together');
  });

  test('wants an image, and numbers that are numbers', () => {
    expect(ckpt(['pages']).code).toBe(2);
    expect(ckpt(['pages', large, '--threads', 'many']).code).toBe(2);
    expect(ckpt(['pages', large, '--threads', '999']).code).toBe(0);
  });
});
