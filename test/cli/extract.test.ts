/** `ckpt extract` as people call it: what it writes where, its exit codes, and its documents. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_SHARED, imageOf } from '../support/shared-fixtures.ts';
import { ckpt, ROOT } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const ajv = new Ajv2020({ allErrors: true });
const valid = (name: string, text: string): void => {
  const schema = strictSchema(JSON.parse(readFileSync(join(ROOT, `docs/schema/${name}.schema.json`), 'utf8'))) as object;
  const is = ajv.getSchema(`ckpt/${name}`) ?? ajv.compile(schema);
  expect(is(JSON.parse(text)), JSON.stringify(is.errors?.slice(0, 3))).toBe(true);
};

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-cli-extract-'));
});
afterAll(() => rmSync(dir, { recursive: true }));
const out = (name: string): string => join(dir, name);

describe('wrong usage', () => {
  test.each([
    [[], /name one image/],
    [['x'], /say where files go/],
    [['x', '-o', 'a', '-C', 'b'], /choose one/],
    [['x', '--list', '-C', 'b'], /leave -C out/],
    [['x', '--list', '--spec'], /different things/],
    [['x', '--memory', '5'], /name it with -o/],
    [['x', '--memory', 'init', '-o', 'a'], /process id/],
    [['x', '-o', '-', '--json'], /standard output for itself/],
    [['x', '--spec', '--json'], /standard output for itself/],
    [['x', '-o', ''], /takes a name/],
    [['x', '-o', 'a', '--whiteouts', 'remove'], /keep, oci, drop/],
    [['x', '-o', 'a', '--compression', 'xz'], /none, gzip, zstd/],
  ])('%j', (args, message) => {
    const { code, stdout, stderr } = ckpt(['extract', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test('an image that is not there leaves nothing behind', () => {
    for (const args of [
      ['-o', out('none.tar')],
      ['-C', out('none')],
      ['--memory', '1', '-o', out('none.core')],
    ])
      expect(ckpt(['extract', out('missing'), ...args]).code).toBe(3);
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe.skipIf(!HAS_SHARED)('documents', () => {
  const KITCHEN = imageOf('20260817/kitchen');
  const POD = imageOf('20260817/pod-none');

  test.each([
    ['extract@1', ['--list']],
    ['extract@1', ['-o', 'files.tar']],
    ['extract@1', ['-C', 'files']],
    ['core@1', ['--memory', '1', '-o', 'core']],
    ['specs@1', ['--spec', '-o', 'specs.json']],
    ['specs@1', ['--spec', '-C', 'specs']],
  ])('%s of %j is valid', (name, args) => {
    const places = args.map((word, index) => (/^-[oC]$/.test(args[index - 1] ?? '') ? out(word) : word));
    for (const image of [KITCHEN, POD]) {
      const { code, stdout } = ckpt(['extract', image, ...places, '--force', '--json']);
      expect(code).toBe(0);
      valid(name, stdout);
    }
  });

  test('nothing is overwritten', () => {
    writeFileSync(out('taken.tar'), 'mine');
    mkdirSync(out('taken/tmp/kitchen'), { recursive: true });
    writeFileSync(out('taken/tmp/kitchen/mapped.bin'), 'mine');
    expect(ckpt(['extract', KITCHEN, '-o', out('taken.tar')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--force'),
    });
    expect(ckpt(['extract', KITCHEN, '-C', out('taken')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('mapped.bin'),
    });
    expect([readFileSync(out('taken.tar'), 'utf8'), readFileSync(out('taken/tmp/kitchen/mapped.bin'), 'utf8')]).toEqual([
      'mine',
      'mine',
    ]);
    expect(readdirSync(out('taken/tmp/kitchen'))).toEqual(['mapped.bin']);
    expect(ckpt(['extract', KITCHEN, '-C', out('taken'), '--force']).code).toBe(0);
    expect(statSync(out('taken/tmp/kitchen/mapped.bin')).size).toBe(65536);
  });

  test('values of the environment are hidden unless asked for, and that is said', () => {
    const hidden = ckpt(['extract', KITCHEN, '--spec']);
    expect(hidden.stderr).toContain('--show-env');
    expect(JSON.parse(hidden.stdout).process.env.every((entry: string) => entry.endsWith('=<hidden>'))).toBe(true);
    const shown = ckpt(['extract', KITCHEN, '--spec', '--show-env']);
    expect(shown.stderr).toBe('');
    expect(shown.stdout).toContain('PATH=/');
  });

  test('a closed pipe is success', () => {
    const command = `node bin/ckpt.js extract ${KITCHEN} -o - 2>/dev/null | head -c 100 >/dev/null; echo \${PIPESTATUS[0]}`;
    expect(spawnSync('bash', ['-c', command], { cwd: ROOT }).stdout.toString()).toBe('0\n');
  });

  test('a signal leaves no part of a file', async () => {
    const place = out('signal');
    mkdirSync(place);
    // A pipe that stays open: the image never ends.
    const child = spawn('node', ['bin/ckpt.js', 'extract', '-', '--memory', '1', '-o', join(place, 'core')], {
      cwd: ROOT,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.write(readFileSync(join(imageOf('20260817/sh-flate'), 'checkpoint.img')).subarray(0, 50_000));
    await new Promise((resolve) => setTimeout(resolve, 700));
    child.kill('SIGTERM');
    await new Promise((resolve) => child.on('exit', resolve));
    expect([child.signalCode, readdirSync(place)]).toEqual(['SIGTERM', []]);
  });

  test('text says what was left out, and escapes what the image says', () => {
    const { stdout } = ckpt(['extract', KITCHEN, '-o', out('report.tar')]);
    expect(stdout).toMatch(/^32 files written to .*report[.]tar, 64 KiB/);
    expect(stdout).toContain('left out tmp/kitchen/listen.sock: sockets cannot be kept outside');
    expect(existsSync(out('report.tar'))).toBe(true);
  });
});
