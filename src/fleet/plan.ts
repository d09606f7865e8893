/** From hosts and what images require to the plan. */
import { evidenceOf } from '../host/host-evidence.ts';
import type { CheckError } from '../restore/result.ts';
import { TOOL } from '../tool.ts';
import { bestCoverage } from './best-coverage.ts';
import { type Bits, countBits, hasBit, membersOf } from './bits.ts';
import { imageReach, type OrderOptions } from './class-order.ts';
import { leastCover } from './cover.ts';
import type { FleetHost, HostClass, HostClasses } from './host-classes.ts';
import { featureNamesOf } from './host-classes.ts';
import type { ImageGroup } from './image-requirements.ts';
import {
  type Drift,
  type NewImages,
  PLAN_SCHEMA,
  type PlanAnswer,
  type PlanClass,
  type PlanDocument,
  type PlanImages,
} from './plan-document.ts';
import { planImages } from './plan-images.ts';
import { blockersOf, levellingOf, weightOf } from './raise-level.ts';

/** The most classes for which a document lists where the images of each restore. */
const MOST_LISTED = 400;
/** The most steps of the list of what fewer images would cover. */
const MOST_STEPS_SHOWN = 10;

export interface PlanInput {
  readonly fleet: readonly FleetHost[];
  readonly hosts: HostClasses;
  /** Null: no images were given. */
  readonly groups: readonly ImageGroup[] | null;
  readonly drift: Drift | null;
  readonly options: OrderOptions;
  readonly notes: readonly string[];
  readonly errors: readonly CheckError[];
}

/** The plan as a document. */
export function planDocument({ fleet, hosts, groups, drift, options, notes, errors }: PlanInput): PlanDocument {
  const { classes } = hosts;
  const reach = imageReach(hosts, options);
  const images = groups === null || groups.length === 0 ? null : planImages(groups, classes);
  const versionGiven = options.runscVersion !== null;
  return {
    schema: PLAN_SCHEMA,
    tool: TOOL,
    answer: images === null ? null : answerOf(images),
    runscVersion: options.runscVersion,
    counts: {
      hosts: weightOf(classes),
      descriptions: fleet.length,
      images: groups?.reduce((sum, group) => sum + group.images.length, 0) ?? 0,
    },
    classes: classes.map((one) => classOf(one, fleet, reach[one.index], classes)),
    newImages: newImagesOf(classes, reach),
    levelling: levellingOf(classes, versionGiven),
    blockers: blockersOf(classes),
    images,
    drift,
    notes: [...notes, ...notesOf(classes, images, options)],
    errors,
  };
}

function answerOf({ strandedImages, strandedHosts }: PlanImages): PlanAnswer {
  const stranded = [...strandedImages, ...strandedHosts];
  if (stranded.some(({ undecided }) => !undecided)) return 'stranded';
  return stranded.length > 0 ? 'undecided' : 'covered';
}

function classOf(one: HostClass, fleet: readonly FleetHost[], reach: Bits | undefined, classes: readonly HostClass[]): PlanClass {
  const { id, index, host, weight, members, present, unknown } = one;
  const others = reach === undefined || classes.length > MOST_LISTED ? null : membersOf(reach).filter((other) => other !== index);
  return {
    id,
    cpu: host.identity?.microarchitecture ?? host.identity?.brand ?? null,
    arch: host.arch,
    hosts: weight,
    names: members.flatMap((place) => fleet[place]?.host.name ?? []),
    evidence: evidenceOf(host),
    features: countBits(present),
    unknownFeatures: featureNamesOf(host.arch, unknown),
    cacheLine: host.cacheLine.value,
    xcr0: host.xcr0.value === null ? null : `0x${host.xcr0.value.toString(16)}`,
    pageSize: host.pageSize.value,
    runscVersion: host.runscVersion.value,
    restoresOwn: reach !== undefined && hasBit(reach, index),
    restoresOn: others?.flatMap((other) => classes[other]?.id ?? []) ?? null,
  };
}

/** The least number of images that cover the fleet. Each class is both where an image can be taken and what is to be covered. */
function newImagesOf(classes: readonly HostClass[], reach: readonly Bits[]): NewImages {
  const weights = classes.map(({ weight }) => weight);
  const { chosen, atLeast, uncovered } = leastCover(reach, classes.length);
  const ids = (members: readonly number[]): string[] => members.flatMap((index) => classes[index]?.id ?? []);
  const machines = (members: readonly number[]): number => members.reduce((sum, index) => sum + (weights[index] ?? 0), 0);
  const take = chosen.map((on) => {
    const members = membersOf(reach[on] ?? new Uint32Array(0));
    return { on: classes[on]?.id ?? '', covers: ids(members), hosts: machines(members) };
  });
  const open = membersOf(uncovered);
  const covered = machines(classes.map(({ index }) => index)) - machines(open);
  const steps = bestCoverage(reach, weights, Math.min(MOST_STEPS_SHOWN, Math.max(0, chosen.length - 1)));
  const fewer = steps.map(({ chosen: on, weight }) => ({ images: on.length, on: ids(on), hosts: weight }));
  const all = chosen.length === 0 ? [] : [{ images: chosen.length, on: ids(chosen), hosts: covered }];
  return {
    atMost: chosen.length,
    atLeast,
    optimal: chosen.length === atLeast,
    take: take.sort((a, b) => b.hosts - a.hosts),
    best: [...fewer, ...all],
    unproven: { classes: ids(open), hosts: machines(open) },
  };
}

function notesOf(classes: readonly HostClass[], images: PlanImages | null, { runscVersion }: OrderOptions): string[] {
  const notes: string[] = [];
  const unversioned = classes.filter(({ host }) => host.runscVersion.value === null);
  if (runscVersion === null && unversioned.length > 0) {
    const some =
      unversioned.length === classes.length
        ? 'No host says which runsc it runs'
        : `It is not known which runsc ${weightOf(unversioned) === 1 ? '1 host runs' : `${weightOf(unversioned)} hosts run`}`;
    notes.push(`${some}; there it is taken to be the one that saves (--runsc-version tells)`);
  }
  const partial = classes.filter(({ exact }) => !exact);
  if (partial.length > 0) {
    const count = weightOf(partial);
    const some = count === 1 ? '1 host is' : `${count} hosts are`;
    notes.push(`${some} described in part: what is not known of a host is never taken to be there`);
    const labelled = weightOf(partial.filter(({ host }) => host.source === 'labels'));
    if (labelled > 0)
      notes.push(
        `Labels of ${labelled === 1 ? '1 node' : `${labelled} nodes`} prove that an image is refused there, never that it restores; labels of \`ckpt host labels\`, or profiles of \`ckpt host capture\`, tell all`,
      );
  }
  if (images !== null && images.matrix === null)
    notes.push('There are too many answers to list each; `ckpt check` gives those of a pair');
  return notes;
}
