/** Levels of the real hosts, held against what the real runsc answered. */
import { describe, expect, it } from 'vitest';
import { baseline } from '../../src/baseline.ts';
import { openContainer } from '../../src/container/open-container.ts';
import { missingFeatures } from '../../src/cpu/compare-features.ts';
import { ANNOTATION, readAnnotation } from '../../src/fleet/annotation.ts';
import type { BaselineDocument } from '../../src/fleet/baseline-document.ts';
import { openHost } from '../../src/host/open-host.ts';
import { imageFacts } from '../../src/image-facts.ts';
import { inspect } from '../../src/inspect.ts';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import { readImage } from '../../src/read-image.ts';
import { HAS_SHARED, imageOf, type RealRestore, shared, sharedJson } from '../support/shared-fixtures.ts';

const RESTORES = HAS_SHARED ? sharedJson<RealRestore[]>('restores.json') : [];
const HOSTS = [...new Set(RESTORES.map(({ host }) => host ?? ''))].sort();
const IMAGES = [...new Set(RESTORES.map(({ image }) => image))].sort();
const cpuid = (host: string): string => `${host}=${shared('hosts', host, 'cpuid.txt')}`;
const RULES = '20260817';

async function level(...hosts: readonly string[]): Promise<BaselineDocument> {
  const { document, errors } = await baseline(hosts.map(cpuid), { runsc: 'never', probe: false });
  if (document === null || errors.length > 0) throw new Error(JSON.stringify(errors));
  return document;
}

async function host(name: string) {
  const { hosts } = await openHost(cpuid(name), { probe: false, runsc: 'never' });
  const [only] = hosts;
  if (only === undefined) throw new Error(name);
  return only;
}

/** The saved feature set of an image. */
async function saved(image: string) {
  const container = await openContainer(imageOf(image), { limits: DEFAULT_LIMITS });
  try {
    const { cpu } = imageFacts(await readImage(container, { depth: 'all', key: null, limits: DEFAULT_LIMITS }));
    if (cpu === undefined) throw new Error(`${image} has no feature set`);
    return cpu;
  } finally {
    await container.close();
  }
}

/** The host on which an image was saved, by its name. */
function savedOn(image: string): string {
  const name = /-on-(.+)$|\/on-(.+?)$/.exec(image);
  const own = name?.[1] ?? name?.[2] ?? '';
  return HOSTS.find((candidate) => own === candidate) ?? HOSTS.find((candidate) => own.startsWith(`${candidate}-`)) ?? own;
}

describe.runIf(HAS_SHARED)('baseline of the fixture hosts', () => {
  it('has no feature that one of two hosts lacks, for every pair', async () => {
    const opened = new Map(await Promise.all(HOSTS.map(async (name) => [name, await host(name)] as const)));
    let pairs = 0;
    for (const a of HOSTS) {
      for (const b of HOSTS) {
        const { features } = await level(...new Set([a, b]));
        pairs++;
        for (const name of features)
          for (const own of [a, b]) expect(opened.get(own)?.features.get(name)?.presence, `${name} on ${own}`).toBe('present');
      }
    }
    expect(pairs).toBe(HOSTS.length ** 2);
  });

  it('makes the feature gate pass on every host of a set, had the image been saved with it', async () => {
    let combinations = 0;
    for (const image of IMAGES) {
      const cpu = await saved(image);
      for (const name of HOSTS) {
        const { features } = await level(...new Set([savedOn(image), name]));
        const kept = new Set(features);
        // What Intersect leaves; what runsc then sets again is told in a note.
        const levelled = { ...cpu, features: cpu.features.filter((feature) => kept.has(feature)), cpuid: null };
        for (const own of new Set([savedOn(image), name])) {
          const { missing, unknown } = missingFeatures(levelled, (await host(own)).features, RULES);
          expect([...missing, ...unknown], `${image} on ${own}`).toEqual([]);
        }
        combinations++;
      }
    }
    expect(combinations).toBe(IMAGES.length * HOSTS.length);
  });

  it('keeps what a real level kept, and says that the rest of a refusal is register state', async () => {
    const refused = RESTORES.filter(({ image, firstFailure }) => /lev/.test(image) && firstFailure === 'fpu-state');
    expect(refused.length).toBeGreaterThan(5);
    for (const { image, host: name = '' } of refused) {
      const { notes, settings } = await level(...new Set([savedOn(image), name]));
      const warned = notes.filter(({ severity }) => severity === 'warning').map(({ kind }) => kind);
      expect(
        warned.some((kind) => kind === 'cpuid-not-hidden' || kind === 'register-state' || kind === 'xsave'),
        `${image} on ${name}: ${warned}`,
      ).toBe(true);
      if (warned.includes('cpuid-not-hidden')) expect(settings.map(({ program }) => program)).toContain('glibc');
    }
  });

  it('names the setting with which the same shell restored', async () => {
    const pair = ['qemu-max', 'turin'];
    const { settings } = await level(...pair);
    expect(settings.find(({ program }) => program === 'glibc')?.setting).toContain(
      'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD',
    );
    const answer = (image: string) => RESTORES.find((row) => row.image === image && row.host === 'qemu-max')?.verdict;
    expect(answer('20260817-cpu/on-turin-sh-levelled')).toBe('blocked');
    expect(answer('20260817-cpu/on-turin-sh-levelled-tunables')).toBe('restorable');
  });

  it('writes the list with which real images were levelled', async () => {
    const real = await annotationOf('20260817-cpu/on-turin-sh-levelled');
    const { features } = await level('turin', 'qemu-max');
    expect([...real].sort()).toEqual([...features].sort());
  });

  it('reads the annotations of real images without a finding, and keeps what they saved', async () => {
    for (const image of IMAGES.filter((name) => /lev/.test(name))) {
      const real = await annotationOf(image);
      const { features } = await saved(image);
      const extra = features.filter((name) => !real.has(name));
      // The bit that runsc sets again when it writes down xsaveopt and its like.
      expect(
        extra.filter((name) => name !== 'xsave'),
        image,
      ).toEqual([]);
      expect(
        [...real].filter((name) => !features.includes(name)),
        image,
      ).toEqual([]);
    }
  });
});

async function annotationOf(image: string): Promise<ReadonlySet<string>> {
  const document = await inspect(imageOf(image), { sections: ['containers'] });
  const text = JSON.stringify(document);
  const value = new RegExp(`"${ANNOTATION}":"([^"]*)"`).exec(text)?.[1] ?? '';
  const listed = readAnnotation(value, RULES);
  expect(new Set(listed.map(({ kind }) => kind)), image).toEqual(new Set(['known']));
  return new Set(listed.map(({ text: name }) => name));
}
