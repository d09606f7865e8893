/**
 * The gate `host-files` against the real runsc: a program holds files open, one thing is changed in its root file system or in a mount of
 * it, and `check` has to say what the restore does.
 *
 * Needs what `debian-runsc.test.ts` needs.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckResult, check } from '../../src/index.ts';
import { createFileHolder, type FileHolder } from '../support/file-holder.ts';
import { findRunscs, makeImage, type Runsc, restoreImage, skipWithout } from '../support/runsc.ts';

interface Case {
  readonly name: string;
  readonly change: (holder: FileHolder) => void | Promise<void>;
  /** What was found of the files, when it stops the restore. */
  readonly files?: readonly string[];
  /** The prediction may leave it open. */
  readonly open?: boolean;
  /** runsc waits for ever, or prints what cannot be known before. */
  readonly wordless?: boolean;
}

const rootfs =
  (change: (at: (path: string) => string) => void | Promise<void>) =>
  (holder: FileHolder): void | Promise<void> =>
    change((path) => join(holder.rootfs, path));
const data =
  (change: (at: (path: string) => string) => void | Promise<void>) =>
  (holder: FileHolder): void | Promise<void> =>
    change((path) => join(holder.data, path));

/** Moves something aside and leaves a link to it. */
function link(path: string): void {
  renameSync(path, `${path}-moved`);
  symlinkSync(`${path.slice(path.lastIndexOf('/') + 1)}-moved`, path);
}

function replace(path: string, by: 'directory' | 'file'): void {
  rmSync(path, { recursive: true });
  if (by === 'directory') mkdirSync(path);
  else writeFileSync(path, '');
}

const CASES: readonly Case[] = [
  { name: 'as it was', change: () => {} },
  {
    name: 'unused files removed',
    change: ({ rootfs: root, data: mount }) => {
      for (const path of [join(root, 'etc/unused'), join(mount, 'unused')]) rmSync(path);
    },
  },
  { name: 'other content', change: data((at) => writeFileSync(at('read'), 'something else, and longer')) },
  { name: 'an unused link removed', change: rootfs((at) => rmSync(at('link'))) },
  { name: 'a file removed from the root', change: rootfs((at) => rmSync(at('etc/read'))), files: ['/etc/read'] },
  { name: 'the executable removed', change: rootfs((at) => rmSync(at('holder'))), files: ['/holder'] },
  { name: 'a file behind a link removed', change: rootfs((at) => rmSync(at('real/target'))), files: ['/real/target'] },
  { name: 'a file removed from the mount', change: data((at) => rmSync(at('read'))), files: ['/read'] },
  { name: 'the working directory removed', change: rootfs((at) => rmdirSync(at('deep/directory'))), files: ['/deep/directory'] },
  { name: 'a directory above it removed', change: rootfs((at) => rmSync(at('deep'), { recursive: true })), files: ['/deep'] },
  { name: 'a directory renamed', change: data((at) => renameSync(at('keep'), at('kept'))), files: ['/keep'] },
  { name: 'a mount point of the sentry removed', change: rootfs((at) => rmdirSync(at('proc'))), files: ['/proc'] },
  { name: 'a directory in place of a file', change: rootfs((at) => replace(at('etc/read'), 'directory')) },
  { name: 'a file in place of the working directory', change: rootfs((at) => replace(at('deep/directory'), 'file')) },
  {
    name: 'a file in place of a directory above',
    change: rootfs((at) => replace(at('deep'), 'file')),
    files: ['/deep/directory'],
  },
  { name: 'a link in place of a file', change: rootfs((at) => link(at('etc/read'))), files: ['/etc/read'] },
  { name: 'a link in place of a directory above', change: rootfs((at) => link(at('etc'))), files: ['/etc/read'] },
  { name: 'a link in place of the working directory', change: rootfs((at) => link(at('deep/directory'))) },
  {
    name: 'a pipe in place of a file',
    change: rootfs((at) => {
      rmSync(at('etc/read'));
      execFileSync('mknod', [at('etc/read'), 'p']);
    }),
    // With a gofer it depends on --host-fifo.
    open: true,
    wordless: true,
  },
  {
    name: 'a socket in place of a file',
    change: rootfs(async (at) => {
      rmSync(at('etc/read'));
      await socketAt(at('etc/read'));
    }),
    files: ['/etc/read'],
  },
  {
    name: 'a device in place of a file',
    change: rootfs((at) => {
      rmSync(at('etc/read'));
      execFileSync('mknod', [at('etc/read'), 'c', '1', '3']);
    }),
    open: true,
  },
  {
    name: 'a block device in place of the working directory',
    change: rootfs((at) => {
      rmdirSync(at('deep/directory'));
      execFileSync('mknod', [at('deep/directory'), 'b', '7', '99']);
    }),
  },
  {
    name: 'a directory in place of a file of the mount',
    change: data((at) => replace(at('read'), 'directory')),
    files: ['/read'],
  },
  { name: 'a directory in place of a written file', change: data((at) => replace(at('write'), 'directory')), files: ['/write'] },
  {
    name: 'a file in place of a directory of the mount',
    change: data((at) => replace(at('keep/directory'), 'file')),
    files: ['/keep/directory'],
  },
  { name: 'a link in place of a file of the mount', change: data((at) => link(at('read'))), files: ['/read'] },
  { name: 'a link in place of a directory of the mount', change: data((at) => link(at('sub'))), files: ['/sub'] },
  { name: 'the mount point removed', change: rootfs((at) => rmSync(at('data'), { recursive: true, force: true })) },
  {
    name: 'the mount point a link',
    change: rootfs((at) => {
      rmSync(at('data'), { recursive: true, force: true });
      mkdirSync(at('elsewhere'));
      symlinkSync('elsewhere', at('data'));
    }),
    files: ['/data'],
    wordless: true,
  },
  {
    name: 'nobody may read',
    change: ({ rootfs: root, data: mount }) => {
      execFileSync('chmod', ['000', join(root, 'etc/read'), join(mount, 'read'), join(mount, 'write')]);
    },
  },
];

function socketAt(path: string): Promise<void> {
  // The file stays when the server is not closed in order.
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(path, () => {
      server.unref();
      resolve();
    });
  });
}

const FATAL = new Set(['CKPT1851', 'CKPT1852', 'CKPT1853', 'CKPT1854']);

async function predict(runsc: Runsc, holder: FileHolder, image: string): Promise<CheckResult> {
  const { results } = await check({
    images: [image],
    runscVersion: runsc.version,
    runsc: 'never',
    rootfs: [holder.rootfs],
    mounts: [`/data=${holder.data}`],
  });
  return results[0] as CheckResult;
}

const RUNSCS = process.platform === 'linux' && process.arch === 'x64' && process.getuid?.() === 0 ? findRunscs(process.env) : [];
if (RUNSCS.length === 0) console.warn('SKIPPED: no runsc that root could run; host-files was not compared with it.');

skipWithout(RUNSCS);

describe.skipIf(RUNSCS.length === 0).each(RUNSCS.map((runsc) => [runsc.version, runsc] as const))('%s', (_, runsc) => {
  let holder: FileHolder;
  beforeAll(async () => {
    holder = createFileHolder();
    expect(await makeImage(runsc, holder, 'image', [], holder.ready)).toBeNull();
  }, 60_000);
  afterAll(() => holder?.remove());

  it('lists what must be there', async () => {
    const { results } = await check({ images: [join(holder.directory, 'image')], runscVersion: runsc.version, runsc: 'never' });
    const gate = results[0]?.gates.find(({ id }) => id === 'host-files');
    expect(gate?.outcome).toBe('not-checked');
    const listed = gate?.reasons.flatMap((because) =>
      because.code === 'CKPT1858' ? because.details.files.map(({ path, access }) => [because.details.mount, path, access]) : [],
    );
    expect(listed).toEqual(
      expect.arrayContaining([
        ['/', '/holder', 'read'],
        ['/', '/etc/read', 'read'],
        ['/', '/real/target', 'read'],
        ['/', '/deep/directory', null],
        ['/data', '/sub/both', 'read-write'],
        ['/data', '/read', 'read'],
        ['/data', '/write', 'write'],
        ['/data', '/keep/directory', 'read'],
      ]),
    );
    expect(listed?.some(([, path]) => String(path).includes('unused') || path === '/link')).toBe(false);
  });

  it.each(CASES)(
    '$name',
    async ({ change, files = [], open = false, wordless = false }) => {
      holder.reset();
      await change(holder);
      const image = join(holder.directory, 'image');
      const predicted = await predict(runsc, holder, image);
      const gate = predicted.gates.find(({ id }) => id === 'host-files');
      const answer = await restoreImage(runsc, holder, image, 'again');
      const said = { runsc: answer, ckpt: predicted.runscError, outcome: gate?.outcome };
      if (open && gate?.outcome === 'unknown') return;
      expect(said).toMatchObject({ outcome: answer === null ? 'pass' : 'fail' });
      if (answer === null) expect(predicted.verdict).toBe('restorable');
      else {
        if (!wordless || predicted.runscError !== null) expect(predicted.runscError).toBe(answer);
        expect(predicted.firstFailure).toBe('host-files');
        const named = gate?.reasons.flatMap((because) =>
          FATAL.has(because.code) && 'files' in because.details ? because.details.files.map(({ path }) => path) : [],
        );
        if (files.length > 0) expect(named).toEqual(files);
      }
    },
    60_000,
  );
});
