import { describe, expect, it } from 'vitest';
import type { FilesystemCheckpoint } from '../../../src/filesystem/filesystem-checkpoint.ts';
import type { FilesystemManifest, ManifestEncoding } from '../../../src/filesystem/manifest.ts';
import { readFilesystemCheckpoint } from '../../../src/filesystem/read-filesystem-checkpoint.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import {
  buildFilesystemCheckpoint,
  containerOf,
  fileBody,
  pageOf,
  type TestCheckpoint,
  tarOf,
} from '../../support/fscheckpoint-builder.ts';
import { contentOf } from '../../support/fscheckpoint-content.ts';

const ROOT = {
  id: { container: 'web', path: '/' },
  tar: tarOf([
    { name: './' },
    { name: './a', body: fileBody(5, [[0, 4096, 8192]]) },
    { name: './b', body: fileBody(4100, [[4096, 8192, 0]]) },
  ]),
  pages: [
    [0, pageOf('tail')],
    [8192, pageOf('hello')],
  ],
} as const;
const MOUNT = {
  id: { container: 'web', path: '/cache' },
  tar: tarOf([{ name: './' }, { name: './c', body: fileBody(6, [[0, 4096, 4096]]) }]),
  pages: [[4096, pageOf('second')]],
} as const;

function build(
  encoding: ManifestEncoding = 'protobuf',
  change?: (manifest: FilesystemManifest) => FilesystemManifest,
): TestCheckpoint {
  return buildFilesystemCheckpoint([ROOT, MOUNT], encoding, change);
}

async function read(files: ReadonlyMap<string, Uint8Array>, forward = false): Promise<FilesystemCheckpoint> {
  const checkpoint = await readFilesystemCheckpoint(containerOf(files, forward), '', DEFAULT_LIMITS);
  if (checkpoint === null) throw new Error('no manifest');
  return checkpoint;
}

const without = (files: ReadonlyMap<string, Uint8Array>, name: string): Map<string, Uint8Array> =>
  new Map([...files].filter(([key]) => key !== name));
const cut = (files: ReadonlyMap<string, Uint8Array>, name: string, bytes: number): Map<string, Uint8Array> =>
  new Map([...files].map(([key, value]) => [key, key === name ? value.subarray(0, value.length - bytes) : value]));
const problems = (checkpoint: FilesystemCheckpoint): string[] =>
  checkpoint.problems.map(({ part, error, harmless }) => `${part} ${error.code}${harmless ? ' harmless' : ''}`);

describe('a filesystem checkpoint', () => {
  it.each([
    ['protobuf', false],
    ['protobuf', true],
    ['json', false],
    ['json', true],
  ] as const)('with a manifest as %s is read whole (from a pipe: %s)', async (encoding, forward) => {
    const { files } = build(encoding);
    const checkpoint = await read(files, forward);
    expect(problems(checkpoint)).toEqual([]);
    expect(checkpoint.memoryFiles.map(({ owner, committedBytes, positions }) => [owner, committedBytes, [...positions]])).toEqual(
      [
        ['web:/', 8192, [0, 4096]],
        ['web:/cache', 4096, [8192]],
      ],
    );
    expect(checkpoint.requiredPages).toBe(12_288);
    expect(checkpoint.bytes.pages).toBe(12_288);
    expect(
      checkpoint.fileSystems.map(({ container, mountPoint, kind, files: tree }) => [container, mountPoint, kind, tree.length]),
    ).toEqual([
      ['web', '/', 'overlay-upper', 3],
      ['web', '/cache', 'tmpfs', 2],
    ]);
    const pages = files.get('pages.img') as Uint8Array;
    const content = (path: string): string => {
      const found = checkpoint.fileSystems.flatMap((one) => one.files).find((file) => file.path === path);
      return contentOf(checkpoint, found, pages).toString('latin1').replace(/^\0+/, '');
    };
    expect(['a', 'b', 'c'].map(content)).toEqual(['hello', 'tail', 'second']);
  });

  it('is read whatever the order of its entries', async () => {
    const { files } = build('protobuf', (manifest) => ({
      ...manifest,
      memoryFiles: manifest.memoryFiles.toReversed(),
      tmpfs: manifest.tmpfs.toReversed(),
    }));
    const checkpoint = await read(files);
    expect(checkpoint.fileSystems.map(({ mountPoint, files: tree }) => [mountPoint, tree.length])).toEqual([
      ['/cache', 2],
      ['/', 3],
    ]);
    expect(checkpoint.memoryFiles.map(({ owner }) => owner)).toEqual(['web:/cache', 'web:/']);
    expect(problems(checkpoint).every((problem) => problem === 'pages inconsistent harmless')).toBe(true);
  });

  it.each(['multitar.img', 'pages_meta.img', 'pages.img'])('is read as far as it goes without %s', async (name) => {
    const checkpoint = await read(without(build().files, name));
    expect(problems(checkpoint)).toEqual(['files not-found']);
    expect(checkpoint.problems[0]?.error.message).toContain(` of ${name}`);
    expect(checkpoint.fileSystems).toHaveLength(name === 'multitar.img' ? 0 : 2);
    expect(checkpoint.memoryFiles).toHaveLength(name === 'pages_meta.img' ? 0 : 2);
  });

  it.each([false, true])('says where it was cut (from a pipe: %s)', async (forward) => {
    const { files } = build();
    const tar = await read(cut(files, 'multitar.img', 1600), forward);
    expect(problems(tar)).toEqual(['bounds inconsistent']);
    expect(tar.fileSystems.map((one) => one.files.length)).toEqual([3, 1]);
    const meta = await read(cut(files, 'pages_meta.img', 1), forward);
    expect(problems(meta)).toEqual(['bounds inconsistent']);
    expect(meta.memoryFiles.map(({ owner }) => owner)).toEqual(['web:/']);
    const pages = await read(cut(files, 'pages.img', 1), forward);
    expect(problems(pages)).toEqual(['pages truncated']);
    expect(pages.problems[0]?.error.place).toMatchObject({ file: '/images/a/pages.img', offset: 12_287 });
  });

  it('tells what runsc does not notice apart', async () => {
    const { files } = build();
    const longer = new Map(
      [...files].map(([name, bytes]) => [name, name.endsWith('.img') ? Buffer.concat([bytes, Buffer.alloc(4096)]) : bytes]),
    );
    const checkpoint = await read(longer);
    expect(problems(checkpoint)).toEqual([
      'bounds trailing-bytes harmless',
      'bounds trailing-bytes harmless',
      'pages trailing-bytes harmless',
    ]);
    const twice = await read(
      build('protobuf', (manifest) => ({ ...manifest, tmpfs: manifest.tmpfs.map((one) => ({ ...one, id: ROOT.id })) })).files,
    );
    expect(problems(twice)).toEqual(['bounds inconsistent harmless']);
  });

  it('misses the memory file of a file system', async () => {
    const checkpoint = await read(
      build('protobuf', (manifest) => ({ ...manifest, memoryFiles: manifest.memoryFiles.slice(0, 1) })).files,
    );
    expect(problems(checkpoint)).toContain('trees inconsistent');
  });

  it.each([
    [{ tarStart: 5n, tarEnd: 3n }],
    [{ tarStart: 0n, tarEnd: 2n ** 60n }],
    [{ tarStart: 2n ** 63n, tarEnd: 2n ** 64n - 1n }],
    [{ tarStart: 2n ** 64n - 1n, tarEnd: 0n }],
  ])('believes no range of an archive: %o', async (range) => {
    for (const forward of [false, true]) {
      const { files } = build('protobuf', (manifest) => ({
        ...manifest,
        tmpfs: manifest.tmpfs.map((one) => ({ ...one, ...range })),
      }));
      const checkpoint = await read(files, forward);
      expect(problems(checkpoint).filter((problem) => problem === 'bounds inconsistent')).toHaveLength(2);
    }
  });

  it.each([
    [{ metadataStart: 5n, metadataEnd: 3n }],
    [{ metadataStart: 0n, metadataEnd: 2n ** 60n }],
    [{ metadataStart: 2n ** 63n, metadataEnd: 2n ** 64n - 1n }],
  ])('believes no range of metadata: %o', async (range) => {
    for (const forward of [false, true]) {
      const { files } = build('protobuf', (manifest) => ({
        ...manifest,
        memoryFiles: manifest.memoryFiles.map((one) => ({ ...one, ...range })),
      }));
      expect(problems(await read(files, forward))).toContain('bounds inconsistent');
    }
  });

  it('needs no more pages than there can be', async () => {
    const { files } = build('protobuf', (manifest) => ({
      ...manifest,
      memoryFiles: manifest.memoryFiles.map((one) => ({ ...one, pagesStart: 2n ** 64n - 1n })),
    }));
    expect(problems(await read(files))).toContain('pages truncated');
  });

  it('reads damaged metadata as no memory file, and the trees nevertheless', async () => {
    const { files } = build();
    const meta = Buffer.from(files.get('pages_meta.img') as Uint8Array);
    meta.fill(0xff, 8, 20);
    const checkpoint = await read(new Map([...files, ['pages_meta.img', meta]]));
    expect(checkpoint.problems[0]).toMatchObject({ part: 'memory', harmless: false });
    expect(checkpoint.problems[0]?.error.place.file).toBe('/images/a/pages_meta.img');
    expect(checkpoint.memoryFiles.map(({ owner }) => owner)).toEqual(['web:/cache']);
    expect(checkpoint.fileSystems.map((one) => one.files.length)).toEqual([3, 2]);
  });

  it('ends in an error or a value, whichever byte is changed', async () => {
    const { files } = build();
    for (const name of ['fscheckpoint.pb', 'multitar.img', 'pages_meta.img']) {
      const original = files.get(name) as Uint8Array;
      for (let index = 0; index < original.length; index += name === 'multitar.img' ? 37 : 1) {
        const changed = Uint8Array.from(original);
        changed[index] = (changed[index] as number) ^ 0xff;
        const checkpoint = await read(new Map([...files, [name, changed]]));
        expect(checkpoint.fileSystems.length).toBeLessThanOrEqual(4);
      }
    }
  });
});
