import { describe, expect, it } from 'vitest';
import type { FileDocument } from '../../../src/inspection/files.ts';
import type { MountDocument } from '../../../src/inspection/mounts.ts';
import { fileLines } from '../../../src/report/files-text.ts';
import { LONGEST_LIST } from '../../../src/report/long-list.ts';
import { mountLines } from '../../../src/report/mounts-text.ts';

const options = { color: false, width: 120 };

const FILE: FileDocument = {
  pid: 7,
  tid: null,
  process: 'program',
  container: 'web',
  role: 'descriptor',
  fd: 3,
  kind: 'regular',
  path: '/tmp/log',
  deleted: false,
  filesystem: 'tmpfs',
  mount: 20,
  device: '0:21',
  inode: '5',
  mode: '100644',
  flags: ['O_RDWR'],
  closeOnExec: false,
  offset: 0,
  size: 2048,
  locks: [],
  asyncOwner: null,
  object: 'g1r12',
  sameAs: null,
  details: null,
};

const last = (file: Partial<FileDocument>): string =>
  fileLines([{ ...FILE, ...file }], { color: false, width: 250 }).at(-1) ?? '';

describe('files as text', () => {
  it('are a table for each process', () => {
    expect(fileLines([{ ...FILE, role: 'cwd', fd: null, kind: 'directory', size: null, flags: [] }, FILE], options)).toEqual([
      '  PID 7 program, container web',
      '    FD   KIND       ACCESS  SIZE   FILE',
      '    cwd  directory  -       -      /tmp/log',
      '    3    regular    rw      2 KiB  /tmp/log',
    ]);
    expect(fileLines([], options)).toEqual(['  none']);
  });

  it.each<readonly [string, Partial<FileDocument>, string]>([
    ['a position inside', { offset: 100 }, '2 KiB, at 100  /tmp/log'],
    ['flags that last', { flags: ['O_WRONLY', 'O_CREAT', 'O_APPEND'], closeOnExec: true }, 'append; close-on-exec'],
    ['a path that cannot be read', { path: null }, 'cannot be read'],
    [
      'a pipe',
      {
        details: {
          type: 'pipe',
          end: 'read',
          waiting: 5,
          capacity: 65_536,
          readers: 1,
          writers: 2,
          otherEnd: [
            { pid: 7, fd: 4 },
            { pid: 8, fd: 4 },
          ],
        },
      },
      'read end; 5 bytes waiting; other end: fd 4 of pids 7, 8',
    ],
    [
      'a pipe whose other end is closed',
      { details: { type: 'pipe', end: 'write', waiting: 5, capacity: 65_536, readers: 0, writers: 1, otherEnd: [] } },
      'write end; the other end is closed',
    ],
    [
      'a timer',
      {
        details: {
          type: 'timerfd',
          clock: 'monotonic',
          armed: true,
          expiresIn: '1500000000',
          interval: '60000000000',
          expirations: '2',
        },
      },
      'monotonic clock; expires 1.5 s after the checkpoint; then every 60 s; 2 expirations not read',
    ],
    [
      'what an epoll watches, without the events that it always does',
      {
        details: {
          type: 'epoll',
          ready: 1,
          watches: [{ fd: 5, path: 'socket:[2]', events: ['EPOLLIN', 'EPOLLERR', 'EPOLLHUP'], data: '0x5' }],
        },
      },
      'watches fd 5 socket:[2] (EPOLLIN); 1 ready',
    ],
    [
      'a lock of a region',
      { locks: [{ type: 'posix', mode: 'read', start: 10, end: 20, pid: 7 }] },
      'read lock (posix) from byte 10 to 20 of PID 7',
    ],
    [
      'a file of the host',
      { details: { type: 'host', key: { container: 'web', path: 'host:1' }, hostFd: null, tty: true } },
      'terminal of the host; restore gives web:host:1',
    ],
    ['who is told', { asyncOwner: { kind: 'process', id: 7, signal: 'SIGIO' } }, 'SIGIO to process 7'],
    ['the same file elsewhere', { sameAs: { pid: 1, fd: 9 } }, 'same as fd 9 of PID 1'],
    ['the same file in the process', { sameAs: { pid: 7, fd: 9 } }, 'same as fd 9'],
  ])('tell %s', (_, file, text) => {
    expect(last(file)).toMatch(new RegExp(`${text.replace(/[()[\]|.]/g, '\\$&')}$`));
  });

  it('escape what an image may hold', () => {
    const lines = fileLines([{ ...FILE, path: '/tmp/\x1b[2J', process: 'a\nb', container: '\u202e' }], options);
    expect(lines.join('\n')).toContain('/tmp/\\x1b[2J');
    expect(lines[0]).toBe('  PID 7 a\\nb, container \\u202e');
  });

  it('are cut where there are too many', () => {
    const lines = fileLines(
      Array.from({ length: LONGEST_LIST + 5 }, (__, fd) => ({ ...FILE, fd })),
      options,
    );
    expect(lines.at(-1)).toBe('  … and 5 more (--json has all)');
    expect(lines).toHaveLength(LONGEST_LIST + 3);
  });
});

const MOUNT: MountDocument = {
  namespace: 'g1r9',
  pid: 1,
  container: 'web',
  id: 16,
  parent: 16,
  device: '0:18',
  root: '/',
  path: '/',
  options: 'ro',
  flags: ['ro', 'nosuid'],
  propagation: [],
  type: '9p',
  superOptions: 'ro,trans=fd',
  behind: { type: 'gofer', id: { container: 'web', path: '/' }, directfs: true, reopenRead: 2, reopenWrite: 1, deletedOpen: 1 },
  object: 'g1r3',
};

describe('mounts as text', () => {
  it('are a table for each namespace', () => {
    const contents = { directories: 1, files: 2, bytes: 2048, others: 1 };
    const tmpfs = { type: 'tmpfs', memoryFile: null, sizeLimit: 1_048_576, usedBytes: null, contents } as const;
    expect(
      mountLines(
        [
          MOUNT,
          { ...MOUNT, id: 17, path: '/tmp', root: '/x', type: 'tmpfs', flags: [], propagation: ['shared:1'], behind: tmpfs },
          { ...MOUNT, namespace: 'g1r10', pid: 5, container: '', behind: { type: 'overlay', upper: null, lowers: [] } },
        ],
        { color: false, width: 160 },
      ),
    ).toEqual([
      '  as PID 1 sees them, container web (mount namespace g1r9)',
      '    ID  IN  TYPE   OPTIONS    MOUNTED AT  WHAT IS THERE',
      '    16  -   9p     ro,nosuid  /           files of the host for web:/; directfs; a restore opens 2 files for reading and 1 for writing; 1 deleted file still',
      '                                          open',
      '    17  16  tmpfs  rw         /tmp        directory /x of it; 2 files (2 KiB) in 1 directory; 1 other entry; at most 1 MiB; shared:1',
      '',
      '  as PID 5 sees them (mount namespace g1r10)',
      '    ID  IN  TYPE  OPTIONS    MOUNTED AT  WHAT IS THERE',
      '    16  -   9p    ro,nosuid  /           read-only overlay',
    ]);
    expect(mountLines([], options)).toEqual(['  none']);
  });

  it('show the layers of an overlay', () => {
    const behind = {
      type: 'overlay',
      upper: { filesystem: 'tmpfs', path: '/', details: null },
      lowers: [{ filesystem: '9p', path: '/sub', details: MOUNT.behind as Extract<MountDocument['behind'], { type: 'gofer' }> }],
    } as const;
    const text = mountLines([{ ...MOUNT, type: 'overlay', behind }], { color: false, width: 200 }).at(-1);
    expect(text).toContain(
      'written to tmpfs; over 9p /sub (files of the host for web:/, directfs, a restore opens 2 files for reading and 1 for writing',
    );
  });

  it('escape what an image may hold', () => {
    expect(mountLines([{ ...MOUNT, path: '/\x1b' }], options).join('\n')).toContain('/\\x1b');
  });
});
