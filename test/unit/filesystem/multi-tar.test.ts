import { describe, expect, it } from 'vitest';
import { PullReader } from '../../../src/bytes/pull-reader.ts';
import { bytesSource } from '../../../src/bytes/source-reading.ts';
import { readTree, type SavedTree } from '../../../src/filesystem/multi-tar.ts';
import { fileBody, memberBytes, type TestMember, tarOf } from '../../support/fscheckpoint-builder.ts';

const ROOT: TestMember = { name: './' };
const BUDGET = { members: 1000, left: 1000 };

function read(tar: Uint8Array, more: { littleEndian?: boolean; budget?: typeof BUDGET } = {}): Promise<SavedTree> {
  const { littleEndian = true, budget = { ...BUDGET } } = more;
  return readTree(new PullReader(bytesSource(tar)), tar.length, { owner: 'c:/', littleEndian, budget });
}

const paths = ({ files }: SavedTree): string[] => files.map(({ path }) => path);
const codes = ({ problems }: SavedTree): string[] => problems.map(({ code }) => code);

describe('a tree of multitar.img', () => {
  it('gives every kind of file that runsc saves', async () => {
    const attributes = { mode: 0o6750, uid: 1000, gid: 1001, seconds: 1_700_000_000 };
    const tree = await read(
      tarOf([
        { ...ROOT, mode: 0o1777 },
        { name: './file', ...attributes, body: fileBody(5000, [[0, 8192, 4096]]) },
        { name: './link', type: '2', linkName: '../elsewhere', mode: 0o777 },
        { name: './fifo', type: '6' },
        { name: './gone', type: '3', mode: 0 },
        { name: './tty', type: '3', device: [4, 64], mode: 0o620 },
        { name: './disk', type: '4', device: [259, 1] },
      ]),
    );
    expect(tree.problems).toEqual([]);
    const none = {
      uid: 0,
      gid: 0,
      accessed: null,
      changed: null,
      size: 0,
      target: null,
      device: null,
      xattrs: [],
      linkTo: null,
      extents: [],
    };
    const modified = 1_795_411_495_000_000_000n;
    expect(tree.files).toEqual([
      { ...none, path: '', type: 'directory', mode: 0o1777, modified },
      { ...none, path: 'disk', type: 'block-device', mode: 0o644, modified, device: { major: 259, minor: 1 } },
      { ...none, path: 'fifo', type: 'fifo', mode: 0o644, modified },
      {
        ...none,
        path: 'file',
        type: 'file',
        mode: 0o6750,
        uid: 1000,
        gid: 1001,
        modified: 1_700_000_000_000_000_000n,
        size: 5000,
        extents: [{ offset: 0, length: 5000, owner: 'c:/', memoryOffset: 4096 }],
      },
      { ...none, path: 'gone', type: 'character-device', mode: 0, modified, device: { major: 0, minor: 0 } },
      { ...none, path: 'link', type: 'symlink', mode: 0o777, modified, target: '../elsewhere' },
      { ...none, path: 'tty', type: 'character-device', mode: 0o620, modified, device: { major: 4, minor: 64 } },
    ]);
  });

  it('keeps holes, and leaves out what lies behind the size', async () => {
    const body = fileBody(20_000, [
      [4096, 8192, 0],
      [8192, 12_288, 1 << 20],
      [16_384, 40_960, 8192],
      [40_960, 45_056, 4096],
    ]);
    const { files } = await read(tarOf([ROOT, { name: './sparse', body }]));
    expect(files[1]?.extents.map(({ offset, length, memoryOffset }) => [offset, length, memoryOffset])).toEqual([
      [4096, 4096, 0],
      [8192, 4096, 1 << 20],
      [16_384, 3616, 8192],
    ]);
  });

  it('takes the first name in order for the file, and links the others to it, whichever was written', async () => {
    const body = fileBody(3, [[0, 4096, 0]]);
    const link = (name: string, linkName: string): TestMember => ({ name, type: '1', linkName });
    const one = await read(tarOf([ROOT, { name: './z', body, mode: 0o600 }, link('./a', './z'), link('./m', './z')]));
    const other = await read(tarOf([ROOT, { name: './m', body, mode: 0o600 }, link('./z', './m'), link('./a', './m')]));
    expect(one.files.map(({ path, linkTo, size, mode }) => [path, linkTo, size, mode])).toEqual([
      ['', null, 0, 0o755],
      ['a', null, 3, 0o600],
      ['m', 'a', 3, 0o600],
      ['z', 'a', 3, 0o600],
    ]);
    expect(other).toEqual(one);
  });

  it('links symbolic links and FIFOs as well', async () => {
    const { files, problems } = await read(
      tarOf([ROOT, { name: './b', type: '2', linkName: 'x' }, { name: './a', type: '1', linkName: './b' }]),
    );
    expect(problems).toEqual([]);
    expect(files.map(({ path, type, target, linkTo }) => [path, type, target, linkTo])).toEqual([
      ['', 'directory', null, null],
      ['a', 'symlink', 'x', null],
      ['b', 'symlink', 'x', 'a'],
    ]);
  });

  it('lists directories right before what they hold, by code points', async () => {
    const names = ['./b/', './a-b', './a/', './', './a/c', './a/😀', './a/～', './a!', './B'];
    const members = names.map((name) => ({ name, ...(name.endsWith('/') ? {} : { type: '6' }) }));
    expect(paths(await read(tarOf(members)))).toEqual(['', 'B', 'a', 'a/c', 'a/～', 'a/😀', 'a!', 'a-b', 'b']);
  });

  it('reads extension headers: long names, attributes, numbers and times', async () => {
    const long = `./${'n'.repeat(200)}`;
    const tree = await read(
      tarOf([
        { ...ROOT, pax: { 'SCHILY.xattr.trusted.overlay.opaque': 'y' } },
        {
          name: long,
          type: '6',
          pax: {
            uid: '4294967294',
            gid: '2097152',
            mtime: '-1.5',
            'SCHILY.xattr.user.b': 'line\nbreak=',
            'SCHILY.xattr.user.a': 'é',
            'SCHILY.xattr.system.posix_acl_access': 'AgAAAAEABgD/////',
          },
        },
        { name: './after', type: '6' },
      ]),
    );
    expect(tree.problems).toEqual([]);
    const text = (value: Uint8Array): string => Buffer.from(value).toString();
    expect(tree.files[0]?.xattrs.map(({ name, value }) => [name, text(value)])).toEqual([['trusted.overlay.opaque', 'y']]);
    const file = tree.files.find(({ path }) => path.length === 200);
    expect(file).toMatchObject({ uid: 4_294_967_294, gid: 2_097_152, modified: -1_500_000_000n });
    expect(file?.xattrs.map(({ name }) => name)).toEqual(['system.posix_acl_access', 'user.a', 'user.b']);
    expect([...(file?.xattrs[0]?.value ?? [])]).toEqual([2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255]);
    expect(text(file?.xattrs[2]?.value ?? new Uint8Array())).toBe('line\nbreak=');
    expect(tree.files.find(({ path }) => path === 'after')?.xattrs).toEqual([]);
  });

  it('loses no byte of names, targets and attributes, whatever they are', async () => {
    const pax = { path: './QQQ', linkpath: 'WWW', 'SCHILY.xattr.user.a': 'ZZZ' };
    const tar = tarOf([ROOT, { name: './x', type: '2', linkName: 'y', pax }]);
    for (const [text, bytes] of [
      ['QQQ', [0xef, 0xbb, 0xbf]],
      ['WWW', [0x61, 0xe4, 0x62]],
      ['ZZZ', [0xff, 0xfe, 0xc0]],
    ] as const)
      tar.set(bytes, Buffer.from(tar).indexOf(text));
    const [, file] = (await read(tar)).files;
    expect(file).toMatchObject({ path: '\ufeff', target: 'a\udce4b' });
    expect([...(file?.xattrs[0]?.value ?? [])]).toEqual([0xff, 0xfe, 0xc0]);
  });

  it('reads records in the byte order of the manifest', async () => {
    const { files } = await read(tarOf([ROOT, { name: './f', body: fileBody(9, [[0, 4096, 8192]], false) }]), {
      littleEndian: false,
    });
    expect(files[1]?.extents).toEqual([{ offset: 0, length: 9, owner: 'c:/', memoryOffset: 8192 }]);
  });
});

describe('a damaged or hostile tree', () => {
  it.each(['../x', './../x', './a/../../x', '/etc/passwd', 'x', './a//b', './.', '', './a/./b'])(
    'leaves out the name %j',
    async (name) => {
      const tree = await read(tarOf([ROOT, { name, type: '6' }, { name: './ok', type: '6' }]));
      expect(codes(tree)).toEqual(['bad-archive']);
      expect(tree.problems[0]?.place.offset).toBe(512);
      expect(paths(tree)).toEqual(['', 'ok']);
    },
  );

  it('leaves out types that runsc refuses', async () => {
    const tree = await read(
      tarOf([ROOT, { name: './s', type: 'S' }, { name: './g', type: 'g' }, { name: './seven', type: '7' }]),
    );
    expect(codes(tree)).toEqual(['bad-archive', 'bad-archive', 'bad-archive']);
    expect(paths(tree)).toEqual(['']);
  });

  it.each([
    ['no body', new Uint8Array(0), 'bad-archive'],
    ['a body of 7 bytes', new Uint8Array(7), 'bad-archive'],
    ['a record of 23 bytes', new Uint8Array(31), 'bad-archive'],
    ['a size of 2^63', fileBody(2n ** 63n, []), 'inconsistent'],
    ['an empty record', fileBody(9, [[4096, 4096, 0]]), 'inconsistent'],
    ['a record backwards', fileBody(9, [[4096, 0, 0]]), 'inconsistent'],
    [
      'records that overlap',
      fileBody(9, [
        [0, 8192, 0],
        [4096, 12_288, 0],
      ]),
      'inconsistent',
    ],
  ])('leaves out a file with %s', async (_what, body, code) => {
    const tree = await read(tarOf([ROOT, { name: './f', body }, { name: './ok', type: '6' }]));
    expect(codes(tree)).toEqual([code]);
    expect(tree.problems[0]?.place).toMatchObject({ layer: 'filesystem', path: './f' });
    expect(paths(tree)).toEqual(['', 'ok']);
  });

  it.each([
    ['nothing', './none'],
    ['a directory', './d/'],
    ['itself', './l'],
    ['a name outside', '/etc/passwd'],
  ])('leaves out a hard link to %s', async (_what, linkName) => {
    const tree = await read(tarOf([ROOT, { name: './d/' }, { name: './l', type: '1', linkName }]));
    expect(codes(tree)).toEqual(['dangling-reference']);
    expect(paths(tree)).toEqual(['', 'd']);
  });

  it('leaves out what lies in a file, with what lies in that', async () => {
    const tree = await read(
      tarOf([ROOT, { name: './f', body: fileBody(0, []) }, { name: './f/d/' }, { name: './f/d/x', type: '6' }]),
    );
    expect(codes(tree)).toEqual(['inconsistent']);
    expect(paths(tree)).toEqual(['', 'f']);
  });

  it('says when a directory is missing, once', async () => {
    const tree = await read(
      tarOf([
        { name: './d/a', type: '6' },
        { name: './d/b', type: '6' },
      ]),
    );
    expect(codes(tree)).toEqual(['inconsistent']);
    expect(paths(tree)).toEqual(['d/a', 'd/b']);
  });

  it('takes the later of two members of one name, as runsc does, and says so', async () => {
    const tree = await read(tarOf([ROOT, { name: './f', type: '6' }, { name: './f', body: fileBody(7, []) }]));
    expect(codes(tree)).toEqual(['inconsistent']);
    expect(tree.files.map(({ path, size }) => [path, size])).toEqual([
      ['', 0],
      ['f', 7],
    ]);
  });

  it('gives what comes before damage, wherever the archive is cut', async () => {
    const tar = tarOf([ROOT, { name: './a', body: fileBody(9, [[0, 4096, 0]]) }, { name: './b', type: '6', pax: { uid: '7' } }]);
    const whole = paths(await read(tar));
    for (let length = 1; length < tar.length; length += 61) {
      const tree = await read(tar.subarray(0, length));
      expect(paths(tree)).toEqual(whole.slice(0, tree.files.length));
      // Go's reader takes an archive that ends between two members, or in the padding of one.
      const inPadding = length > 1056 && length < 1536;
      if (length % 512 !== 0 && !inPadding) expect(codes(tree)).toEqual(['truncated']);
    }
  });

  it('finds a changed byte in a header', async () => {
    const tar = tarOf([ROOT, { name: './a', type: '6' }]);
    tar[520] = 0x7a;
    const tree = await read(tar);
    expect(codes(tree)).toEqual(['bad-archive']);
    expect(tree.problems[0]?.place.offset).toBe(512);
    expect(paths(tree)).toEqual(['']);
  });

  it('tells of bytes behind the end', async () => {
    const tree = await read(Buffer.concat([tarOf([ROOT]), Buffer.alloc(512)]));
    expect(codes(tree)).toEqual(['trailing-bytes']);
  });

  it('believes no size', async () => {
    for (const size of ['77777777777', '\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff']) {
      const tar = Buffer.from(tarOf([ROOT, { name: './a', body: fileBody(9, []) }]));
      tar.write(size.padEnd(12, '\0'), 512 + 124, 'latin1');
      tar.fill(' ', 512 + 148, 512 + 156);
      const sum = tar.subarray(512, 1024).reduce((total, byte) => total + byte, 0);
      tar.write(`${sum.toString(8).padStart(6, '0')}\0`, 512 + 148, 'latin1');
      expect(codes(await read(tar)).every((code) => ['truncated', 'bad-archive'].includes(code))).toBe(true);
      expect(codes(await read(tar))).toHaveLength(1);
    }
  });

  it('stops at the ceilings of members and of stretches', async () => {
    const many = tarOf([ROOT, ...Array.from({ length: 20 }, (_, index) => ({ name: `./${index}`, type: '6' }))]);
    expect(codes(await read(many, { budget: { members: 20, left: 0 } }))).toEqual(['over-limit']);
    expect(codes(await read(many, { budget: { members: 21, left: 0 } }))).toEqual([]);
    const body = fileBody(9, [
      [0, 4096, 0],
      [4096, 8192, 4096],
    ]);
    expect(codes(await read(tarOf([ROOT, { name: './f', body }]), { budget: { members: 9, left: 1 } }))).toEqual(['over-limit']);
  });

  it('holds no extension header that Go would refuse', async () => {
    const big = memberBytes({ name: './a', type: '6', pax: { comment: 'x'.repeat(1024 * 1024) } });
    const tree = await read(Buffer.concat([memberBytes(ROOT), big]));
    expect(codes(tree)).toEqual(['bad-archive']);
  });
});
