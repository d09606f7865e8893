import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { checkFilesystem } from '../../src/check-filesystem.ts';
import { openContainer } from '../../src/container/open-container.ts';
import type { FilesystemCheckpoint } from '../../src/filesystem/filesystem-checkpoint.ts';
import type { FilesystemPrefix } from '../../src/filesystem/manifest.ts';
import { memoryApart } from '../../src/filesystem/memory-apart.ts';
import { readFilesystemCheckpoint } from '../../src/filesystem/read-filesystem-checkpoint.ts';
import type { SavedFile } from '../../src/filesystem/saved-file.ts';
import { inspectFilesystem } from '../../src/inspect-filesystem.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { readImage } from '../../src/read-image.ts';
import { renderFilesystemText } from '../../src/report/filesystem-text.ts';
import type { CheckResult } from '../../src/restore/result.ts';
import { strictSchema } from '../cli/strict-schema.ts';
import { contentOf } from '../support/fscheckpoint-content.ts';
import { HAS_SHARED, imageOf, sharedImages } from '../support/shared-fixtures.ts';
import { host } from '../unit/restore/examples.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/schema/fscheckpoint@1.schema.json'), 'utf8'));
const fits = new Ajv2020({ allErrors: true }).compile(strictSchema(schema) as object);

async function read(name: string, prefix: FilesystemPrefix): Promise<FilesystemCheckpoint> {
  const container = await openContainer(imageOf(name));
  try {
    const checkpoint = await readFilesystemCheckpoint(container, prefix, DEFAULT_LIMITS);
    if (checkpoint === null) throw new Error(`no filesystem checkpoint in ${name}`);
    return checkpoint;
  } finally {
    await container.close();
  }
}

/** Path, type and size of every file, links as `path -> first name`. */
function listing({ fileSystems }: FilesystemCheckpoint): string[] {
  return fileSystems.flatMap(({ files }) =>
    files.map(({ path, type, mode, size, target, linkTo }) =>
      [
        path || '.',
        type,
        mode.toString(8),
        size,
        ...(target === null ? [] : [`-> ${target}`]),
        ...(linkTo === null ? [] : [`= ${linkTo}`]),
      ].join(' '),
    ),
  );
}

/** What the program of `fscheckpoint` had done when it was saved; see `truth/config.json`. */
function expectedFiles(count: number): Map<string, string> {
  const files = new Map<string, string>();
  for (let index = 0; index < count; index++) files.set(`data/w/f${index}`, `file ${index} in the writable overlay\n`);
  return files;
}

const FULL = [
  { name: '20260415/fscheckpoint', encoding: 'json', version: 0n, release: 'release-20260415.0', manifest: 318 },
  { name: '20260817/fscheckpoint', encoding: 'protobuf', version: 1n, release: 'release-20260817.0', manifest: 79 },
] as const;

describe.skipIf(!HAS_SHARED)('filesystem checkpoints of the real runsc', () => {
  it.each(FULL)('$name: manifest and sizes', async ({ name, encoding, version, release, manifest }) => {
    const checkpoint = await read(name, '');
    expect(checkpoint.problems).toEqual([]);
    expect(checkpoint.manifest).toMatchObject({ encoding, version, runscVersion: release, pageSize: 4096n, endian: 'little' });
    expect(checkpoint.bytes).toMatchObject({ manifest, multiTar: 212480, pages: 823296 });
    expect(checkpoint.requiredPages).toBe(823296);
    expect(checkpoint.memoryFiles.map(({ owner, committedBytes }) => [owner, committedBytes])).toEqual([
      ['__no_name_0:/', 823296],
    ]);
    expect(checkpoint.fileSystems.map(({ container, mountPoint, kind }) => [container, mountPoint, kind])).toEqual([
      ['__no_name_0', '/', 'overlay-upper'],
    ]);
  });

  it.each(FULL)('$name: every name, type, mode and size', async ({ name }) => {
    const files = [...expectedFiles(200)].map(
      ([path, text]) => [path, `file ${path === 'data/w/f3' ? '600' : '644'} ${text.length}`] as const,
    );
    const expected = new Map<string, string>([
      ['.', 'directory 755 0'],
      ['bin', 'directory 755 0'],
      ['bin/ls', 'character-device 0 0'],
      ['data', 'directory 755 0'],
      ['data/w', 'directory 755 0'],
      ...files,
      ['data/w/fifo', 'fifo 644 0'],
      ['data/w/hard', 'file 644 31 = data/w/f2'],
      ['data/w/link', 'symlink 777 0 -> f1'],
      ['etc', 'directory 755 0'],
      ['etc/passwd', 'file 644 35'],
    ]);
    const lines = [...expected].map(([path, rest]) => `${path} ${rest}`);
    expect(listing(await read(name, '')).toSorted()).toEqual(lines.toSorted());
  });

  it.each(FULL)('$name: the content of every file', async ({ name }) => {
    const checkpoint = await read(name, '');
    const pages = readFileSync(`${imageOf(name)}/pages.img`);
    const files = new Map<string, SavedFile>(checkpoint.fileSystems.flatMap((one) => one.files.map((file) => [file.path, file])));
    const text = (path: string): string => contentOf(checkpoint, files.get(path), pages).toString();
    for (const [path, expected] of expectedFiles(200)) expect(text(path)).toBe(expected);
    expect(text('data/w/hard')).toBe('file 2 in the writable overlay\n');
    expect(text('etc/passwd').endsWith('more\n')).toBe(true);
    expect(files.get('bin/ls')?.device).toEqual({ major: 0, minor: 0 });
    expect(files.get('data/w')?.xattrs.map((xattr) => [xattr.name, Buffer.from(xattr.value).toString()])).toEqual([
      ['trusted.overlay.opaque', 'y'],
    ]);
  });

  it('reads the folder fs/ of a split checkpoint', async () => {
    const name = '20260815/splitfs-none-paths';
    const checkpoint = await read(name, 'fs/');
    expect(checkpoint.problems).toEqual([]);
    expect(checkpoint.bytes).toEqual({ manifest: 79, multiTar: 54784, pagesMeta: 90, pages: 204800 });
    expect(checkpoint.requiredPages).toBe(204800);
    const files = [...expectedFiles(50)].map(([path, text]) => `${path} file 644 ${text.length}`);
    expect(listing(checkpoint).toSorted()).toEqual(
      ['. directory 755 0', 'data directory 755 0', 'data/w directory 755 0', ...files].toSorted(),
    );
    const pages = readFileSync(`${imageOf(name)}/fs/pages.img`);
    for (const file of checkpoint.fileSystems[0]?.files ?? [])
      if (file.type === 'file') expect(contentOf(checkpoint, file, pages).toString()).toBe(expectedFiles(50).get(file.path));
  });

  it.each(FULL)('$name: the document fits its schema, and the text shows the tree', async ({ name }) => {
    const container = await openContainer(imageOf(name));
    const document = await inspectFilesystem(container);
    await container.close();
    expect(fits(JSON.parse(JSON.stringify(document))), JSON.stringify(fits.errors)).toBe(true);
    expect(document.fileSystems[0]).toMatchObject({ names: 210, files: 201, deleted: 1 });
    const text = renderFilesystemText(document, { all: true, color: false, width: 120 });
    for (const line of [
      /^ {4}deleted +- +- +[-0-9]+ [:0-9]+ {2}bin\/ls$/m,
      /^ {4}drwxr-xr-x {2}0:0 .* data\/w {2}\(opaque: hides the directory below\)$/m,
      /^ {4}-rw------- {2}0:0 +31 .* data\/w\/f3$/m,
      /^ {4}lrwxrwxrwx .* data\/w\/link -> f1$/m,
      /^ {4}prw-r--r-- .* data\/w\/fifo$/m,
      /^ {4}-rw-r--r-- .* data\/w\/hard {2}\(the same file as data\/w\/f2\)$/m,
    ])
      expect(text).toMatch(line);
    const short = renderFilesystemText(document, { all: false, color: false, width: 120 });
    expect(short).toContain('and 170 more (--all shows them)');
    expect(short.split('\n').length).toBeLessThan(60);
  });

  it.each(FULL)('$name: check answers its gates', async ({ name, release }) => {
    const answer = async (runscVersion: string | null): Promise<CheckResult | undefined> => {
      const container = await openContainer(imageOf(name));
      try {
        const { results, damage } = await checkFilesystem(container, [host()], { runscVersion });
        expect(damage).toBe(null);
        return results[0];
      } finally {
        await container.close();
      }
    };
    expect(await answer(release)).toMatchObject({ verdict: 'restorable', firstFailure: null, image: { kind: 'fscheckpoint' } });
    expect(await answer('release-20260316.0')).toMatchObject({ verdict: 'blocked', firstFailure: 'fs-version' });
    const other = release === 'release-20260817.0' ? 'release-20260415.0' : 'release-20260817.0';
    expect((await answer(other))?.runscError).toMatch(/^opening manifest file ".*": open .*: no such file or directory$/);
  });

  it.each(sharedImages().filter((name) => !name.includes('fscheckpoint')))('%s: what is kept apart', async (name) => {
    const image = await readImage(imageOf(name), { depth: 'all', key: null });
    const layout = image.memory?.layout ?? null;
    const apart = image.kernel === null || layout === null ? [] : memoryApart(image.kernel.graph, layout);
    expect(apart).toEqual(name.includes('splitfs') ? ['__no_name_0:/'] : []);
  });

  it('finds nothing in an image without one', async () => {
    const container = await openContainer(imageOf('20260817/sh-none'));
    expect(await readFilesystemCheckpoint(container, 'fs/', DEFAULT_LIMITS)).toBe(null);
    await container.close();
  });
});
