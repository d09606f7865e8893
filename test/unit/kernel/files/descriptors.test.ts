import { describe, expect, it } from 'vitest';
import { type FileDocument, fileDocuments } from '../../../../src/inspection/files.ts';
import { readDescriptors } from '../../../../src/kernel/files/descriptors.ts';
import { DEFAULT_LIMITS } from '../../../../src/limits.ts';
import { type FileGraph, fileGraph, type Place, taskWith } from '../../../support/file-graph.ts';
import { array, bool, int, map, nil, ref, refInto, uint, type WireValue } from '../../../support/wire-value.ts';

type Make = (files: FileGraph, root: Place) => readonly (readonly [number, WireValue])[];

async function filesOf(make: Make, limits = DEFAULT_LIMITS) {
  const damage: string[] = [];
  const kernel = await fileGraph(
    '2026',
    (files) => {
      const mount = files.graph.reserve();
      const memory = files.filesystem('tmpfs', { devMinor: uint(21) });
      const top = files.tmpfs(memory, '', null, { mode: 0o040755 });
      files.mount(mount, { number: 1, filesystem: memory, root: top });
      const root = { mount, dentry: files.pointer(top) };
      return { tasks: [taskWith(files, root, root, make(files, root))] };
    },
    limits,
  );
  const note = (error: { code: string }): number => damage.push(error.code);
  return { kernel, damage, files: fileDocuments(kernel, { arch: 'amd64' }, note) };
}

const descriptors = (files: readonly FileDocument[]): FileDocument[] => files.filter(({ role }) => role === 'descriptor');

function anonymous(files: FileGraph, name: string): Place {
  const mount = files.graph.reserve();
  files.mount(mount, { number: 2, filesystem: files.filesystem('hosted', { devMinor: uint(1) }), root: null });
  return { mount, dentry: files.pointer(files.anonymous(name)) };
}

describe('what an open file holds', () => {
  it('a semaphore of seven', async () => {
    const { files } = await filesOf((made) => [
      [
        3,
        made.file('pkg/sentry/fsimpl/eventfd.EventFileDescription', anonymous(made, '[eventfd]'), {
          flags: 2,
          fields: { val: uint(7), semMode: bool(true) },
        }),
      ],
    ]);
    expect(descriptors(files)).toMatchObject([
      { fd: 3, kind: 'eventfd', path: 'anon_inode:[eventfd]', flags: ['O_RDWR'], details: { count: '7', semaphore: true } },
    ]);
  });

  it('a mask of signals, kept in the file until 2021-11 and in the queue since', async () => {
    const type = 'pkg/sentry/fsimpl/signalfd.SignalFileDescription';
    const before = await filesOf((made) => [
      [3, made.file(type, anonymous(made, '[signalfd]'), { fields: { mask: uint(0x200) } })],
    ]);
    expect(descriptors(before.files)[0]?.details).toEqual({ type: 'signalfd', signals: ['SIGUSR1'] });
    const since = await filesOf((made) => {
      const entry = made.graph.struct('pkg/waiter.Entry', { mask: uint(0x800) });
      return [[3, made.file(type, anonymous(made, '[signalfd]'), { fields: { entry } })]];
    });
    expect(descriptors(since.files)[0]?.details).toEqual({ type: 'signalfd', signals: ['SIGUSR2'] });
  });

  it('the two ends of a pipe know one another', async () => {
    const { files } = await filesOf((made) => {
      const pipe = ref(
        made.graph.object(
          made.graph.struct('pkg/sentry/kernel/pipe.Pipe', {
            size: uint(5),
            max: uint(65_536),
            readers: int(1),
            writers: int(1),
          }),
        ),
      );
      const mount = made.graph.reserve();
      made.mount(mount, { number: 2, filesystem: made.filesystem('pipefs', { devMinor: uint(3) }), root: null });
      const inode = made.graph.struct('pkg/sentry/fsimpl/pipefs.inode', { ino: uint(4) });
      const dentry = made.pointer(
        made.kernfs('', null, {
          kind: 'interface',
          type: { spec: 'pointer', to: made.graph.spec('pkg/sentry/fsimpl/pipefs.inode', ['ino']) },
          value: made.graph.pointer(inode),
        }),
      );
      const end = (flags: number): WireValue =>
        made.file('pkg/sentry/kernel/pipe.VFSPipeFD', { mount, dentry }, { flags, fields: { pipe } });
      const read = end(0);
      return [
        [3, read],
        [4, end(1)],
        [9, read],
      ];
    });
    expect(descriptors(files).map(({ path, details, sameAs }) => ({ path, details, sameAs }))).toMatchObject([
      { path: 'pipe:[4]', details: { end: 'read', waiting: 5, capacity: 65_536, otherEnd: [{ pid: 1, fd: 4 }] }, sameAs: null },
      { path: 'pipe:[4]', details: { end: 'write', otherEnd: [{ fd: 3 }, { fd: 9 }] }, sameAs: null },
      { path: 'pipe:[4]', details: null, sameAs: { pid: 1, fd: 3 } },
    ]);
  });

  it('locks of the open file and of the table, and of nobody else', async () => {
    const { files } = await filesOf((made, root) => {
      const { graph } = made;
      const locks = graph.reserve();
      const holder = made.graph.reserve();
      const type = 'pkg/sentry/fsimpl/tmpfs.regularFileFD';
      const lockFd = graph.struct('pkg/sentry/vfs.LockFD', { locks: ref(locks) });
      const mine = made.file(type, root, { fields: { LockFD: lockFd } });
      const other = made.file(type, root, { fields: { LockFD: lockFd } });
      const owner = (value: WireValue): WireValue => ({
        kind: 'interface',
        type: {
          spec: 'pointer',
          to: graph.spec('pkg/sentry/vfs.FileDescription', ['statusFlags', 'asyncHandler', 'vd', 'impl']),
        },
        value,
      });
      const info = (pid: number): WireValue => graph.struct('pkg/sentry/fsimpl/lock.OwnerInfo', { PID: int(pid), OFD: nil() });
      const lock = (readers: readonly (readonly [WireValue, WireValue])[], writer: WireValue, pid: number): WireValue =>
        graph.struct('pkg/sentry/fsimpl/lock.Lock', {
          Readers: graph.pointer(map(readers)),
          Writer: writer,
          WriterInfo: info(pid),
        });
      const none: WireValue = { kind: 'interface', type: { spec: 'nil' }, value: nil() };
      const segment = (start: number, end: bigint, value: WireValue): WireValue =>
        graph.struct('pkg/sentry/fsimpl/lock.LockFlatSegment', { Start: uint(start), End: uint(end), Value: value });
      const set = (items: readonly WireValue[]): WireValue =>
        graph.struct('pkg/sentry/fsimpl/lock.Locks', {
          locks: graph.struct('pkg/sentry/fsimpl/lock.LockSet', { root: graph.slice(items) }),
        });
      graph.define(holder, nil());
      graph.define(
        locks,
        graph.struct('pkg/sentry/vfs.FileLocks', {
          bsd: set([segment(0, (1n << 63n) - 1n, lock([], owner(mine), 1))]),
          posix: set([segment(10, 20n, lock([[owner(mine), info(-1)]], none, 0)), segment(30, 40n, lock([], owner(other), -1))]),
        }),
      );
      return [
        [3, mine],
        [4, other],
      ];
    });
    expect(descriptors(files).map(({ locks }) => locks)).toEqual([
      [
        { type: 'flock', mode: 'write', start: 0, end: null, pid: 1 },
        { type: 'ofd', mode: 'read', start: 10, end: 20, pid: -1 },
      ],
      [{ type: 'ofd', mode: 'write', start: 30, end: 40, pid: -1 }],
    ]);
  });

  it('a number for a flag that has no name', async () => {
    const { files } = await filesOf((made, root) => [
      [3, made.file('pkg/sentry/fsimpl/tmpfs.directoryFD', root, { flags: 0x8000_0000 | 0o2000 | 1 })],
    ]);
    expect(descriptors(files)[0]?.flags).toEqual(['O_WRONLY', 'O_APPEND', '0x80000000']);
  });
});

describe('files that are damaged', () => {
  it('one reference that leads nowhere does not hide the others', async () => {
    const { files, damage } = await filesOf((made, root) => [
      [3, refInto(root.mount, ['nothing'], made.graph.spec('pkg/sentry/kernel.FDFlags', ['CloseOnExec']))],
      [4, made.file('pkg/sentry/fsimpl/tmpfs.directoryFD', root)],
    ]);
    expect(descriptors(files).map(({ fd }) => fd)).toEqual([4]);
    expect(damage).toEqual(['dangling-reference']);
  });

  it('a file whose parts are of other kinds than any runsc saves', async () => {
    const { files, damage } = await filesOf((made, root) => [
      [3, made.file('pkg/sentry/fsimpl/eventfd.EventFileDescription', root, { fields: { val: made.graph.pointer(array([])) } })],
      [4, made.file('pkg/sentry/fsimpl/tmpfs.directoryFD', root)],
    ]);
    expect(descriptors(files).map(({ fd }) => fd)).toEqual([4]);
    expect(damage).toEqual(['unknown-shape']);
  });

  it('a type that no gVisor has is of an unknown kind, with its path', async () => {
    const { files, damage } = await filesOf((made) => [[3, made.file('pkg/other.FD', anonymous(made, '[x]'))]]);
    expect(descriptors(files)).toMatchObject([{ kind: 'unknown', path: 'anon_inode:[x]' }]);
    expect(damage).toEqual([]);
  });

  it('many epolls that share one long list of watches are not all read', async () => {
    const limits = { ...DEFAULT_LIMITS, elements: 500 };
    const { files, damage } = await filesOf((made) => {
      const { graph } = made;
      const watch = graph.pointer(graph.struct('pkg/sentry/vfs.epollInterest', { mask: uint(1) }));
      const interest = graph.pointer(map(Array.from({ length: 100 }, (_, fd) => [int(fd), watch] as const)));
      const place = anonymous(made, '[eventpoll]');
      return Array.from(
        { length: 20 },
        (_, fd) => [fd, made.file('pkg/sentry/vfs.EpollInstance', place, { fields: { interest } })] as const,
      );
    }, limits);
    expect(descriptors(files).length).toBeLessThan(5);
    expect(damage.length).toBeGreaterThan(15);
    expect(new Set(damage)).toEqual(new Set(['over-limit']));
  });
});

describe('what is read', () => {
  const make: Make = (made, root) => [[3, made.file('pkg/sentry/fsimpl/tmpfs.directoryFD', root)]];

  it('places alone, without the table', async () => {
    const { kernel } = await filesOf(make);
    const [process] = readDescriptors(kernel, () => undefined, 'places');
    expect(process?.descriptors).toEqual([]);
    expect(process?.cwdPath?.text).toBe('/');
  });

  it('only the processes that are asked for', async () => {
    const { kernel } = await filesOf(make);
    const all = fileDocuments(kernel, { arch: 'amd64' }, () => undefined);
    expect(all.map(({ role }) => role)).toEqual(['cwd', 'root', 'descriptor']);
    expect(fileDocuments(kernel, { arch: 'amd64', only: () => false }, () => undefined)).toEqual([]);
  });
});
