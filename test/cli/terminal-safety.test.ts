/** Nothing of an image, a host or a path acts on the terminal, and pipes get no colour. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorMessage } from '../../src/cli/error-message.ts';
import { buildImage, writeImage } from '../support/image-builder.ts';
import { BIN, ckpt, ON_MILAN, ON_TURIN, ROOT, ZEN5 } from './run-ckpt.ts';

const HOSTILE = 'a\x1b[31mred\x07\u202egpj\u2028x\x9b2J\r';
/** Everything but printable characters and line feeds. */
const ACTS = /[^\P{C}\n]|[\u2028\u2029]/u;
const COLOR = '\x1b[';

let dir = '';
let image = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-terminal-'));
  image = join(dir, `image ${HOSTILE.replaceAll('/', '')}`);
  const spec = {
    ociVersion: '1.0',
    process: { args: [HOSTILE], cwd: HOSTILE, env: [`${HOSTILE}=secret`] },
    root: { path: '/' },
    hostname: HOSTILE,
  };
  writeImage(
    image,
    buildImage({
      runscVersion: HOSTILE,
      containerSpecs: { [HOSTILE]: spec },
      containerNames: { test: HOSTILE },
      processes: [{ pid: 1, name: HOSTILE, containerId: 'test', threads: [{ tid: 1, name: HOSTILE, fpu: { xstateBv: 0xe7n } }] }],
      metadata: { extra: HOSTILE },
    }),
  );
  writeFileSync(join(dir, `host${HOSTILE}`), readFileSync(join(ROOT, 'fixtures/hosts/turin/cpuid.txt')));
  writeFileSync(join(dir, `bad${HOSTILE}`), HOSTILE.repeat(20));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('hostile names are escaped in', () => {
  const cases: readonly (readonly [name: string, args: () => string[]])[] = [
    ['inspect', () => ['inspect', image, '--all', '--show-env']],
    ['inspect --json', () => ['inspect', image, '--json']],
    ['check', () => ['check', image, ...ON_MILAN]],
    ['check of several', () => ['check', image, ZEN5, ...ON_MILAN, '--host', join(dir, `host${HOSTILE}`)]],
    ['check --json', () => ['check', image, '--host', join(dir, `host${HOSTILE}`), '--json']],
    ['check of a bad host', () => ['check', image, '--host', join(dir, `bad${HOSTILE}`)]],
    ['check of nothing', () => ['check', join(dir, `nothing${HOSTILE}`), ...ON_TURIN]],
    ['host show', () => ['host', 'show', join(dir, `host${HOSTILE}`)]],
    ['host diff', () => ['host', 'diff', join(dir, `host${HOSTILE}`), `${HOSTILE}=fixtures/hosts/qemu-max/cpuinfo.txt`]],
    ['usage', () => [HOSTILE]],
    ['an unknown option', () => ['check', `--${HOSTILE}`]],
    ['a wrong value', () => ['check', '--format', HOSTILE]],
  ];

  test.each(cases)('%s', (_name, args) => {
    const { stdout, stderr } = ckpt(args());
    expect(stdout + stderr).not.toMatch(ACTS);
    expect(stdout + stderr).toMatch(/\\x1b|\\u001b/);
  });

  test('the place of a defect, line by line', () => {
    const error = new Error(`x${HOSTILE}\n${HOSTILE.repeat(1000)}`);
    const { text } = errorMessage(error, true);
    expect(text).not.toMatch(ACTS);
    expect(text).toMatch(/\n {4}at .*\n {4}at /);
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(5000);
  });

  test('JSON, which gives the names back', () => {
    const document = JSON.parse(ckpt(['inspect', image, '--json']).stdout);
    expect(document.image).toMatchObject({ path: image, runscVersion: HOSTILE });
    expect(document.processes[0]).toMatchObject({ name: HOSTILE, container: HOSTILE });
  });
});

describe('colour', () => {
  test('is not for pipes', () => {
    expect(ckpt(['check', ZEN5, ...ON_MILAN]).stdout).not.toContain(COLOR);
  });

  test('can be had all the same', () => {
    expect(ckpt(['check', ZEN5, ...ON_MILAN, '--color', 'always']).stdout).toContain(COLOR);
    expect(ckpt(['check', ZEN5, ...ON_MILAN], { env: { FORCE_COLOR: '1' } }).stdout).toContain(COLOR);
  });

  test('NO_COLOR is stronger than FORCE_COLOR, and --color stronger than both', () => {
    const env = { FORCE_COLOR: '1', NO_COLOR: '1' };
    expect(ckpt(['check', ZEN5, ...ON_MILAN], { env }).stdout).not.toContain(COLOR);
    expect(ckpt(['check', ZEN5, ...ON_MILAN, '--color', 'always'], { env }).stdout).toContain(COLOR);
    expect(ckpt(['check', ZEN5, ...ON_MILAN, '--color', 'never'], { env: { FORCE_COLOR: '1' } }).stdout).not.toContain(COLOR);
  });

  test('an empty NO_COLOR says nothing', () => {
    const env = { FORCE_COLOR: '1', NO_COLOR: '' };
    expect(ckpt(['check', ZEN5, ...ON_MILAN], { env }).stdout).toContain(COLOR);
  });

  test('is never in JSON', () => {
    expect(ckpt(['check', ZEN5, ...ON_MILAN, '--json', '--color', 'always']).stdout).not.toContain(COLOR);
  });
});

describe('a pipe', () => {
  const shell = (line: string) =>
    spawnSync('bash', ['--norc', '-c', line], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', NODE: process.execPath, BIN },
    });

  test('that is closed early is success', () => {
    const { stdout, stderr } = shell(`"$NODE" "$BIN" inspect ${ZEN5} --all --json | head -1; echo "\${PIPESTATUS[0]}"`);
    expect({ stdout, stderr }).toEqual({ stdout: '{\n0\n', stderr: '' });
  });

  test('that was closed before is success', () => {
    const { stdout, stderr } = shell(`"$NODE" "$BIN" inspect ${ZEN5} | true; echo "\${PIPESTATUS[0]}"`);
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });

  test('gets everything: nothing is cut to a width', () => {
    const { stdout } = ckpt(['check', ZEN5, ...ON_MILAN]);
    const { results } = JSON.parse(ckpt(['check', ZEN5, ...ON_MILAN, '--json']).stdout);
    expect(stdout).not.toContain('…');
    for (const name of results[0].missingFeatures) expect(stdout).toContain(name);
    for (const { setting } of results[0].advice) expect(stdout).toContain(setting ?? '');
    expect(stdout).toContain(results[0].runscError);
  });

  test.skipIf(process.platform !== 'linux')('that is full is an error', () => {
    const { stderr, status } = shell(`"$NODE" "$BIN" inspect ${ZEN5} > /dev/full`);
    expect({ stderr, status }).toEqual({ stderr: 'ckpt: standard output cannot be written (ENOSPC)\n', status: 2 });
  });
});
