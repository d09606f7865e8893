/** `ckpt baseline` as people run it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ckpt, ROOT } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const HOSTS = ['turin', 'qemu-Haswell', 'qemu-max'].map((name) => `${name}=fixtures/hosts/${name}/cpuid.txt`);
const ARM64 = 'fixtures/hosts/qemu-arm64-max/cpuinfo.txt';
const KEY = 'dev.gvisor.internal.cpufeatures';
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const schema = (name: string) =>
  ajv.compile(strictSchema(JSON.parse(readFileSync(join(ROOT, `docs/schema/${name}.schema.json`), 'utf8'))) as object);
const isBaseline = schema('baseline@1');
const isLint = schema('lint@1');

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-baseline-'));
});
afterAll(() => rmSync(dir, { recursive: true }));
const inDir = (name: string, content: string): string => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};

describe('ckpt baseline', () => {
  test('gives a document by its schema', () => {
    for (const hosts of [HOSTS, HOSTS.slice(0, 1), [ARM64], ['fixtures/hosts/turin/cpuinfo.txt', HOSTS[1] ?? '']]) {
      const { stdout, code } = ckpt(['baseline', ...hosts, '--json']);
      expect(code).toBe(0);
      const document = JSON.parse(stdout);
      expect(isBaseline(document), JSON.stringify(isBaseline.errors?.slice(0, 3))).toBe(true);
      expect(document.annotation?.value ?? null).toBe(document.arch === 'arm64' ? null : document.features.join(','));
    }
  });

  test('prints the same level in every form', () => {
    const { annotation } = JSON.parse(ckpt(['baseline', ...HOSTS, '--json']).stdout);
    const as = (kind: string): string => ckpt(['baseline', ...HOSTS, '--as', kind]).stdout;
    expect(as('annotation')).toBe(`${KEY}=${annotation.value}\n`);
    expect(JSON.parse(as('oci'))).toEqual({ annotations: { [KEY]: annotation.value } });
    expect(as('kubernetes')).toContain(`    ${KEY}: "${annotation.value}"\n`);
    expect(as('containerd')).toContain(`pod_annotations = ["${KEY}"]`);
    expect(as('docker')).toBe(`docker run --runtime=runsc --annotation ${KEY}=${annotation.value} IMAGE\n`);
    expect(ckpt(['baseline', ...HOSTS]).stdout).toContain(`  ${KEY}=${annotation.value}\n`);
  });

  test('puts it into a config.json that its own lint finds in order', () => {
    const file = inDir('config.json', '{\n  "ociVersion": "1.0.0"\n}\n');
    expect(ckpt(['baseline', ...HOSTS, '--write', file]).code).toBe(0);
    const after = readFileSync(file, 'utf8');
    expect(ckpt(['baseline', ...HOSTS, '--write', file]).stderr).toContain('nothing is written');
    expect(readFileSync(file, 'utf8')).toBe(after);
    expect(
      readdirSync(dir)
        .filter((name) => name.startsWith('config.json'))
        .sort(),
    ).toEqual(['config.json', 'config.json.bak']);
    const { stdout, code } = ckpt(['baseline', '--lint', file, ...HOSTS, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).findings).toEqual([]);
  });

  test('refuses what has no answer', () => {
    for (const [args, words] of [
      [['baseline'], 'name at least one host'],
      [['baseline', HOSTS[0] ?? '', ARM64], 'two architectures'],
      [['baseline', ARM64, '--as', 'oci'], 'arm64'],
      [['baseline', ...HOSTS, '--without', 'avx512xl'], 'Did you mean avx512vl?'],
      [['baseline', ...HOSTS, '--as', 'oci', '--json'], '--as'],
      [['baseline', ...HOSTS, '--runsc-version', 'soon'], 'soon'],
      [['baseline', '--lint', 'x', '--write', 'y'], '--lint only looks'],
      [['baseline', HOSTS[0] ?? '', '--write', 'x.json', '-o', './x.json'], 'cannot go to the same file'],
    ] as const) {
      const { stderr, code, stdout } = ckpt(args);
      expect(code, args.join(' ')).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain(words);
    }
  });

  test('gives nothing to paste when a host cannot be read', () => {
    const { stdout, code, stderr } = ckpt(['baseline', ...HOSTS, 'fixtures/nothing', '--as', 'annotation']);
    expect([stdout, code]).toEqual(['', 3]);
    expect(stderr).toContain('fixtures/nothing');
    expect(ckpt(['baseline', ...HOSTS, 'fixtures/nothing']).code).toBe(3);
  });

  test('leaves out what is told to be left out', () => {
    const all = JSON.parse(ckpt(['baseline', HOSTS[0] ?? '', '--json']).stdout);
    const less = JSON.parse(ckpt(['baseline', HOSTS[0] ?? '', '--without', 'avx512f,clflushopt', '--json']).stdout);
    expect(less.without).toEqual(['avx512f', 'clfushopt']);
    expect(less.features).toEqual(all.features.filter((name: string) => !less.without.includes(name)));
    expect(less.notes.map(({ kind }: { kind: string }) => kind)).toContain('dependency');
  });
});

describe('ckpt baseline --lint', () => {
  test('says what is wrong, where, in every format', () => {
    const file = inDir('bad.json', `{\n  "ociVersion": "1",\n  "annotations": {\n    "${KEY}": "fpu, sse3,clflushopt"\n  }\n}\n`);
    const { stdout, code } = ckpt(['baseline', '--lint', file, '--json']);
    expect(code).toBe(1);
    const document = JSON.parse(stdout);
    expect(isLint(document), JSON.stringify(isLint.errors?.slice(0, 3))).toBe(true);
    expect(document.findings.map(({ line }: { line: number }) => line)).toEqual(document.findings.map(() => 4));
    expect(ckpt(['baseline', '--lint', file]).stdout).toContain(`${file}:4: error: Name of another vocabulary [CKPT3002]`);
    expect(ckpt(['baseline', '--lint', file, '--format', 'github']).stdout).toContain(`::error file=${file},line=4,`);
    expect(ckpt(['baseline', '--lint', file, '--format', 'markdown']).stdout).toContain('| `CKPT3002` | error |');
  });

  test.each([
    ['no JSON', '{"ociVersion": '],
    ['something else', '[1, 2]'],
    ['depth', `{"ociVersion":"1","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['aliases without end', `a: &a [x,x]\nb: &b [*a,*a]\n${'c: [*b,*b]\n'}kind: [*b`],
  ])('answers 3 for %s', (_name, content) => {
    const { code, stderr } = ckpt(['baseline', '--lint', inDir('odd.json', content)]);
    expect(code).toBe(3);
    expect(stderr).not.toContain('defect');
  });

  test('escapes what a file says', () => {
    const file = inDir('evil.json', JSON.stringify({ ociVersion: '1', annotations: { [KEY]: '\u001b[31m\n::error::x' } }));
    for (const format of ['text', 'github', 'markdown']) {
      const { stdout } = ckpt(['baseline', '--lint', file, '--format', format]);
      expect(stdout).not.toContain('\u001b');
      expect(stdout).not.toMatch(/^::error::x/m);
    }
  });
});
