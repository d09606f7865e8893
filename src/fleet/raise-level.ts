/** Who keeps the level of a fleet down, and what levelling to it would cost. */
import type { Arch } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import { type Bits, common, countBits, hasBit } from './bits.ts';
import type { HostClass } from './host-classes.ts';
import type { Blocker, Levelling } from './plan-document.ts';

const ARCHITECTURES = ['amd64', 'arm64'] as const satisfies readonly Arch[];

/**
 * The features that some hosts of an architecture have and others are not known to have, grouped by who lacks them: those that the fewest
 * machines keep out come first.
 */
export function blockersOf(classes: readonly HostClass[]): Blocker[] {
  return ARCHITECTURES.flatMap((arch) =>
    blockersOfArch(
      arch,
      classes.filter(({ host }) => host.arch === arch),
    ),
  );
}

function blockersOfArch(arch: Arch, classes: readonly HostClass[]): Blocker[] {
  const groups = new Map<
    string,
    { readonly features: Blocker['features'][number][]; readonly without: readonly HostClass[]; readonly place: number }
  >();
  for (const [place, { name, impact }] of featuresOf(arch).entries()) {
    const without = classes.filter(({ present }) => !hasBit(present, place));
    if (without.length === 0 || without.length === classes.length) continue;
    const key = without.map(({ index, unknown }) => `${index}${hasBit(unknown, place) ? '?' : ''}`).join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { features: [{ name, impact }], without, place });
    else group.features.push({ name, impact });
  }
  return [...groups.values()]
    .map(({ features, without, place }): Blocker => {
      const open = (one: HostClass): boolean => hasBit(one.unknown, place);
      return {
        arch,
        features,
        lackedBy: without.filter((one) => !open(one)).map(({ id }) => id),
        unknownOn: without.filter(open).map(({ id }) => id),
        hosts: weightOf(without),
      };
    })
    .sort((a, b) => a.hosts - b.hosts || b.features.length - a.features.length);
}

/**
 * The groups of hosts that could share images if every sandbox were started with what all of the group have: a level takes features away,
 * and cannot change the cache line or the version of runsc. Only on amd64: arm64 has no level.
 */
export function levellingOf(classes: readonly HostClass[], versionGiven: boolean): Levelling[] {
  const groups = new Map<string, [HostClass, ...HostClass[]]>();
  for (const one of classes) {
    if (one.host.arch !== 'amd64') continue;
    const key = JSON.stringify([one.host.cacheLine.value, versionGiven ? null : one.host.runscVersion.value]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    const level = group.reduce<Bits>((all, { present }) => common(all, present), first.present);
    const lost = group.map((one) => ({ id: one.id, features: countBits(one.present) - countBits(level) }));
    const most = lost.reduce((a, b) => (b.features > a.features ? b : a));
    return {
      arch: 'amd64',
      cacheLine: first.host.cacheLine.value,
      runscVersion: versionGiven ? null : first.host.runscVersion.value,
      classes: group.map(({ id }) => id),
      hosts: weightOf(group),
      features: countBits(level),
      mostLost: { class: most.id, features: most.features },
    };
  });
}

/** Machines of some classes or hosts. */
export function weightOf(some: readonly { readonly weight: number }[]): number {
  return some.reduce((sum, { weight }) => sum + weight, 0);
}
