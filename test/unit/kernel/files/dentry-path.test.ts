import { describe, expect, it } from 'vitest';
import { pathOfPlace } from '../../../../src/kernel/files/dentry-path.ts';
import { readDescriptors } from '../../../../src/kernel/files/descriptors.ts';
import { type Era, type FileGraph, fileGraph, type Place, taskWith } from '../../../support/file-graph.ts';
import { nil, uint, type WireValue } from '../../../support/wire-value.ts';

const DIRECTORY = 0o040755;
const ERAS = ['2021', '2023', '2026'] as const satisfies readonly Era[];

/** A gofer's root with /tmp, on which a tmpfs is mounted; descriptors as `describe` makes them. */
function mounted(
  files: FileGraph,
  describe: (tmp: { readonly filesystem: bigint; readonly root: bigint; readonly mount: bigint }, root: Place) => WireValue[],
) {
  const { graph } = files;
  const [rootMount, tmpMount] = [graph.reserve(), graph.reserve()];
  const host = files.filesystem('gofer', { devMinor: uint(18) });
  const top = files.gofer(host, '', null, { mode: DIRECTORY });
  const tmp = files.gofer(host, 'tmp', top, { mode: DIRECTORY });
  const memory = files.filesystem('tmpfs', { devMinor: uint(21) });
  const memoryRoot = files.tmpfs(memory, '', null, { mode: DIRECTORY });
  files.mount(rootMount, { number: 16, filesystem: host, root: top, children: [tmpMount] });
  files.mount(tmpMount, { number: 20, filesystem: memory, root: memoryRoot, parent: rootMount, point: tmp });
  const root = { mount: rootMount, dentry: files.pointer(top) };
  const descriptors = describe({ filesystem: memory, root: memoryRoot, mount: tmpMount }, root);
  return {
    root,
    tasks: [
      taskWith(
        files,
        root,
        root,
        descriptors.map((file, fd) => [fd, file] as const),
      ),
    ],
  };
}

async function pathsOf(era: Era, describe: (files: FileGraph) => ReturnType<typeof mounted>) {
  const damage: string[] = [];
  const kernel = await fileGraph(era, (files) => describe(files));
  const [process] = readDescriptors(kernel, (error) => damage.push(error.code));
  return { paths: (process?.descriptors ?? []).map(({ path }) => path), damage, process };
}

describe.each(ERAS)('paths in images of %s', (era) => {
  it('go through mounts to the root of the process', async () => {
    const { paths, process, damage } = await pathsOf(era, (files) =>
      mounted(files, ({ filesystem, root, mount }) => {
        const directory = files.tmpfs(filesystem, 'a b', root, { mode: DIRECTORY });
        const file = files.tmpfs(filesystem, 'log', directory, { ino: 7, size: 12 });
        return [files.file('pkg/sentry/fsimpl/tmpfs.regularFileFD', { mount, dentry: files.pointer(file) })];
      }),
    );
    expect(damage).toEqual([]);
    expect(paths).toEqual([
      {
        text: '/tmp/a b/log',
        deleted: false,
        reachable: true,
        filesystem: 'tmpfs',
        ino: 7n,
        device: { major: 0, minor: 21 },
        mode: 0o100644,
      },
    ]);
    expect(process?.rootPath?.text).toBe('/');
    expect(process?.umask).toBe(0o22);
  });

  it('begin at the root of the namespace also for a process with another root, as /proc shows them', async () => {
    const kernel = await fileGraph(era, (files) => {
      const { graph } = files;
      const mount = graph.reserve();
      const filesystem = files.filesystem('gofer', { devMinor: uint(18) });
      const top = files.gofer(filesystem, '', null, { mode: DIRECTORY });
      const usr = files.gofer(filesystem, 'usr', top, { mode: DIRECTORY });
      const lib = files.gofer(filesystem, 'lib', usr, { mode: DIRECTORY });
      const file = files.gofer(filesystem, 'libc.so', lib, {});
      files.mount(mount, { number: 16, filesystem, root: top });
      const at = (dentry: bigint): Place => ({ mount, dentry: files.pointer(dentry) });
      const open = files.file('pkg/sentry/fsimpl/gofer.regularFileFD', at(file));
      return { root: at(top), tasks: [taskWith(files, at(usr), at(lib), [[3, open]])] };
    });
    const [process] = readDescriptors(kernel, (error) => {
      throw error;
    });
    expect(process?.rootPath?.text).toBe('/usr');
    expect(process?.cwdPath?.text).toBe('/usr/lib');
    expect(process?.descriptors.map(({ path }) => path?.text)).toEqual(['/usr/lib/libc.so']);
  });

  it('say what was deleted', async () => {
    const { paths } = await pathsOf(era, (files) =>
      mounted(files, ({ filesystem, root, mount }) => {
        const file = files.tmpfs(filesystem, 'gone', root, { dead: true });
        return [files.file('pkg/sentry/fsimpl/tmpfs.regularFileFD', { mount, dentry: files.pointer(file) })];
      }),
    );
    expect(paths[0]).toMatchObject({ text: '/tmp/gone (deleted)', deleted: true });
  });

  it('name a memfd, whose file lies in no directory', async () => {
    const { paths, process } = await pathsOf(era, (files) =>
      mounted(files, ({ filesystem, mount }) => {
        const file = files.tmpfs(filesystem, 'memfd:name', null, { size: 3 });
        return [files.file('pkg/sentry/fsimpl/tmpfs.regularFileFD', { mount, dentry: files.pointer(file) })];
      }),
    );
    expect(paths[0]).toMatchObject({ text: '/memfd:name (deleted)', deleted: true, reachable: false });
    expect(process?.descriptors[0]?.file).toMatchObject({ kind: 'memfd', details: { name: 'name', seals: ['F_SEAL_SEAL'] } });
  });

  it('are not of the root when the mount hangs nowhere', async () => {
    const { paths, process } = await pathsOf(era, (files) => {
      const lazy = files.graph.reserve();
      return mounted(files, () => {
        const away = files.filesystem('tmpfs', { devMinor: uint(22) });
        const top = files.tmpfs(away, '', null, { mode: DIRECTORY });
        const file = files.tmpfs(away, 'in', top);
        files.mount(lazy, { number: 30, filesystem: away, root: top });
        return [files.file('pkg/sentry/fsimpl/tmpfs.regularFileFD', { mount: lazy, dentry: files.pointer(file) })];
      });
    });
    expect(paths[0]?.text).toBe('/in');
    const place = process?.descriptors[0]?.file.place;
    if (place === null || place === undefined) throw new Error('no place');
    expect(pathOfPlace(place, process?.root ?? null)).toMatchObject({ text: '/in', reachable: false });
  });

  it('of pipes, sockets, host files and anonymous inodes are their names', async () => {
    const { paths } = await pathsOf(era, (files) => {
      const { graph } = files;
      const inode = (type: string, fields: Record<string, WireValue>): WireValue => ({
        kind: 'interface',
        type: { spec: 'pointer', to: graph.spec(type, Object.keys(fields)) },
        value: graph.pointer(graph.struct(type, fields)),
      });
      const attributes = graph.struct('pkg/sentry/fsimpl/kernfs.InodeAttrs', {
        devMajor: nil(),
        devMinor: uint(6),
        ino: uint(9),
        mode: uint(0o140777),
      });
      const internal = (name: string, dentry: bigint): WireValue => {
        const id = graph.reserve();
        files.mount(id, { number: 3, filesystem: files.filesystem(name, { devMinor: uint(3) }), root: null });
        return files.file(
          'pkg/sentry/kernel/pipe.VFSPipeFD',
          { mount: id, dentry: files.pointer(dentry) },
          { fields: { pipe: nil() } },
        );
      };
      return mounted(files, () => [
        internal('pipefs', files.kernfs('', null, inode('pkg/sentry/fsimpl/pipefs.inode', { ino: uint(5) }))),
        internal('sockfs', files.kernfs('', null, inode('pkg/sentry/fsimpl/sockfs.inode', { InodeAttrs: attributes }))),
        internal('host', files.kernfs('', null, inode('pkg/sentry/fsimpl/host.inode', { ino: uint(2), ftype: uint(0o020000) }))),
        internal('hosted', files.anonymous('[eventfd]')),
      ]);
    });
    expect(paths.map((path) => path?.text)).toEqual(['pipe:[5]', 'socket:[9]', 'host:[2]', 'anon_inode:[eventfd]']);
    expect(paths.map((path) => path?.ino)).toEqual([5n, 9n, 2n, 1n]);
  });
});

describe('paths that no gVisor makes', () => {
  const one = (make: (files: FileGraph, tmp: { filesystem: bigint; root: bigint }) => bigint) =>
    pathsOf('2026', (files) =>
      mounted(files, ({ filesystem, root, mount }) => [
        files.file('pkg/sentry/fsimpl/tmpfs.regularFileFD', { mount, dentry: files.pointer(make(files, { filesystem, root })) }),
      ]),
    );

  it('directories that lead in a circle', async () => {
    const { paths, damage } = await one((files, { filesystem }) => files.tmpfs(filesystem, 'b', 'itself'));
    expect(paths).toEqual([null]);
    expect(damage).toEqual(['inconsistent']);
  });

  it('a name of a hundred thousand characters', async () => {
    const { paths, damage } = await one((files, { filesystem, root }) => files.tmpfs(filesystem, 'x'.repeat(100_000), root));
    expect(paths).toEqual([null]);
    expect(damage).toEqual(['over-limit']);
  });

  it('more directories than any path has', async () => {
    const { paths, damage } = await one((files, { filesystem, root }) => {
      let at = root;
      for (let depth = 0; depth < 5000; depth++) at = files.tmpfs(filesystem, 'd', at, { mode: DIRECTORY });
      return at;
    });
    expect(paths).toEqual([null]);
    expect(damage).toEqual(['inconsistent']);
  });
});
