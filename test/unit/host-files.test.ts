/** From the caller's directories to the answer, over an image of the repository. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { check } from '../../src/index.ts';

const IMAGE = fileURLToPath(new URL('../../fixtures/images/2026-08/haswell.state', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'ckpt-rootfs-'));
const rootfs = join(directory, 'rootfs');
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(rootfs, { recursive: true, force: true });
  for (const path of ['bin', 'dev', 'proc', 'sys', 'tmp']) mkdirSync(join(rootfs, path), { recursive: true });
  writeFileSync(join(rootfs, 'bin/busybox'), '');
});

async function answer(roots: readonly string[], mounts: readonly string[] = [], more: Partial<Parameters<typeof check>[0]> = {}) {
  const { results, errors } = await check({ images: [IMAGE], runsc: 'never', probe: false, rootfs: roots, mounts, ...more });
  const gate = results[0]?.gates.find(({ id }) => id === 'host-files');
  return { outcome: gate?.outcome, reasons: gate?.reasons, codes: gate?.reasons.map(({ code }) => code), errors };
}

describe('check with directories of the new sandbox', () => {
  it('finds every file, whether the container is named or not', async () => {
    for (const root of [rootfs, `__no_name_0=${rootfs}`])
      expect(await answer([root])).toMatchObject({ outcome: 'pass', codes: [] });
    expect(await answer([], [`/=${rootfs}`])).toMatchObject({ outcome: 'pass', codes: [] });
    expect(await answer([], [`__no_name_0:/=${rootfs}`])).toMatchObject({ outcome: 'pass', codes: [] });
  });

  it('names a missing one', async () => {
    rmSync(join(rootfs, 'bin/busybox'));
    expect(await answer([rootfs])).toMatchObject({
      outcome: 'fail',
      reasons: [
        {
          code: 'CKPT1851',
          details: { container: '__no_name_0', mount: '/', directory: rootfs, files: [{ path: '/bin/busybox' }] },
        },
      ],
    });
  });

  it('lists what must be there, and is held to it by --require', async () => {
    expect(await answer([])).toMatchObject({ outcome: 'not-checked', codes: ['CKPT1858'] });
    expect(await answer([], [], { require: ['host-files'] })).toMatchObject({ outcome: 'unknown', codes: ['CKPT1858'] });
  });

  it('says so when a directory fits no mount', async () => {
    expect(await answer([`other=${rootfs}`])).toMatchObject({ outcome: 'unknown', codes: ['CKPT1858', 'CKPT1860'] });
    expect(await answer([rootfs], [`/data=${rootfs}`])).toMatchObject({ outcome: 'pass', codes: ['CKPT1860'] });
  });

  it('reports a directory that is not there, and leaves the gate open', async () => {
    const answered = await answer([join(directory, 'gone')]);
    expect(answered).toMatchObject({ outcome: 'unknown', codes: ['CKPT1855'] });
    expect(answered.errors).toMatchObject([{ tree: join(directory, 'gone'), code: 'not-found', layer: 'file' }]);
  });

  it.skipIf(process.getuid?.() === 0)('leaves open what it may not look at', async () => {
    chmodSync(join(rootfs, 'bin'), 0);
    expect(await answer([rootfs])).toMatchObject({ outcome: 'unknown', codes: ['CKPT1855'] });
    chmodSync(join(rootfs, 'bin'), 0o755);
  });
});
