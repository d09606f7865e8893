/**
 * Named CPU models against what the real runsc answered: the hosts called qemu-NAME are guests of QEMU's model NAME under an emulator that
 * lacks some of its features, as a real machine of that model may.
 */
import { describe, expect, it } from 'vitest';
import { check } from '../../src/check.ts';
import { CkptError } from '../../src/errors.ts';
import { findNamedCpu, namedCpus } from '../../src/host/models/named-cpus.ts';
import { HAS_SHARED, imageOf, type RealRestore, sharedJson } from '../support/shared-fixtures.ts';

const restores = HAS_SHARED ? sharedJson<RealRestore[]>('restores.json') : [];
const hosts = [...new Set(restores.map(({ host }) => host ?? ''))];

/** The model that a host was made of, or null. */
async function modelOf(host: string): Promise<string | null> {
  const name = host.startsWith('qemu-') ? host.slice('qemu-'.length) : '';
  try {
    return (await findNamedCpu(name)).kind === 'qemu-model' ? name : null;
  } catch (error) {
    if (error instanceof CkptError) return null;
    throw error;
  }
}

const models = new Map<string, string>();
for (const host of hosts) {
  const model = await modelOf(host);
  if (model !== null) models.set(host, model);
}

describe.runIf(HAS_SHARED)('what runsc answered on guests of named models', () => {
  it('is there for most models of the corpus', () => {
    expect(models.size).toBeGreaterThanOrEqual(11);
  });

  it('is never contradicted, and most of what is blocked is decided by the name alone', async () => {
    let blocked = 0;
    let decided = 0;
    for (const image of new Set(restores.map((row) => row.image))) {
      const rows = restores.filter((row) => row.image === image && models.has(row.host ?? ''));
      const { results, errors } = await check({
        images: [imageOf(image)],
        hosts: rows.map(({ host }) => `${host}=cpu:${models.get(host ?? '')}`),
      });
      expect(errors).toEqual([]);
      for (const [index, real] of rows.entries()) {
        const ours = results[index];
        const pair = `${image} on ${real.host}: ${ours?.verdict} for ${real.verdict}, ${ours?.missingFeatures.join(' ')}`;
        if (ours?.verdict !== 'unknown') expect(ours?.verdict, pair).toBe(real.verdict);
        if (real.verdict !== 'blocked') continue;
        // What is missing by the name was missing in the guest, unless another gate failed before that one.
        if (real.missingFeatures !== undefined && real.firstFailure === 'cpu-features') {
          expect(
            ours?.missingFeatures.filter((name) => !real.missingFeatures?.includes(name)),
            pair,
          ).toEqual([]);
        }
        blocked++;
        if (ours?.verdict === 'blocked') decided++;
      }
    }
    console.info(`named models: ${decided} of ${blocked} blocked restores are decided by the name alone`);
    expect(decided / blocked).toBeGreaterThan(0.8);
  });

  it('is never said to be restorable by a name, whatever the image', async () => {
    const cpus = await namedCpus();
    const images = [...new Set(restores.map((row) => row.image))];
    const { results } = await check({ images: images.map(imageOf), hosts: cpus.map((cpu) => `cpu:${cpu.name}`) });
    expect(results.length).toBe(images.length * cpus.length);
    expect(results.filter((result) => result.verdict === 'restorable')).toEqual([]);
  });
});
