/** What existing images cover of a fleet. */
import type { Verdict } from '../restore/result.ts';
import { addBit, type Bits, countBits, either, hasBit, isEmpty, isSubset, membersOf, noBits } from './bits.ts';
import { leastCover } from './cover.ts';
import type { HostClass } from './host-classes.ts';
import { type Cell, cellOf, type ImageGroup, lackingFeatures } from './image-requirements.ts';
import type { MatrixRow, PlanImage, PlanImages } from './plan-document.ts';
import { weightOf } from './raise-level.ts';

/** The most pairs of groups and classes whose answers a document lists one by one. */
const MOST_CELLS = 250_000;

/** The classes of hosts by verdict, for one group of images. */
type Split = Readonly<Record<Verdict, Bits>>;

/** The answers for all images and classes: the whole of what `check` would say, in sets. */
export function planImages(groups: readonly ImageGroup[], classes: readonly HostClass[]): PlanImages {
  const splits = groups.map((group) => splitOf(group, classes));
  const size = classes.length;
  const reach = splits.map(({ restorable }) => restorable);
  const { chosen, atLeast, uncovered } = leastCover(reach, size);
  const covered = classes.filter((_, index) => !hasBit(uncovered, index));
  const open = splits.reduce((all, { unknown }) => either(all, unknown), noBits(size));
  return {
    groups: groups.map((group, index) => imageOf(group, splits[index], classes)),
    matrix: groups.length * size > MOST_CELLS ? null : groups.map((group) => rowOf(group, classes)),
    strandedImages: groups.flatMap(({ id }, index) => {
      const split = splits[index];
      if (split === undefined || !isEmpty(split.restorable)) return [];
      return [{ image: id, undecided: !isEmpty(split.unknown) }];
    }),
    strandedHosts: membersOf(uncovered).flatMap((index) => {
      const one = classes[index];
      return one === undefined ? [] : [{ class: one.id, undecided: hasBit(open, index) }];
    }),
    redundant: redundantOf(groups, reach),
    fewest: {
      atMost: chosen.length,
      atLeast,
      optimal: chosen.length === atLeast,
      images: chosen.flatMap((index) => groups[index]?.id ?? []),
      hosts: weightOf(covered),
    },
  };
}

function splitOf(group: ImageGroup, classes: readonly HostClass[]): Split {
  const split = { restorable: noBits(classes.length), unknown: noBits(classes.length), blocked: noBits(classes.length) };
  for (const one of classes) addBit(split[cellOf(group, one).verdict], one.index);
  return split;
}

function imageOf({ id, images, required }: ImageGroup, split: Split | undefined, classes: readonly HostClass[]): PlanImage {
  const [first] = images;
  const machines = (bits: Bits | undefined): number =>
    bits === undefined ? 0 : membersOf(bits).reduce((sum, index) => sum + (classes[index]?.weight ?? 0), 0);
  return {
    id,
    paths: images.map(({ path }) => path),
    kind: first?.kind ?? 'sandbox',
    arch: first?.arch ?? null,
    runscVersion: first?.runscVersion ?? null,
    requires: required.reduce((most, { bits, unnamed }) => Math.max(most, countBits(bits) + unnamed.length), 0),
    hosts: { restorable: machines(split?.restorable), unknown: machines(split?.unknown), blocked: machines(split?.blocked) },
  };
}

function rowOf(group: ImageGroup, classes: readonly HostClass[]): MatrixRow {
  const restorable: string[] = [];
  const unknown = new Map<string, MatrixRow['unknown'][number] & { readonly classes: string[] }>();
  const blocked = new Map<string, MatrixRow['blocked'][number] & { readonly classes: string[] }>();
  for (const one of classes) {
    const cell = cellOf(group, one);
    if (cell.verdict === 'restorable') restorable.push(one.id);
    else if (cell.verdict === 'unknown') collect(unknown, one.id, openCell(group, one));
    else collect(blocked, one.id, blockedCell(group, one, cell));
  }
  return { image: group.id, restorable, unknown: [...unknown.values()], blocked: [...blocked.values()] };
}

function collect<T extends object>(groups: Map<string, T & { readonly classes: string[] }>, id: string, what: T): void {
  const key = JSON.stringify(what);
  const known = groups.get(key);
  if (known === undefined) groups.set(key, { classes: [id], ...what });
  else known.classes.push(id);
}

function openCell(group: ImageGroup, one: HostClass): Pick<MatrixRow['unknown'][number], 'features' | 'gates'> {
  const features = lackingFeatures(group, one).unknown;
  const gates = (group.answers[one.frame]?.open ?? []).filter((gate) => gate !== 'cpu-features');
  return { features, gates: features.length > 0 ? ['cpu-features', ...gates] : gates };
}

function blockedCell(
  group: ImageGroup,
  one: HostClass,
  { firstFailure }: Cell,
): Pick<MatrixRow['blocked'][number], 'firstFailure' | 'missing'> {
  return { firstFailure, missing: lackingFeatures(group, one).missing };
}

/** Groups that restore somewhere, and only where another one does; of two that restore on the same hosts the later one. */
function redundantOf(groups: readonly ImageGroup[], reach: readonly Bits[]): PlanImages['redundant'] {
  return groups.flatMap(({ id }, index) => {
    const own = reach[index];
    if (own === undefined || isEmpty(own)) return [];
    const within = groups.find((_, other) => {
      const its = reach[other];
      return other !== index && its !== undefined && isSubset(own, its) && (other < index || !isSubset(its, own));
    });
    return within === undefined ? [] : [{ image: id, within: within.id }];
  });
}
