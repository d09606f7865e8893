import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConfig } from '../../src/config.ts';
import { CkptError, UsageError } from '../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';

const root = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
const start = process.cwd();

function put(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeAll(() => {
  put('above/ckpt.yaml', 'images: above\n');
  put('above/project/.git/HEAD', '');
  put('above/project/deep/down/x', '');
  put('project/.git/HEAD', '');
  put(
    'project/ckpt.yaml',
    'images: ["images/*", other, "https://host/a", "https://host/b?v=[1]*", "-"]\nhosts: ["hosts/*", n=hosts/a, current, "cpu:Haswell", m=current]\nbaseline: b.json\n',
  );
  put('project/images/one', '');
  put('project/images/two', '');
  put('project/hosts/a', '');
  put('project/sub/x', '');
  put('both/ckpt.yaml', '');
  put('both/ckpt.yml', '');
  put('none/ckpt.yaml', 'images: "nothing/*"\n');
});
afterAll(() => {
  process.chdir(start);
  rmSync(root, { recursive: true });
});

async function openAt(directory: string, options: Partial<Parameters<typeof openConfig>[0]> = {}) {
  process.chdir(join(root, directory));
  return openConfig({ file: null, ...options });
}

describe('openConfig', () => {
  it('names what a configuration names as seen from here', async () => {
    expect(await openAt('project')).toMatchObject({
      file: 'ckpt.yaml',
      images: ['images/one', 'images/two', 'other', 'https://host/a', 'https://host/b?v=[1]*', '-'],
      hosts: ['hosts/a', 'n=hosts/a', 'current', 'cpu:Haswell', 'm=current'],
      baseline: 'b.json',
    });
  });

  it('takes the characters of patterns in its own directory as they are', async () => {
    put('we[i]rd*/ckpt.yaml', 'images: ["images/o*", gone]\nhosts: "hosts/?"\n');
    put('we[i]rd*/images/one', '');
    put('we[i]rd*/hosts/a', '');
    put('weird/images/other', '');
    expect(await openAt('project', { file: '../we[i]rd*/ckpt.yaml' })).toMatchObject({
      images: ['../we[i]rd*/images/one', '../we[i]rd*/gone'],
      hosts: ['../we[i]rd*/hosts/a'],
    });
  });

  it('finds it in a directory above', async () => {
    expect(await openAt('project/sub')).toMatchObject({
      file: '../ckpt.yaml',
      images: ['../images/one', '../images/two', '../other', 'https://host/a', 'https://host/b?v=[1]*', '-'],
      hosts: ['../hosts/a', 'n=../hosts/a', 'current', 'cpu:Haswell', 'm=current'],
      baseline: '../b.json',
    });
  });

  it('does not look beyond the project', async () => {
    expect(await openAt('above/project/deep/down')).toBeNull();
    expect(await openAt('above')).toMatchObject({ file: 'ckpt.yaml' });
  });

  it('takes nothing from above where there is no project', async () => {
    put('above/plain/x', '');
    expect(await openAt('above/plain')).toBeNull();
  });

  it('takes the file that is named', async () => {
    expect(await openAt('project/sub', { file: '../../above/ckpt.yaml' })).toMatchObject({ images: ['../../above/above'] });
    await expect(openAt('project', { file: 'gone.yaml' })).rejects.toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it('refuses two of them, patterns that fit nothing, and one that is too long', async () => {
    await expect(openAt('both')).rejects.toThrow(UsageError);
    await expect(openAt('none')).rejects.toThrow('ckpt.yaml: no file fits nothing/*');
    await expect(openAt('project', { limits: { ...DEFAULT_LIMITS, configBytes: 10 } })).rejects.toThrow(CkptError);
  });
});
