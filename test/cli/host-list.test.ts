/** `ckpt host list`, and CPU models wherever a host is taken. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ckpt, ROOT, ZEN5 } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const published = JSON.parse(readFileSync(join(ROOT, 'docs/schema/host-list@1.schema.json'), 'utf8'));
const isList = new Ajv2020({ allErrors: true }).compile(strictSchema(published) as object);

describe('ckpt host list', () => {
  test('is a document of its schema, the same every time', () => {
    const first = ckpt(['host', 'list', '--json']);
    const list = JSON.parse(first.stdout);
    expect(isList(list), JSON.stringify(isList.errors)).toBe(true);
    expect(Object.keys(list)).toEqual(['schema', 'qemu', 'models']);
    expect(list.models.length).toBeGreaterThan(100);
    expect(ckpt(['host', 'list', '--json']).stdout).toBe(first.stdout);
  });

  test('words choose', () => {
    const { stdout, code } = ckpt(['host', 'list', 'amd', 'zen 3']);
    expect(code).toBe(0);
    expect(stdout).toContain('cpu:EPYC-Milan-v1');
    expect(stdout).toContain('Milan-X');
    expect(stdout).not.toContain('Skylake');
    expect(ckpt(['host', 'list', 'nothing-is-called-this'])).toMatchObject({ code: 0, stdout: 'no CPU model fits\n' });
  });
});

describe('a named CPU', () => {
  test('is shown with what is known and what is not', () => {
    const { stdout, code } = ckpt(['host', 'show', 'cpu:zen3', '--json']);
    const host = JSON.parse(stdout);
    expect([code, host.name, host.source, host.evidence, host.cpuid]).toEqual([0, 'cpu:zen3', 'model', 'partial', null]);
    expect(host.features.present).toContain('avx2');
    expect(host.features.absent).toContain('avx512f');
    expect(host.features.unknown).toContain('osxsave');
  });

  test('blocks what no such CPU can restore, and passes nothing', () => {
    const blocked = ckpt(['check', ZEN5, '--host', 'cpu:EPYC-Milan', '--json']);
    expect(blocked.code).toBe(1);
    expect(JSON.parse(blocked.stdout).results[0].missingFeatures).toContain('avx512f');
    const open = ckpt(['check', ZEN5, '--host', 'prod=cpu:Turin', '--json']);
    expect(open.code).toBe(4);
    expect(JSON.parse(open.stdout).results[0].host).toMatchObject({ name: 'prod', source: 'model', evidence: 'partial' });
  });

  test('can be compared and captured', () => {
    const { stdout } = ckpt(['host', 'diff', 'cpu:Skylake-Server', 'cpu:Icelake-Server', '--json']);
    expect(JSON.parse(stdout).features).toMatchObject({ gained: expect.arrayContaining(['gfni', 'vaes']) });
    expect(JSON.parse(ckpt(['host', 'capture', 'cpu:x86-64-v3']).stdout)).toMatchObject({
      source: 'model',
      name: 'cpu:x86-64-v3',
    });
  });

  test('that nobody knows is an input that cannot be read', () => {
    const { code, stderr } = ckpt(['check', ZEN5, '--host', 'cpu:EPYC-Milann']);
    expect(code).toBe(3);
    expect(stderr).toContain('Did you mean cpu:EPYC-Milan');
    expect(stderr).toContain('ckpt host list');
  });
});
