import { describe, expect, it } from 'vitest';
import { type EntryOptions, planEntries } from '../../../src/extraction/entries.ts';
import type { SavedFileSystem } from '../../../src/filesystem/saved-file.ts';
import { savedDirectory as directory, savedFile as file, savedSystem as system } from '../../support/saved-tree.ts';

const ALL: EntryOptions = { whiteouts: 'keep', container: null, paths: [] };

function plan(systems: readonly SavedFileSystem[], options: Partial<EntryOptions> = {}) {
  const { entries, omitted } = planEntries(systems, { ...ALL, ...options });
  return { paths: entries.map(({ path }) => path), omitted: omitted.map(({ path, reason }) => [path, reason]), entries };
}

const WHITEOUT = { type: 'character-device', device: { major: 0, minor: 0 } } as const;
const OPAQUE = { xattrs: [{ name: 'trusted.overlay.opaque', value: Uint8Array.of(0x79) }] };

describe('names', () => {
  it('are as the container saw them', () => {
    const systems = [
      system([directory(''), directory('etc'), file('etc/passwd')]),
      system([directory(''), file('x')], { mountPoint: '/mnt/data/', kind: 'tmpfs' }),
    ];
    expect(plan(systems).paths).toEqual(['', 'etc', 'etc/passwd', 'mnt/data', 'mnt/data/x']);
  });

  it('of patterns that fit nothing are told', () => {
    const systems = [system([directory('etc'), file('etc/passwd')], { container: 'a' }), system([file('x')], { container: 'b' })];
    const unmatched = (paths: readonly string[]) => planEntries(systems, { ...ALL, paths }).unmatched;
    expect(unmatched(['/etc', 'x', '*', '**'])).toEqual([]);
    expect(unmatched(['etc', 'var/log', 'passwd', '**/passwd'])).toEqual(['var/log', 'passwd']);
    expect(unmatched([])).toEqual([]);
  });

  it('begin with the container when there are several', () => {
    const systems = [
      system([directory('')], { container: 'a' }),
      system([directory('')], { container: 'b/../c' }),
      system([directory('')], { container: '..' }),
      system([directory('')], { container: null }),
      system([directory(''), file('f')], { container: null, mountPoint: null }),
    ];
    expect(plan(systems).paths).toEqual(['a', 'b_.._c', 'container-', 'container--2', 'unmounted-1', 'unmounted-1/f']);
  });

  it.each(['..', '../x', 'a/../../x', '/etc/passwd', 'a//b', './a', 'a/.', 'a\0b', 'a/', 'n'.repeat(256), 'é'.repeat(128)])(
    'that lead elsewhere, or are none, are left out: %j',
    (path) => {
      const { paths, omitted } = plan([system([directory(''), file(path)])]);
      expect(paths).toEqual(['']);
      expect(omitted.map(([, reason]) => reason)).toEqual(['unsafe-name']);
    },
  );

  it('may hold anything else', () => {
    const names = ['a\nb', '...', '..a', '\x1b[2J', 'C:\\x', '-rf', 'n'.repeat(255), '\udc80\udcff', '~'];
    expect(plan([system(names.map((name) => file(name)))]).paths).toEqual(names);
  });

  it('never lie below something that is no directory', () => {
    const link = { type: 'symlink', target: '/etc' } as const;
    const before = plan([system([file('a', link), file('a/passwd'), file('a/b/c')])]);
    expect(before.paths).toEqual(['a']);
    expect(before.omitted).toEqual([
      ['a/passwd', 'unsafe-name'],
      ['a/b/c', 'unsafe-name'],
    ]);
    const behind = plan([system([file('x/y/passwd'), file('x/y', link), file('x', link)])]);
    expect(behind.paths).toEqual(['x/y/passwd']);
    expect(plan([system([file('', link)])]).omitted).toEqual([['', 'unsafe-name']]);
  });

  it('are given once', () => {
    expect(plan([system([file('a'), file('a')])]).omitted).toEqual([['a', 'duplicate-name']]);
  });

  it('give way to what is mounted over them', () => {
    const systems = [
      system([directory(''), directory('tmp'), file('tmp/below'), file('tmpx')]),
      system([directory('', { mode: 0o1777 }), file('above')], { mountPoint: '/tmp', kind: 'tmpfs' }),
      system([directory(''), file('other')], { container: 'b', mountPoint: '/tmp', kind: 'tmpfs' }),
    ];
    const { entries, omitted } = plan(systems, { container: 'web' });
    expect(entries.map(({ path, file: { mode } }) => [path, mode])).toEqual([
      ['', 0o755],
      ['tmpx', 0o644],
      ['tmp', 0o1777],
      ['tmp/above', 0o644],
    ]);
    expect(omitted).toEqual([['tmp/below', 'hidden-by-mount']]);
  });
});

describe('choices', () => {
  const systems = [
    system([directory(''), directory('var'), directory('var/log'), file('var/log/a.log'), file('var/x'), file('variable')]),
  ];

  it.each([
    [['/var'], ['var', 'var/log', 'var/log/a.log', 'var/x']],
    [['var/log/'], ['var/log', 'var/log/a.log']],
    [['**/*.log'], ['var/log/a.log']],
    [['/v*'], ['var', 'var/log', 'var/log/a.log', 'var/x', 'variable']],
    [['/var/?'], ['var/x']],
    [['(var'], []],
    [['/'], ['', 'var', 'var/log', 'var/log/a.log', 'var/x', 'variable']],
    [
      ['/var/x', '/variable'],
      ['var/x', 'variable'],
    ],
  ])('of paths %j', (paths, expected) => {
    expect(plan(systems, { paths }).paths).toEqual(expected);
  });

  it('of a container that is not there', () => {
    expect(() => plan(systems, { container: 'other' })).toThrow(/containers are web/);
  });
});

describe('second names', () => {
  const systems = [
    system([directory('a'), file('a/one', { size: 5 }), file('b', { linkTo: 'a/one' }), file('c', { linkTo: 'a/one' })]),
  ];
  it('point to the first that is given out', () => {
    expect(plan(systems).entries.map(({ path, linkTo, file: { size } }) => [path, linkTo, size])).toEqual([
      ['a', null, 0],
      ['a/one', null, 5],
      ['b', 'a/one', 5],
      ['c', 'a/one', 5],
    ]);
    expect(plan(systems, { paths: ['b', 'c'] }).entries.map(({ path, linkTo, file: { size } }) => [path, linkTo, size])).toEqual([
      ['b', null, 5],
      ['c', 'b', 5],
    ]);
  });

  it('of files that are not there are left out', () => {
    const odd = [
      system([
        file('x', { linkTo: 'later' }),
        file('later'),
        directory('d'),
        file('y', { linkTo: 'd' }),
        file('z', { linkTo: 'z' }),
      ]),
    ];
    expect(plan(odd).omitted).toEqual([
      ['x', 'link-target'],
      ['y', 'link-target'],
      ['z', 'link-target'],
    ]);
  });
});

describe('whiteouts', () => {
  const systems = [
    system([
      directory(''),
      directory('d', OPAQUE),
      file('d/gone', WHITEOUT),
      file('null', { ...WHITEOUT, device: { major: 1, minor: 3 } }),
    ]),
  ];

  it('are kept as overlayfs has them', () => {
    const { paths, entries } = plan(systems);
    expect(paths).toEqual(['', 'd', 'd/gone', 'null']);
    expect(entries[1]?.file.xattrs).toHaveLength(1);
    expect(entries.map(({ whiteout }) => whiteout)).toEqual([false, false, true, false]);
  });

  it('become the files of OCI layers', () => {
    const { paths, entries } = plan(systems, { whiteouts: 'oci' });
    expect(paths).toEqual(['', 'd', 'd/.wh..wh..opq', 'd/.wh.gone', 'null']);
    expect(entries[1]?.file.xattrs).toEqual([]);
    expect(entries[3]?.file).toMatchObject({ type: 'file', size: 0, device: null });
  });

  it('are left out', () => {
    const { paths, omitted } = plan(systems, { whiteouts: 'drop' });
    expect(paths).toEqual(['', 'd', 'null']);
    expect(omitted).toEqual([['d/gone', 'whiteout']]);
  });

  it('are devices where nothing lies below', () => {
    const tmpfs = [system([file('zero', WHITEOUT)], { kind: 'tmpfs' })];
    expect(plan(tmpfs, { whiteouts: 'drop' }).paths).toEqual(['zero']);
  });
});
