import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openContainer } from '../../../src/container/open-container.ts';
import { openPacked } from '../../../src/container/open-packed.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/limits.ts';
import { buildImage, imageBytes } from '../../support/image-builder.ts';
import { tarOf, zstdOf } from '../../support/image-forms.ts';
import { memorySource } from '../../support/memory-source.ts';
import {
  containerdLayout,
  jsonBytes,
  type LayoutFiles,
  layoutBuilder,
  layoutTar,
  orasLayout,
  podmanLayout,
  TYPES,
  writeLayout,
} from '../../support/oci-builder.ts';

const IMAGE = buildImage({ epoch: 'E6', compression: 'none' });
const FILES: Record<string, Uint8Array> = Object.fromEntries([...IMAGE.keys()].map((name) => [name, imageBytes(IMAGE, name)]));
const OTHER = buildImage({ epoch: 'E6', compression: 'none', runscVersion: 'release-20260706.0' });
const textOf = (text: string): Uint8Array => new TextEncoder().encode(text);

let tar: Buffer;
let other: Buffer;
let base: Buffer;
let root = '';
let folder = '';
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ckpt-oci-'));
  tar = await tarOf(Object.entries(FILES).map(([name, content]) => ({ name, content })));
  other = await tarOf([{ name: 'checkpoint.img', content: imageBytes(OTHER) }]);
  base = await tarOf([{ name: 'bin/sh', content: textOf('#!') }]);
});
beforeEach(() => {
  folder = mkdtempSync(join(root, 'layout-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Opens a container, and reads all files of the image. */
async function contents(path: string, limits: Partial<Limits> = {}): Promise<Record<string, string>> {
  const container = await openContainer(path, { limits: { ...DEFAULT_LIMITS, ...limits } });
  return drain(container);
}

async function drain(container: Awaited<ReturnType<typeof openContainer>>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  try {
    for (const name of ['checkpoint.img', 'pages_meta.img', 'pages.img'] as const) {
      const source = await (await container.find(name))?.open();
      if (source === undefined) continue;
      const blocks: Uint8Array[] = [];
      for (;;) {
        const block = await source.read(10_000);
        if (block.length === 0) break;
        blocks.push(block);
      }
      await source.close();
      found[name] = sha(Buffer.concat(blocks));
    }
    await container.finish();
    return found;
  } finally {
    await container.close();
  }
}

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const WHOLE = Object.fromEntries(Object.entries(FILES).map(([name, bytes]) => [name, sha(bytes)]));

async function ofLayout(files: LayoutFiles, select = '', limits: Partial<Limits> = {}): Promise<Record<string, string>> {
  const directory = mkdtempSync(join(folder, 'd'));
  writeLayout(directory, files);
  return contents(`${directory}${select}`, limits);
}

async function ofArchive(archive: Uint8Array, select = ''): Promise<Record<string, string>> {
  const path = join(mkdtempSync(join(folder, 'a')), 'saved');
  writeFileSync(path, archive);
  return contents(`${path}${select}`);
}

async function ofPipe(archive: Uint8Array): Promise<Record<string, string>> {
  const first = memorySource(archive, { pipe: true });
  return drain(await openPacked('-', { first, again: null }, { limits: DEFAULT_LIMITS, hold: ['pages.img'] }));
}

describe('an OCI layout', () => {
  const layouts: [string, () => LayoutFiles | Promise<LayoutFiles>][] = [
    ['of containerd: the checkpoint is an entry of the index', () => containerdLayout(tar)],
    [
      'of podman, the image in a directory of a gzip layer',
      async () =>
        podmanLayout(
          gzipSync(
            await tarOf([
              { name: 'config.dump', content: textOf('{}') },
              ...Object.entries(FILES).map(([name, content]) => ({ name: `checkpoint/${name}`, content })),
            ]),
          ),
        ),
    ],
    [
      'of podman, annotated, where another layer is broken',
      () => {
        const layout = layoutBuilder();
        const good = layout.manifest([layout.blob(tar, TYPES.layer)], { 'io.kubernetes.cri-o.annotations.checkpoint.name': 'x' });
        return layout.finish([layout.manifest([layout.blob(gzipSync(base).subarray(0, 30), TYPES.layer)]), good]);
      },
    ],
    ['of oras, files as blobs', () => orasLayout(FILES)],
    ['of oras, files of a directory', () => orasLayout(FILES, 'image/of today/')],
    [
      'with a zstd layer among others',
      async () => {
        const layout = layoutBuilder();
        const layers = [
          layout.blob(base, TYPES.layer),
          layout.blob(await zstdOf(tar), `${TYPES.layer}+zstd`),
          layout.blob(gzipSync(base), `${TYPES.layer}+gzip`),
        ];
        return layout.finish([layout.manifest(layers)]);
      },
    ],
    [
      'with sha512',
      () => {
        const layout = layoutBuilder();
        return layout.finish([layout.manifest([layout.blob(tar, TYPES.layer, {}, 'sha512')])]);
      },
    ],
    [
      'with indexes in indexes, where only one platform holds an image and another is left out',
      () => {
        const layout = layoutBuilder();
        const platform = { os: 'linux', architecture: 'arm64' };
        const gone = { mediaType: TYPES.manifest, digest: `sha256:${'0'.repeat(64)}`, size: 10, platform };
        const inner = layout.index([
          gone,
          layout.manifest([layout.blob(base, TYPES.layer)]),
          layout.manifest([layout.blob(tar, TYPES.layer)]),
        ]);
        return layout.finish([layout.index([layout.index([inner])])]);
      },
    ],
    [
      'with the same image under two names',
      () => {
        const layout = layoutBuilder();
        const manifest = layout.manifest([layout.blob(tar, TYPES.layer)]);
        const named = (name: string) => ({ ...manifest, annotations: { 'org.opencontainers.image.ref.name': name } });
        return layout.finish([named('one'), named('two')]);
      },
    ],
  ];

  it.each(layouts)('%s', async (_, make) => {
    expect(await ofLayout(await make())).toEqual(WHOLE);
  });

  it.each(layouts)('%s: as an archive, compressed or not, in any order', async (_, make) => {
    const files = await make();
    for (const archive of [
      await layoutTar(files),
      await layoutTar(files, 'index-first'),
      await layoutTar(files, 'index-first', './'),
      await layoutTar(files, 'sorted', 'some/where/'),
      gzipSync(await layoutTar(files)),
      await zstdOf(await layoutTar(files, 'index-first')),
    ])
      expect(await ofArchive(archive)).toEqual(WHOLE);
  });

  it.each(layouts.filter(([name]) => !name.includes('oras')))('%s: from a pipe', async (_, make) => {
    const files = await make();
    for (const archive of [await layoutTar(files), await layoutTar(files, 'index-first'), gzipSync(await layoutTar(files))])
      expect(await ofPipe(archive)).toEqual(WHOLE);
  });

  it('of oras, from a pipe: says that it must be a file', async () => {
    await expect(ofPipe(await layoutTar(orasLayout(FILES)))).rejects.toMatchObject({ code: 'out-of-order' });
    const alone = { 'checkpoint.img': imageBytes(IMAGE) };
    expect(await ofPipe(await layoutTar(orasLayout(alone)))).toEqual({ 'checkpoint.img': WHOLE['checkpoint.img'] });
  });

  it('of a state file alone', async () => {
    const layout = layoutBuilder();
    const files = layout.finish([layout.manifest([layout.blob(imageBytes(IMAGE), 'application/octet-stream')])]);
    expect(await ofLayout(files)).toEqual({ 'checkpoint.img': WHOLE['checkpoint.img'] });
  });

  it('of `docker save`, before and since version 25', async () => {
    const diff = `sha256:${sha(tar)}`;
    const config = jsonBytes({ rootfs: { type: 'layers', diff_ids: [`sha256:${sha(base)}`, diff] } });
    const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
    const old: LayoutFiles = new Map([
      [`${one}/layer.tar`, base],
      [`${two}/layer.tar`, tar],
      [`${sha(config)}.json`, config],
      [
        'manifest.json',
        jsonBytes([{ Config: `${sha(config)}.json`, RepoTags: ['saved:1'], Layers: [`${one}/layer.tar`, `${two}/layer.tar`] }]),
      ],
    ]);
    expect(await ofArchive(await layoutTar(old))).toEqual(WHOLE);
    expect(await ofLayout(old)).toEqual(WHOLE);
    expect(await ofLayout(old, '#saved:1')).toEqual(WHOLE);
    const wrong = new Map(old).set(`${two}/layer.tar`, await tarOf([{ name: 'checkpoint.img', content: imageBytes(OTHER) }]));
    await expect(ofArchive(await layoutTar(wrong))).rejects.toMatchObject({
      code: 'bad-digest',
      message: expect.stringContaining(diff),
    });
    const since = new Map(podmanLayout(tar)).set('manifest.json', jsonBytes([]));
    expect(await ofArchive(await layoutTar(since))).toEqual(WHOLE);
  });

  it('of `skopeo copy dir:`', async () => {
    const layout = layoutBuilder();
    layout.manifest([layout.blob(tar, TYPES.layer)]);
    const files: LayoutFiles = new Map([...layout.files].map(([path, bytes]) => [path.split('/').at(-1) ?? '', bytes]));
    const manifest = [...layout.files.values()].at(-1);
    if (manifest === undefined) throw new Error('no manifest');
    expect(await ofLayout(new Map(files).set('manifest.json', manifest))).toEqual(WHOLE);
  });
});

describe('a choice', () => {
  const two = (): { files: LayoutFiles; digests: string[] } => {
    const layout = layoutBuilder();
    const of = (bytes: Uint8Array, name: string, architecture: string) =>
      layout.manifest(
        [layout.blob(bytes, TYPES.layer)],
        {},
        {
          annotations: { 'org.opencontainers.image.ref.name': name },
          platform: { os: 'linux', architecture },
        },
      );
    const manifests = [of(tar, 'one', 'amd64'), of(other, 'two', 'arm64')];
    return { files: layout.finish(manifests), digests: [sha(tar), sha(other), ...manifests.map(({ digest }) => digest)] };
  };

  it('is asked for where there are several images', async () => {
    const { files, digests } = two();
    for (const opened of [ofLayout(files), layoutTar(files).then((archive) => ofArchive(archive))])
      await expect(opened).rejects.toMatchObject({
        code: 'ambiguous',
        facts: {
          found: `2: sha256:${digests[0]} (linux/amd64, one); sha256:${digests[1]} (linux/arm64, two)`,
          hint: expect.stringContaining('LAYOUT#sha256:'),
        },
      });
  });

  it('is made by a name, or a digest of image or layer, whole or not', async () => {
    const { files, digests } = two();
    const [first = '', , manifest = ''] = digests;
    const archive = await layoutTar(files);
    for (const select of ['#one', `#sha256:${first}`, `#${first.slice(0, 8)}`, `#${manifest}`]) {
      expect(await ofLayout(files, select)).toEqual(WHOLE);
      expect(await ofArchive(archive, select)).toEqual(WHOLE);
    }
    expect(await ofLayout(files, '#two')).toEqual({ 'checkpoint.img': sha(imageBytes(OTHER)) });
    await expect(ofLayout(files, '#three')).rejects.toMatchObject({
      code: 'no-image',
      facts: { hint: 'Its images are named one, two' },
    });
  });

  it('may be a path in the layer', async () => {
    const both = await tarOf([
      { name: 'a/checkpoint.img', content: imageBytes(OTHER) },
      ...Object.entries(FILES).map(([name, content]) => ({ name: `b/${name}`, content })),
    ]);
    const files = containerdLayout(both);
    await expect(ofLayout(files)).rejects.toMatchObject({ code: 'ambiguous' });
    expect(await ofLayout(files, '#b')).toEqual(WHOLE);
  });
});

describe('a layout that is wrong', () => {
  const layerPath = (): string => `blobs/sha256/${sha(tar)}`;
  const rejected = async (files: LayoutFiles, expected: object, limits: Partial<Limits> = {}): Promise<void> => {
    await expect(ofLayout(files, '', limits)).rejects.toMatchObject(expected);
  };

  it('has a blob whose bytes are others', async () => {
    const files = containerdLayout(tar);
    const damaged = Buffer.from(tar);
    damaged[damaged.length - 1200] = 1;
    files.set(layerPath(), damaged);
    const expected = {
      code: 'bad-digest',
      place: { path: layerPath() },
      facts: {
        expected: `${tar.length} bytes with sha256:${sha(tar)}`,
        found: `${tar.length} bytes with sha256:${sha(damaged)}`,
      },
    };
    await rejected(files, expected);
    await expect(ofArchive(await layoutTar(files))).rejects.toMatchObject(expected);
    await expect(ofPipe(await layoutTar(files))).rejects.toMatchObject({ code: 'bad-digest' });
    files.set(layerPath(), gzipSync(tar).subarray(0, 100));
    await rejected(files, { code: 'bad-digest' });
  });

  it('has a blob of another size, an index, or a file of oras that is wrong', async () => {
    const layout = layoutBuilder();
    const layer = { ...layout.blob(tar, TYPES.layer), size: tar.length + 1 };
    const sized = layout.finish([layout.manifest([layer])]);
    await rejected(sized, { code: 'bad-digest', facts: { expected: expect.stringContaining(`${tar.length + 1} bytes`) } });
    await expect(ofPipe(await layoutTar(sized))).rejects.toMatchObject({ code: 'bad-digest' });

    const files = containerdLayout(tar);
    const [index = ''] = [...files].find(([, bytes]) => new TextDecoder().decode(bytes).includes('"manifests"')) ?? [];
    files.set(index, Buffer.concat([files.get(index) ?? new Uint8Array(0), Buffer.from(' ')]));
    await rejected(files, { code: 'bad-digest', place: { path: index } });
    await expect(ofArchive(await layoutTar(files))).rejects.toMatchObject({ code: 'bad-digest' });
    await expect(ofPipe(await layoutTar(files))).rejects.toMatchObject({ code: 'bad-digest' });

    const oras = orasLayout(FILES);
    oras.set(`blobs/sha256/${WHOLE['pages.img']}`, new Uint8Array(12_288));
    await rejected(oras, { code: 'bad-digest', place: { path: `blobs/sha256/${WHOLE['pages.img']}` } });
  });

  it('points nowhere', async () => {
    for (const path of [layerPath(), [...containerdLayout(tar).keys()].at(-3) ?? '']) {
      const files = containerdLayout(tar);
      expect(files.delete(path)).toBe(true);
      const expected = { code: 'not-found', place: { path }, message: expect.stringContaining(path) };
      await rejected(files, expected);
      await expect(ofArchive(await layoutTar(files))).rejects.toMatchObject(expected);
    }
    // In a pipe a layer is found all the same; that nothing leads to it shows at the end.
    const files = containerdLayout(tar);
    files.delete([...files.keys()].at(-3) ?? '');
    await expect(ofPipe(await layoutTar(files))).rejects.toMatchObject({ code: 'not-found' });
    await expect(ofPipe(await layoutTar(layoutBuilder().finish([]).set(layerPath(), tar)))).rejects.toMatchObject({
      code: 'no-image',
    });
  });

  it.each([
    ['no JSON', Buffer.from('\xff\xfe', 'latin1'), 'bad-archive'],
    ['null', Buffer.from('null'), 'no-image'],
    ['larger than the ceiling', Buffer.alloc(DEFAULT_LIMITS.manifestBytes + 1, '{'), 'over-limit'],
  ])('has an index that is %s, in a pipe too', async (_, index, code) => {
    const files = containerdLayout(tar).set('index.json', index);
    await expect(ofArchive(await layoutTar(files))).rejects.toMatchObject({ code });
    await expect(ofPipe(await layoutTar(files))).rejects.toMatchObject({ code });
  });

  it.each([
    ['sha256:../../../../etc/passwd', 'bad-archive'],
    [`sha256:${'a'.repeat(63)}/`, 'bad-archive'],
    [`sha256:${'A'.repeat(64)}`, 'bad-archive'],
    ['sha256:', 'bad-archive'],
    ['', 'bad-archive'],
    [`md5:${'a'.repeat(32)}`, 'unsupported'],
    [`sha512:${'a'.repeat(64)}`, 'bad-archive'],
  ])('names a blob %j', async (digest, code) => {
    const descriptor = { mediaType: TYPES.manifest, digest, size: 3 };
    await rejected(layoutBuilder().finish([descriptor]), { code });
    const layout = layoutBuilder();
    await rejected(layout.finish([layout.manifest([{ ...descriptor, mediaType: TYPES.layer }])]), { code });
  });

  it('leads out of itself by a link', async () => {
    const outside = join(folder, 'outside');
    writeFileSync(outside, tar);
    const directory = join(folder, 'linked');
    writeLayout(directory, containerdLayout(tar));
    rmSync(join(directory, layerPath()));
    symlinkSync(outside, join(directory, layerPath()));
    await expect(contents(directory)).rejects.toMatchObject({
      code: 'bad-archive',
      message: expect.stringContaining('leads out of it'),
    });
    rmSync(join(directory, layerPath()));
    mkdirSync(join(directory, 'cache'));
    renameSync(outside, join(directory, 'cache/layer'));
    symlinkSync('../../cache/layer', join(directory, layerPath()));
    expect(await contents(directory)).toEqual(WHOLE);
    expect(dirname(directory)).toBe(folder);
  });

  it('is no JSON, both index and manifest, or has odd values', async () => {
    const index = (bytes: Uint8Array): LayoutFiles => containerdLayout(tar).set('index.json', bytes);
    await rejected(index(textOf('{"manifests":[')), { code: 'bad-archive', place: { path: 'index.json' } });
    await rejected(index(jsonBytes({ manifests: [], layers: [] })), {
      code: 'bad-archive',
      message: expect.stringContaining('both'),
    });
    await rejected(index(jsonBytes({ manifests: [null] })), { code: 'bad-archive' });
    await rejected(index(jsonBytes({ manifests: [{ digest: 'x', size: -1 }] })), { code: 'bad-archive' });
    await rejected(index(jsonBytes({ manifests: [{ digest: 'x', size: 2 ** 60 }] })), { code: 'bad-archive' });
    for (const value of [null, [], 5, 'x', {}, { manifests: {} }]) await rejected(index(jsonBytes(value)), { code: 'no-image' });
  });

  it('has an index of a hundred thousand entries, or values without end', async () => {
    const digest = (number: number): string => `sha256:${number.toString(16).padStart(64, '0')}`;
    const manifests = Array.from({ length: 100_000 }, (_, number) => ({
      mediaType: TYPES.manifest,
      digest: digest(number),
      size: 1,
    }));
    const layout = layoutBuilder();
    const inner = layout.index(manifests);
    await expect(ofArchive(await layoutTar(layout.finish([inner])))).rejects.toMatchObject({ code: 'not-found' });
    await expect(ofArchive(await layoutTar(layout.finish([inner])), `#${inner.digest}`)).rejects.toMatchObject({
      code: 'not-found',
    });
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    await rejected(containerdLayout(tar).set('index.json', textOf(`{"manifests":[{"digest":"x","size":${deep}}]}`)), {
      code: 'bad-archive',
    });
    await rejected(containerdLayout(tar).set('index.json', textOf(deep)), { code: 'no-image' });
  });

  it('has an index over the ceiling', async () => {
    await rejected(
      containerdLayout(tar),
      { code: 'over-limit', message: expect.stringContaining('manifestBytes') },
      { manifestBytes: 100 },
    );
  });

  it('holds no checkpoint: the media types are named', async () => {
    const layout = layoutBuilder();
    const files = layout.finish([layout.manifest([layout.blob(base, TYPES.layer), layout.blob(textOf('text'), 'text/plain')])]);
    const expected = {
      code: 'no-image',
      facts: { found: expect.stringContaining(`${TYPES.manifest}, ${TYPES.layer}, text/plain`) },
    };
    await rejected(files, expected);
    await expect(ofArchive(await layoutTar(files))).rejects.toMatchObject(expected);
    const criu = containerdLayout(await tarOf([{ name: 'pstree.img', content: textOf('x') }]));
    await rejected(criu, { code: 'no-image', message: expect.stringContaining('pstree.img') });
  });

  it('has a file twice', async () => {
    const files = containerdLayout(tar);
    const entries = [...files].map(([name, content]) => ({ name, content }));
    const archive = await tarOf([...entries, { name: 'index.json', content: jsonBytes({ manifests: [] }) }]);
    await expect(ofArchive(archive)).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('is cut anywhere', async () => {
    const archive = await layoutTar(containerdLayout(tar));
    for (let end = 512; end < archive.length - 1024; end += 512 * 7)
      await expect(ofArchive(archive.subarray(0, end))).rejects.toMatchObject({ name: 'CkptError' });
  });
});
