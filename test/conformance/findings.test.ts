import { describe, expect, it } from 'vitest';
import { check, exitCodeOf } from '../../src/check.ts';
import { applyPolicy } from '../../src/config.ts';
import { findingsOf } from '../../src/restore/findings.ts';
import { HAS_SHARED, imageOf, shared, sharedImages } from '../support/shared-fixtures.ts';

const HOSTS = ['turin', 'qemu-Haswell', 'qemu-Nehalem', 'qemu-arm64-max'];

describe.runIf(HAS_SHARED)('findings of real images', () => {
  it.each(sharedImages())(
    '%s: they and the verdict say the same, and a policy that says nothing changes nothing',
    async (image) => {
      const specs = ['cpuinfo.txt', 'cpu-features.txt'].flatMap((file) =>
        HOSTS.map((host) => `${host}/${file}=${shared('hosts', host, file)}`),
      );
      for (const require of [[], ['runsc-version', 'oci-spec', 'network', 'gpu', 'host-files'] as const]) {
        const document = await check({ images: [imageOf(image)], hosts: specs, require });
        for (const result of document.results) {
          const outcomes = new Set(findingsOf(result).map(({ outcome }) => outcome));
          const said = outcomes.has('fail') ? 'blocked' : outcomes.has('unknown') ? 'unknown' : 'restorable';
          expect(said, `${image} on ${result.host.name}`).toBe(result.verdict);
        }
        expect(exitCodeOf(applyPolicy(document, { config: null, baseline: null }))).toBe(exitCodeOf(document));
      }
    },
  );
});
