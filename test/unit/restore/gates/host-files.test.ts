import { describe, expect, it } from 'vitest';
import { hostFiles as gate } from '../../../../src/restore/gates/host-files.ts';
import type { HostFiles } from '../../../../src/restore/image-facts.ts';
import { goferFile, host, image, neededFiles } from '../examples.ts';
import { boundary, rulesAt } from '../rules-at.ts';

const NEWEST = 'release-20260817.0';
const READ = { read: true, write: false };
const WRITE = { read: false, write: true };
const BOTH = { read: true, write: true };
const regular = { kind: 'regular' } as const;
const ABSENT = { kind: null, error: 'ENOENT' } as const;

function answer(hostFiles: Partial<HostFiles>, version = NEWEST) {
  const facts = image({ hostFiles: { complete: true, mounts: [], unused: [], ...hostFiles } });
  const result = gate.check(facts, host(), rulesAt(version));
  return {
    outcome: result?.outcome,
    codes: result?.reasons.map(({ code }) => code),
    messages: result?.reasons.map(({ message }) => message),
    error: result?.failure?.error ?? null,
    details: result?.reasons.map(({ details }) => details),
  };
}

type Files = Parameters<typeof neededFiles>[1];
type Sights = Parameters<typeof neededFiles>[2];
type More = Parameters<typeof neededFiles>[3];
const one = (files: Files, sights: Sights, more: More = {}, version = NEWEST) =>
  answer({ mounts: [neededFiles('/', files, sights, more)] }, version);
const inner = (text: string): string =>
  `vfs.CompleteRestore() failed: failed to complete restore for filesystem type "9p": ${text}`;

const USR = [goferFile('/usr'), goferFile('/usr/bin'), goferFile('/usr/bin/x', { ...regular, reopen: READ }), goferFile('/usr2')];

describe('gate host-files', () => {
  it('passes an image that holds no files, and one whose files are all there', () => {
    expect(answer({})).toMatchObject({ outcome: 'pass', codes: [] });
    expect(one(USR, {})).toMatchObject({ outcome: 'pass', codes: [] });
  });

  it('names what must be there where no directory was given', () => {
    const { outcome, codes, messages, details } = one(USR, null);
    expect({ outcome, codes }).toEqual({ outcome: 'not-checked', codes: ['CKPT1858'] });
    expect(messages).toEqual([
      '/usr/bin/x and 3 directories must be in the root file system, which was not given (--rootfs DIR)',
    ]);
    expect(details).toEqual([
      {
        container: 'c',
        mount: '/',
        option: '--rootfs DIR',
        files: ['/', '/usr', '/usr/bin', '/usr/bin/x', '/usr2'].map((path) => ({
          path,
          type: path === '/usr/bin/x' ? 'regular' : 'directory',
          access: path === '/usr/bin/x' ? 'read' : null,
          deleted: false,
        })),
      },
    ]);
  });

  it('says less where less is needed', () => {
    const message = (files: Files) => one(files, null).messages?.[0];
    expect(message([])).toBe('the root file system was not given (--rootfs DIR)');
    expect(message([goferFile('/a')])).toBe('1 directory must be in the root file system, which was not given (--rootfs DIR)');
    expect(message(['/a', '/b', '/c', '/d'].map((path) => goferFile(path, regular)))).toBe(
      '/a, /b, /c and 1 more must be in the root file system, which was not given (--rootfs DIR)',
    );
  });

  it('tells containers apart where there are several, and fails when one that was given fails', () => {
    const a = neededFiles('/data', USR, null, { id: { container: 'a', path: '/data' } });
    const b = neededFiles('/', USR, {}, { id: { container: 'b', path: '/' } });
    expect(answer({ mounts: [a, b] })).toMatchObject({
      outcome: 'not-checked',
      messages: ['/usr/bin/x and 3 directories must be in the mount /data of "a", which was not given (--mount a:/data=DIR)'],
    });
    const missing = neededFiles('/', USR, { '/usr2': ABSENT }, { id: { container: 'b', path: '/' } });
    expect(answer({ mounts: [a, missing] })).toMatchObject({
      outcome: 'fail',
      codes: ['CKPT1858', 'CKPT1851'],
      error: inner('failed to walk "/usr2" of type 040000 in mount "b:/": no such file or directory'),
    });
  });

  it('names the topmost missing file, and how many lie below', () => {
    const { outcome, messages, details } = one(USR, { '/usr': ABSENT, '/usr/bin': ABSENT, '/usr/bin/x': ABSENT });
    expect({ outcome, messages }).toEqual({
      outcome: 'fail',
      messages: ['the root file system in /srv: not there: /usr and 2 below'],
    });
    expect(details).toMatchObject([{ directory: '/srv', files: [{ path: '/usr', type: 'directory', why: 'ENOENT', below: 2 }] }]);
  });

  it('speaks as each release does', () => {
    const context = boundary('restore-error-context');
    const mount = boundary('restore-error-mount');
    const missing = (version: string) => one(USR, { '/usr/bin/x': ABSENT }, {}, version).error;
    expect(missing('release-20221219.0')).toBe('no such file or directory');
    expect(missing(context.before)).toBe('no such file or directory');
    expect(missing(context.from)).toBe(inner('failed to walk "/usr/bin/x" of type 8000: no such file or directory'));
    expect(missing(mount.before)).toBe(inner('failed to walk "/usr/bin/x" of type 8000: no such file or directory'));
    expect(missing(mount.from)).toBe(
      inner('failed to walk "/usr/bin/x" of type 0100000 in mount "c:/": no such file or directory'),
    );
    const locked = (version: string) => one(USR, { '/usr/bin/x': { refused: 'EROFS' } }, {}, version).error;
    expect(locked(context.before)).toBe('read-only file system');
    expect(locked(mount.before)).toBe(
      inner('failed to restore file handles (read=true, write=false) for "/usr/bin/x": read-only file system'),
    );
    expect(locked(mount.from)).toBe(
      inner('failed to restore file handles (read=true, write=false) for "/usr/bin/x" in mount "c:/": read-only file system'),
    );
  });

  it('leaves open what ckpt itself may not look at', () => {
    for (const error of ['EACCES', 'EIO', 'ENAMETOOLONG', 'EILSEQ'])
      expect(one(USR, { '/usr': { kind: null, error } })).toMatchObject({ outcome: 'unknown', codes: ['CKPT1855'], error: null });
    expect(one(USR, { '/usr/bin/x': { refused: 'EACCES' } })).toMatchObject({ outcome: 'unknown', codes: ['CKPT1855'] });
    expect(one(USR, {}, { found: 'unreadable' })).toMatchObject({ outcome: 'unknown', codes: ['CKPT1855'] });
    // What is certain counts all the same.
    const both = one(USR, { '/usr': { kind: null, error: 'EACCES' }, '/usr2': ABSENT });
    expect(both).toMatchObject({ outcome: 'fail', codes: ['CKPT1851', 'CKPT1855'] });
  });

  it('compares types where others may change the files', () => {
    const shared = one(USR, { '/usr/bin/x': { kind: 'directory' } }, { shared: true });
    expect(shared).toMatchObject({
      outcome: 'fail',
      codes: ['CKPT1852'],
      error: 'urpc method "containerManager.Restore" failed: EOF',
    });
    expect(one(USR, { '/usr/bin/x': { kind: 'directory' } })).toMatchObject({ outcome: 'pass', codes: ['CKPT1857'] });
    expect(one(USR, { '/usr/bin/x': { kind: 'directory' } }, { shared: null })).toMatchObject({ outcome: 'unknown' });
  });

  it.each([
    // [saved as open for, what is there, directfs, outcome, error]
    [WRITE, 'directory', true, 'fail', 'is a directory'],
    [READ, 'directory', true, 'pass', null],
    [READ, 'symlink', true, 'fail', 'too many levels of symbolic links'],
    [READ, 'symlink', false, 'fail', 'invalid argument'],
    [null, 'symlink', false, 'pass', null],
    [READ, 'socket', true, 'fail', 'no such device or address'],
    [READ, 'socket', null, 'fail', 'operation not permitted'],
    [READ, 'fifo', true, 'fail', null],
    [BOTH, 'fifo', true, 'pass', null],
    [READ, 'fifo', false, 'unknown', null],
    [READ, 'character-device', true, 'unknown', null],
    [null, 'block-device', true, 'pass', null],
    [null, 'block-device', false, 'fail', 'operation not permitted'],
  ] as const)(
    'where types are not compared, what was open for %j and is a %s (directfs: %s): %s',
    (reopen, kind, directfs, outcome, error) => {
      const files = [goferFile('/x', { ...regular, reopen })];
      expect(one(files, { '/x': { kind } }, { directfs }, '20240729')).toMatchObject({ outcome, error });
    },
  );

  it('finds nothing below a link or file that was a directory', () => {
    const below = { kind: null, error: 'ENOTDIR' } as const;
    const answered = one(USR, { '/usr': { kind: 'symlink' }, '/usr/bin': below, '/usr/bin/x': below }, {}, '20240729');
    expect(answered).toMatchObject({ outcome: 'fail', codes: ['CKPT1851', 'CKPT1857'], error: 'not a directory' });
  });

  it('makes directories again that were made for mounts, if it can', () => {
    const made = [goferFile('/tmp', { remade: true }), goferFile('/proc')];
    expect(one(made, { '/tmp': ABSENT })).toMatchObject({ outcome: 'pass', codes: [] });
    expect(one(made, { '/proc': ABSENT })).toMatchObject({ outcome: 'fail', codes: ['CKPT1851'] });
    expect(one(made, { '/tmp': ABSENT, '/': { unfillable: 'EPERM' } })).toMatchObject({
      outcome: 'fail',
      codes: ['CKPT1853'],
      error: inner('failed to create mountpoint directory at "/tmp" in mount "c:/": operation not permitted'),
    });
    expect(one(made, { '/tmp': ABSENT, '/': { unfillable: 'EACCES' } })).toMatchObject({
      outcome: 'unknown',
      codes: ['CKPT1855'],
    });
    const nested = [...made, goferFile('/tmp/a')];
    expect(one(nested, { '/tmp': ABSENT, '/tmp/a': ABSENT })).toMatchObject({ outcome: 'fail', codes: ['CKPT1851'] });
  });

  it('knows that the sandbox is set up with the points of its mounts, and that a link moves them', () => {
    const root = (sights: Sights) => neededFiles('/', [goferFile('/mnt'), goferFile('/mnt/data')], sights);
    const data = neededFiles('/mnt/data', [], {});
    const check = (sights: Sights, version = NEWEST) => answer({ mounts: [root(sights), data] }, version);
    expect(check({ '/mnt': ABSENT, '/mnt/data': ABSENT })).toMatchObject({ outcome: 'pass' });
    for (const path of ['/mnt', '/mnt/data'])
      expect(check({ [path]: { kind: 'symlink' } })).toMatchObject({ outcome: 'fail', codes: ['CKPT1854'], error: null });
    expect(check({ '/mnt': { kind: 'symlink' } }, boundary('restore-ids').before).error).toBe(
      'no server FD available for filesystem with unique ID "/mnt/data"',
    );
    // Of another container.
    const other = neededFiles('/mnt', [], {}, { id: { container: 'd', path: '/mnt' } });
    expect(answer({ mounts: [root({ '/mnt': ABSENT }), other] })).toMatchObject({ outcome: 'fail', codes: ['CKPT1851'] });
  });

  it('makes removed files again in their directories', () => {
    const gone = (kind: 'regular' | 'directory') => [
      goferFile('/d'),
      goferFile('/d/gone', { kind, deleted: true, reopen: READ }),
    ];
    expect(one(gone('regular'), {})).toMatchObject({ outcome: 'pass' });
    expect(one(gone('regular'), { '/d': { unfillable: 'EROFS' } })).toMatchObject({
      outcome: 'fail',
      codes: ['CKPT1853'],
      error: inner('failed to re-create deleted file "/d/gone": read-only file system'),
    });
    expect(one(gone('directory'), { '/d': { unfillable: 'EROFS' } }).error).toBe(
      inner('failed to re-create deleted directory "/d/gone": read-only file system'),
    );
    expect(one(gone('regular'), { '/d': ABSENT }).codes).toEqual(['CKPT1851']);
    const taken = { '/d/gone': { kind: 'regular', error: null } } as const;
    const changes = [
      ['regular', 'deleted-file-renamed'],
      ['directory', 'deleted-directory-renamed'],
    ] as const;
    for (const [kind, change] of changes) {
      expect(one(gone(kind), taken, {}, boundary(change).from)).toMatchObject({ outcome: 'pass' });
      expect(one(gone(kind), taken, {}, boundary(change).before).error).toMatch(/: file exists$/);
    }
    const nested = [goferFile('/gone', { deleted: true }), goferFile('/gone/f', { ...regular, deleted: true })];
    expect(one(nested, {})).toMatchObject({ outcome: 'pass' });
  });

  it('does not try pipes, sockets and devices', () => {
    const fifo = [goferFile('/p', { kind: 'fifo', special: true })];
    expect(one(fifo, {})).toMatchObject({ outcome: 'unknown', codes: ['CKPT1856'] });
    expect(one(fifo, { '/p': ABSENT })).toMatchObject({ outcome: 'fail', codes: ['CKPT1851'] });
  });

  it('says when the list is not complete, and when a directory fits no mount', () => {
    expect(answer({ complete: false })).toMatchObject({ outcome: 'unknown', codes: ['CKPT1859'] });
    expect(answer({ unused: ['x=/srv'], mounts: [neededFiles('/', USR, {})] })).toMatchObject({
      outcome: 'pass',
      codes: ['CKPT1860'],
      messages: ['the image has no such mount: x=/srv; it has --rootfs DIR'],
    });
  });

  it('answers for 30,000 files and 5,000 mounts', () => {
    const many = Array.from({ length: 30_000 }, (_, index) => goferFile(`/${index}`, regular));
    const mounts = Array.from({ length: 5000 }, (_, index) => neededFiles(`/m/${index}`, [], {}));
    const { outcome, messages } = answer({
      mounts: [neededFiles('/', many, Object.fromEntries(many.map(({ path }) => [path, ABSENT]))), ...mounts],
    });
    expect(outcome).toBe('fail');
    expect(messages?.[0]).toMatch(/^the root file system in \/srv: not there: \/0, \/1, \/2 and 29997 more$/);
  });
});
