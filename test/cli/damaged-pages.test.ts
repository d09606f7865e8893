import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ckpt, ROOT } from './run-ckpt.ts';

const SECTIONS = ['--section', 'processes,integrity'];
let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-pages-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A copy of a real image whose file has only so many bytes. */
function cut(name: string, file: string, bytes: number): string {
  const image = join(dir, name);
  cpSync(join(ROOT, 'fixtures/images/2024-07/idle'), image, { recursive: true });
  const path = join(image, file);
  const whole = readFileSync(path);
  rmSync(path);
  writeFileSync(path, whole.subarray(0, bytes));
  return image;
}

describe('the files beside the state file', () => {
  test('are named when the pages are too short', () => {
    const image = cut('short', 'pages.img', 4096);
    const { stdout, code } = ckpt(['inspect', image, ...SECTIONS]);
    expect(stdout).toContain('pages.img    too short: 4 KiB (4096 bytes) of 32 KiB (32768 bytes)');
    expect(stdout).not.toContain('not here');
    expect(code).toBe(3);
    const { integrity } = JSON.parse(ckpt(['inspect', image, '--json']).stdout);
    expect(integrity).toMatchObject({ complete: true, pages: { required: 32768, present: 4096 } });
  });

  test('are named when their metadata is damaged', () => {
    const image = cut('meta', 'pages_meta.img', 100);
    const { stdout, stderr, code } = ckpt(['inspect', image, ...SECTIONS]);
    expect(stderr).toMatch(/ at offset \d+ of pages_meta\.img\. /);
    expect(stdout).toContain('complete     no');
    expect(stdout).not.toContain('not here');
    expect(code).toBe(3);
  });
});
