/** `ckpt affinity` and `ckpt host labels` as people run them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ckpt, ROOT } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
const schema = (name: string) =>
  ajv.compile(strictSchema(JSON.parse(readFileSync(join(ROOT, `docs/schema/${name}.schema.json`), 'utf8'))) as object);
const isAffinity = schema('affinity@1');
const isHostLabels = schema('host-labels@1');

const IMAGE = 'fixtures/images/2026-08/haswell.state';
const HOST = 'fixtures/hosts/turin/cpuid.txt';

describe('ckpt affinity', () => {
  test.each([
    ['fixtures/images/2026-08/haswell.state', 0],
    ['fixtures/images/2026-08/arm64-cortex-a57.state', 0],
    ['fixtures/images/2026-08/keyed.state', 1],
    ['fixtures/images/2024-07/zmm', 0],
  ])('%s: a document of its schema, the same each time, exit code %i', (image, expected) => {
    for (const labels of ['nfd', 'gvisor', 'kubevirt']) {
      const args = ['affinity', image, '--labels', labels, '--json'];
      const { stdout, code } = ckpt(args);
      expect(code).toBe(expected);
      if (!isAffinity(JSON.parse(stdout))) throw new Error(JSON.stringify(isAffinity.errors));
      expect(ckpt(args).stdout).toBe(stdout);
    }
  });

  test('writes YAML that begins with what it cannot say', () => {
    const { stdout, stderr, code } = ckpt(['affinity', IMAGE]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^# What /);
    expect(stdout).toMatch(/\naffinity:\n {2}nodeAffinity:\n/);
    expect(stdout).not.toContain('\x1b');
  });

  test.each([
    [['affinity'], 2, 'name one image'],
    [['affinity', IMAGE, '--labels', 'nfdd'], 2, 'Did you mean nfd?'],
    [['affinity', IMAGE, '--labels', 'kubevirt', '--as', 'node-feature-rule'], 2, 'Node Feature Discovery'],
    [['affinity', IMAGE, '--labels', 'gvisor', '--denied'], 2, 'denied'],
    [['affinity', IMAGE, '--require-version'], 2, 'gvisor'],
    [['affinity', IMAGE, '--name', 'Big Name'], 2, 'small letters'],
    [['affinity', 'no-such-image'], 3, 'no-such-image'],
  ])('%j is exit code %i', (args, expected, words) => {
    const { stdout, stderr, code } = ckpt(args);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toContain(words);
  });
});

describe('ckpt host labels', () => {
  test('writes a feature file, or a document of its schema for several', () => {
    const one = ckpt(['host', 'labels', HOST]);
    expect([one.code, one.stderr]).toEqual([0, '']);
    expect(one.stdout).toContain('\nckpt.feature.node.kubernetes.io/cpu.avx512f=true\n');
    expect(one.stdout.trimEnd().split('\n').at(-1)).toBe('ckpt.feature.node.kubernetes.io/vocabulary=v1');
    const several = ckpt(['host', 'labels', HOST, `other=${HOST}`, '--json']);
    expect(several.code).toBe(0);
    if (!isHostLabels(JSON.parse(several.stdout))) throw new Error(JSON.stringify(isHostLabels.errors));
    expect(ckpt(['host', 'labels', HOST, `other=${HOST}`])).toMatchObject({ code: 2, stdout: '' });
  });

  test('says what a description does not decide', () => {
    const { stderr, code } = ckpt(['host', 'labels', 'fixtures/hosts/qemu-Haswell/cpuinfo.txt']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: .*not decided by this description.*xcr0/);
  });
});
