import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/check.ts';
import { captureHost } from '../../src/host.ts';
import type { CheckResult } from '../../src/restore/result.ts';
import { HAS_SHARED, imageOf, type RealRestore, shared, sharedJson } from '../support/shared-fixtures.ts';

const restores = HAS_SHARED ? sharedJson<RealRestore[]>('restores.json') : [];
const images = [...new Set(restores.map(({ image }) => image))];

/** Every answer of runsc for which the host has a description in this format, with ours. */
async function answers(file: string, image: string): Promise<{ real: RealRestore; ours: CheckResult }[]> {
  const rows = restores.filter((row) => row.image === image && existsSync(shared('hosts', row.host ?? '', file)));
  const document = await check({
    images: [imageOf(image)],
    hosts: rows.map(({ host }) => `${host}=${shared('hosts', host ?? '', file)}`),
  });
  expect(document.errors).toEqual([]);
  expect(document.results.map(({ host }) => host.name)).toEqual(rows.map(({ host }) => host));
  return rows.map((real, index) => ({ real, ours: document.results[index] as CheckResult }));
}

function without(names: readonly string[], left: readonly string[] | undefined): string[] {
  return names.filter((name) => !(left ?? []).includes(name));
}

describe.runIf(HAS_SHARED)('what the real runsc answered', () => {
  it.each(images)('%s: the same verdict, gate, features and error from raw CPUID', async (image) => {
    for (const { real, ours } of await answers('cpuid.txt', image)) {
      const pair = `${image} on ${real.host}`;
      // Where runsc's own answer is random, unknown is the right one, and it is never hidden in another.
      const open = real.unknowable !== undefined && ours.unknownFeatures.length > 0;
      if (open) expect(without(ours.unknownFeatures, real.unknowable), pair).toEqual([]);
      if (open && real.verdict === 'restorable') {
        expect(ours.verdict, pair).toBe('unknown');
        continue;
      }
      expect([ours.verdict, ours.firstFailure], pair).toEqual([real.verdict, real.firstFailure]);
      expect(without(ours.missingFeatures, real.unknowable), pair).toEqual(without(real.missingFeatures ?? [], real.unknowable));
      if (!(open && ours.runscError === null)) expect(ours.runscError, pair).toBe(real.runscError ?? null);
    }
  });

  it('is answered by a captured profile as by the host that it was taken of', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
    const hosts = [...new Set(restores.map(({ host }) => host ?? ''))].filter((host) =>
      existsSync(shared('hosts', host, 'cpuid.txt')),
    );
    for (const host of hosts)
      writeFileSync(join(folder, host), JSON.stringify(await captureHost(shared('hosts', host, 'cpuid.txt'))));
    const named = (place: (host: string) => string): string[] => hosts.map((host) => `${host}=${place(host)}`);
    for (const image of images) {
      const [raw, profile] = await Promise.all(
        [named((host) => shared('hosts', host, 'cpuid.txt')), named((host) => join(folder, host))].map((specs) =>
          check({ images: [imageOf(image)], hosts: specs }),
        ),
      );
      const answersOf = (document: typeof raw) =>
        document?.results.map(({ host, ...answer }) => ({ name: host.name, ...answer }));
      expect(answersOf(profile)).toEqual(answersOf(raw));
    }
    rmSync(folder, { recursive: true });
  });

  it.each([
    { file: 'cpuinfo.txt', blocked: 0.75, restorable: 0.3 },
    { file: 'cpu-features.txt', blocked: 0.75, restorable: 0.3 },
  ])('never a wrong answer from $file, and a useful one', async ({ file, ...least }) => {
    const decided = { blocked: 0, restorable: 0 };
    const all = { blocked: 0, restorable: 0 };
    for (const image of images) {
      for (const { real, ours } of await answers(file, image)) {
        all[real.verdict]++;
        if (ours.verdict === 'unknown') continue;
        expect(ours.verdict, `${image} on ${real.host}`).toBe(real.verdict);
        expect(without(ours.missingFeatures, real.missingFeatures), `${image} on ${real.host}`).toEqual([]);
        decided[real.verdict]++;
      }
    }
    expect(decided.blocked / all.blocked).toBeGreaterThanOrEqual(least.blocked);
    expect(decided.restorable / all.restorable).toBeGreaterThanOrEqual(least.restorable);
  });

  it.each(HAS_SHARED ? sharedJson<RealRestore[]>('fpu-restores.json') : [])('$image on $host by runsc $runsc', async (real) => {
    const [ours] = (
      await check({
        images: [imageOf(real.image)],
        hosts: [shared('hosts', real.host ?? '', 'cpuid.txt')],
        runscVersion: real.runsc ?? '',
      })
    ).results;
    expect([ours?.verdict, ours?.firstFailure]).toEqual([real.verdict, real.firstFailure]);
    expect(without(ours?.missingFeatures ?? [], real.unknowable)).toEqual(without(real.missingFeatures ?? [], real.unknowable));
    if ((ours?.unknownFeatures ?? []).length === 0) expect(ours?.runscError).toBe(real.runscError ?? null);
  });

  it.each(HAS_SHARED ? sharedJson<RealRestore[]>('arm64-restores.json') : [])('$image on $host', async (real) => {
    for (const file of ['cpuinfo.txt', 'cpu-features.txt', 'cpuid.txt']) {
      const host = shared('hosts', real.host ?? '', file);
      if (!existsSync(host)) continue;
      const [ours] = (await check({ images: [imageOf(real.image)], hosts: [host] })).results;
      expect([ours?.verdict, ours?.firstFailure, ours?.runscError]).toEqual([
        real.verdict,
        real.firstFailure,
        real.runscError ?? null,
      ]);
      expect(ours?.missingFeatures).toEqual(real.missingFeatures ?? []);
    }
  });
});

/** Go's pointers differ from run to run. */
const withoutPointers = (text: string): string => text.replaceAll(/\(0xc[0-9a-f]{9}\)/g, '(0xc…)');

/** The async reader of page metadata crashed before runsc could say what it had found; which of the two is first is a race. */
const RACE = 'urpc method "containerManager.Restore" failed: EOF';

describe.runIf(HAS_SHARED)('what runsc of another version answered', () => {
  it.each(HAS_SHARED ? sharedJson<RealRestore[]>('version-restores.json') : [])('$image by $runsc', async (real) => {
    const version = `release-${real.runsc}.0`;
    const [ours] = (
      await check({ images: [imageOf(real.image)], hosts: [shared('hosts/turin/cpuid.txt')], runscVersion: version })
    ).results;
    expect([ours?.verdict, ours?.firstFailure]).toEqual([real.verdict, real.firstFailure]);
    // The corpus was measured with images under another path.
    const text = ours?.runscError?.replaceAll(imageOf(real.image), `images/${real.image}`) ?? null;
    if (real.runscError === RACE) return;
    if (real.firstFailure !== 'object-graph') return expect(text).toBe(real.runscError ?? null);
    // These are long, and the corpus holds the beginning.
    const beginning = withoutPointers(real.runscError ?? '');
    expect(beginning.length).toBeGreaterThan(300);
    expect(withoutPointers(text ?? '').slice(0, beginning.length)).toBe(beginning);
  });
});
