/** ckpt.yaml, as people run it. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ckpt, ROOT, ZEN5 } from './run-ckpt.ts';

const MILAN = 'fixtures/hosts/qemu-EPYC-Milan/cpuid.txt';
/** Blocked on max by its FPU gate alone. */
const IN_USE = 'fixtures/images/2026-08/zen5-levelled-avx512-in-use.state';
const MAX = 'fixtures/hosts/qemu-max/cpuid.txt';
let dir = '';

beforeAll(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ckpt-policy-')));
  mkdirSync(join(dir, '.git'));
  mkdirSync(join(dir, 'sub'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const here = (path: string): string => relative(dir, join(ROOT, path));
const at = (yaml: string): void => writeFileSync(join(dir, 'ckpt.yaml'), yaml);
const run = (args: readonly string[], cwd = dir, env = {}) => ckpt(['check', ...args], { cwd, env });
const json = (args: readonly string[], cwd = dir) => JSON.parse(run([...args, '--json'], cwd).stdout);

function waiver(expires: string): string {
  return `images: ${here(IN_USE)}
hosts: max=${here(MAX)}
waivers:
  - {id: OPS-17, gate: fpu-state, reason: "the thread never runs again", owner: platform, expires: "${expires}"}
`;
}

describe('ckpt.yaml', () => {
  test('names images and hosts, from a directory below too', () => {
    at(`images: [${here(ZEN5)}]\nhosts: [milan=${here(MILAN)}, max=${here(MAX)}]\n`);
    for (const cwd of [dir, join(dir, 'sub')]) {
      const document = json([], cwd);
      expect(document.results.map(({ host }: { host: { name: string } }) => host.name)).toEqual(['milan', 'max']);
      expect(document.policy).toEqual({
        config: cwd === dir ? 'ckpt.yaml' : '../ckpt.yaml',
        outcome: 'fail',
        waivers: [],
        notes: [],
      });
    }
    expect(json(['--no-config', join(ROOT, ZEN5), '--host', join(ROOT, MILAN)]).policy).toBeUndefined();
  });

  test('is less than the environment, and that is less than a flag', () => {
    at(`images: ${here(ZEN5)}\nhosts: max=${here(MAX)}\nrunsc-version: release-20260415.0\n`);
    const release = (args: readonly string[], env = {}) =>
      JSON.parse(run([...args, '--json'], dir, env).stdout).results[0].rules.release;
    expect(release([])).toBe('release-20260415.0');
    expect(release([], { CKPT_RUNSC_VERSION: 'release-20251015.0' })).toBe('release-20251015.0');
    expect(release(['--runsc-version', 'release-20250415.0'], { CKPT_RUNSC_VERSION: 'release-20251015.0' })).toBe(
      'release-20250415.0',
    );
    const bad = run([], dir, { CKPT_ON_UNKNOWN: 'ignore' });
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('CKPT_ON_UNKNOWN takes fail, warn, pass')]);
  });

  test('a waiver passes the gate and leaves the verdict', () => {
    at(waiver('2999-12-31'));
    const text = run([]);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/^BLOCKED {2}/);
    expect(text.stdout).toContain('the gate passes by ckpt.yaml: 2 findings waived');
    expect(text.stdout).toContain('OPS-17');
    expect(json([])).toMatchObject({
      verdict: 'blocked',
      policy: { outcome: 'pass', waivers: [{ id: 'OPS-17', state: 'active' }] },
    });
  });

  test('a waiver that has expired blocks and says so', () => {
    at(waiver('2020-01-01'));
    const text = run([]);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('the waiver OPS-17 expired on 2020-01-01');
  });

  test('a waiver is seen in every format', () => {
    at(waiver('2999-12-31'));
    for (const format of ['text', 'json', 'table', 'markdown', 'sarif', 'junit', 'github']) {
      const { stdout, code } = run(['--format', format]);
      expect([format, code]).toEqual([format, 0]);
      expect(stdout, format).toMatch(/waive/i);
      expect(stdout, format).toContain('OPS-17');
    }
  });

  test('accepted findings count no more, until there are others', () => {
    at(`images: ${here(IN_USE)}\nhosts: [max=${here(MAX)}]\nbaseline: accepted.json\n`);
    expect(run([]).code).toBe(1);
    expect(run(['--baseline-write']).code).toBe(0);
    const accepted = JSON.parse(readFileSync(join(dir, 'accepted.json'), 'utf8'));
    expect(accepted.findings.map(({ image, host, gate }: Record<string, string>) => [image, host, gate])).toEqual([
      [here(IN_USE), 'max', 'fpu-state'],
    ]);
    expect(run([]).code).toBe(0);
    expect(run([], join(dir, 'sub')).code).toBe(0);
    expect(run(['--host', `milan=${join(ROOT, MILAN)}`]).code).toBe(1);
  });

  test('what a run goes by is not overwritten by what it says, and what was not checked stays accepted', () => {
    const yaml = `images: ${here(IN_USE)}\nhosts: [max=${here(MAX)}]\nbaseline: accepted.json\n`;
    at(yaml);
    const accepted = readFileSync(join(dir, 'accepted.json'), 'utf8');
    for (const args of [
      ['-o', 'accepted.json'],
      ['--also', 'json=./ckpt.yaml'],
      ['--baseline-write', '-o', 'accepted.json'],
    ])
      expect([run(args).code, run(args).stderr]).toEqual([2, expect.stringContaining('is what the check goes by')]);
    expect([run(['--baseline', '-']).code, run(['--baseline', 'https://a/b?sig=x']).code]).toEqual([2, 2]);
    // A restorable pair, and an image that is not there.
    run([join(ROOT, ZEN5), 'gone.state', '--host', `max=${join(ROOT, MAX)}`, '--baseline-write']);
    expect([readFileSync(join(dir, 'ckpt.yaml'), 'utf8'), readFileSync(join(dir, 'accepted.json'), 'utf8')]).toEqual([
      yaml,
      expect.stringContaining('CKPT1801'),
    ]);
    writeFileSync(join(dir, 'accepted.json'), accepted);
  });

  test('without a configuration accepted findings are a file here', () => {
    rmSync(join(dir, 'ckpt.yaml'));
    const args = [join(ROOT, IN_USE), '--host', `max=${join(ROOT, MAX)}`];
    expect(run([...args, '--baseline-write']).code).toBe(0);
    expect(run([...args, '--baseline', 'ckpt-baseline.json']).code).toBe(0);
    expect(run(args).code).toBe(1);
    writeFileSync(join(dir, 'ckpt-baseline.json'), '{"schema":"other"}');
    const bad = run([...args, '--baseline', 'ckpt-baseline.json']);
    expect([bad.code, bad.stderr]).toEqual([3, expect.stringContaining('ckpt-baseline.json')]);
  });

  test.each([
    ['imagess: a\n', 'ckpt: ckpt.yaml:1: imagess: unknown key; did you mean images?'],
    ['waivers:\n  - id: a\n    gate: pages\n', 'ckpt: ckpt.yaml:2: waivers[0]: a waiver needs a reason'],
    ['"\\e[31mred": 1\n', 'ckpt: ckpt.yaml:1: \\x1b[31mred: unknown key'],
    ['images: [nowhere/*]\n', 'ckpt: ckpt.yaml: no file fits nowhere/*'],
  ])('%j is refused with its place', (yaml, complaint) => {
    at(yaml);
    const { code, stderr, stdout } = run([join(ROOT, ZEN5)]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(complaint);
  });
});
