import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTrees, parseMount } from '../../src/open-trees.ts';

const directory = mkdtempSync(join(tmpdir(), 'ckpt-trees-'));
mkdirSync(join(directory, 'a=b'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('parseMount', () => {
  it.each([
    ['/data=/srv', null, '/data', '/srv'],
    ['/data/=x', null, '/data', 'x'],
    ['/=x', null, '/', 'x'],
    ['//=x', null, '/', 'x'],
    ['app:/data=/srv/a=b', 'app', '/data', '/srv/a=b'],
    ['a:b:/data=x', 'a:b', '/data', 'x'],
  ])('%s', (source, container, path, to) => {
    expect(parseMount(source)).toEqual({ source, container, path, directory: to });
  });

  it.each(['', '/data', '/data=', '=x', 'data=x', 'app:data=x', 'app:/data=', ':/data=x'])('takes no %j', (source) => {
    expect(parseMount(source)).toBeNull();
  });
});

describe('openTrees', () => {
  it('takes a name for a container unless it is there', () => {
    const existing = join(directory, 'a=b');
    const { trees, errors } = openTrees([directory, `app=${directory}`, existing], [`/data=${directory}`]);
    expect(errors).toEqual([]);
    expect(trees.map(({ container, path, tree }) => [container, path, tree?.directory])).toEqual([
      [null, '/', directory],
      ['app', '/', directory],
      [null, '/', existing],
      [null, '/data', directory],
    ]);
  });

  it('reports directories that are not there', () => {
    const { trees, errors } = openTrees(['app=/no/such'], []);
    expect(trees).toMatchObject([{ source: 'app=/no/such', container: 'app', tree: null }]);
    expect(errors).toMatchObject([{ tree: 'app=/no/such', error: { code: 'not-found' } }]);
  });
});
