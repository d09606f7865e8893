import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameBytes } from '../../../src/filesystem/tree-names.ts';
import { beginFile } from '../../../src/io/finished-file.ts';
import { type Attributes, openTargetTree, type TargetTree } from '../../../src/io/target-tree.ts';

const PLAIN: Attributes = { mode: 0o640, owner: null, accessed: null, modified: 1_500_000_000_250_000_000n };
const ROOT = process.getuid?.() === 0;

let scratch = '';
let out = '';
let outside = '';
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ckpt-target-'));
  out = join(scratch, 'out');
  outside = join(scratch, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'kept'), 'kept');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function write(tree: TargetTree, path: string, text = 'new'): void {
  const file = tree.file(path);
  file.write(0, Buffer.from(text));
  file.finish(text.length, PLAIN);
}

/** Everything below a directory, links not followed. */
const names = (directory: string): string[] => (readdirSync(directory, { recursive: true }) as string[]).sort();

describe('a target tree', () => {
  it('writes files with holes, links, pipes and directories with their attributes', () => {
    const tree = openTargetTree(out, { force: false });
    expect(tree.directory('d')).toBe(true);
    expect(tree.directory('d')).toBe(false);
    const file = tree.file('d/f');
    file.write(1_000_000, Buffer.from('x'));
    expect(existsSync(join(out, 'd/f'))).toBe(false);
    file.finish(50_000_000, { ...PLAIN, mode: 0o4755 });
    tree.special('d/link', { type: 'symlink', target: '../../outside/kept' }, PLAIN);
    tree.special('d/pipe', { type: 'fifo' }, PLAIN);
    tree.link('other/hard', 'd/f');
    tree.finishDirectory('d', { ...PLAIN, mode: 0o500 });
    tree.close();
    expect(names(out)).toEqual(['d', 'd/f', 'd/link', 'd/pipe', 'other', 'other/hard']);
    const stats = statSync(join(out, 'd/f'), { bigint: true });
    expect([stats.size, stats.mode & 0o7777n, stats.nlink, stats.mtimeNs]).toEqual([
      50_000_000n,
      0o4755n,
      2n,
      1_500_000_000_250_000_000n,
    ]);
    expect(stats.blocks * 512n).toBeLessThan(100_000n);
    expect(readlinkSync(join(out, 'd/link'))).toBe('../../outside/kept');
    expect(lstatSync(join(out, 'd/pipe')).isFIFO()).toBe(true);
    expect([statSync(join(out, 'd')).mode & 0o7777, statSync(join(out, 'd')).mtimeMs]).toEqual([0o500, 1_500_000_000_250]);
    // So that it can be removed by whoever is not root.
    chmodSync(join(out, 'd'), 0o700);
  });

  it('writes names of any bytes', () => {
    const tree = openTargetTree(out, { force: false, encode: nameBytes });
    write(tree, 'a\udcff\nb');
    tree.special('link', { type: 'symlink', target: 'x\udc80' }, PLAIN);
    tree.close();
    expect(readdirSync(out, { encoding: 'latin1' }).sort()).toEqual(['a\xff\nb', 'link']);
    expect(readlinkSync(join(out, 'link'), 'latin1')).toBe('x\x80');
  });

  it.skipIf(!ROOT)('makes device nodes and sets owners', () => {
    const tree = openTargetTree(out, { force: false });
    tree.special('null', { type: 'character-device', major: 1, minor: 3 }, { ...PLAIN, owner: { uid: 5, gid: 6 } });
    tree.special('link', { type: 'symlink', target: 'x' }, { ...PLAIN, owner: { uid: 7, gid: 8 } });
    tree.close();
    const stats = lstatSync(join(out, 'null'));
    expect([stats.isCharacterDevice(), stats.rdev, stats.uid, stats.gid, stats.mode & 0o777]).toEqual([true, 0x103, 5, 6, 0o640]);
    expect([lstatSync(join(out, 'link')).uid, lstatSync(join(out, 'link')).gid]).toEqual([7, 8]);
  });

  it.each([
    ['the last directory', 'a/b', 'a/b/kept'],
    ['a directory on the way', 'a', 'a/b/kept'],
  ])('follows no link in the place of %s', (_, link, path) => {
    mkdirSync(join(out, 'a'), { recursive: true });
    mkdirSync(join(outside, 'b'));
    writeFileSync(join(outside, 'b/kept'), 'kept');
    if (link === 'a') rmSync(join(out, 'a'), { recursive: true });
    symlinkSync(link === 'a' ? outside : join(outside, 'b'), join(out, link));
    for (const force of [false, true]) {
      const tree = openTargetTree(out, { force });
      expect(() => write(tree, path)).toThrow(/not followed/);
      expect(() => tree.special(path, { type: 'fifo' }, PLAIN)).toThrow(/not followed/);
      expect(() => tree.finishDirectory(link, PLAIN)).toThrow(/not followed/);
      expect(tree.look(path)).toBe('other');
      write(tree, `plain-${force}`);
      expect(() => tree.link(`${link}/x`, `plain-${force}`)).toThrow(/not followed/);
      expect(() => tree.link('x', `${link}/kept`)).toThrow();
      tree.close();
    }
    expect(readFileSync(join(outside, 'b/kept'), 'utf8')).toBe('kept');
    expect(names(outside)).toEqual(['b', 'b/kept', 'kept']);
  });

  it('follows no link that takes the place of a directory meanwhile', () => {
    const tree = openTargetTree(out, { force: true });
    const file = tree.file('d/kept');
    file.write(0, Buffer.from('new'));
    rmSync(join(out, 'd'), { recursive: true });
    symlinkSync(outside, join(out, 'd'));
    expect(() => file.finish(3, PLAIN)).toThrow();
    expect(() => write(tree, 'd/e/kept')).toThrow();
    tree.close();
    expect(names(outside)).toEqual(['kept']);
    expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('kept');
  });

  it('overwrites nothing unless told to, and then no target of a link', () => {
    mkdirSync(join(out, 'dir'), { recursive: true });
    writeFileSync(join(out, 'file'), 'old');
    symlinkSync(join(outside, 'kept'), join(out, 'link'));
    const careful = openTargetTree(out, { force: false });
    for (const path of ['file', 'link', 'dir']) expect(() => write(careful, path)).toThrow(/left as it is/);
    expect(() => careful.directory('file')).toThrow();
    careful.close();
    expect([readFileSync(join(out, 'file'), 'utf8'), readFileSync(join(outside, 'kept'), 'utf8')]).toEqual(['old', 'kept']);
    const bold = openTargetTree(out, { force: true });
    write(bold, 'file');
    write(bold, 'link');
    bold.special('link', { type: 'symlink', target: 'file' }, PLAIN);
    bold.link('second', 'file');
    bold.link('second', 'file');
    expect(() => write(bold, 'dir')).toThrow();
    bold.close();
    expect([readFileSync(join(out, 'file'), 'utf8'), readFileSync(join(outside, 'kept'), 'utf8')]).toEqual(['new', 'kept']);
    expect(names(out)).toEqual(['dir', 'file', 'link', 'second']);
  });

  it('leaves nothing of a file that was not finished', () => {
    const tree = openTargetTree(out, { force: false });
    const file = tree.file('d/f');
    file.write(0, Buffer.from('half'));
    file.abandon();
    tree.close();
    expect(names(out)).toEqual(['d']);
  });

  it('refuses a file in the place of the directory', () => {
    expect(() => openTargetTree(join(outside, 'kept'), { force: true })).toThrow(/no directory/);
  });
});

describe('a file that has its name when it is whole', () => {
  it('is not there before, nor when it is given up', () => {
    const name = join(scratch, 'a.tar');
    const file = beginFile(name, false);
    file.write(Buffer.from('one'));
    file.skip(10_000_000);
    file.write(Buffer.from('two'));
    expect(existsSync(name)).toBe(false);
    file.finish();
    file.abandon();
    expect(statSync(name).size).toBe(10_000_006);
    expect(statSync(name).blocks * 512).toBeLessThan(100_000);
    const other = beginFile(join(scratch, 'b.tar'), false);
    other.write(Buffer.from('half'));
    other.abandon();
    expect(readdirSync(scratch).sort()).toEqual(['a.tar', 'outside']);
  });

  it('takes the place of another only when told to', () => {
    const name = join(scratch, 'link');
    symlinkSync(join(outside, 'kept'), name);
    expect(() => beginFile(name, false)).toThrow(/--force/);
    const late = beginFile(join(scratch, 'late'), false);
    writeFileSync(join(scratch, 'late'), 'first');
    expect(() => late.finish()).toThrow(/there already/);
    late.abandon();
    const file = beginFile(name, true);
    file.write(Buffer.from('new'));
    file.finish();
    expect([readFileSync(name, 'utf8'), readFileSync(join(outside, 'kept'), 'utf8')]).toEqual(['new', 'kept']);
    expect(readdirSync(scratch).sort()).toEqual(['late', 'link', 'outside']);
    expect(() => beginFile(outside, true)).toThrow('is a directory: name a file');
  });
});
