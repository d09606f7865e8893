/** The table of exit codes, in every format. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ckpt, HASWELL, ON_MILAN, ON_TURIN, ROOT, ZEN5 } from './run-ckpt.ts';

const NEHALEM_CPUINFO = ['--host', 'fixtures/hosts/qemu-Nehalem/cpuinfo.txt'];
let dir = '';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-exit-codes-'));
  const bytes = readFileSync(join(ROOT, ZEN5));
  writeFileSync(join(dir, 'empty.state'), '');
  writeFileSync(join(dir, 'cut-in-header.state'), bytes.subarray(0, 40));
  writeFileSync(join(dir, 'cut-in-kernel.state'), bytes.subarray(0, 100_000));
  writeFileSync(join(dir, 'text.state'), 'this is no image\n'.repeat(100));
  writeFileSync(join(dir, 'empty.txt'), '');
  mkdirSync(join(dir, 'directory'));
  mkdirSync(join(dir, 'image'));
  copyFileSync(join(ROOT, ZEN5), join(dir, 'image', 'image.state'));
});

afterAll(() => rmSync(dir, { recursive: true }));

const inDir = (args: readonly string[]): string[] => args.map((word) => word.replace('DIR', dir));

describe('ckpt check ends with', () => {
  const cases: readonly (readonly [code: number, what: string, args: readonly string[]])[] = [
    [0, 'restorable', [HASWELL, ...ON_TURIN]],
    [0, 'several, all restorable', [HASWELL, ZEN5, ...ON_TURIN]],
    [1, 'blocked', [ZEN5, ...ON_MILAN]],
    [1, 'one of several blocked', [HASWELL, ZEN5, ...ON_MILAN, ...ON_TURIN]],
    [1, 'blocked and undecided', [ZEN5, HASWELL, ...ON_MILAN, ...NEHALEM_CPUINFO]],
    [3, 'an image that is missing', ['DIR/nothing', ...ON_TURIN]],
    [3, 'an empty image', ['DIR/empty.state', ...ON_TURIN]],
    [3, 'a file that is no image', ['DIR/text.state', ...ON_TURIN]],
    [3, 'an image cut in its header', ['DIR/cut-in-header.state', ...ON_TURIN]],
    [3, 'an image cut in its kernel graph', ['DIR/cut-in-kernel.state', ...ON_TURIN]],
    [3, 'a directory without an image', ['DIR/directory', ...ON_TURIN]],
    [3, 'a host that is missing', [HASWELL, '--host', 'DIR/nothing']],
    [3, 'an empty host', [HASWELL, '--host', 'DIR/empty.txt']],
    [3, 'unreadable and blocked', [ZEN5, 'DIR/empty.state', ...ON_MILAN]],
    [3, 'a wrong key', ['fixtures/images/2026-08/keyed.state', '--key-file', 'fixtures/README.md', ...ON_TURIN]],
    [3, 'a key file that is missing', [HASWELL, '--key-file', 'DIR/nothing', ...ON_TURIN]],
    [4, 'undecided', [HASWELL, ...ON_TURIN, '--require', 'runsc-version']],
    [0, 'undecided, to pass', [HASWELL, ...ON_TURIN, '--require', 'runsc-version', '--on-unknown', 'pass']],
    [0, 'undecided, to warn', [HASWELL, ...ON_TURIN, '--require', 'runsc-version', '--on-unknown', 'warn']],
    [2, 'an unknown option', [HASWELL, '--hots', 'x']],
    [2, 'an unknown format', [HASWELL, '--format', 'xml']],
    [2, 'an unknown gate', [HASWELL, '--require', 'cpu-featurs']],
    [2, 'an option without its value', [HASWELL, '--host']],
    [2, 'an output that cannot be written', [HASWELL, ...ON_TURIN, '-o', 'DIR/nothing/out.txt']],
    [2, 'an output that cannot be written, whatever the verdict', [ZEN5, ...ON_MILAN, '--also', 'json=DIR/nothing/out.json']],
    [2, 'standard input named twice', ['-', '--host', '-']],
    [4, 'a CPU model as a host', [HASWELL, '--host', 'cpu:EPYC-Milan']],
    [3, 'a CPU model that nobody knows', [HASWELL, '--host', 'cpu:Nonsense-1']],
    [3, 'two hosts of one name', [HASWELL, ...ON_TURIN, ...ON_TURIN]],
    [2, 'a URL as a host', [HASWELL, '--host', 'x=https://example.org/cpuid.txt']],
    [3, 'a URL as an image, where nobody answers', ['http://127.0.0.1:9/image.state', ...ON_TURIN]],
    [2, 'an empty version', [HASWELL, ...ON_TURIN, '--runsc-version', '']],
    [2, 'a limit that does not exist', [HASWELL, '--limit', 'foo=1']],
    [3, 'a limit that is exceeded', [HASWELL, '--limit', 'graphObjects=10', ...ON_TURIN]],
  ];

  test.each(cases)('%i: %s', (code, _what, args) => {
    for (const format of ['text', 'json']) {
      const formatted = args.includes('--format') ? args : [...args, '--format', format];
      const run = ckpt(['check', ...inDir(formatted)]);
      expect({ code: run.code, stderr: run.stderr }).toEqual({
        code,
        stderr: code === 2 || code === 3 ? expect.stringMatching(/^ckpt: .+\.?\n/) : expect.any(String),
      });
    }
  });
});

describe('other commands end with', () => {
  const cases: readonly (readonly [code: number, args: readonly string[]])[] = [
    [0, ['--version']],
    [0, ['--help']],
    [0, ['check', '--help']],
    [0, ['host', 'show', '--help']],
    [0, ['inspect', HASWELL]],
    [0, ['host', 'show', 'fixtures/hosts/turin/cpuid.txt']],
    [0, ['host', 'diff', 'fixtures/hosts/turin/cpuid.txt', 'fixtures/hosts/turin/cpuinfo.txt']],
    [2, []],
    [2, ['chek']],
    [2, ['host']],
    [2, ['host', 'shwo']],
    [2, ['inspect']],
    [2, ['inspect', HASWELL, ZEN5]],
    [2, ['inspect', HASWELL, '--section', 'cpus']],
    [2, ['host', 'diff']],
    [2, ['host', 'probe', 'x']],
    [2, ['host', 'capture', 'fixtures/hosts/turin']],
    [3, ['inspect', 'DIR/empty.state']],
    [3, ['inspect', 'DIR/cut-in-kernel.state']],
    [0, ['inspect', 'DIR/cut-in-kernel.state', '--section', 'cpu']],
    [3, ['host', 'show', 'DIR/empty.txt']],
    [3, ['host', 'capture', 'DIR/nothing']],
  ];

  test.each(cases)('%i: %j', (code, args) => {
    const run = ckpt(inDir(args));
    expect({ code: run.code, stderr: run.stderr }).toEqual({
      code,
      stderr: code === 0 ? '' : expect.stringMatching(/^ckpt: .+\n/),
    });
    expect(run.stdout === '').toBe(code === 2 || (code === 3 && !args.includes('DIR/cut-in-kernel.state')));
  });
});

describe('an image that was not named', () => {
  test('is the current directory when that has checkpoint.img', () => {
    const cwd = join(ROOT, 'fixtures/images/2024-07/idle');
    const { results } = JSON.parse(
      ckpt(['check', '--json', '--host', join(ROOT, 'fixtures/hosts/turin/cpuid.txt')], { cwd }).stdout,
    );
    expect(results[0].image.path).toBe('.');
  });

  test('is ./image.state when that exists', () => {
    const cwd = join(dir, 'image');
    const { results } = JSON.parse(
      ckpt(['check', '--json', '--host', join(ROOT, 'fixtures/hosts/turin/cpuid.txt')], { cwd }).stdout,
    );
    expect(results[0].image.path).toBe('./image.state');
  });

  test('is an error otherwise', () => {
    const run = ckpt(['check'], { cwd: join(dir, 'directory') });
    expect(run).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('neither checkpoint.img nor image.state') });
  });
});

describe('what cannot be read', () => {
  test('is told with the list of formats once', () => {
    const run = ckpt(['check', HASWELL, ...['README.md', 'LICENSE', 'fixtures/README.md'].flatMap((file) => ['--host', file])]);
    expect(run.stderr.split('\n')).toHaveLength(4);
    expect((run.stderr + run.stdout).split('Accepted are')).toHaveLength(2);
    expect(run.stdout).toMatch(/host +LICENSE: expected a host description, found other text of \d+ bytes/);
    const shown = ckpt(['host', 'show', 'README.md', 'LICENSE']).stderr;
    expect(shown.split('Accepted are')).toHaveLength(2);
  });

  test('is not repeated', () => {
    writeFileSync(join(dir, 'secret.txt'), 'root:$6$hunter2:19000:0:99999:7:::\n');
    const run = ckpt(['check', HASWELL, '--host', join(dir, 'secret.txt')]);
    expect(run.code).toBe(3);
    expect(run.stderr + run.stdout).not.toContain('hunter2');
  });

  test('is named as what it seems to be', () => {
    const host = 'fixtures/hosts/turin/cpuid.txt';
    for (const args of [
      ['check', '--host', host, host],
      ['inspect', host],
    ]) {
      const { code, stderr } = ckpt(args);
      expect(code).toBe(3);
      expect(stderr).toContain('found raw output of cpuid');
      expect(stderr).toContain('put --host before it');
      expect(stderr).not.toContain('pages.img');
    }
    const text = ckpt(['inspect', 'fixtures/README.md']).stderr;
    expect(text).toMatch(/found text of \d+ bytes at offset 0\. Give checkpoint\.img/);
    const dump = readFileSync(join(ROOT, host), 'utf8');
    writeFileSync(join(dir, 'two.txt'), dump + dump);
    expect(ckpt(['host', 'show', join(dir, 'two.txt')]).stderr).toContain('a second dump');
  });
});

describe('warnings', () => {
  test('say that answers are unknown', () => {
    const run = ckpt(['check', HASWELL, ...ON_TURIN, '--require', 'runsc-version', '--on-unknown', 'warn']);
    expect(run.stderr).toBe('ckpt: warning: 1 of 1 answers are unknown\n');
  });

  test('say that a key was given in vain', () => {
    const env = { CKPT_KEY: 'secret' };
    expect(ckpt(['check', HASWELL, ...ON_TURIN], { env })).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/is not keyed/),
    });
    expect(ckpt(['inspect', HASWELL], { env })).toMatchObject({ code: 0, stderr: expect.stringMatching(/is not keyed/) });
    expect(ckpt(['check', 'fixtures/nothing', ...ON_TURIN], { env }).stderr).not.toContain('is not keyed');
  });

  test.each([
    ['garbage', 'no known release or date: the rules applied are those of release-20260817.0 (the runsc that saved the image)\n'],
    ['release-20260817', 'Did you mean release-20260817.0?\n'],
    ['release-2026817.0', 'Did you mean release-20260817.0?\n'],
    ['20269999', 'no known release or date'],
    ['release-20260816.0', 'its date is taken for that of its code. Did you mean release-20260817.0?'],
    ['VERSION_MISSING', 'no known release or date'],
  ])('say that --runsc-version %s is not known', (version, words) => {
    const { code, stderr } = ckpt(['check', HASWELL, ...ON_TURIN, '--runsc-version', version]);
    expect(stderr).toMatch(/^ckpt: warning: --runsc-version "/);
    expect(stderr).toContain(words);
    expect([0, 1, 4]).toContain(code);
  });

  test.each(['release-20260817.0', '0.0~20240729.0', '20260101', '2026-01-01', 'release-20991231.0'])(
    'do not doubt %s',
    (version) => {
      expect(ckpt(['check', HASWELL, ...ON_TURIN, '--runsc-version', version]).stderr).toBe('');
    },
  );

  test('say that a keyed image is read unverified, unless there is a key', () => {
    const keyed = 'fixtures/images/2026-08/keyed.state';
    const key = readFileSync(join(ROOT, 'fixtures/images/2026-08/keyed.key'));
    expect(ckpt(['inspect', keyed]).stderr).toMatch(/warning: .*is keyed, and no key was given/);
    expect(ckpt(['diff', keyed, keyed]).stderr).toMatch(/warning: .*is keyed, and no key was given/);
    expect(ckpt(['check', keyed, ...ON_TURIN]).stderr).toMatch(/warning: .*is keyed, and no key was given/);
    expect(ckpt(['inspect', keyed, '--key-file', 'fixtures/images/2026-08/keyed.key']).stderr).toBe('');
    expect(ckpt(['check', keyed, ...ON_TURIN, '--key-file', 'fixtures/images/2026-08/keyed.key'])).toMatchObject({
      stderr: '',
      code: 1,
    });
    if (/^[\x20-\x7e]+$/.test(key.toString('latin1'))) {
      expect(ckpt(['inspect', keyed], { env: { CKPT_KEY: key.toString('latin1') } }).stderr).toBe('');
    }
  });
});
