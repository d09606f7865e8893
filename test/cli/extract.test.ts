/** `ckpt extract` as people call it: what it writes where, its exit codes, and its documents. */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildFilesystemCheckpoint, fileBody, tarOf, writeFilesystemCheckpoint } from '../support/fscheckpoint-builder.ts';
import { tarOf as archiveOf } from '../support/image-forms.ts';
import { HAS_SHARED, imageOf } from '../support/shared-fixtures.ts';
import { BIN, ckpt, ROOT } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const ajv = new Ajv2020({ allErrors: true });
const valid = (name: string, text: string): void => {
  const schema = strictSchema(JSON.parse(readFileSync(join(ROOT, `docs/schema/${name}.schema.json`), 'utf8'))) as object;
  const is = ajv.getSchema(`ckpt/${name}`) ?? ajv.compile(schema);
  expect(is(JSON.parse(text)), JSON.stringify(is.errors?.slice(0, 3))).toBe(true);
};

const NOTES = 'fixtures/images/2024-07/notes';
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-cli-extract-'));
});
afterAll(() => rmSync(dir, { recursive: true }));
const out = (name: string): string => join(dir, name);

describe('a signal in the middle of much content', () => {
  const MEMORY = 32 * 1024 * 1024;
  /** Files that all have the same pages: 8 GiB to write. */
  const manyFiles = (): string => {
    const image = out('signal-image');
    if (existsSync(image)) return image;
    const files = Array.from({ length: 256 }, (_, index) => ({
      name: `./file-${index}`,
      body: fileBody(MEMORY, [[0, MEMORY, 0]]),
    }));
    const id = { container: 'c', path: '/' };
    const pages = [[0, new Uint8Array(MEMORY).fill(1)] as const];
    return writeFilesystemCheckpoint(image, buildFilesystemCheckpoint([{ id, tar: tarOf([{ name: './' }, ...files]), pages }]));
  };

  test.each([
    ['an archive', 'SIGINT', '-o'],
    ['a directory', 'SIGTERM', '-C'],
  ] as const)('ends writing %s at once, and leaves no part of a file (%s)', async (_what, signal, option) => {
    const image = manyFiles();
    const place = out(`signal${option}`);
    mkdirSync(place);
    const child = spawn(process.execPath, [BIN, 'extract', image, option, option === '-o' ? join(place, 'all.tar') : place], {
      stdio: 'ignore',
    });
    while (readdirSync(place).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const ended = new Promise((resolve) => child.on('exit', (_code, by) => resolve(by)));
    child.kill(signal);
    expect(await ended).toBe(signal);
    expect(readdirSync(place).filter((name) => !/^file-\d+$/.test(name))).toEqual([]);
    expect(readdirSync(place).every((name) => statSync(join(place, name)).size === MEMORY)).toBe(true);
  });
});

describe('an archive in a pipe whose pages come first', () => {
  const backwards = async (): Promise<Buffer> =>
    archiveOf(
      ['pages.img', 'checkpoint.img', 'pages_meta.img'].map((name) => ({
        name,
        content: readFileSync(join(ROOT, NOTES, name)),
      })),
    );

  test('lists its files without keeping the pages', async () => {
    const { code, stdout, stderr } = ckpt(['extract', '-', '--list', '--limit', 'heldBytes=4096'], { input: await backwards() });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(ckpt(['extract', NOTES, '--list']).stdout);
  });

  test('gives what they hold, from a file beside the archive or from memory', async () => {
    const input = await backwards();
    const archive = out('piped.tar');
    expect(ckpt(['extract', '-', '-o', archive, '--limit', 'heldBytes=4096'], { input }).code).toBe(0);
    expect(ckpt(['extract', NOTES, '-o', out('direct.tar')]).code).toBe(0);
    expect(readFileSync(archive)).toEqual(readFileSync(out('direct.tar')));
    // It gives up before it has read everything.
    writeFileSync(out('backwards.tar'), input);
    const script = 'cat "$0" | "$1" "$2" extract - -o - --limit heldBytes=4096 > "$3"';
    const args = ['-c', script, out('backwards.tar'), process.execPath, BIN, out('nothing')];
    const { status, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
    expect([status, stderr.includes('heldBytes')]).toEqual([3, true]);
    expect(statSync(out('nothing')).size).toBe(0);
  });
});

describe('wrong usage', () => {
  let empty = '';
  beforeAll(() => {
    empty = mkdtempSync(join(tmpdir(), 'ckpt-cli-empty-'));
  });
  afterAll(() => rmSync(empty, { recursive: true }));
  const place = (name: string): string => join(empty, name);

  test.each([
    [[], /name one image/],
    [['x'], /say where files go/],
    [['x', '-o', 'a', '-C', 'b'], /choose one/],
    [['x', '--list', '-C', 'b'], /leave -C out/],
    [['x', '--list', '--spec'], /different things/],
    [['x', '--memory', '5'], /name it with -o/],
    [['x', '--memory', 'init', '-o', 'a'], /process id/],
    [['x', '--spec', '--json'], /name a place with -o FILE or -C DIR/],
    [['x', '--spec', '-o', '-', '--json'], /name a place with -o FILE or -C DIR/],
    [['x', '-o', ''], /takes a name/],
    [['x', '-o', 'a', '--whiteouts', 'remove'], /keep, oci, drop/],
    [['x', '-o', 'a', '--compression', 'xz'], /none, gzip, zstd/],
  ])('%j', (args, message) => {
    const { code, stdout, stderr } = ckpt(['extract', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test.each([
    [['--list', '--path', '/no/such'], /no saved file lies at "\/no\/such"/],
    [['-o', 'some.tar', '--path', 'srv', '--path', 'no'], /no saved file lies at "no"/],
    [['-C', 'some', '--path', 'no'], /no saved file lies at "no"/],
    [['-o', 'some.tar', '--container', 'web'], /container "web"; its containers are __no_name_0/],
    [['-o', 'some.tar.xz'], /[.]xz is not written/],
    [['-o', '.'], /is a directory/],
  ])('what the image does not have, or ckpt does not write: %j', (args, message) => {
    const { code, stdout, stderr } = ckpt(['extract', join(ROOT, NOTES), ...args], { cwd: empty });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(readdirSync(empty)).toEqual([]);
  });

  test('of an image that is cut before its files nothing is written', () => {
    const cut = mkdtempSync(join(tmpdir(), 'ckpt-cli-cut-'));
    try {
      cpSync(join(ROOT, NOTES), cut, { recursive: true });
      truncateSync(join(cut, 'checkpoint.img'), 300_000);
      for (const where of [
        ['-o', place('cut.tar')],
        ['-C', place('cut')],
      ]) {
        const { code, stdout, stderr } = ckpt(['extract', cut, ...where]);
        expect([code, stdout]).toEqual([3, '']);
        expect(stderr).toContain('The file was cut short');
      }
      const list = ckpt(['extract', cut, '--list', '--path', 'srv']);
      expect([list.code, list.stdout]).toEqual([3, 'The files of the image could not be read.\n']);
      expect(readdirSync(empty)).toEqual([]);
    } finally {
      rmSync(cut, { recursive: true });
    }
  });

  test('an image that is not there leaves nothing behind', () => {
    for (const args of [
      ['-o', place('none.tar')],
      ['-C', place('none')],
      ['--memory', '1', '-o', place('none.core')],
    ])
      expect(ckpt(['extract', place('missing'), ...args]).code).toBe(3);
    expect(readdirSync(empty)).toEqual([]);
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
