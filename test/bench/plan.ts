/** How the time for a plan grows with images and hosts. Reading is not in it: hosts are made up, and what images require is given. */
import { hostClasses } from '../../src/fleet/host-classes.ts';
import { imageGroups } from '../../src/fleet/image-requirements.ts';
import { planDocument } from '../../src/fleet/plan.ts';
import { disjointFamilies, requirementsOn } from '../support/synthetic-fleet.ts';
import { type Spread, spreadOf } from './spread.ts';

interface PlanTime {
  readonly images: number;
  readonly hosts: number;
  readonly classes: number;
  readonly milliseconds: Spread;
}

/** Families, hosts of different features in each, and copies of each host: the fewest images are as many as families. */
const SIZES = [
  { families: 32, steps: 5, copies: 8 },
  { families: 32, steps: 10, copies: 8 },
  { families: 32, steps: 20, copies: 8 },
  { families: 32, steps: 40, copies: 8 },
  // No two hosts alike.
  { families: 125, steps: 80, copies: 1 },
] as const;
const MOST_IMAGES = 2000;
const OPTIONS = { runscVersion: null, assumeAlike: false };

/** Plans the fleets one after the other, `runs` times. */
export function measurePlan(runs: number): PlanTime[] {
  return SIZES.map(({ families, steps, copies }) => {
    const hosts = disjointFamilies(families, steps, copies);
    const fleet = hosts.map((host) => ({ host, weight: 1 }));
    const every = Math.max(1, Math.floor(hosts.length / MOST_IMAGES));
    const saved = hosts.filter((_, index) => index % every === 0).slice(0, MOST_IMAGES);
    const times: number[] = [];
    let classes = 0;
    for (let run = 0; run < runs; run++) {
      const start = performance.now();
      const known = hostClasses(fleet, false);
      const groups = imageGroups(requirementsOn(saved, known.frames.length), known.frames);
      const document = planDocument({ fleet, hosts: known, groups, drift: null, options: OPTIONS, notes: [], errors: [] });
      times.push(performance.now() - start);
      classes = document.classes.length;
      if (document.newImages.atMost !== families) throw new Error('the plan is not the known one');
    }
    return { images: saved.length, hosts: hosts.length, classes, milliseconds: spreadOf(times) };
  });
}

/** One line for each size, with how many times as long as the one before it took. */
export function planText(times: readonly PlanTime[]): string {
  const lines = times.map(({ images, hosts, classes, milliseconds }, index) => {
    const before = times[index - 1];
    const growth =
      before === undefined ? '' : `, ${(milliseconds.median / before.milliseconds.median).toFixed(1)} times the line before`;
    return `  ${images} images, ${hosts} hosts in ${classes} classes: ${Math.round(milliseconds.median)} ms (median)${growth}`;
  });
  return `Plans of made-up fleets, without reading\n${lines.join('\n')}\n`;
}
