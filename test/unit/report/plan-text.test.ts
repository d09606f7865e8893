/** What the text of a plan says of images and hosts that are undecided, and of fleets of one. */
import { describe, expect, test } from 'vitest';
import type { PlanClass, PlanDocument, PlanImage, PlanImages } from '../../../src/fleet/plan-document.ts';
import { coverageText } from '../../../src/report/plan-coverage-text.ts';
import { renderPlanText } from '../../../src/report/plan-text.ts';

function hosts(id: string, count: number): PlanClass {
  return {
    ...{ id, cpu: null, arch: 'amd64', hosts: count, names: [`${id}-host`], evidence: 'partial', features: 1 },
    ...{ unknownFeatures: ['avx'], cacheLine: null, xcr0: null, pageSize: null, runscVersion: null, restoresOwn: false },
    restoresOn: [],
  };
}

function image(id: string, paths: number, restorable: number): PlanImage {
  return {
    ...{ id, paths: Array.from({ length: paths }, (_, index) => `${id}-${index}`), kind: 'sandbox', arch: 'amd64' },
    ...{ runscVersion: null, requires: 1, hosts: { restorable, unknown: 0, blocked: 0 } },
  };
}

function planOf(classes: readonly PlanClass[], given: Partial<PlanImages>, take = 0): PlanDocument {
  const groups = given.groups ?? [];
  const machines = classes.reduce((sum, one) => sum + one.hosts, 0);
  const fewest = { atMost: 0, atLeast: 0, optimal: true, images: [], hosts: 0 };
  const images = { groups, matrix: null, strandedImages: [], strandedHosts: [], redundant: [], fewest, ...given };
  return {
    ...{ schema: 'ckpt/plan@1', tool: { name: 'ckpt', version: '0' }, answer: 'undecided', runscVersion: null },
    counts: { hosts: machines, descriptions: classes.length, images: groups.reduce((sum, { paths }) => sum + paths.length, 0) },
    classes,
    newImages: {
      ...{ atMost: take, atLeast: take, optimal: true, take: [], best: [] },
      unproven: take === 0 ? { classes: classes.map(({ id }) => id), hosts: machines } : { classes: [], hosts: 0 },
    },
    ...{ levelling: [], blockers: [], images, drift: null, notes: [], errors: [] },
  };
}

const GROUPS = [image('I1', 2, 0), image('I2', 3, 0), image('I3', 1, 4)];
const MIXED = planOf([hosts('C1', 4), hosts('C2', 1), hosts('C3', 7)], {
  groups: GROUPS,
  strandedImages: [
    { image: 'I1', undecided: true },
    { image: 'I2', undecided: false },
  ],
  strandedHosts: [
    { class: 'C3', undecided: true },
    { class: 'C2', undecided: false },
  ],
});
const options = { width: 100, color: false, all: false };

describe('a plan', () => {
  test('does not count as stranded what is undecided', () => {
    expect(coverageText(MIXED)).toBe(
      '3 of 6 images restore on no host, 2 are undecided; 1 of 12 hosts has no image, 7 are undecided',
    );
    const open = planOf([hosts('C1', 1)], {
      groups: [image('I1', 1, 0)],
      strandedImages: [{ image: 'I1', undecided: true }],
      strandedHosts: [{ class: 'C1', undecided: true }],
    });
    expect(coverageText(open)).toBe('1 of 1 image is undecided; 1 of 1 host is undecided');
  });

  test('shows what is blocked before what is undecided', () => {
    const text = renderPlanText(MIXED, options);
    expect(text).toContain('Images without a host: 3 blocked, 2 undecided\n');
    expect(text).toContain('Hosts without an image: 1 blocked, 7 undecided\n');
    expect(text.indexOf('I2 I2-0 and 2 more')).toBeGreaterThan(0);
    expect(text.indexOf('I2 I2-0 and 2 more')).toBeLessThan(text.indexOf('I1 I1-0 and 1 more'));
    expect(text.indexOf('C2 C2-host')).toBeLessThan(text.indexOf('C3 C3-host'));
  });

  test('says that nothing is proven as a sentence', () => {
    expect(renderPlanText(MIXED, options)).toContain('Images to take: none is proven to restore on any of 12 hosts\n');
  });

  test('speaks of one host and one image as of one', () => {
    const fewest = { atMost: 1, atLeast: 1, optimal: true, images: ['I1'], hosts: 1 };
    const text = renderPlanText(planOf([hosts('C1', 1)], { groups: [image('I1', 1, 1)], fewest }, 1), options);
    expect(text).toContain('the image restores somewhere; the host has an image\n');
    expect(text).toContain('Enough for the 1 host that has one: 1 of 1 image\n');
    expect(text).toContain('Images to take: 1 (no fewer will do) for the host\n');
  });
});
