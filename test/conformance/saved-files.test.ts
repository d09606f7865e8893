import { describe, expect, it } from 'vitest';
import { openContainer } from '../../src/container/open-container.ts';
import { readFilesystemCheckpoint } from '../../src/filesystem/read-filesystem-checkpoint.ts';
import type { SavedFile, SavedFileSystem } from '../../src/filesystem/saved-file.ts';
import { mountDocuments } from '../../src/inspection/mounts.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { readTrees } from '../support/saved-trees.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';

/** Filesystem checkpoints hold no kernel. */
const images = sharedImages().filter((name) => !name.includes('/fscheckpoint'));

const open = (name: string): ReturnType<typeof readTrees> => readTrees(imageOf(name), truthOf(name, 'key.txt'));

/** What an image has at a place of its first container that has one. */
function systemAt(systems: readonly SavedFileSystem[], mountPoint: string, container?: string): SavedFileSystem {
  const found = systems.find((one) => one.mountPoint === mountPoint && (container ?? one.container) === one.container);
  expect(found?.mountPoint).toBe(mountPoint);
  return found as SavedFileSystem;
}

function fileAt({ files }: SavedFileSystem, path: string): SavedFile {
  const found = files.find((one) => one.path === path);
  expect(found?.path).toBe(path);
  return found as SavedFile;
}

const paths = ({ files }: SavedFileSystem): string[] => files.map(({ path }) => path);

describe.runIf(HAS_SHARED).each(images)('the writable files of %s', (name) => {
  it('are read without damage, and as many as the mounts show', async () => {
    const { systems, damage, kernel } = await open(name);
    expect(damage).toEqual([]);
    expect(systems.length).toBeGreaterThan(0);
    const shown = mountDocuments(kernel, (error) => {
      throw error;
    });
    for (const { path, container, behind } of shown) {
      const layer = behind?.type === 'overlay' ? behind.upper?.details : behind;
      if (layer?.type !== 'tmpfs') continue;
      const { files } = systemAt(systems, path, container);
      const ofType = (type: string): number => files.filter((file) => file.type === type).length;
      const regular = files.filter(({ type }) => type === 'file');
      expect({
        directories: ofType('directory'),
        files: regular.length,
        bytes: regular.reduce((sum, { size }) => sum + size, 0),
        others: files.length - regular.length - ofType('directory'),
      }).toEqual(layer.contents);
    }
  });

  it('have names in order, and content where the image has memory', async () => {
    const { systems, content } = await open(name);
    for (const { files } of systems) {
      expect(files[0]?.path).toBe('');
      const before = new Set<string>();
      for (const file of files) {
        if (file.path !== '') expect(before.has(file.path.split('/').slice(0, -1).join('/'))).toBe(true);
        before.add(file.path);
        expect(file.uid).toBe(0);
        expect(file.modified).toBeGreaterThan(1_500_000_000_000_000_000n);
        // The memory of a split checkpoint's private files lies in another directory.
        if (!name.includes('splitfs') && file.size > 0) expect(content(file)).toHaveLength(file.size);
      }
    }
  });
});

describe.runIf(HAS_SHARED)('what the programs of the images wrote', () => {
  it.each(['20240401/shrw-none', '20250415/shrw-none', '20260817/shrw-none'])('%s', async (name) => {
    const { systems, content } = await open(name);
    const upper = systemAt(systems, '/');
    expect(upper.kind).toBe('overlay-upper');
    expect(paths(upper)).toEqual(['', '.gvisor.filestore.ckpt-demo', 'etc', 'etc/passwd']);
    expect(Buffer.from(content(fileAt(upper, 'etc/passwd'))).toString()).toBe('root:x:0:0:root:/root:/bin/sh\nmore\n');
    expect(fileAt(upper, 'etc/passwd').extents.map(({ owner }) => owner)).toEqual([
      name.startsWith('2024') ? ':/' : '__no_name_0:/',
    ]);
    // The filestore lies in the lower directory and is hidden.
    expect(fileAt(upper, '.gvisor.filestore.ckpt-demo')).toMatchObject({
      type: 'character-device',
      device: { major: 0, minor: 0 },
    });
    const note = fileAt(systemAt(systems, '/tmp'), 'w/note.txt');
    expect(Buffer.from(content(note)).toString()).toBe('text in the writable overlay layer\n');
    expect(note.extents.map(({ owner }) => owner)).toEqual(['']);
  });

  it.each(['20240729/node-proc', '20260817/node-none'])('%s: logs that are still written', async (name) => {
    const { systems, content } = await open(name);
    const temporary = systemAt(systems, '/tmp');
    const logs = [0, 1, 2, 3, 4].map((index) => `data/log-${index}.txt`);
    expect(paths(temporary)).toEqual(['', 'data', ...logs]);
    for (const [index, log] of logs.entries()) {
      const text = Buffer.from(content(fileAt(temporary, log))).toString();
      expect(text.startsWith(`line one of file ${index}\n`.repeat(index === 0 ? 1 : index + 1))).toBe(true);
      expect(text).toMatch(/^(?:line one of file \d\n)+(?:tick \d+\n)*$/);
    }
  });

  it.each(['20240729/pod-none', '20260817/pod-none'])('%s: the file systems of two containers', async (name) => {
    const { systems, content } = await open(name);
    const containers = [...new Set(systems.map(({ container }) => container))];
    expect(containers).toEqual(['__no_name_0', 'worker']);
    const file = fileAt(systemAt(systems, '/t', 'worker'), 'file');
    expect(Buffer.from(content(file)).toString()).toBe('hello\n');
  });

  it('20260817/kitchen: mapped, locked, appended and bound files, but no removed one and no memfd', async () => {
    const { systems, content } = await open('20260817/kitchen');
    const temporary = systemAt(systems, '/tmp');
    expect(paths(temporary)).toEqual([
      '',
      'kitchen',
      ...['append.log', 'listen.sock', 'lock', 'mapped.bin', 'sub dir'].map((file) => `kitchen/${file}`),
    ]);
    expect(Buffer.from(content(fileAt(temporary, 'kitchen/append.log'))).toString()).toBe('line\n');
    expect(fileAt(temporary, 'kitchen/listen.sock')).toMatchObject({ type: 'socket', mode: 0o750, size: 0 });
    expect(fileAt(temporary, 'kitchen/mapped.bin').size).toBe(65536);
    const everything = Buffer.concat(systems.flatMap(({ files }) => files.map((file) => Buffer.from(content(file)))));
    expect(everything.length).toBe(65536 + 5);
  });

  it('20260815/splitfs-none-paths: files whose memory lies in the checkpoint of its file systems', async () => {
    const { systems, content } = await open('20260815/splitfs-none-paths');
    const upper = systemAt(systems, '/');
    expect(fileAt(upper, 'data/w').xattrs.map(({ name }) => name)).toEqual(['trusted.overlay.opaque']);
    for (let index = 0; index < 50; index++) {
      const file = fileAt(upper, `data/w/f${index}`);
      expect(file.size).toBe(`file ${index} in the writable overlay\n`.length);
      expect(file.extents.map(({ owner }) => owner)).toEqual(['__no_name_0:/']);
    }
    expect(Buffer.from(content(fileAt(systemAt(systems, '/t'), 'x'))).toString()).toBe('on tmpfs\n');
  });

  it('20260815/splitfs-none-paths: the same files as its own archive of them', async () => {
    const name = '20260815/splitfs-none-paths';
    const { systems } = await open(name);
    const checkpoint = await readFilesystemCheckpoint(await openContainer(imageOf(name)), 'fs/', DEFAULT_LIMITS);
    expect(checkpoint?.problems).toEqual([]);
    const compared = ({ files }: SavedFileSystem): unknown[] =>
      files
        // gVisor does not write what hides its own file.
        .filter(({ path }) => !path.startsWith('.gvisor.filestore.'))
        // Its archive has no times but that of the last change of content, in whole seconds as Go rounds it.
        .map(({ accessed: _, changed: __, modified, ...file }) => ({
          ...file,
          seconds: ((modified ?? 0n) + 500_000_000n) / 1_000_000_000n,
        }))
        .sort((a, b) => (a.path < b.path ? -1 : 1));
    expect(checkpoint?.fileSystems.map(compared)).toEqual([compared(systemAt(systems, '/'))]);
  });
});
