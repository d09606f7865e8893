/** The formats for CI as the command writes them, on the fixtures of the repository. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { junitErrors, schemaErrors } from '../support/public-schemas.ts';
import { ckpt, HASWELL, ON_MILAN, ON_TURIN, ROOT, ZEN5 } from './run-ckpt.ts';

const directory = mkdtempSync(join(tmpdir(), 'ckpt-ci-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const file = (name: string): string => join(directory, name);
const read = (name: string): string => readFileSync(file(name), 'utf8');

const IMAGES = [
  'arm64-cortex-a57',
  'haswell',
  'keyed',
  'max-levelled-to-nehalem',
  'nehalem-xsave-undecidable',
  'zen5-levelled-avx512-in-use',
  'zen5-levelled-avx512-unused',
  'zen5',
].map((name) => `fixtures/images/2026-08/${name}.state`);
const HOSTS = [...ON_TURIN, ...ON_MILAN, '--host', 'fixtures/hosts/qemu-Nehalem/cpuinfo.txt'];
const FORMATS = ['json', 'sarif', 'junit', 'markdown', 'github', 'table'] as const;

/** All formats of one run. */
function all(suffix: string, args: readonly string[]) {
  const also = FORMATS.flatMap((format) => ['--also', `${format}=${file(`${suffix}.${format}`)}`]);
  return { ...ckpt([...args, ...also]), of: (format: (typeof FORMATS)[number]) => read(`${suffix}.${format}`) };
}

describe('check', () => {
  test('writes every format at once, valid, the same from run to run, and with one exit code', async () => {
    const run = all('a', ['check', ...IMAGES, 'gone.state', ...HOSTS]);
    expect(run.code).toBe(3);
    const document = JSON.parse(run.of('json'));
    expect(document.results).toHaveLength(IMAGES.length * 3);
    const sarif = JSON.parse(run.of('sarif'));
    expect(schemaErrors('sarif-2.1.0', sarif)).toEqual([]);
    expect(sarif.runs[0].invocations[0].exitCode).toBe(3);
    const open = document.results.filter(({ verdict }: { verdict: string }) => verdict !== 'restorable');
    const pairs = (list: { image: string; host: string }[]) => new Set(list.map(({ image, host }) => `${image} ${host}`));
    expect(
      pairs(sarif.runs[0].results.map(({ properties }: { properties: { image: string; host: string } }) => properties)),
    ).toEqual(
      pairs(
        open.map(({ image, host }: { image: { path: string }; host: { name: string } }) => ({
          image: image.path,
          host: host.name,
        })),
      ),
    );
    expect(await junitErrors(run.of('junit'))).toEqual([]);
    const again = all('b', ['check', ...IMAGES, 'gone.state', ...HOSTS]);
    for (const format of FORMATS) expect(again.of(format)).toBe(run.of(format));
  });

  test.each([
    ['fail', 4, '<error message="undecided'],
    ['warn', 0, '<skipped message="undecided'],
    ['pass', 0, '<skipped message="undecided'],
  ] as const)('keeps the exit code of --on-unknown %s in every format', (onUnknown, code, junit) => {
    for (const format of ['text', 'table', 'markdown', 'sarif', 'junit', 'github']) {
      const args = ['check', ZEN5, ...ON_TURIN, '--require', 'runsc-version', '--on-unknown', onUnknown, '--format', format];
      const { stdout, code: found } = ckpt(args);
      expect(found).toBe(code);
      if (format === 'junit') expect(stdout).toContain(junit);
      if (format === 'sarif') expect(JSON.parse(stdout).runs[0].invocations[0].exitCode).toBe(code);
    }
  });

  test('leaves a summary and outputs to the step on GitHub, and only when its format is asked for', () => {
    const env = { GITHUB_STEP_SUMMARY: file('summary'), GITHUB_OUTPUT: file('output') };
    writeFileSync(file('summary'), 'before');
    writeFileSync(file('output'), 'other=1\n');
    expect(ckpt(['check', HASWELL, ...ON_TURIN], { env }).code).toBe(0);
    expect(read('summary')).toBe('before');
    expect(ckpt(['check', HASWELL, ZEN5, ...ON_TURIN, ...ON_MILAN, '--format', 'github'], { env }).code).toBe(1);
    expect(read('summary')).toMatch(/^before\n## ckpt check: BLOCKED\n/);
    const outputs = new Map<string, string>();
    for (const [, name, , value] of read('output').matchAll(/^([a-z-]+)<<(ckpt-[0-9a-f-]{36})\n(.*)\n\2$/gm))
      outputs.set(name ?? '', value ?? '');
    expect(outputs.get('verdict')).toBe('blocked');
    expect(outputs.get('restorable')).toBe('3');
    expect(outputs.get('hosts-restorable')).toBe('["turin"]');
    expect(outputs.get('images-restorable')).toBe(JSON.stringify([HASWELL]));
  });

  test('writes no summary that would make that of the step too long', () => {
    writeFileSync(file('full'), 'x'.repeat(1024 * 1024 - 100));
    ckpt(['check', HASWELL, ...ON_TURIN, '--format', 'github'], { env: { GITHUB_STEP_SUMMARY: file('full') } });
    expect(read('full')).toHaveLength(1024 * 1024 - 100);
  });

  test('prints no command of a hostile name, on either output', () => {
    const names = ['::error::x', '##[error]y', '::set-output name=verdict::restorable'];
    for (const name of names) symlinkSync(join(ROOT, ZEN5), file(name));
    writeFileSync(file('##[warning]z'), 'no image');
    const { stdout, stderr } = ckpt(
      [
        'check',
        ...names.map((name) => `./${name}`),
        '##[warning]z',
        '--host',
        `::h=${join(ROOT, 'fixtures/hosts/qemu-Haswell/cpuid.txt')}`,
        '--format',
        'github',
      ],
      { cwd: directory },
    );
    const lines = `${stdout}${stderr}`.split('\n');
    expect(lines.filter((line) => line.trimStart().startsWith('::')).every((line) => line.startsWith('::error '))).toBe(true);
    expect(lines.join('\n')).not.toContain('##[');
    expect(lines.filter((line) => line.startsWith('::'))).toHaveLength(4);
  });

  test('names the pages of its rules when it is told where they are', () => {
    const args = ['check', ZEN5, ...ON_MILAN, '--format', 'sarif'];
    const uri = (url: string) =>
      JSON.parse(ckpt(args, { env: { CKPT_DOCS_URL: url } }).stdout).runs[0].tool.driver.rules[0].helpUri;
    expect(uri('https://example.org/docs')).toBe('https://example.org/docs/reasons/CKPT1601.md');
    expect(uri('javascript:alert(1)')).toBeUndefined();
  });
});

describe('verify', () => {
  test('writes every format at once, valid and with one exit code', async () => {
    writeFileSync(file('cut.state'), readFileSync(join(ROOT, ZEN5)).subarray(0, 60_000));
    const run = all('v', ['verify', ZEN5, file('cut.state'), 'gone.state']);
    expect(run.code).toBe(3);
    const sarif = JSON.parse(run.of('sarif'));
    expect(schemaErrors('sarif-2.1.0', sarif)).toEqual([]);
    expect(sarif.runs[0].results.length).toBeGreaterThan(0);
    expect(await junitErrors(run.of('junit'))).toEqual([]);
    expect(run.of('table')).toMatch(/^3 images: 1 unreadable, 1 damaged, 1 intact\n/);
    expect(run.of('github').match(/^::error /gm)).toHaveLength(2);
    expect(run.of('markdown')).toMatch(/^## ckpt verify: UNREADABLE\n/);
  });
});

test('the transcripts in docs/ci.md are real', () => {
  const page = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8');
  const blocks = [...page.matchAll(/^```\n\$ ckpt (.+)\n([\s\S]*?)^```$/gm)];
  expect(blocks).toHaveLength(2);
  for (const [, command = '', output] of blocks) expect(ckpt(command.split(' ')).stdout).toBe(output);
});
