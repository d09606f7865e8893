import { describe, expect, it } from 'vitest';
import { type FileDocument, fileDocuments } from '../../src/inspection/files.ts';
import { type MountDocument, mountDocuments } from '../../src/inspection/mounts.ts';
import { readGoferFiles } from '../../src/kernel/files/gofer-files.ts';
import type { SavedKernel } from '../../src/kernel/saved-kernel.ts';
import { readImage } from '../../src/read-image.ts';
import { fileLines } from '../../src/report/files-text.ts';
import { mountLines } from '../../src/report/mounts-text.ts';
import { parseProc, procLines } from '../support/proc-truth.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';

/** Filesystem checkpoints hold no kernel. */
const images = sharedImages().filter((name) => !name.includes('/fscheckpoint'));

interface Opened {
  readonly kernel: SavedKernel;
  readonly files: readonly FileDocument[];
  readonly mounts: readonly MountDocument[];
}

const unread = (error: Error): never => {
  throw error;
};

async function open(name: string): Promise<Opened> {
  const image = await readImage(imageOf(name), { depth: 'kernel', key: truthOf(name, 'key.txt') });
  const { kernel } = image;
  if (kernel === null) throw image.damage ?? new Error('no kernel');
  return {
    kernel,
    files: fileDocuments(kernel, { arch: image.cpu.arch }, unread),
    mounts: mountDocuments(kernel, unread),
  };
}

const links = (files: readonly FileDocument[], pid: number): string[] =>
  files.filter((file) => file.pid === pid && file.role === 'descriptor').map(({ fd, path }) => `${fd} -> ${path}`);

/** `ls -l` of a directory of links: what is behind the time. */
const shownLinks = (text: string): string[] =>
  procLines(text)
    .filter((line) => line.startsWith('l'))
    .map((line) => line.replace(/^(?:\S+\s+){8}/, ''))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));

/** `/proc/1/cwd -> /tmp`; a link without a target could not be read. */
const placeLinks = (text: string): string[] => shownLinks(text).filter((line) => line.includes(' -> '));

const mangle = (path: string): string =>
  path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);

const mountLine = (mount: MountDocument): string =>
  [
    ...[mount.id, mount.parent, mount.device, mangle(mount.root), mangle(mount.path), mount.options, ...mount.propagation, '-'],
    // gVisor names no source.
    ...[mount.type, 'none', mount.superOptions],
  ].join(' ');

/** Files of /proc that the container could not read of a process, and why, so that there is nothing to compare with. */
const UNREADABLE: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  '20260817/kitchen': {
    4: 'a zombie has no files',
    5: 'a process of user 1000, whose links the probe was not allowed to read',
    8: 'a process of user 1000, whose links the probe was not allowed to read',
  },
  '20240729/node-proc': {},
};

describe.runIf(HAS_SHARED).each(Object.keys(UNREADABLE))('what the processes of %s saw in /proc', (name) => {
  const truth = HAS_SHARED ? parseProc(String(truthOf(name, 'proc.txt'))) : null;
  const pids = [...(truth?.processes.keys() ?? [])];

  it.each(pids)('PID %i: descriptors, line by line', async (pid) => {
    const { files } = await open(name);
    const shown = shownLinks(truth?.processes.get(pid)?.get('fd') ?? '');
    if (UNREADABLE[name]?.[pid] !== undefined) {
      expect(shown).toEqual([]);
      return;
    }
    expect(shown.length).toBeGreaterThan(2);
    expect(links(files, pid)).toEqual(shown);
  });

  it.each(pids)('PID %i: working directory, executable and root', async (pid) => {
    const { files } = await open(name);
    const shown = placeLinks(truth?.processes.get(pid)?.get('cwd') ?? '');
    const reason = UNREADABLE[name]?.[pid] ?? NO_PLACES[name];
    if (reason !== undefined) {
      expect(shown).toEqual([]);
      return;
    }
    const places = (['cwd', 'exe', 'root'] as const).map((role) => {
      const file = files.find((one) => one.pid === pid && one.role === role);
      return `/proc/${pid}/${role} -> ${file?.path}`;
    });
    expect(places).toEqual(shown);
  });

  it.each(pids)('PID %i: mountinfo, line by line', async (pid) => {
    const { kernel } = await open(name);
    const shown = procLines(truth?.processes.get(pid)?.get('mountinfo') ?? '');
    const mounts = mountDocuments(kernel, unread, (process) => process.pid === pid);
    expect(mounts.map(mountLine)).toEqual(shown);
    if (shown.length === 0) expect(UNREADABLE[name]?.[pid]).toBe('a zombie has no files');
  });
});

/** Images whose probe could not read the links of any process. */
const NO_PLACES: Readonly<Record<string, string>> = {
  '20240729/node-proc': 'gVisor of 2024-07 refused the probe the links cwd, exe and root',
};

describe.runIf(HAS_SHARED)('the files that kitchen.py makes', () => {
  const at = async (fd: number): Promise<FileDocument> => {
    const { files } = await open('20260817/kitchen');
    const file = files.find((one) => one.pid === 1 && one.fd === fd);
    if (file === undefined) throw new Error(`no descriptor ${fd}`);
    return file;
  };

  it('a pipe with 5000 bytes', async () => {
    expect(await at(3)).toMatchObject({ kind: 'pipe', details: { end: 'read', waiting: 5000, capacity: 65_536 } });
    expect((await at(4)).details).toMatchObject({ end: 'write', readers: 1, writers: 1 });
    expect((await at(3)).details).toHaveProperty('otherEnd', [
      { pid: 1, fd: 4 },
      { pid: 5, fd: 4 },
      { pid: 8, fd: 4 },
    ]);
  });

  it('nine sockets of three families', async () => {
    const kinds = await Promise.all([5, 6, 7, 8, 9, 10, 11, 12, 13].map(at));
    expect(kinds.map(({ kind }) => kind)).toEqual(Array.from({ length: 9 }, () => 'socket'));
    const families = ['unix', 'unix', 'unix', 'unix', 'unix', 'unix', 'inet', 'inet', 'inet6'];
    expect(kinds.map(({ details }) => details)).toEqual(
      families.map((family) => expect.objectContaining({ type: 'socket', family })),
    );
  });

  it('an epoll that watches the listening socket and the pipe', async () => {
    const { kind, details } = await at(14);
    expect(kind).toBe('epoll');
    expect(details).toMatchObject({
      watches: [
        { fd: 3, path: 'pipe:[1]', events: ['EPOLLIN', 'EPOLLERR', 'EPOLLHUP'] },
        { fd: 11, path: 'socket:[7]', events: ['EPOLLIN', 'EPOLLERR', 'EPOLLHUP'] },
      ],
    });
  });

  it('an eventfd of 42', async () => {
    expect(await at(15)).toMatchObject({ kind: 'eventfd', details: { count: '42', semaphore: false } });
  });

  it('a timer of 3600 s, then every 60 s', async () => {
    // struct itimerspec begins with the interval.
    const { kind, details } = await at(16);
    expect(kind).toBe('timerfd');
    expect(details).toMatchObject({ clock: 'monotonic', armed: true, interval: '60000000000', expirations: '0' });
    const left = Number(details?.type === 'timerfd' ? details.expiresIn : Number.NaN) / 1e9;
    expect(left).toBeLessThan(3600);
    expect(left).toBeGreaterThan(3580);
  });

  it('an inotify on /tmp/kitchen, with the events of files made since', async () => {
    const { kind, details } = await at(17);
    expect(kind).toBe('inotify');
    expect(details).toMatchObject({ watches: [{ wd: 1, path: '/tmp/kitchen', events: ['IN_CREATE'] }], waitingEvents: 4 });
  });

  it('a memfd of 4200 bytes', async () => {
    expect(await at(18)).toMatchObject({
      kind: 'memfd',
      size: 4200,
      offset: 4200,
      deleted: true,
      details: { name: 'kitchen-memfd', seals: ['F_SEAL_SEAL'] },
    });
  });

  it('a log opened to append, and its duplicate that is closed by exec', async () => {
    const log = await at(19);
    expect(log).toMatchObject({ kind: 'regular', size: 5, offset: 5, deleted: false, sameAs: null });
    expect(log.flags).toContain('O_APPEND');
    expect(log.flags).toContain('O_WRONLY');
    expect(await at(200)).toMatchObject({ closeOnExec: true, object: log.object, sameAs: { pid: 1, fd: 19 } });
  });

  it('a deleted file of 170 bytes', async () => {
    expect(await at(20)).toMatchObject({ path: '/tmp/kitchen/deleted.txt (deleted)', deleted: true, size: 170 });
  });

  it('a mapped file of 64 KiB, open three times', async () => {
    const mapped = await Promise.all([21, 22, 23].map(at));
    expect(mapped.map(({ size }) => size)).toEqual([65_536, 65_536, 65_536]);
  });

  it('an exclusive lock', async () => {
    expect((await at(24)).locks).toEqual([{ type: 'flock', mode: 'write', start: 0, end: null, pid: 1 }]);
    expect((await at(19)).locks).toEqual([]);
  });

  it('a terminal with five bytes typed', async () => {
    expect(await at(25)).toMatchObject({ kind: 'pty-master', details: { side: 'master', number: 0, waiting: 5 } });
    expect(await at(26)).toMatchObject({ kind: 'pty', details: { side: 'replica', number: 0, waiting: 5 } });
  });

  it('modes as the umask of 027 made them', async () => {
    const { files } = await open('20260817/kitchen');
    expect((await at(24)).mode).toBe('100640');
    expect(files.find(({ pid, role }) => pid === 1 && role === 'cwd')?.details).toEqual({ type: 'cwd', umask: '0027' });
  });

  it('descriptors that a child inherits are the same open files', async () => {
    const { files } = await open('20260817/kitchen');
    const child = files.filter(({ pid, fd }) => pid === 5 && fd !== null);
    expect(child).toHaveLength(28);
    expect(child.every(({ sameAs }) => sameAs?.pid === 1)).toBe(true);
  });

  it('the files of the host that a restore must find', async () => {
    const { kernel } = await open('20260817/kitchen');
    const [root, ...others] = readGoferFiles(kernel, unread);
    expect(others).toEqual([]);
    expect(root).toMatchObject({ id: { container: '__no_name_0', path: '/' }, directfs: true });
    expect(root?.files).toHaveLength(28);
    const python = root?.files.find(({ path }) => path === '/usr/bin/python3');
    expect(python).toMatchObject({ kind: 'regular', reopen: { read: true, write: false }, deleted: false, mountPoint: false });
    expect(root?.files.filter(({ mountPoint }) => mountPoint).map(({ path }) => path)).toEqual(['/dev', '/proc', '/sys', '/tmp']);
  });
});

interface Spec {
  readonly process: { readonly args: readonly string[]; readonly cwd: string };
  readonly root: { readonly readonly?: boolean };
  readonly mounts?: readonly { readonly destination: string; readonly type?: string; readonly options?: readonly string[] }[];
}

/** The spec files of an image by the container's name as the image has it. */
const SPECS = ['config.json', 'config-pod-a.json', 'config-pod-b.json'];

describe.runIf(HAS_SHARED)('every real image', () => {
  it.each(images)('%s: every file is of a known kind and has a path', async (name) => {
    const { files, mounts } = await open(name);
    expect(files.filter(({ kind }) => kind === 'unknown')).toEqual([]);
    expect(files.filter(({ path }) => path === null)).toEqual([]);
    expect(mounts.filter(({ type }) => type === null)).toEqual([]);
    expect(mounts.filter(({ superOptions, device }) => superOptions === null || device === null)).toEqual([]);
    expect(files.length).toBeGreaterThan(4);
    const text = [...fileLines(files, { color: false, width: 120 }), ...mountLines(mounts, { color: false, width: 120 })];
    expect(text.join('\n')).not.toMatch(/unknown|undefined|(?<!\/dev\/)null|NaN/);
  });

  it.each(images)(
    '%s: each container has its standard input, output and error, and a shell or program of its spec',
    async (name) => {
      const { files } = await open(name);
      const containers = new Set(files.map(({ container }) => container));
      for (const container of containers) {
        const [first] = files.filter((file) => file.container === container);
        const own = files.filter(({ pid }) => pid === first?.pid);
        expect(own.filter(({ fd }) => fd !== null && fd < 3).map(({ fd, kind }) => [fd, kind])).toEqual([
          [0, 'host'],
          [1, 'host'],
          [2, 'host'],
        ]);
        const exe = own.find(({ role }) => role === 'exe');
        expect(exe).toMatchObject({ kind: 'regular', deleted: false });
        expect(exe?.size).toBeGreaterThan(1000);
        expect(own.find(({ role }) => role === 'root')?.path).toBe('/');
      }
    },
  );

  it.each(images)('%s: the mounts of its specs, with their kinds and modes', async (name) => {
    const { files, mounts, kernel } = await open(name);
    const specs = SPECS.map((file) => truthOf(name, file)).filter((spec) => spec !== null);
    const namespaces = [...new Set(mounts.map(({ namespace }) => namespace))];
    if (specs.length > 0) expect(namespaces).toHaveLength(specs.length);
    for (const [index, bytes] of specs.entries()) {
      const spec = JSON.parse(String(bytes)) as Spec;
      const own = mounts.filter(({ namespace }) => namespace === namespaces[index]);
      const root = own.find(({ path }) => path === '/');
      expect(['9p', 'overlay']).toContain(root?.type);
      expect(root?.flags.includes('ro')).toBe(spec.root.readonly === true);
      for (const { destination, type = '', options = [] } of spec.mounts ?? []) {
        const mount = own.find(({ path }) => path === destination);
        // gVisor of 2025-02 and later has a type of its own for /dev.
        expect(destination === '/dev' ? ['tmpfs', 'dev'] : [type]).toContain(mount?.type);
        expect(mount?.flags.includes('ro')).toBe(options.includes('ro'));
        if (options.includes('noexec')) expect(mount?.flags).toContain('noexec');
      }
      const cwd = files.find(({ pid, role }) => pid === own[0]?.pid && role === 'cwd');
      expect(cwd?.path).toMatch(/^\//);
    }
    // Each gofer's file system is one mount, or the lower layer of one.
    expect(readGoferFiles(kernel, unread).length).toBe(Math.max(1, specs.length || namespaces.length));
  });

  it.each(images)(
    '%s: a restore finds the executables among the files of the host, as far as no layer covers them',
    async (name) => {
      const { files, kernel } = await open(name);
      const paths = new Set(readGoferFiles(kernel, unread).flatMap((one) => one.files.map(({ path }) => path)));
      for (const exe of files.filter(({ role }) => role === 'exe')) expect(paths).toContain(exe.path);
    },
  );
});
