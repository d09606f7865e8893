import { describe, expect, it } from 'vitest';
import { type MountDocument, mountDocuments } from '../../../../src/inspection/mounts.ts';
import { type Era, type FileGraph, fileGraph, type TestMount, taskWith } from '../../../support/file-graph.ts';
import { bool, field, map, nil, string, uint, type WireValue } from '../../../support/wire-value.ts';

const DIRECTORY = 0o040755;

/** A root of the host with mounts below it; `describe` gives those. */
async function mountsOf(
  era: Era,
  describe: (files: FileGraph) => { readonly options?: Partial<TestMount>; readonly gofer?: Readonly<Record<string, WireValue>> },
  below: (files: FileGraph, root: bigint, point: bigint) => readonly bigint[] = () => [],
): Promise<{ readonly mounts: readonly MountDocument[]; readonly damage: readonly string[] }> {
  const damage: string[] = [];
  const kernel = await fileGraph(era, (files) => {
    const { graph } = files;
    const root = graph.reserve();
    const { options = {}, gofer = {} } = describe(files);
    const host = files.filesystem('gofer', { devMinor: uint(18), ...gofer });
    const top = files.gofer(host, '', null, { mode: DIRECTORY });
    const point = files.gofer(host, 'tmp', top, { mode: DIRECTORY });
    const children = below(files, root, point);
    files.mount(root, { number: 16, filesystem: host, root: top, children, ...options });
    const namespace = graph.object(
      graph.struct('pkg/sentry/vfs.MountNamespace', { root: nil(), ...(era === '2021' ? {} : { mounts: nil() }) }),
    );
    const place = { mount: root, dentry: files.pointer(top) };
    return { tasks: [taskWith(files, place, place, [], namespace)] };
  });
  return { mounts: mountDocuments(kernel, (error) => damage.push(error.code)), damage };
}

/** Options of a gofer's file system as a release saves them. */
const goferOptions = (files: FileGraph, fields: Readonly<Record<string, WireValue>>): WireValue =>
  files.graph.struct('pkg/sentry/fsimpl/gofer.filesystemOptions', {
    fd: uint(3),
    aname: string('/'),
    dfltuid: uint(1),
    dfltgid: uint(2),
    ...fields,
  });

describe('mounts', () => {
  it('of a read-only root: gVisor makes the count of its writers negative', async () => {
    const { mounts, damage } = await mountsOf('2026', () => ({ options: { writers: -(1n << 63n) } }));
    expect(damage).toEqual([]);
    expect(mounts).toMatchObject([
      {
        id: 16,
        parent: 16,
        device: '0:18',
        root: '/',
        path: '/',
        options: 'ro',
        flags: ['ro'],
        propagation: [],
        type: '9p',
        pid: 1,
      },
    ]);
  });

  it('that hang in another, with flags and peers', async () => {
    const { mounts } = await mountsOf(
      '2026',
      () => ({}),
      (files, root, point) => {
        const { graph } = files;
        const memory = files.filesystem('tmpfs', {
          devMinor: uint(21),
          mopts: string('mode=0755'),
          maxSizeInPages: uint(256),
          pagesUsed: nil(),
        });
        const file = { size: 5 };
        const top = files.tmpfs(memory, '', null, { mode: DIRECTORY, children: [] });
        const inner = files.tmpfs(memory, 'x', top, { mode: DIRECTORY, children: [['f', files.tmpfs(memory, 'f', top, file)]] });
        const id = graph.reserve();
        const flags = { NoExec: true, NoATime: false, NoDev: true, NoSUID: true };
        return [files.mount(id, { number: 20, filesystem: memory, root: inner, parent: root, point, flags, shared: 3 })];
      },
    );
    expect(mounts[1]).toMatchObject({
      id: 20,
      parent: 16,
      device: '0:21',
      root: '/x',
      path: '/tmp',
      // This release does not show nosuid yet, and none shows nodev.
      options: 'rw,noexec',
      flags: ['nosuid', 'nodev', 'noexec'],
      propagation: ['shared:3'],
      type: 'tmpfs',
      superOptions: 'rw,mode=0755',
      behind: { type: 'tmpfs', memoryFile: null, sizeLimit: 1_048_576, usedBytes: 0 },
    });
  });

  it('that older releases show with noatime in the place of rw, and from the root of their file system', async () => {
    const { mounts } = await mountsOf('2021', () => ({
      options: { flags: { NoExec: true, NoATime: true, NoDev: false, NoSUID: true } },
    }));
    expect(mounts[0]).toMatchObject({ options: ',noatime,noexec', flags: ['nosuid', 'noexec', 'noatime'], root: '/' });
  });

  it('with the contents of a tmpfs counted once, though directories lead back', async () => {
    const { mounts } = await mountsOf(
      '2026',
      () => ({}),
      (files, root, point) => {
        const memory = files.graph.reserve();
        const known = files.filesystem('tmpfs', {
          devMinor: uint(21),
          root: { kind: 'ref', root: memory, dots: [], type: { spec: 'nil' } },
        });
        const a = files.tmpfs(known, 'a', null, { size: 5 });
        const b = files.tmpfs(known, 'b', null, { size: 7 });
        const inner = files.tmpfs(known, 'd', null, { mode: DIRECTORY, children: [['a', a]] });
        const top = files.tmpfs(known, '', null, {
          mode: DIRECTORY,
          children: [
            ['a', a],
            ['b', b],
            ['d', inner],
            ['again', inner],
          ],
        });
        files.graph.define(
          memory,
          files.graph.struct('pkg/sentry/vfs.Dentry', {
            dead: nil(),
            mounts: nil(),
            impl: {
              kind: 'interface',
              type: {
                spec: 'pointer',
                to: files.graph.spec('pkg/sentry/fsimpl/tmpfs.dentry', ['vfsd', 'parent', 'name', 'inode']),
              },
              value: files.own(top),
            },
          }),
        );
        const id = files.graph.reserve();
        return [files.mount(id, { number: 20, filesystem: known, root: top, parent: root, point })];
      },
    );
    expect(mounts[1]?.behind).toMatchObject({ contents: { directories: 2, files: 2, bytes: 12, others: 0 } });
  });

  it('that hang in one another in a circle are shown once, and none of them twice', async () => {
    const { mounts, damage } = await mountsOf(
      '2026',
      () => ({}),
      (files, root, point) => {
        const memory = files.filesystem('tmpfs', { devMinor: uint(21) });
        const top = files.tmpfs(memory, '', null, { mode: DIRECTORY });
        const [first, second] = [files.graph.reserve(), files.graph.reserve()];
        files.mount(first, { number: 20, filesystem: memory, root: top, parent: second, point: top, children: [second, root] });
        files.mount(second, { number: 21, filesystem: memory, root: top, parent: first, point: top, children: [first] });
        expect(point).toBeGreaterThan(0n);
        return [first];
      },
    );
    expect(mounts.map(({ id }) => id)).toEqual([16]);
    expect(damage).toEqual(['inconsistent', 'inconsistent']);
  });
});

describe('options of a gofer', () => {
  const superOptions = async (era: Era, fields: Readonly<Record<string, WireValue>>): Promise<string | null | undefined> => {
    const { mounts } = await mountsOf(era, (files) => ({ gofer: { opts: goferOptions(files, fields) } }));
    return mounts[0]?.superOptions;
  };
  const start = 'rw,trans=fd,rfdno=3,wfdno=3,aname=/,dfltuid=1,dfltgid=2';

  it('of 2022-01', async () => {
    const fields = {
      msize: uint(4096),
      version: string('9P2000.L'),
      maxCachedDentries: uint(1000),
      interop: uint(2),
      regularFilesUseSpecialFileFD: bool(true),
      lisaEnabled: bool(true),
    };
    expect(await superOptions('2021', fields)).toBe(
      `${start},msize=4096,version=9P2000.L,dentry_cache_limit=1000,cache=none,lisafs`,
    );
  });

  it('of 2022-12', async () => {
    expect(await superOptions('2021', { interop: uint(1), overlayfsStaleRead: bool(true) })).toBe(
      `${start},cache=fscache_writethrough,overlayfs_stale_read`,
    );
  });

  it('of 2024 and later', async () => {
    const kernel = await mountsOf('2026', (files) => ({
      gofer: {
        opts: goferOptions(files, {
          interop: uint(2),
          dcache: uint(1000),
          disableFifoOpen: bool(true),
          regularFilesUseSpecialFileFD: bool(true),
          directfs: files.graph.struct('pkg/sentry/fsimpl/gofer.directfsOpts', { enabled: bool(true) }),
        }),
        dentryCache: files.graph.pointer(
          files.graph.struct('pkg/sentry/fsimpl/gofer.dentryCache', { maxCachedDentries: uint(5000) }),
        ),
        iopts: files.graph.struct('pkg/sentry/fsimpl/gofer.InternalFilesystemOptions', {
          UniqueID: files.graph.struct('pkg/sentry/checkpoint.ResourceID', { ContainerName: string('web'), Path: string('/') }),
        }),
        savedDentryRW: files.graph.pointer(map([])),
        savedDeletedOpenDentries: field(nil()),
      },
    }));
    expect(kernel.mounts[0]).toMatchObject({
      superOptions: `${start},dcache=5000-global,cache=remote_revalidating,disable_file_handle_sharing,disable_fifo_open,directfs`,
      behind: {
        type: 'gofer',
        id: { container: 'web', path: '/' },
        directfs: true,
        reopenRead: 0,
        reopenWrite: 0,
        deletedOpen: 0,
      },
    });
  });
});
