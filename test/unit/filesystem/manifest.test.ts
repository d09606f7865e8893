import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import type { FilesystemManifest } from '../../../src/filesystem/manifest.ts';
import { manifestFromJson } from '../../../src/filesystem/manifest-json.ts';
import { manifestFromProtobuf } from '../../../src/filesystem/manifest-protobuf.ts';
import { readManifest } from '../../../src/filesystem/read-manifest.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { containerOf, encodeManifest, message } from '../../support/fscheckpoint-builder.ts';

const MAX = 2n ** 64n - 1n;

const MANIFEST: FilesystemManifest = {
  encoding: 'protobuf',
  version: 1n,
  runscVersion: 'release-20260817.0',
  pageSize: 65_536n,
  endian: 'big',
  memoryFiles: [
    { id: { container: 'a b', path: '/x:y' }, metadataStart: 1n, metadataEnd: MAX, pagesStart: 2n ** 53n + 1n },
    { id: { container: '', path: '/' }, metadataStart: 0n, metadataEnd: 0n, pagesStart: 0n },
  ],
  tmpfs: [{ id: { container: 'é', path: '/' }, tarStart: 512n, tarEnd: MAX - 1n }],
};

const fromJson = (text: string): FilesystemManifest => manifestFromJson(Buffer.from(text), DEFAULT_LIMITS);

/** What is thrown. */
function errorOf(run: () => unknown): CkptError {
  try {
    run();
  } catch (error) {
    if (error instanceof CkptError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a manifest as protobuf', () => {
  it('gives every field, 64 bits of the numbers too', () => {
    expect(manifestFromProtobuf(encodeManifest(MANIFEST))).toEqual(MANIFEST);
  });

  it('is empty when nothing is written', () => {
    const empty = { encoding: 'protobuf', version: 0n, runscVersion: '', pageSize: 0n, endian: '', memoryFiles: [], tmpfs: [] };
    expect(manifestFromProtobuf(new Uint8Array(0))).toEqual(empty);
  });

  it('skips unknown fields and known ones of another kind, and takes the later of two', () => {
    const id = message([
      [1, Buffer.from('c')],
      [9, 7n],
    ]);
    const later = message([[2, Buffer.from('/p')]]);
    const bytes = message([
      [1, 5n],
      [1, 1n],
      [3, Buffer.from('no number')],
      [4, 12n],
      [99, Buffer.from('new')],
      [
        6,
        message([
          [1, id],
          [1, later],
          [7, 3n],
          [2, 5n],
          [3, 9n],
        ]),
      ],
    ]);
    const tmpfs = [{ id: { container: 'c', path: '/p' }, tarStart: 5n, tarEnd: 9n }];
    expect(manifestFromProtobuf(bytes)).toMatchObject({ version: 1n, pageSize: 0n, endian: '', tmpfs });
  });

  it.each([
    ['a length beyond the end', [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x61]],
    ['a length beyond the end of an entry', [0x32, 0x03, 0x0a, 0x10, 0x00]],
    ['a varint without end', [0x08, ...Array.from({ length: 11 }, () => 0xff)]],
    ['a text that is no UTF-8', [0x12, 0x01, 0xff]],
    ['field number 0', [0x00, 0x00]],
    ['a group that does not end', [0x0b]],
    ['a tag alone', [0x08]],
  ])('refuses %s', (_what, bytes) => {
    expect(errorOf(() => manifestFromProtobuf(Uint8Array.from(bytes)))).toMatchObject({
      code: 'bad-metadata',
      place: { layer: 'filesystem' },
    });
  });

  it('refuses groups inside one another without an end', () => {
    expect(errorOf(() => manifestFromProtobuf(new Uint8Array(200_000).fill(0x0b))).code).toBe('bad-metadata');
  });

  it('refuses more entries than any sandbox has', () => {
    const bytes = new Uint8Array(2 * 70_000).map((_, index) => (index % 2 === 0 ? 0x32 : 0));
    expect(errorOf(() => manifestFromProtobuf(bytes)).code).toBe('over-limit');
  });

  it('is whole or refused, wherever it is cut', () => {
    const bytes = encodeManifest(MANIFEST);
    for (let length = 0; length < bytes.length; length++) {
      try {
        manifestFromProtobuf(bytes.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(CkptError);
      }
    }
  });
});

describe('a manifest as JSON', () => {
  it('gives every field, 64 bits of the numbers too', () => {
    const manifest = { ...MANIFEST, encoding: 'json' } as const;
    expect(manifestFromJson(encodeManifest(manifest), DEFAULT_LIMITS)).toEqual(manifest);
  });

  it('reads as Go does: names in any case, unknown ones skipped, null and missing ones empty, the later of two', () => {
    expect(
      fromJson('{"Version":3,"VERSION":4,"new":[{}],"page_size":null,"tmpfs":[null,{"tar_end":7}],"memory_files":null}'),
    ).toEqual({
      encoding: 'json',
      version: 4n,
      runscVersion: '',
      pageSize: 0n,
      endian: '',
      memoryFiles: [],
      tmpfs: [0n, 7n].map((tarEnd) => ({ id: { container: '', path: '' }, tarStart: 0n, tarEnd })),
    });
  });

  it.each([
    ['', undefined],
    ['{', undefined],
    ['[]', 'the manifest'],
    ['{"version":-1}', 'version'],
    ['{"version":1.5}', 'version'],
    ['{"version":1e3}', 'version'],
    ['{"page_size":18446744073709551616}', 'page_size'],
    ['{"endian":1}', 'endian'],
    ['{"tmpfs":{}}', 'tmpfs'],
    ['{"tmpfs":[1]}', 'tmpfs[0]'],
    ['{"memory_files":[{"resource_id":"a:/"}]}', 'memory_files[0].resource_id'],
    ['{"memory_files":[{"resource_id":{"path":1}}]}', 'memory_files[0].resource_id.path'],
  ])('refuses %j', (text, path) => {
    const { code, place } = errorOf(() => fromJson(text));
    expect([code, place.layer, place.path]).toEqual(['bad-metadata', 'filesystem', path]);
  });

  it('refuses deep nesting', () => {
    expect(errorOf(() => fromJson(`{"x":${'['.repeat(100_000)}`)).code).toBe('over-limit');
  });
});

describe('readManifest', () => {
  const pb = encodeManifest(MANIFEST);
  const json = encodeManifest({ ...MANIFEST, encoding: 'json' });

  it('prefers protobuf, and tells of the other', async () => {
    const found = await readManifest(
      containerOf(
        new Map([
          ['fscheckpoint.json', json],
          ['fscheckpoint.pb', pb],
        ]),
      ),
      '',
      DEFAULT_LIMITS,
    );
    expect(found).toMatchObject({ encoding: 'protobuf', bytes: pb.length, other: true, problem: null });
  });

  it('looks in the folder that it is told', async () => {
    const container = containerOf(new Map([['fs/fscheckpoint.json', json]]));
    expect(await readManifest(container, '', DEFAULT_LIMITS)).toBe(null);
    expect(await readManifest(container, 'fs/', DEFAULT_LIMITS)).toMatchObject({ encoding: 'json', other: false });
  });

  it('holds no more than the ceiling', async () => {
    const container = containerOf(new Map([['fscheckpoint.pb', pb]]), true);
    const limit = (manifestBytes: number) => readManifest(container, '', { ...DEFAULT_LIMITS, manifestBytes });
    expect((await limit(pb.length))?.manifest).toEqual(MANIFEST);
    await expect(limit(pb.length - 1)).rejects.toMatchObject({
      code: 'over-limit',
      place: { file: '/images/a/fscheckpoint.pb' },
    });
  });

  it('says which file is damaged', async () => {
    const found = await readManifest(containerOf(new Map([['fscheckpoint.json', Buffer.from('{')]])), '', DEFAULT_LIMITS);
    expect(found?.manifest).toBe(null);
    expect(found?.problem?.message).toContain('of fscheckpoint.json');
  });
});
