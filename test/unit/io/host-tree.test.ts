import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHostTree } from '../../../src/io/host-tree.ts';

let directory = '';
const inside = (...parts: string[]): string => join(directory, ...parts);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ckpt-tree-'));
  mkdirSync(inside('tree', 'usr', 'bin'), { recursive: true });
  mkdirSync(inside('outside'));
  writeFileSync(inside('outside', 'secret'), 'x');
  writeFileSync(inside('tree', 'usr', 'bin', 'app'), 'x', { mode: 0o755 });
  symlinkSync('../outside', inside('tree', 'way-out'));
  symlinkSync('usr', inside('tree', 'lib'));
  symlinkSync('loop', inside('tree', 'loop'));
  symlinkSync('tree', inside('link-to-tree'));
  execFileSync('mknod', [inside('tree', 'pipe'), 'p']);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const kind = (name: string) => ({ kind: name, error: null });
const error = (code: string) => ({ kind: null, error: code });

describe('openHostTree', () => {
  it('tells kinds, in any order of asking', () => {
    const tree = openHostTree(inside('tree'));
    expect(tree.look('/usr/bin/app')).toEqual(kind('regular'));
    expect(tree.look('/')).toEqual(kind('directory'));
    expect(tree.look('/usr')).toEqual(kind('directory'));
    expect(tree.look('/pipe')).toEqual(kind('fifo'));
    expect(tree.look('/loop')).toEqual(kind('symlink'));
    expect(tree.look('/gone/deep/er')).toEqual(error('ENOENT'));
    expect(tree.look('/usr/bin/app/x/y')).toEqual(error('ENOTDIR'));
  });

  it('tells sockets and devices', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(inside('tree', 'socket'), resolve));
    expect(openHostTree(inside('tree')).look('/socket')).toEqual(kind('socket'));
    await new Promise((resolve) => server.close(resolve));
    expect(openHostTree('/dev').look('/null')).toEqual(kind('character-device'));
  });

  it('follows no link but at its root', () => {
    expect(openHostTree(inside('link-to-tree')).look('/usr')).toEqual(kind('directory'));
    const tree = openHostTree(inside('tree'));
    expect(tree.look('/way-out')).toEqual(kind('symlink'));
    expect(tree.look('/way-out/secret')).toEqual(error('ENOTDIR'));
    expect(tree.look('/lib/bin')).toEqual(error('ENOTDIR'));
  });

  it.each(['/../outside/secret', '/usr/../../outside', '/./usr', '//usr', '/usr/', 'usr', '', '/a\0b'])(
    'does not leave the tree or stumble: %j',
    (path) => {
      expect(openHostTree(inside('tree')).look(path)).toEqual(error('EINVAL'));
    },
  );

  it('does not guess what bytes a name has that is no text', () => {
    expect(openHostTree(inside('tree')).look('/a\ufffd')).toEqual(error('EILSEQ'));
  });

  it('survives names that are too long or too deep', () => {
    const tree = openHostTree(inside('tree'));
    expect(tree.look(`/${'x'.repeat(300)}`)).toEqual(error('ENAMETOOLONG'));
    expect(tree.look('/x'.repeat(10_000))).toEqual(error('ENOENT'));
  });

  it('tells what may be done with files, and tries no others', () => {
    const tree = openHostTree(inside('tree'));
    expect(tree.refuses('/usr/bin/app', 'read')).toBeNull();
    expect(tree.refuses('/usr/bin/app', 'write')).toBeNull();
    expect(tree.refuses('/usr', 'fill')).toBeNull();
    expect(tree.refuses('/pipe', 'read')).toBe('EINVAL');
    expect(tree.refuses('/way-out', 'read')).toBe('EINVAL');
    expect(tree.refuses('/gone', 'read')).toBe('ENOENT');
    expect(openHostTree('/proc').refuses('/version', 'read')).toBeNull();
  });

  it('takes a file as the root of a mount of one file', () => {
    const tree = openHostTree(inside('outside', 'secret'));
    expect(tree.look('/')).toEqual(kind('regular'));
    expect(tree.look('/x')).toEqual(error('ENOTDIR'));
    expect(tree.refuses('/', 'read')).toBeNull();
  });

  it('refuses what is not there', () => {
    expect(() => openHostTree(inside('gone'))).toThrowError(expect.objectContaining({ code: 'not-found' }));
  });
});
