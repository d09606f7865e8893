import { describe, expect, it } from 'vitest';
import { imageReach, type OrderOptions } from '../../../src/fleet/class-order.ts';
import { driftOf } from '../../../src/fleet/drift.ts';
import { hostClasses } from '../../../src/fleet/host-classes.ts';
import { type ImageRequirement, imageGroups } from '../../../src/fleet/image-requirements.ts';
import { planDocument } from '../../../src/fleet/plan.ts';
import type { Drift, PlanDocument } from '../../../src/fleet/plan-document.ts';
import type { Host } from '../../../src/host/host.ts';
import { allBut, disjointFamilies, requirementsOn, syntheticHost } from '../../support/synthetic-fleet.ts';

const OPTIONS: OrderOptions = { runscVersion: null, assumeAlike: false };

function planned(
  fleet: readonly Host[],
  images: readonly Host[] | null,
  options: Partial<OrderOptions & { weight: number }> = {},
): PlanDocument {
  const order = { ...OPTIONS, ...options };
  const weighted = fleet.map((host) => ({ host, weight: options.weight ?? 1 }));
  const hosts = hostClasses(weighted, order.runscVersion !== null);
  const groups = images === null ? null : imageGroups(requirementsOn(images, hosts.frames.length), hosts.frames);
  return planDocument({ fleet: weighted, hosts, groups, drift: null, options: order, notes: [], errors: [] });
}

describe('a plan of images that are still to be taken', () => {
  it('needs one image for each of many families, on the host that has least', () => {
    const { newImages, classes } = planned(disjointFamilies(12, 5, 3), null);
    expect(classes).toHaveLength(60);
    expect(newImages).toMatchObject({ atMost: 12, atLeast: 12, optimal: true, unproven: { hosts: 0 } });
    const least = newImages.take.map(({ on }) => classes.find(({ id }) => id === on)?.names[0]);
    expect([...least].sort()).toEqual(Array.from({ length: 12 }, (_, family) => `f${family}-s0-0`).sort());
    expect(newImages.best.map(({ hosts }) => hosts)).toEqual([15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 180]);
  });

  it('counts a host only where everything of an image is proven to be there', () => {
    const less = syntheticHost({ name: 'less', features: allBut('avx512f', 'avx2') });
    const open = syntheticHost({ name: 'open', features: allBut('avx512f', 'avx2'), unknown: ['avx2'] });
    const unsure = syntheticHost({ name: 'unsure', features: allBut('avx512f', 'avx2'), unknown: ['sse2'] });
    const { classes } = planned([less, open, unsure], null);
    const from = (name: string) => classes.find(({ names }) => names[0] === name);
    const id = (name: string) => from(name)?.id;
    expect(from('less')?.restoresOn).toEqual([id('open')]);
    expect(from('open')?.restoresOn).toEqual([]);
    expect(from('unsure')?.restoresOn).toEqual([id('less'), id('open')].sort());
  });

  it('takes several machines with an unknown feature for equal only when it is told to', () => {
    const open = syntheticHost({ name: 'open', features: allBut('avx2'), unknown: ['avx2'] });
    expect(planned([open], null).newImages).toMatchObject({ atMost: 1, unproven: { hosts: 0 } });
    expect(planned([open], null, { weight: 2 }).newImages).toMatchObject({ atMost: 0, unproven: { hosts: 2 } });
    expect(planned([open], null, { weight: 2, assumeAlike: true }).newImages).toMatchObject({
      atMost: 1,
      unproven: { hosts: 0 },
    });
  });

  it.each<[string, Parameters<typeof syntheticHost>[0]]>([
    ['cache lines', { name: 'b', features: allBut(), cacheLine: 128 }],
    ['releases of runsc', { name: 'b', features: allBut(), runscVersion: 'release-20260415.0' }],
    ['floating-point states', { name: 'b', features: allBut(), xcr0: 7n }],
  ])('does not share images between %s', (what, other) => {
    const { newImages, levelling } = planned([syntheticHost({ name: 'a', features: allBut() }), syntheticHost(other)], null);
    // What runsc can load of states is a matter of one direction: what is saved with fewer restores where there are more.
    expect(newImages.atMost).toBe(what === 'floating-point states' ? 1 : 2);
    expect(levelling).toHaveLength(what === 'floating-point states' ? 1 : 2);
  });

  it('names who keeps a feature out of the common level, the fewest hosts first', () => {
    const hosts = [
      ...Array.from({ length: 3 }, (_, index) => syntheticHost({ name: `old${index}`, features: allBut('avx512f', 'avx2') })),
      syntheticHost({ name: 'odd', features: allBut('avx512f', 'sha_ni') }),
      syntheticHost({ name: 'new', features: allBut() }),
    ];
    const { blockers, classes } = planned(hosts, null);
    const id = (name: string) => classes.find(({ names }) => names.includes(name))?.id;
    expect(blockers.map(({ features, lackedBy, hosts: count }) => [features.map(({ name }) => name), lackedBy, count])).toEqual([
      [['sha_ni'], [id('odd')], 1],
      [['avx2'], [id('old0')], 3],
      [['avx512f'], [id('odd'), id('old0')].sort(), 4],
    ]);
  });

  it('is the same whatever the order of the hosts, but for the order of names', () => {
    const hosts = disjointFamilies(5, 4, 1);
    const one = planned(hosts, hosts);
    const other = planned([...hosts].reverse(), hosts);
    expect(other.classes).toEqual(one.classes);
    expect(other.newImages).toEqual(one.newImages);
    expect(planned(hosts, hosts)).toEqual(one);
  });
});

describe('a plan of existing images', () => {
  const fleet = disjointFamilies(4, 6, 2);

  it('finds the known least number, what is redundant, and the known answers', () => {
    const { images, answer } = planned(fleet, fleet);
    expect(answer).toBe('covered');
    expect(images?.groups).toHaveLength(24);
    expect(images?.fewest).toMatchObject({ atMost: 4, optimal: true, hosts: 48 });
    expect(images?.redundant).toHaveLength(20);
    for (const [index, row] of (images?.matrix ?? []).entries()) expect(row.restorable).toHaveLength(6 - (index % 6));
  });

  it('finds stranded images and hosts', () => {
    const { images, answer, classes } = planned(fleet.slice(0, 24), fleet.slice(12, 36));
    expect(answer).toBe('stranded');
    expect(images?.strandedImages).toHaveLength(6);
    expect(images?.strandedImages.every(({ undecided }) => !undecided)).toBe(true);
    expect(images?.strandedHosts.map(({ class: id }) => classes.find((one) => one.id === id)?.names[0]?.slice(0, 3))).toEqual(
      Array.from({ length: 6 }, () => 'f0-'),
    );
  });

  it('is undecided where only that is not known', () => {
    const open = syntheticHost({ name: 'open', features: allBut('avx2'), unknown: ['avx2'] });
    const { images, answer } = planned([open], [syntheticHost({ name: 'image', features: allBut() })]);
    expect(answer).toBe('undecided');
    expect(images?.strandedImages).toEqual([{ image: 'I1', undecided: true }]);
    expect(images?.matrix?.[0]?.unknown).toEqual([{ classes: ['C1'], features: ['avx2'], gates: ['cpu-features'] }]);
  });
});

describe('a change of the fleet', () => {
  const image = syntheticHost({ name: 'image', features: allBut('avx512f') });
  const full = syntheticHost({ name: 'full', features: allBut() });

  function drift(before: readonly Host[], after: readonly Host[], images: readonly Host[] | null): Drift {
    const named = (hosts: readonly Host[]) => hosts.map((host) => ({ name: host.name, host, weight: 1 }));
    const together = hostClasses([...named(before), ...named(after)], false);
    const requirements: readonly ImageRequirement[] = requirementsOn(images ?? [], together.frames.length);
    return driftOf({
      before: named(before),
      after: named(after),
      together,
      reach: imageReach(together, OPTIONS),
      groups: images === null ? null : imageGroups(requirements, together.frames),
      options: OPTIONS,
    });
  }

  it('strands what needs a feature that is gone', () => {
    const after = syntheticHost({ name: 'full', features: allBut('avx2') });
    expect(drift([full], [after], [image])).toMatchObject({
      answer: 'stranded',
      changes: [{ hosts: ['full'], lost: ['avx2'], gained: [], ownImages: 'blocked', nowBlocked: ['images/image'] }],
      pairs: { restorableBefore: 1, nowBlocked: 1, nowUnknown: 0 },
      strandedImages: [{ paths: ['images/image'], undecided: false }],
    });
    expect(drift([full], [after], null).answer).toBe('stranded');
    expect(drift([after], [full], [image])).toMatchObject({ answer: 'covered', pairs: { newlyRestorable: 1 } });
  });

  it('is undecided where a feature became unknown', () => {
    const after = syntheticHost({ name: 'full', features: allBut('avx2'), unknown: ['avx2'] });
    expect(drift([full], [after], [image])).toMatchObject({
      answer: 'undecided',
      changes: [{ unclear: ['avx2'], ownImages: 'unknown' }],
    });
  });

  it('says that another runsc refuses what was saved before', () => {
    const after = syntheticHost({ name: 'full', features: allBut(), runscVersion: 'release-20260901.0' });
    const { answer, changes } = drift([full], [after], null);
    expect(answer).toBe('stranded');
    expect(changes[0]?.facts).toEqual([{ fact: 'runscVersion', before: 'release-20260817.0', after: 'release-20260901.0' }]);
  });

  it('strands images whose only hosts are gone, and tells of hosts that came', () => {
    const less = syntheticHost({ name: 'less', features: allBut('avx512f', 'avx2') });
    const found = drift([full, less], [less, { ...less, name: 'new' }], [image]);
    expect(found).toMatchObject({ answer: 'stranded', removed: ['full'], added: ['new'], changes: [] });
    expect(found.strandedImages).toHaveLength(1);
  });

  it('is nothing where only a kernel changed', () => {
    const after = { ...full, kernel: { value: '6.12', source: '' } };
    expect(drift([full], [after], [image])).toMatchObject({
      answer: 'covered',
      changes: [{ facts: [{ fact: 'kernel', before: '6.1.0', after: '6.12' }], ownImages: 'restorable' }],
    });
    expect(drift([full], [full], [image])).toMatchObject({ answer: 'covered', changes: [], hosts: { unchanged: 1 } });
  });
});
