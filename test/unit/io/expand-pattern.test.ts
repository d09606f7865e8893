import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandPattern } from '../../../src/io/expand-pattern.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
  for (const directory of ['a/image', 'b/image', 'b/deep/image', '.hidden/image', 'odd[1]'])
    mkdirSync(join(folder, directory), { recursive: true });
  for (const file of ['one.txt', 'two.txt', '.three.txt', 'a/image/checkpoint.img', 'odd[1]/file'])
    writeFileSync(join(folder, file), '');
  symlinkSync('..', join(folder, 'b/loop'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const found = (pattern: string): string[] => expandPattern(join(folder, pattern)).map((path) => path.slice(folder.length + 1));

describe('the paths of a pattern', () => {
  it.each<[pattern: string, paths: string[]]>([
    ['*.txt', ['one.txt', 'two.txt']],
    ['.*.txt', ['.three.txt']],
    ['[!o]*.txt', ['two.txt']],
    ['*/image', ['a/image', 'b/image']],
    ['**/image', ['a/image', 'b/deep/image', 'b/image']],
    ['*/image/checkpoint.img', ['a/image/checkpoint.img']],
    ['odd\\[1\\]/*', ['odd[1]/file']],
    ['b/*', ['b/deep', 'b/image', 'b/loop']],
  ])('%s', (pattern, paths) => {
    expect(found(pattern)).toEqual(paths);
  });

  it('are directories only where the pattern ends so', () => {
    expect(expandPattern(`${folder}/*/`).map((path) => path.slice(folder.length + 1))).toEqual(['a', 'b', 'odd[1]']);
  });

  it('are an error when there are none', () => {
    for (const pattern of ['*.json', 'one.txt/*', 'nowhere/*']) {
      expect(() => found(pattern)).toThrow(expect.objectContaining({ code: 'not-found' }));
    }
  });
});
