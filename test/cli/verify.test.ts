/** `ckpt verify` and `ckpt pack` as people run them. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layoutBuilder, layoutTar, TYPES } from '../support/oci-builder.ts';
import { BIN, ckpt, ROOT } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const IDLE = 'fixtures/images/2024-07/idle';
const KEYED = 'fixtures/images/2026-08/keyed.state';
const ajv = new Ajv2020({ allErrors: true });
const schema = (name: string) =>
  ajv.compile(strictSchema(JSON.parse(readFileSync(join(ROOT, `docs/schema/${name}.schema.json`), 'utf8'))) as object);
const isVerify = schema('verify@1');
const isPack = schema('pack@1');

/** What people give by mistake: the bytes of a key. */
const SECRET = Buffer.from('\x01\x02secret\xff\xfe and the rest of a key', 'latin1');

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-verify-cli-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function shortPages(): string {
  const image = join(dir, 'short');
  rmSync(image, { recursive: true, force: true });
  cpSync(join(ROOT, IDLE), image, { recursive: true });
  truncateSync(join(image, 'pages.img'), 4096);
  return image;
}

describe('ckpt verify', () => {
  test('exits with 0, 1 or 3, and answers every image', () => {
    expect(ckpt(['verify', IDLE]).code).toBe(0);
    const { stdout, code } = ckpt(['verify', IDLE, shortPages()]);
    expect(code).toBe(1);
    expect(stdout).toContain('pages.img, byte 4096: expected 32768 bytes of pages, found 4096 [truncated]');
    expect(stdout).toMatch(/2 images: 1 without damage, 1 damaged, 0 not readable\n$/);
    const worst = ckpt(['verify', 'fixtures/nothing', shortPages(), IDLE]);
    expect(worst.code).toBe(3);
    expect(worst.stderr).toContain('ckpt: fixtures/nothing: ');
    expect(ckpt(['verify']).code).toBe(2);
  });

  test('prints a document that fits its schema', () => {
    const { stdout } = ckpt(['verify', IDLE, shortPages(), 'fixtures/nothing', KEYED, '--deep', '--json']);
    const document = JSON.parse(stdout);
    expect(isVerify(document), JSON.stringify(isVerify.errors?.slice(0, 3))).toBe(true);
    expect(Object.keys(document)).toEqual(['schema', 'deep', 'verdict', 'images', 'errors']);
    expect(document.images.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'intact',
      'damaged',
      'unreadable',
      'intact',
    ]);
  });

  test('compares the HMACs of a keyed image with the key, and says when it has none', () => {
    const without = ckpt(['verify', KEYED]);
    expect(without.stderr).toContain('is keyed, and no key was given');
    expect(without.code).toBe(0);
    const verified = ckpt(['verify', KEYED, '--key-file', 'fixtures/images/2026-08/keyed.key']);
    expect(verified).toMatchObject({ stderr: '', code: 0 });
    expect(verified.stdout).toContain('the HMAC of the header fits the key');
    expect(ckpt(['verify', KEYED], { env: { CKPT_KEY: 'another' } }).code).toBe(1);
  });

  test('reads standard input once', () => {
    const bytes = new Uint8Array(readFileSync(join(ROOT, KEYED)));
    expect(ckpt(['verify', '-'], { input: bytes }).code).toBe(0);
    expect(ckpt(['verify', '-', '-'], { input: bytes }).code).toBe(2);
  });

  test('shows nothing of a path that a terminal would act upon', () => {
    const path = join(dir, 'red\x1b[31m');
    cpSync(join(ROOT, KEYED), path);
    expect(ckpt(['verify', path]).stdout).not.toContain('\x1b');
  });
});

describe('ckpt pack', () => {
  test('tells what it wrote, and what it wrote verifies', () => {
    const file = join(dir, 'idle.tar.zst');
    const { stdout, code } = ckpt(['pack', IDLE, '-o', file, '--json']);
    const document = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(isPack(document), JSON.stringify(isPack.errors?.slice(0, 3))).toBe(true);
    expect(ckpt(['verify', file]).code).toBe(0);
    const same = (image: string): object => {
      const { results } = JSON.parse(ckpt(['check', image, '--host', 'fixtures/hosts/turin/cpuid.txt', '--json']).stdout);
      return { ...results[0], image: { ...results[0].image, path: '' } };
    };
    expect(same(file)).toEqual(same(IDLE));
  });

  test('writes to standard output, and tells about it beside', () => {
    const { stderr, code } = ckpt(['pack', IDLE, '-o', '-', '--compression', 'gzip']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^standard output: .* gzip, SHA-256 [0-9a-f]{64}\n/);
  });

  test('wants a place, and replaces nothing unasked', () => {
    const file = join(dir, 'there.tar');
    writeFileSync(file, 'mine');
    expect(ckpt(['pack', IDLE]).code).toBe(2);
    expect(ckpt(['pack', IDLE, '-o', file]).code).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(ckpt(['pack', IDLE, '-o', file, '--force']).code).toBe(0);
    expect(ckpt(['pack', 'package.json', '-o', join(dir, 'none.tar')]).code).toBe(3);
    expect(readdirSync(dir).filter((name) => name.startsWith('none') || name.startsWith('.'))).toEqual([]);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('leaves nothing when %s ends it', async (signal) => {
    const image = join(dir, `long-${signal}`);
    cpSync(join(ROOT, IDLE), image, { recursive: true });
    // Holes: more than anybody waits for.
    truncateSync(join(image, 'pages.img'), 2 ** 40);
    const child = spawn(process.execPath, [BIN, 'pack', image, '-o', join(dir, `ended-${signal}.tar.zst`)], { stdio: 'ignore' });
    const parts = (): string[] => readdirSync(dir).filter((name) => name.includes(`ended-${signal}`));
    while (parts().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const ended = new Promise((resolve) => child.on('exit', (_code, by) => resolve(by)));
    child.kill(signal);
    expect(await ended).toBe(signal);
    expect(parts()).toEqual([]);
  });
});

describe('whatever it comes in', () => {
  test('the header is told in full', () => {
    const file = join(dir, 'whole.tar.gz');
    expect(ckpt(['pack', IDLE, '-o', file]).code).toBe(0);
    const header = (path: string): unknown => {
      const { images } = JSON.parse(ckpt(['verify', path, '--json']).stdout) as {
        images: { checks: { id: string; covered: unknown }[] }[];
      };
      return images[0]?.checks.find(({ id }) => id === 'header')?.covered;
    };
    expect(header(file)).toEqual(header(IDLE));
  });

  test('two images of one archive are a question and no damage, in a pipe too', async () => {
    const layout = layoutBuilder();
    const images = [IDLE, 'fixtures/images/2024-07/notes'].map((path, index) => {
      const file = join(dir, `one-of-two-${index}.tar`);
      expect(ckpt(['pack', path, '-o', file]).code).toBe(0);
      return layout.manifest([layout.blob(readFileSync(file), TYPES.checkpoint)]);
    });
    const archive = await layoutTar(layout.finish(images));
    const file = join(dir, 'two.tar');
    writeFileSync(file, archive);
    for (const run of [ckpt(['verify', file]), ckpt(['verify', '-'], { input: archive })]) {
      expect(run.code).toBe(3);
      expect(run.stdout).toContain('not readable as an image');
      expect(run.stderr).toMatch(/found 2(?: images)?: /);
    }
  });

  test.each([[['inspect']], [['verify']], [['pages']], [['extract', '--list']], [['check']], [['state', 'types']]])(
    '%j repeats nothing of a file that is no image',
    (command) => {
      const file = join(dir, 'mistake');
      writeFileSync(file, SECRET);
      const { code, stdout, stderr } = ckpt([...command, file]);
      expect(code).toBe(3);
      expect(stderr).toContain('found other bytes');
      expect(stdout + stderr).not.toMatch(/73 ?65 ?63 ?72 ?65 ?74|secret/);
    },
  );
});
