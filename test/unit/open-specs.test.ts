import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { openSpecs } from '../../src/open-specs.ts';
import { configJson } from './restore/examples.ts';

const folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const named = configJson({ annotations: { 'io.kubernetes.cri.container-name': 'web' } });

describe('openSpecs', () => {
  it('takes paths, and names before them', async () => {
    const plain = file('plain.json', configJson());
    const odd = file('a=b.json', configJson());
    const { specs, errors } = await openSpecs([plain, `web=${plain}`, odd, `web=${file('web.json', named)}`]);
    expect(errors).toEqual([]);
    expect(specs.map((spec) => spec?.name)).toEqual([null, 'web', null, 'web']);
    expect(specs[1]?.source).toBe(`web=${plain}`);
  });

  it('keeps the place of one that cannot be read', async () => {
    const { specs, errors } = await openSpecs([
      join(folder, 'nothing.json'),
      file('web2.json', named),
      `db=${join(folder, 'web2.json')}`,
      folder,
      file('text.json', 'cwd'),
      file('number.json', '{"process":{"args":[1]}}'),
    ]);
    expect(specs.map((spec) => spec !== null)).toEqual([false, true, false, false, false, false]);
    expect(errors.map(({ error }) => [error.code, error.place.layer])).toEqual([
      ['not-found', 'file'],
      ['bad-spec', 'spec'],
      ['not-a-regular-file', 'file'],
      ['bad-spec', 'spec'],
      ['bad-spec', 'spec'],
    ]);
    expect(errors[1]?.error.message).toContain('expected the spec of the container db, found that of web');
    expect(errors[1]?.spec).toMatch(/^db=/);
  });

  it('has a ceiling', async () => {
    const { errors } = await openSpecs([file('long.json', configJson())], { ...DEFAULT_LIMITS, specBytes: 10 });
    expect(errors[0]?.error.message).toMatch(/an OCI runtime spec of at most 10 bytes.*specBytes/);
  });
});
