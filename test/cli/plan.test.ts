/** `ckpt plan` as people run it. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ckpt, HASWELL, ROOT, ZEN5 } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const isPlan = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
  strictSchema(JSON.parse(readFileSync(join(ROOT, 'docs/schema/plan@1.schema.json'), 'utf8'))) as object,
);
const host = (name: string): string => `fixtures/hosts/${name}/cpuid.txt`;

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-plan-'));
  for (const side of ['before', 'after']) mkdirSync(join(dir, side));
  for (const name of ['turin', 'qemu-Haswell']) copyFileSync(join(ROOT, host(name)), join(dir, 'before', name));
  copyFileSync(join(ROOT, host('qemu-Haswell')), join(dir, 'after', 'qemu-Haswell'));
  copyFileSync(join(ROOT, host('qemu-EPYC-Milan')), join(dir, 'after', 'turin'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function planOf(...args: readonly string[]) {
  const { stdout, stderr, code } = ckpt(['plan', ...args, '--json']);
  const document = JSON.parse(stdout);
  expect(isPlan(document), JSON.stringify(isPlan.errors?.slice(0, 3))).toBe(true);
  return { document, stderr, code };
}

describe('ckpt plan', () => {
  test('answers for hosts alone, several values and patterns', () => {
    const { document, code } = planOf('--hosts', host('turin'), 'fixtures/hosts/qemu-[HE]*/cpuid.txt');
    expect(code).toBe(0);
    expect(document.counts).toEqual({ hosts: 3, descriptions: 3, images: 0 });
    expect([document.answer, document.images, document.drift]).toEqual([null, null, null]);
  });

  test('answers for images and hosts, and fails only when it is asked to', () => {
    const args = ['--images', ZEN5, HASWELL, '--hosts', host('turin'), host('qemu-Nehalem')];
    const { document, code } = planOf(...args);
    expect([document.answer, code]).toEqual(['stranded', 0]);
    expect(document.images.fewest).toMatchObject({ atMost: 1, optimal: true, images: ['I1'] });
    expect(planOf(...args, '--exit-code').code).toBe(1);
    expect(planOf('--images', ZEN5, HASWELL, '--hosts', host('turin'), '--exit-code').code).toBe(0);
  });

  test('takes a host from standard input, and counts machines', () => {
    const input = readFileSync(join(ROOT, host('turin')));
    const { stdout } = ckpt(['plan', '--hosts', 'in=-', host('qemu-Haswell'), '--weight', 'in=7', '--json'], { input });
    expect(JSON.parse(stdout).counts).toEqual({ hosts: 8, descriptions: 2, images: 0 });
  });

  test('says what a change strands', () => {
    const args = ['--before', join(dir, 'before'), '--after', join(dir, 'after')];
    const { document, code } = planOf('--images', ZEN5, HASWELL, ...args);
    expect(code).toBe(1);
    expect(document.drift).toMatchObject({
      answer: 'stranded',
      hosts: { before: 2, after: 2, unchanged: 1 },
      added: [],
      removed: [],
    });
    expect(document.drift.changes).toMatchObject([{ hosts: ['turin'], ownImages: 'blocked', nowBlocked: [ZEN5] }]);
    expect(planOf('--images', HASWELL, ...args).code).toBe(0);
    expect(planOf(...args).code).toBe(1);
    expect(planOf('--before', join(dir, 'before'), '--after', join(dir, 'before')).code).toBe(0);
  });

  test('answers for the rest when something cannot be read', () => {
    const { document, code, stderr } = planOf('--images', ZEN5, 'README.md', 'no/*.img', '--hosts', host('turin'), 'none*');
    expect(code).toBe(3);
    expect(document.errors.map(({ code: error }: { code: string }) => error).sort()).toEqual([
      'not-an-image',
      'not-found',
      'not-found',
    ]);
    expect(document.images.groups).toHaveLength(1);
    expect(stderr).toContain('none*');
  });

  test('takes a directory of images for its images', () => {
    mkdirSync(join(dir, 'images', 'one'), { recursive: true });
    copyFileSync(join(ROOT, ZEN5), join(dir, 'images', 'one', 'checkpoint.img'));
    const { document } = planOf('--images', join(dir, 'images'), '--hosts', host('turin'));
    expect(document.images.groups.map(({ paths }: { paths: string[] }) => paths)).toEqual([[join(dir, 'images', 'one')]]);
  });

  test.each([
    [[]],
    [['image.state']],
    [['--before', 'x']],
    [['--hosts', 'x', '--before', 'a', '--after', 'b']],
    [['--hosts', host('turin'), '--weight', 'nobody=3']],
    [['--hosts', host('turin'), '--weight', 'turin']],
    [['--hosts', host('turin'), '--weight', '*=0']],
    [['--hosts']],
    [['--images', '-', '--hosts', '-']],
  ])('refuses %j', (args) => {
    const { code, stderr } = ckpt(['plan', ...args]);
    expect([code, stderr.startsWith('ckpt: ')]).toEqual([2, true]);
  });

  test('has the same numbers in every format, and no line of text beyond the width', () => {
    const args = ['plan', '--images', ZEN5, HASWELL, '--hosts', 'fixtures/hosts/*/cpuid.txt'];
    const { stdout } = ckpt(args);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(stdout).toMatch(/^STRANDED {2}all 2 images restore somewhere; 1 of \d hosts has no image\n/);
    expect(stdout).toContain('Images to take: 1 (no fewer will do)');
    expect(stdout).toMatch(/I2 haswell\.state +✗ ✓ ✓ ✓ ✓ ✓ {2}5 hosts\n/);
    const table = ckpt([...args, '--format', 'table'])
      .stdout.trimEnd()
      .split('\n');
    expect(table).toHaveLength(1 + 2 * planOf(...args.slice(1)).document.classes.length);
    expect(ckpt([...args, '--format', 'markdown']).stdout).toContain('| image | hosts |');
  });
});
