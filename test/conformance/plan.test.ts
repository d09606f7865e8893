/** A plan gives the answers of `check` and of the real runsc, pair by pair. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/check.ts';
import type { PlanDocument } from '../../src/fleet/plan-document.ts';
import { plan } from '../../src/plan.ts';
import { HAS_SHARED, imageOf, type RealRestore, shared, sharedImages, sharedJson } from '../support/shared-fixtures.ts';

const restores = HAS_SHARED ? sharedJson<RealRestore[]>('restores.json') : [];

function hostFiles(file: string): string[] {
  return readdirSync(shared('hosts')).filter((host) => existsSync(shared('hosts', host, file)));
}

const specs = (hosts: readonly string[], file: string): string[] => hosts.map((host) => `${host}=${shared('hosts', host, file)}`);

interface PlanAnswer {
  readonly verdict: string;
  readonly firstFailure: string | null;
  readonly missing: readonly string[];
  readonly unknown: readonly string[];
}

/** The answer of a plan for an image and a host, by their names. */
function answerOf({ images, classes }: PlanDocument, path: string, host: string): PlanAnswer {
  const id = classes.find(({ names }) => names.includes(host))?.id ?? '';
  const group = images?.groups.find(({ paths }) => paths.includes(path));
  const row = images?.matrix?.find(({ image }) => image === group?.id);
  const nothing = { firstFailure: null, missing: [], unknown: [] };
  if (row?.restorable.includes(id)) return { verdict: 'restorable', ...nothing };
  const blocked = row?.blocked.find(({ classes: ids }) => ids.includes(id));
  if (blocked !== undefined)
    return { ...nothing, verdict: 'blocked', firstFailure: blocked.firstFailure, missing: blocked.missing };
  const open = row?.unknown.find(({ classes: ids }) => ids.includes(id));
  return { ...nothing, verdict: open === undefined ? 'none' : 'unknown', unknown: open?.features ?? [] };
}

describe.runIf(HAS_SHARED)('the matrix of a plan', () => {
  it('is what the real runsc answered', async () => {
    const images = [...new Set(restores.map(({ image }) => image))].map(imageOf);
    const document = await plan({ images, hosts: specs(hostFiles('cpuid.txt'), 'cpuid.txt') });
    expect(document.errors).toEqual([]);
    let compared = 0;
    for (const real of restores) {
      if (!existsSync(shared('hosts', real.host ?? '', 'cpuid.txt'))) continue;
      const pair = `${real.image} on ${real.host}`;
      const ours = answerOf(document, imageOf(real.image), real.host ?? '');
      compared++;
      if (ours.verdict === 'unknown') {
        expect(real.unknowable, pair).toEqual(expect.arrayContaining([...ours.unknown]));
        continue;
      }
      expect([ours.verdict, ours.firstFailure], pair).toEqual([real.verdict, real.firstFailure]);
      const known = (names: readonly string[] = []) => names.filter((name) => !(real.unknowable ?? []).includes(name));
      expect(known(ours.missing), pair).toEqual(known(real.missingFeatures));
    }
    expect(compared).toBe(restores.length);
  });

  it.each(['cpuid.txt', 'cpuinfo.txt', 'cpu-features.txt'])(
    'is what check answers for every image and every %s',
    async (file) => {
      const hosts = specs(hostFiles(file), file);
      const images = sharedImages().map(imageOf);
      const [document, checked] = [await plan({ images, hosts }), await check({ images, hosts })];
      for (const { image, host, verdict, firstFailure, missingFeatures, unknownFeatures } of checked.results) {
        const ours = answerOf(document, image.path, host.name);
        const pair = `${image.path} on ${host.name}`;
        expect([ours.verdict, ours.firstFailure], pair).toEqual([verdict, verdict === 'blocked' ? firstFailure : null]);
        if (verdict === 'blocked') expect(ours.missing, pair).toEqual(missingFeatures);
        if (verdict === 'unknown') expect(ours.unknown, pair).toEqual(unknownFeatures);
      }
      expect(document.errors).toEqual(checked.errors);
    },
  );

  it.each(['release-20260415.0', 'release-20221219.0', '20240729'])(
    'is what check answers with --runsc-version %s',
    async (runscVersion) => {
      const hosts = specs(hostFiles('cpuid.txt'), 'cpuid.txt');
      const images = sharedImages().map(imageOf);
      const [document, checked] = [await plan({ images, hosts, runscVersion }), await check({ images, hosts, runscVersion })];
      for (const { image, host, verdict, firstFailure } of checked.results) {
        const ours = answerOf(document, image.path, host.name);
        expect([ours.verdict, ours.firstFailure], `${image.path} on ${host.name}`).toEqual([
          verdict,
          verdict === 'blocked' ? firstFailure : null,
        ]);
      }
    },
  );

  it('never promises that an image restores where the real runsc refused one that was saved there', async () => {
    const document = await plan({ hosts: specs(hostFiles('cpuid.txt'), 'cpuid.txt') });
    const byName = new Map(document.classes.flatMap((one) => one.names.map((name) => [name, one] as const)));
    let promised = 0;
    for (const { image, host = '', verdict } of restores) {
      const saved = /^20260817-cpu\/on-(qemu-[\w-]+|turin)(?=-none$|-flate$|-avx512$|$)/.exec(image)?.[1];
      const from = byName.get(saved ?? '');
      const to = byName.get(host);
      if (from === undefined || to === undefined) continue;
      const promise = from === to ? from.restoresOwn : from.restoresOn?.includes(to.id) === true;
      if (!promise) continue;
      promised++;
      expect(verdict, `${image} on ${host}`).toBe('restorable');
    }
    expect(promised).toBeGreaterThan(40);
  });

  it('puts hosts into one class only when check answers alike for every image', async () => {
    const hosts = ['cpuid.txt', 'cpuinfo.txt', 'cpu-features.txt'].flatMap((file) =>
      hostFiles(file).map((host) => `${host}/${file}=${shared('hosts', host, file)}`),
    );
    const images = sharedImages().map(imageOf);
    const [document, checked] = [await plan({ hosts }), await check({ images, hosts })];
    const several = document.classes.filter(({ names }) => names.length > 1);
    for (const { names } of several) {
      const answers = names.map((name) =>
        checked.results
          .filter(({ host }) => host.name === name)
          .map(({ verdict, firstFailure, missingFeatures, unknownFeatures, gates }) => [
            verdict,
            firstFailure,
            missingFeatures,
            unknownFeatures,
            gates.map(({ id, outcome }) => [id, outcome]),
          ]),
      );
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    }
    expect(document.classes.length).toBeLessThan(hosts.length);
  });
});
