import { describe, expect, it } from 'vitest';
import { readGoferFiles } from '../../../../src/kernel/files/gofer-files.ts';
import { type Era, fileGraph } from '../../../support/file-graph.ts';
import { bool, map, nil, ref, string, uint, type WireValue } from '../../../support/wire-value.ts';

const DIRECTORY = 0o040755;

describe.each(['2021', '2023', '2026'] as const satisfies readonly Era[])('files of the host in images of %s', (era) => {
  it('are those that a restore walks to, without the ones that only the sandbox has', async () => {
    const damage: string[] = [];
    const kernel = await fileGraph(era, (files) => {
      const { graph } = files;
      const [top, handles, syncable] = [graph.reserve(), graph.reserve(), graph.reserve()];
      const filesystem = files.filesystem('gofer', {
        devMinor: uint(18),
        root: ref(top),
        savedDentryRW: ref(handles),
        syncableDentries: era === '2021' ? ref(syncable) : nil(),
        iopts: graph.struct('pkg/sentry/fsimpl/gofer.InternalFilesystemOptions', {
          UniqueID:
            era === '2026'
              ? graph.struct('pkg/sentry/checkpoint.ResourceID', { ContainerName: string('web'), Path: string('/data') })
              : string('/data'),
        }),
      });
      const root = files.reserveGofer();
      const program = files.gofer(filesystem, 'program', root, { mode: 0o100755, ino: 4 });
      const made = files.gofer(filesystem, 'made', root, { mode: DIRECTORY, synthetic: true, children: [['hidden', program]] });
      files.gofer(filesystem, '', null, {
        id: root,
        mode: DIRECTORY,
        children: [
          ['program', program],
          ['made', made],
        ],
      });
      const shape = graph.struct('pkg/sentry/vfs.Dentry', {
        dead: nil(),
        mounts: nil(),
        impl: {
          kind: 'interface',
          type: { spec: 'pointer', to: { spec: 'nil' } },
          value: files.own(root),
        } satisfies WireValue,
      });
      graph.define(top, shape);
      const rw = graph.struct('pkg/sentry/fsimpl/gofer.savedDentryRW', { read: bool(true), write: nil() });
      graph.define(handles, map([[files.own(program), rw]]));
      graph.define(syncable, map([root, program].map((entry) => [files.own(entry), nil()] as const)));
      return { tasks: [], filesystems: [filesystem] };
    });
    const found = readGoferFiles(kernel, (error) => damage.push(error.message));
    expect(damage).toEqual([]);
    expect(found).toHaveLength(1);
    expect(found[0]?.id).toEqual({ container: era === '2026' ? 'web' : null, path: '/data' });
    expect(found[0]?.files.map(({ path, kind, reopen }) => ({ path, kind, reopen }))).toEqual([
      { path: '/', kind: 'directory', reopen: null },
      { path: '/program', kind: 'regular', reopen: { read: true, write: false } },
    ]);
  });
});
