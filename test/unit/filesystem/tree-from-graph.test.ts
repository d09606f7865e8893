import { describe, expect, it } from 'vitest';
import type { CkptError } from '../../../src/errors.ts';
import type { SavedFile, SavedFileSystem } from '../../../src/filesystem/saved-file.ts';
import { savedFileSystems } from '../../../src/filesystem/tree-from-graph.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/limits.ts';
import {
  type SetEra,
  type TestImage,
  type TestInode,
  type TestMount,
  type TestTmpfs,
  tmpfsKernel,
} from '../../support/tmpfs-graph.ts';
import { bool, nil, string, type WireValue } from '../../support/wire-value.ts';

interface Read {
  readonly systems: readonly SavedFileSystem[];
  readonly damage: readonly CkptError[];
}

async function read(image: TestImage, limits: Limits = DEFAULT_LIMITS): Promise<Read> {
  const damage: CkptError[] = [];
  const systems = savedFileSystems(await tmpfsKernel(image), limits, (error) => damage.push(error));
  return { systems, damage };
}

async function readRoot(
  root: TestInode,
  options: Partial<TestImage & TestTmpfs> = {},
): Promise<Read & { files: readonly SavedFile[] }> {
  const { memory, ...image } = options;
  const result = await read({ filesystems: [{ root, ...(memory === undefined ? {} : { memory }) }], ...image });
  return { ...result, files: result.systems[0]?.files ?? [] };
}

const directory = (children: TestInode['children'] = [], mode = 0o755): TestInode => ({ mode: 0o040000 | mode, children });
const file = (size = 0, data: TestInode['data'] = []): TestInode => ({ mode: 0o100644, size: BigInt(size), data });
const paths = (files: readonly SavedFile[]): string[] => files.map(({ path }) => path);

describe('files in memory', () => {
  it.each(['2021', '2024'] as const)('reads every kind of file (sets of %s)', async (era: SetEra) => {
    const { files, damage } = await readRoot(
      directory(
        [
          [
            'file',
            { ...file(5000, [[0, 8192, 0x10000]]), mode: 0o106751, uid: 1000, gid: 4_294_967_294, times: [-1n, 5n, 1n << 60n] },
          ],
          ['link', { mode: 0o120777, target: '../no where' }],
          ['pipe', { mode: 0o010600 }],
          ['socket', { mode: 0o140755 }],
          ['null', { mode: 0o020666, device: [1, 3] }],
          ['loop', { mode: 0o060660, device: [7, 300] }],
          ['sub', directory([['x', file()]], 0o1777)],
        ],
        0o700,
      ),
      { era },
    );
    expect(damage).toEqual([]);
    const plain = { uid: 0, gid: 0, accessed: 1n, modified: 2n, changed: 3n, size: 0, target: null, device: null };
    const rest = { ...plain, xattrs: [], linkTo: null, extents: [] };
    expect(files).toEqual([
      { ...rest, path: '', type: 'directory', mode: 0o700 },
      {
        ...rest,
        ...{ path: 'file', type: 'file', mode: 0o6751, uid: 1000, gid: 4_294_967_294, size: 5000 },
        ...{ accessed: -1n, modified: 5n, changed: 1n << 60n },
        extents: [{ offset: 0, length: 5000, owner: '', memoryOffset: 0x10000 }],
      },
      { ...rest, path: 'link', type: 'symlink', mode: 0o777, target: '../no where' },
      { ...rest, path: 'loop', type: 'block-device', mode: 0o660, device: { major: 7, minor: 300 } },
      { ...rest, path: 'null', type: 'character-device', mode: 0o666, device: { major: 1, minor: 3 } },
      { ...rest, path: 'pipe', type: 'fifo', mode: 0o600 },
      { ...rest, path: 'socket', type: 'socket', mode: 0o755 },
      { ...rest, path: 'sub', type: 'directory', mode: 0o1777 },
      { ...rest, path: 'sub/x', type: 'file', mode: 0o644 },
    ]);
  });

  it('orders names by their bytes, and a directory before what it holds', async () => {
    const names = ['b', 'a b', 'a', '\uffff', '𝄞', 'a-'];
    const { files } = await readRoot(directory(names.map((name) => [name, directory([['z', file()]])])));
    expect(paths(files)).toEqual(['', ...['a', 'a b', 'a-', 'b', '\uffff', '𝄞'].flatMap((name) => [name, `${name}/z`])]);
  });

  it('keeps names and targets that are no UTF-8', async () => {
    const name = Uint8Array.of(0x66, 0xff);
    const { files } = await readRoot(directory([[name, { mode: 0o120777, target: Uint8Array.of(0xe4) }]]));
    expect(files.slice(1)).toMatchObject([{ path: 'f\udcff', target: '\udce4' }]);
  });

  it('has hard links, each to the first name', async () => {
    const shared = file(3, [[0, 4096, 0]]);
    const { files } = await readRoot(
      directory([
        ['z', shared],
        ['d', directory([['one', shared]])],
        ['b', { mode: 0o010600 }],
      ]),
    );
    expect(files.map(({ path, linkTo }) => [path, linkTo])).toEqual([
      ['', null],
      ['b', null],
      ['d', null],
      ['d/one', null],
      ['z', 'd/one'],
    ]);
    expect(files[4]).toMatchObject({ type: 'file', size: 3, extents: [{ offset: 0, length: 3 }] });
  });

  it('has no links between whiteouts, which share an inode', async () => {
    const whiteout: TestInode = { mode: 0o020000, device: [0, 0] };
    const { files } = await readRoot(
      directory([
        ['a', whiteout],
        ['b', whiteout],
      ]),
    );
    expect(files.map(({ linkTo }) => linkTo)).toEqual([null, null, null]);
  });

  it('joins stretches that follow one another, keeps holes, and cuts at the size', async () => {
    const data = [
      [0, 4096, 8192],
      [4096, 8192, 12288],
      [8192, 12288, 4096],
      [40960, 45056, 0],
      [1_000_000, 1_004_096, 65536],
    ] as const;
    const { files, damage } = await readRoot(directory([['f', file(41000, data)]]));
    expect(damage).toEqual([]);
    expect(files[1]?.extents).toEqual([
      { offset: 0, length: 8192, owner: '', memoryOffset: 8192 },
      { offset: 8192, length: 4096, owner: '', memoryOffset: 4096 },
      { offset: 40960, length: 40, owner: '', memoryOffset: 0 },
    ]);
  });

  it('has extended attributes by name, and access control lists as getxattr gives them', async () => {
    const attributed: TestInode = {
      ...file(),
      xattrs: [
        ['user.b', Uint8Array.of(0, 255)],
        ['trusted.overlay.opaque', Uint8Array.of(0x79)],
      ],
      accessList: { classes: 0o754, mask: 0, users: [[1000, 6]] },
    };
    const { files } = await readRoot(directory([['f', attributed]]));
    const [, found] = files;
    expect(found?.xattrs.map(({ name }) => name)).toEqual(['system.posix_acl_access', 'trusted.overlay.opaque', 'user.b']);
    expect(found?.xattrs[2]?.value).toEqual(Uint8Array.of(0, 255));
    expect(Buffer.from(found?.xattrs[0]?.value ?? []).toString('hex')).toBe(
      ['02000000', '01000700ffffffff', '02000600e8030000', '04000500ffffffff', '10000000ffffffff', '20000400ffffffff'].join(''),
    );
  });
});

describe('the memory that holds the content', () => {
  const root = directory([['f', file(1, [[0, 4096, 4096]])]]);
  const ownerOf = async (memory: Readonly<Record<string, WireValue>>): Promise<string | undefined> =>
    (await readRoot(root, { memory })).files[1]?.extents[0]?.owner;

  it.each([
    ['the main file, before 2023', { mfp: nil() }, ''],
    ['the main file', { mf: nil() }, ''],
    ['a private one', { mf: string('web:/') }, 'web:/'],
    ['a private one of 2023-12', { privateMF: bool(true), uniqueID: string('/') }, '/'],
    ['the main one of 2023-12', { privateMF: nil(), uniqueID: nil() }, ''],
    ['the main one of a release that did not save private ones', { privateMF: nil() }, ''],
  ])('is %s', async (_, memory, owner) => {
    expect(await ownerOf(memory)).toBe(owner);
  });

  it('is lost in releases that did not save private ones: files with content are missing, and it is said once', async () => {
    const all = directory([
      ['a', file(1, [[0, 4096, 0]])],
      ['b', file(1, [[0, 4096, 4096]])],
      ['c', file(7)],
    ]);
    const { files, damage } = await readRoot(all, { memory: { privateMF: bool(true) } });
    expect(paths(files)).toEqual(['', 'c']);
    expect(damage.map(({ facts }) => facts.found)).toEqual(['none, so that the content of 2 files is lost']);
  });
});

describe('where file systems are mounted', () => {
  const tmpfs = (name: string): TestTmpfs => ({ root: directory([[name, file()]]) });
  const at = (id: number, filesystem: TestMount['filesystem'], parent: TestMount, point?: string): TestMount => ({
    id,
    filesystem,
    parent,
    ...(point === undefined ? {} : { point }),
  });
  const shown = ({ systems }: Read): (string | null)[][] =>
    systems.map(({ container, mountPoint, kind, files }) => [container, mountPoint, kind, files[1]?.path ?? null]);

  it('names container, mount point and kind, in order', async () => {
    const [upper, scratch, shared] = [tmpfs('upper'), tmpfs('scratch'), tmpfs('shared')];
    const [loose, second, own, other] = [tmpfs('loose'), tmpfs('second'), tmpfs('own'), tmpfs('other')];
    const root0: TestMount = { id: 1, filesystem: { upper } };
    const root1: TestMount = { id: 10, filesystem: other };
    const data = at(3, shared, root0, 'data');
    const result = await read({
      filesystems: [loose, own, scratch, { root: directory() }, second, upper, shared, other],
      containers: [
        [root0, at(4, scratch, data, 'tmp'), data],
        [root1, at(11, shared, root1, 'elsewhere')],
      ],
      own,
    });
    expect(result.damage).toEqual([]);
    expect(shown(result)).toEqual([
      ['c0', '/', 'overlay-upper', 'upper'],
      ['c0', '/data', 'tmpfs', 'shared'],
      ['c0', '/data/tmp', 'tmpfs', 'scratch'],
      ['c1', '/', 'rootfs', 'other'],
      [null, null, 'tmpfs', 'loose'],
      [null, null, 'tmpfs', 'second'],
    ]);
  });

  it('takes the first mount of several, and one of the whole before one of a part', async () => {
    const inner = directory([['x', file()]]);
    const both: TestTmpfs = { root: directory([['part', inner]]) };
    const root: TestMount = { id: 1, filesystem: { upper: tmpfs('upper') } };
    const part: TestMount = { ...at(2, both, root, 'a'), root: inner };
    const mounts = [root, part, at(9, both, root, 'late'), at(5, both, root, 'early')];
    const whole = await read({ filesystems: [both], containers: [mounts] });
    expect(shown(whole)[1]).toEqual(['c0', '/early', 'tmpfs', 'part']);
    const only = await read({ filesystems: [both], containers: [[root, part]] });
    expect(shown(only)[1]).toEqual(['c0', null, 'tmpfs', 'part']);
  });

  it('gives no mount point to what another mount covers, and leaves it out when it is empty', async () => {
    const below: TestMount = { id: 1, filesystem: { root: directory() } };
    const top = at(2, { upper: tmpfs('upper') }, below);
    const covered = at(3, tmpfs('covered'), top, 'x');
    const result = await read({ filesystems: [], containers: [[below, top, covered, at(4, tmpfs('seen'), covered)]] });
    expect(shown(result)).toEqual([
      ['c0', '/', 'overlay-upper', 'upper'],
      ['c0', '/x', 'tmpfs', 'seen'],
      ['c0', null, 'tmpfs', 'covered'],
    ]);
  });

  it('gives no mount point to what is mounted in a directory that another mount covers', async () => {
    const root: TestMount = { id: 1, filesystem: { upper: tmpfs('upper') } };
    const middle = at(2, tmpfs('middle'), root, 'a');
    const inner = at(3, tmpfs('inner'), middle, 'b');
    const deep = at(4, tmpfs('deep'), inner, 'c');
    const cover = at(5, tmpfs('cover'), middle);
    const result = await read({ filesystems: [], containers: [[root, middle, inner, deep, cover]] });
    expect(result.damage).toEqual([]);
    expect(shown(result).map(([, mountPoint, , path]) => [mountPoint, path])).toEqual([
      ['/', 'upper'],
      ['/a', 'cover'],
      [null, 'middle'],
      [null, 'inner'],
      [null, 'deep'],
    ]);
  });

  it('takes a file that is mounted', async () => {
    const root: TestMount = { id: 1, filesystem: { upper: tmpfs('upper') } };
    const single: TestTmpfs = { root: file(3, [[0, 4096, 4096]]) };
    const { systems } = await read({ filesystems: [], containers: [[root, at(2, { upper: single }, root, 'hosts')]] });
    expect(systems[1]).toMatchObject({
      mountPoint: '/hosts',
      kind: 'overlay-upper',
      files: [{ path: '', type: 'file', size: 3 }],
    });
  });
});

describe('damaged and hostile trees', () => {
  it.each([
    ['a name with a slash', [['a/b', file()]]],
    ['a name with NUL', [['a\0b', file()]]],
    ['the name ..', [['..', file()]]],
    ['the name .', [['.', file()]]],
    ['an empty name', [['', file()]]],
    [
      'ranges that overlap',
      [
        [
          'f',
          file(9000, [
            [0, 8192, 0],
            [4096, 8192, 0],
          ]),
        ],
      ],
    ],
    ['a range that ends before it begins', [['f', file(9000, [[8192, 4096, 0]])]]],
    ['memory beyond 2^53', [['f', file(9000, [[0, 4096, 2 ** 53 - 4096]])]]],
    ['a size beyond 2^53', [['f', { ...file(), size: 1n << 60n }]]],
    ['a type that does not fit', [['f', { mode: 0o100644, impl: 'symlink' }]]],
    ['a mode without a type', [['f', { mode: 0o644 }]]],
  ] as [string, NonNullable<TestInode['children']>][])('leaves out only the file: %s', async (_, children) => {
    const { files, damage } = await readRoot(directory([...children, ['good', file()]]));
    expect(paths(files)).toEqual(['', 'good']);
    expect(damage).toHaveLength(1);
    expect(damage[0]?.place.path).toMatch(/^g0r\d+/);
  });

  it('ends in a circle of directories', async () => {
    const inner = directory();
    const outer = directory([['inner', inner]]);
    inner.children?.push(['outer', outer], ['self', inner]);
    const { files, damage } = await readRoot(directory([['outer', outer]]));
    expect(paths(files)).toEqual(['', 'outer', 'outer/inner']);
    expect(damage.map(({ code }) => code)).toEqual(['inconsistent', 'inconsistent']);
  });

  it('follows directories only so deep', async () => {
    let top = directory([['end', file()]]);
    for (let depth = 0; depth < 500; depth++) top = directory([['d'.repeat(255), top]]);
    const { files, damage } = await readRoot(top);
    expect(files).toHaveLength(1 + 128);
    expect(damage.map(({ code }) => code)).toEqual(['over-limit']);
  });

  it.each(['mode', 'uid', 'gid'])('leaves out files whose type has no %s', async (without) => {
    const { files, damage } = await readRoot(directory([['f', file()]]), { without });
    expect(files).toEqual([]);
    expect(damage.map(({ code }) => code)).toEqual(['unknown-shape']);
  });

  it('does not know times that are not saved', async () => {
    const { files } = await readRoot(directory([['f', file()]]), { without: 'mtime' });
    expect(files[1]).toMatchObject({ modified: null, changed: 3n });
  });

  it('stops at the ceiling, says so once, and keeps what it has', async () => {
    const many = directory(Array.from({ length: 50 }, (_, index) => [`f${index}`, file()] as const));
    const other = directory([['x', many]]);
    const image = { filesystems: [{ root: other }, { root: directory([['y', file()]]) }] };
    const { systems, damage } = await read(image, { ...DEFAULT_LIMITS, elements: 70 });
    expect(damage.map(({ code }) => code)).toEqual(['over-limit']);
    expect(systems[0]?.files.length).toBeGreaterThan(2);
    expect(systems[0]?.files.length).toBeLessThan(52);
  });
});
