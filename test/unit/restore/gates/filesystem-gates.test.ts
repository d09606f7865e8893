import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../../src/errors.ts';
import type { FilesystemCheckpoint } from '../../../../src/filesystem/filesystem-checkpoint.ts';
import { FILESYSTEM_GATE_IDS } from '../../../../src/restore/gate-ids.ts';
import type { CheckResult, GateId } from '../../../../src/restore/result.ts';
import { check } from '../by-code.ts';
import { arm64Host, fact, host, image, NO_IDENTITY, noFact } from '../examples.ts';
import { checkSaved, filesystemCheckpoint, withBytes, withManifest } from '../filesystem-examples.ts';

const outcome = (result: CheckResult, id: GateId): string | undefined => result.gates.find((gate) => gate.id === id)?.outcome;
const stops = ({ firstFailure, runscError }: CheckResult): unknown[] => [firstFailure, runscError];
const json = (runscVersion: string, version = 0n): FilesystemCheckpoint =>
  withManifest({ encoding: 'json', version, runscVersion });

describe('a filesystem checkpoint against a host', () => {
  it('lists its own gates only, and says how it is used', () => {
    const result = checkSaved(filesystemCheckpoint());
    expect(result.gates.map(({ id }) => id)).toEqual(FILESYSTEM_GATE_IDS);
    expect(result.verdict).toBe('restorable');
    expect(result.image).toEqual({
      path: '/images/a',
      kind: 'fscheckpoint',
      runscVersion: 'release-20260817.0',
      arch: null,
      createdAt: null,
      compression: null,
    });
    expect(result.advice).toMatchObject([{ code: 'CKPT2018', setting: '-fs-restore-image-path=DIR' }]);
    expect(result.advice[0]?.message).toContain('`runsc restore` does not take');
  });

  it('does not compare versions since manifests are protobuf, and says so', () => {
    expect(checkSaved(filesystemCheckpoint(), host(), '20260820').verdict).toBe('restorable');
    expect(outcome(checkSaved(filesystemCheckpoint(), host(), '20260820'), 'runsc-version')).toBe('not-applicable');
  });

  it('compares versions before', () => {
    expect(checkSaved(json('release-20260415.0'), host(), 'release-20260415.0').verdict).toBe('restorable');
    expect(checkSaved(json('release-20260415.0'), host(), '20260415').verdict).toBe('restorable');
    expect(stops(checkSaved(json('release-20260415.0'), host(), 'release-20260420.0'))).toEqual([
      'runsc-version',
      'filesystem checkpoint runsc version "release-20260415.0" does not match current runsc version "release-20260420.0"',
    ]);
    expect(outcome(checkSaved(json('release-20260415.0'), host(), null), 'runsc-version')).toBe('not-checked');
    expect(outcome(checkSaved(json('VERSION_MISSING'), host(), 'VERSION_MISSING'), 'runsc-version')).toBe('not-applicable');
  });

  it.each([
    [filesystemCheckpoint(), 'release-20260803.0', 'fscheckpoint.json'],
    [filesystemCheckpoint(), 'release-20260323.0', 'fscheckpoint.json'],
    [json('release-20260415.0'), 'release-20260817.0', 'fscheckpoint.pb'],
  ])('stops where the release looks for another manifest (%#)', (checkpoint, release, name) => {
    const path = `/images/a/${name}`;
    expect(stops(checkSaved(checkpoint, host(), release))).toEqual([
      'fs-version',
      `opening manifest file "${path}": open ${path}: no such file or directory`,
    ]);
  });

  it('is unknown to a runsc from before', () => {
    for (const release of ['20260317', 'release-20260316.0', '0.0~20240729.0'])
      expect(stops(checkSaved(filesystemCheckpoint(), host(), release))).toEqual([
        'fs-version',
        'flag provided but not defined: -fs-restore-image-path',
      ]);
    expect(checkSaved(filesystemCheckpoint(), host(), 'release-20260316.0').advice.map(({ code }) => code)).toContain('CKPT2008');
  });

  it.each([
    [json('release-20260415.0', 1n), 'release-20260415.0', '1'],
    [withManifest({ version: 2n }), 'release-20260817.0', '2'],
    [withManifest({ version: 2n ** 64n - 1n }), 'release-20260817.0', '18446744073709551615'],
  ])('refuses a newer version (%#)', (checkpoint, release, version) => {
    expect(stops(checkSaved(checkpoint, host(), release))).toEqual([
      'fs-version',
      `unsupported filesystem checkpoint version: ${version}`,
    ]);
  });

  it('takes version 0 of protobuf', () => {
    expect(checkSaved(withManifest({ version: 0n })).verdict).toBe('restorable');
  });

  it('compares the page size with that of the host', () => {
    const error = (image: bigint | number, current: number): string =>
      `filesystem checkpoint page size ${image} does not match current page size ${current}`;
    const large = withManifest({ pageSize: 65_536n });
    const arm = (size: number) => arm64Host([], { pageSize: fact(size) });
    expect(stops(checkSaved(large))).toEqual(['fs-page-size', error(65_536, 4096)]);
    expect(stops(checkSaved(filesystemCheckpoint(), arm(65_536)))).toEqual(['fs-page-size', error(4096, 65_536)]);
    expect(checkSaved(large, arm(65_536)).verdict).toBe('restorable');
    expect(checkSaved(filesystemCheckpoint(), arm(4096)).verdict).toBe('restorable');
    // No runsc is built for pages of 16 KiB.
    expect(stops(checkSaved(filesystemCheckpoint(), arm(16_384)))).toEqual(['fs-page-size', null]);
    expect(stops(checkSaved(withManifest({ pageSize: 2n ** 64n - 1n })))).toEqual([
      'fs-page-size',
      error(18_446_744_073_709_551_615n, 4096),
    ]);
  });

  it('assumes 4 KiB where an arm64 description does not say, and only that', () => {
    const silent = arm64Host([], { pageSize: noFact() });
    expect(checkSaved(filesystemCheckpoint(), silent).verdict).toBe('restorable');
    expect(checkSaved(withManifest({ pageSize: 65_536n }), silent).verdict).toBe('unknown');
    const apple = arm64Host([], { pageSize: noFact(), identity: { ...NO_IDENTITY, arch: 'arm64', implementer: 0x61 } });
    expect(checkSaved(filesystemCheckpoint(), apple).verdict).toBe('unknown');
  });

  it('compares the byte order', () => {
    const error = (endian: string): string =>
      `filesystem checkpoint endianness ${endian} does not match current endianness "little"`;
    expect(stops(checkSaved(withManifest({ endian: 'big' })))).toEqual(['fs-endianness', error('"big"')]);
    expect(stops(checkSaved(withManifest({ endian: '' })))).toEqual(['fs-endianness', error('""')]);
    expect(stops(checkSaved(withManifest({ endian: 'a"\n' }), arm64Host()))).toEqual(['fs-endianness', error('"a\\"\\n"')]);
  });

  it('finds ranges that are not in their files', () => {
    expect(stops(checkSaved(withBytes({ pagesMeta: 64 })))).toEqual([
      'fs-bounds',
      'MemoryFile "__no_name_0:/" has pages metadata range [0, 90) beyond pages metadata file size 64',
    ]);
    expect(stops(checkSaved(withBytes({ multiTar: 2047 })))).toEqual([
      'fs-bounds',
      'tmpfs "__no_name_0:/" has tar range [0, 2048) beyond multi-tar file size 2047',
    ]);
    const id = { container: 'c', path: '/' };
    const backwards = withManifest({ tmpfs: [{ id, tarStart: 9n, tarEnd: 3n }] });
    expect(stops(checkSaved(backwards))).toEqual(['fs-bounds', null]);
    expect(stops(checkSaved(withBytes({ pages: 8191 })))).toEqual(['fs-bounds', null]);
    expect(checkSaved(withBytes({ pages: 9000 })).verdict).toBe('restorable');
  });

  it.each([
    ['multitar.img', { multiTar: null }, 'multi-tar'],
    ['pages_meta.img', { pagesMeta: null }, 'pages metadata'],
    ['pages.img', { pages: null }, 'pages metadata'],
  ] as const)('misses %s', (name, bytes, what) => {
    const path = `/images/a/${name}`;
    expect(stops(checkSaved(withBytes(bytes)))).toEqual([
      'fs-bounds',
      `opening ${what} file "${path}": open ${path}: no such file or directory`,
    ]);
  });

  it('names the first failure in the order of runsc', () => {
    const all = {
      ...withManifest({ version: 9n, pageSize: 1n, endian: 'big' }),
      bytes: { manifest: 1, multiTar: 1, pagesMeta: 1, pages: 1 },
    };
    const result = checkSaved(all);
    expect(result.gates.filter((gate) => gate.outcome === 'fail').map(({ id }) => id)).toEqual([
      'fs-version',
      'fs-page-size',
      'fs-endianness',
      'fs-bounds',
    ]);
    expect(result.firstFailure).toBe('fs-version');
    // Files are opened before the manifest is read.
    expect(checkSaved({ ...all, bytes: { ...all.bytes, multiTar: null } }).firstFailure).toBe('fs-bounds');
  });

  it('fails image-readable for damage, and not for what runsc does not notice', () => {
    const error = new CkptError('bad-archive', { layer: 'filesystem', offset: 512 }, { expected: 'a', found: 'b' });
    const damaged = filesystemCheckpoint({ problems: [{ part: 'trees', error, harmless: false }] });
    expect(stops(checkSaved(damaged))).toEqual(['image-readable', null]);
    expect(checkSaved(filesystemCheckpoint({ problems: [{ part: 'trees', error, harmless: true }] })).verdict).toBe('restorable');
  });

  it('says nothing of a manifest that cannot be read', () => {
    const error = new CkptError('bad-metadata', { layer: 'filesystem' }, { expected: 'a', found: 'b' });
    const result = checkSaved(filesystemCheckpoint({ manifest: null, problems: [{ part: 'manifest', error, harmless: false }] }));
    expect(result.gates.map((gate) => gate.outcome)).toEqual(['fail', 'unknown', 'unknown', 'unknown', 'unknown', 'pass']);
    expect(result.verdict).toBe('blocked');
  });
});

describe('a split checkpoint', () => {
  const split = (place: 'inline' | 'separate') =>
    image({
      pages: { place, required: place === 'inline' ? null : 4096, present: place === 'inline' ? null : 4096, apart: ['c:/'] },
    });
  const pagesGate = (release: string, place: 'inline' | 'separate' = 'separate') =>
    check(split(place), host(), release).gates.find(({ id }) => id === 'pages');

  it.each(['release-20260817.0', '20260815', '20260818', 'release-20260817.0-21-gabc', '20270101'])(
    'may be restored by %s',
    (release) => {
      expect(pagesGate(release)).toMatchObject({ outcome: 'unknown', reasons: [{ code: 'CKPT1955', order: 43 }] });
    },
  );

  it.each(['release-20260810.0', '20260812', '20260819', '20260821', 'release-20260817.0-22-gabc'])(
    'is not restored by %s',
    (release) => {
      expect(pagesGate(release)).toMatchObject({ outcome: 'fail', reasons: [{ code: 'CKPT1956', order: 43 }] });
    },
  );

  it('is compared in the stream of a compressed image', () => {
    expect(pagesGate('20260821', 'inline')).toMatchObject({ outcome: 'fail', reasons: [{ order: 35 }] });
  });
});
