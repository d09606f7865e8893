/** The level of any hosts is in all of them, cannot be larger, and does not depend on order or repetition. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Presence } from '../../src/cpu/feature.ts';
import { featuresOf } from '../../src/cpu/feature-names.ts';
import { hostCosts, levelOf } from '../../src/fleet/baseline.ts';
import type { Host } from '../../src/host/host.ts';
import { hostWith } from '../support/host-with.ts';

const NAMES = featuresOf('amd64').map(({ name }) => name);
const presence: fc.Arbitrary<Presence> = fc.oneof(
  { arbitrary: fc.constant('present' as const), weight: 6 },
  { arbitrary: fc.constant('absent' as const), weight: 2 },
  { arbitrary: fc.constant('unknown' as const), weight: 1 },
);
const host = fc
  .array(presence, { minLength: NAMES.length, maxLength: NAMES.length })
  .map((values) => Object.fromEntries(NAMES.map((name, index) => [name, values[index] ?? 'absent'])));
const hosts = fc.array(host, { minLength: 1, maxLength: 6 }).map((all) => all.map((own, index) => hostWith(`h${index}`, own)));
const OPTIONS = { without: new Set<string>(), date: '20260817' };
const level = (all: readonly Host[]) => levelOf('amd64', all, OPTIONS);
const has = (own: Host, name: string): boolean => own.features.get(name)?.presence === 'present';

describe('levelOf', () => {
  it('is in every host, and nothing that is in every host is left out', () => {
    fc.assert(
      fc.property(hosts, (all) => {
        const { features } = level(all);
        expect(features).toEqual(NAMES.filter((name) => all.every((own) => has(own, name))));
      }),
    );
  });

  it('says of every feature of a host why it is not in it', () => {
    fc.assert(
      fc.property(hosts, (all) => {
        const found = level(all);
        const told = new Set([
          ...found.features,
          ...found.removed.map(({ name }) => name),
          ...found.undecided.map(({ name }) => name),
        ]);
        for (const own of all) for (const name of NAMES) if (has(own, name)) expect(told.has(name)).toBe(true);
        for (const { name, absentOn } of found.removed) for (const at of absentOn) expect(has(all[at] as Host, name)).toBe(false);
      }),
    );
  });

  it('does not depend on order, on repetition, or on itself', () => {
    fc.assert(
      fc.property(hosts, (all) => {
        const { features } = level(all);
        expect(level([...all].reverse()).features).toEqual(features);
        expect(level([...all, ...all]).features).toEqual(features);
        const levelled = hostWith('level', Object.fromEntries(features.map((name) => [name, 'present'])));
        expect(level([levelled, ...all]).features).toEqual(features);
      }),
    );
  });

  it('gains without a host just what that host alone kept out', () => {
    fc.assert(
      fc.property(hosts, (all) => {
        const found = level(all);
        const costs = hostCosts(found, all);
        if (all.length === 1) {
          expect(costs[0]?.withoutIt).toEqual([]);
          return;
        }
        for (const [index, { withoutIt }] of costs.entries()) {
          const others = level(all.filter((_, other) => other !== index)).features;
          expect(withoutIt).toEqual(others.filter((name) => !found.features.includes(name)));
        }
      }),
    );
  });
});
