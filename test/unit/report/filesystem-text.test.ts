import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openContainer } from '../../../src/container/open-container.ts';
import { inspectFilesystem, inspectSplitFilesystem } from '../../../src/inspect-filesystem.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { filesystemLines, renderFilesystemText } from '../../../src/report/filesystem-text.ts';
import {
  buildFilesystemCheckpoint,
  containerOf,
  fileBody,
  pageOf,
  type TestMember,
  tarOf,
  writeFilesystemCheckpoint,
} from '../../support/fscheckpoint-builder.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'ckpt-fs-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

const PLAIN = { color: false, width: 100, all: false };

function checkpoint(members: readonly TestMember[], container = 'web') {
  const pages = [[0, pageOf('x')]] as const;
  return buildFilesystemCheckpoint([{ id: { container, path: '/' }, tar: tarOf([{ name: './' }, ...members]), pages }]);
}

async function text(members: readonly TestMember[], more: Partial<typeof PLAIN> = {}, container = 'web'): Promise<string> {
  const directory = writeFilesystemCheckpoint(mkdtempSync(join(FOLDER, 'image-')), checkpoint(members, container));
  const opened = await openContainer(directory);
  try {
    return renderFilesystemText(await inspectFilesystem(opened), { ...PLAIN, ...more }).replaceAll(directory, 'DIR');
  } finally {
    await opened.close();
  }
}

describe('the text of a filesystem checkpoint', () => {
  it('shows every kind of file as ls -l does', async () => {
    const shown = await text(
      [
        { name: './bin/' },
        { name: './bin/ls', type: '3', mode: 0 },
        { name: './dir/', mode: 0o1777, pax: { 'SCHILY.xattr.trusted.overlay.opaque': 'y', 'SCHILY.xattr.user.note': 'n' } },
        { name: './file', mode: 0o4711, uid: 33, gid: 44, body: fileBody(10_000, [[0, 4096, 0]]) },
        { name: './link', type: '2', linkName: '../x', mode: 0o777 },
        { name: './other', type: '1', linkName: './file' },
        { name: './setgid', type: '6', mode: 0o2644 },
        { name: './tty', type: '3', device: [4, 64] },
      ],
      { width: 120 },
    );
    expect(shown).toBe(`Filesystem checkpoint
  Path      DIR
  Saved by  runsc release-20260817.0
  Manifest  fscheckpoint.pb, version 1, 62 bytes
  Pages     of 4096 bytes, little-endian
  Files     multitar.img 7 KiB, pages_meta.img 77 bytes, pages.img 4 KiB
  It holds files only: \`runsc create -fs-restore-image-path\` takes it, \`runsc restore\` does not.

  web:/  writable layer: 9 names, 9.8 KiB in 1 file, 1 deleted, 4 KiB of pages
    MODE        OWNER   SIZE  MODIFIED             NAME
    drwxr-xr-x  0:0        -  2026-11-23 05:24:55  .
    drwxr-xr-x  0:0        -  2026-11-23 05:24:55  bin
    deleted     -          -  2026-11-23 05:24:55  bin/ls
    drwxrwxrwt  0:0        -  2026-11-23 05:24:55  dir  (opaque: hides the directory below; attributes user.note)
    -rws--x--x  33:44  10000  2026-11-23 05:24:55  file  (5904 bytes are holes)
    lrwxrwxrwx  0:0        -  2026-11-23 05:24:55  link -> ../x
    -rws--x--x  33:44  10000  2026-11-23 05:24:55  other  (the same file as file; 5904 bytes are holes)
    prw-r-Sr--  0:0        -  2026-11-23 05:24:55  setgid
    crw-r--r--  0:0    4, 64  2026-11-23 05:24:55  tty
`);
  });

  it('lets nothing of the image reach the terminal as it is', async () => {
    const evil = 'a\x1b[2J\u202e\n';
    const shown = await text([{ name: `./${evil}`, type: '2', linkName: evil }], {}, evil);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(shown.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\u202e]/);
    expect(shown).toContain('a\\x1b[2J\\u202e\\n');
  });

  it('cuts long trees unless all is asked for', async () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ name: `./${index}`, type: '6' }));
    expect(await text(many)).toContain('… and 61 more (--all shows them)');
    expect(await text(many, { all: true })).toContain('  99\n');
  });

  it('begins with the damage', async () => {
    const { files } = checkpoint([]);
    const short = new Map([...files, ['pages.img', new Uint8Array(10)]]);
    const document = await inspectFilesystem(containerOf(short));
    expect(document.damage).toMatchObject([{ part: 'pages', code: 'truncated', file: 'pages.img', offset: 10, harmless: false }]);
    expect(renderFilesystemText(document, PLAIN).split('\n')[0]).toBe('Damaged');
  });

  it('shows the folder of a split checkpoint as a section', async () => {
    const { files } = checkpoint([{ name: './a', type: '6' }]);
    const inFolder = new Map([...files].map(([name, bytes]) => [`fs/${name}`, bytes]));
    const section = await inspectSplitFilesystem(containerOf(inFolder), DEFAULT_LIMITS);
    if (section === null) throw new Error('no section');
    expect(filesystemLines(section, PLAIN).join('\n')).toContain('web:/  writable layer: 2 names');
    expect(await inspectSplitFilesystem(containerOf(files), DEFAULT_LIMITS)).toBe(null);
  });

  it('refuses an image without a manifest', async () => {
    await expect(inspectFilesystem(containerOf(new Map([['multitar.img', new Uint8Array(1024)]])))).rejects.toMatchObject({
      code: 'no-image',
    });
  });
});
