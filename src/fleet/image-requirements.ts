/** What an image requires, so that it is read once and answered for any number of hosts. */
import type { Arch } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import type { Host } from '../host/host.ts';
import type { CheckedImage, CheckResult, GateId, Verdict } from '../restore/result.ts';
import { addBit, type Bits, common, isEmpty, noBits, without } from './bits.ts';
import { featureNamesOf, featurePlace, type HostClass } from './host-classes.ts';
import { frameHosts } from './host-frame.ts';

/** The answers of one frame of hosts, but for the features that each has. */
export interface FrameAnswer {
  /** Where every feature is there. */
  readonly verdict: Verdict;
  readonly firstFailure: GateId | null;
  /** Gates that are undecided there. */
  readonly open: readonly GateId[];
  /** Where one of the required features is missing. */
  readonly firstWithout: GateId | null;
  /** What the gate `cpu-features` compares and the image has, in feature-number order; nothing where that gate does not apply. */
  readonly required: readonly string[];
}

/** One image, or several for which every host of the fleet gives the same answer. */
export interface ImageRequirement {
  readonly image: Pick<CheckedImage, 'path' | 'kind' | 'runscVersion' | 'arch'>;
  /** In the order of the frames. */
  readonly answers: readonly FrameAnswer[];
}

/** The hosts on which an image is judged to learn what it requires: two for each frame. */
export function requirementHosts(frames: readonly Host[]): Host[] {
  return frames.flatMap((frame) => {
    const { withAll, withNone } = frameHosts(frame);
    return [withAll, withNone];
  });
}

/** What the results for {@link requirementHosts} say, or null when there are none. */
export function requirementOf(results: readonly CheckResult[]): ImageRequirement | null {
  const [first] = results;
  if (first === undefined) return null;
  const answers: FrameAnswer[] = [];
  for (let index = 0; index + 1 < results.length; index += 2) {
    const [withAll, withNone] = [results[index], results[index + 1]];
    if (withAll !== undefined && withNone !== undefined) answers.push(frameAnswer(withAll, withNone));
  }
  const { path, kind, runscVersion, arch } = first.image;
  return { image: { path, ...(kind === undefined ? {} : { kind }), runscVersion, arch }, answers };
}

function frameAnswer(withAll: CheckResult, withNone: CheckResult): FrameAnswer {
  return {
    verdict: withAll.verdict,
    firstFailure: withAll.firstFailure,
    open: withAll.gates.filter(({ outcome }) => outcome === 'unknown').map(({ id }) => id),
    firstWithout: withNone.firstFailure,
    required: [...withNone.missingFeatures, ...withNone.unknownFeatures],
  };
}

/** Images that no host of the fleet can tell apart. */
export interface ImageGroup {
  /** `I1`, `I2`, …: within one document. */
  readonly id: string;
  readonly index: number;
  /** At least one, in the order of the images. */
  readonly images: readonly ImageRequirement['image'][];
  readonly answers: readonly FrameAnswer[];
  /** `answers[frame].required` as sets, with whether names that gVisor's table does not have are among them. */
  readonly required: readonly RequiredFeatures[];
}

interface RequiredFeatures {
  readonly bits: Bits;
  readonly unnamed: readonly string[];
}

/** Groups images by their answers, in the order in which each group's first image was given. */
export function imageGroups(requirements: readonly ImageRequirement[], frames: readonly Host[]): ImageGroup[] {
  const groups = new Map<string, { readonly images: ImageRequirement['image'][]; readonly first: ImageRequirement }>();
  for (const requirement of requirements) {
    const { kind = null, runscVersion, arch } = requirement.image;
    const key = JSON.stringify([kind, runscVersion, arch, requirement.answers]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { images: [requirement.image], first: requirement });
    else group.images.push(requirement.image);
  }
  return [...groups.values()].map(({ images, first }, index) => ({
    id: `I${index + 1}`,
    index,
    images,
    answers: first.answers,
    required: first.answers.map(({ required }, frame) => requiredBits(required, frames[frame]?.arch ?? 'amd64')),
  }));
}

function requiredBits(names: readonly string[], arch: Arch): RequiredFeatures {
  const bits = noBits(featuresOf(arch).length);
  const unnamed: string[] = [];
  for (const name of names) {
    const place = featurePlace(arch, name);
    if (place === null) unnamed.push(name);
    else addBit(bits, place);
  }
  return { bits, unnamed };
}

/** The answer for one image and one class of hosts. */
export interface Cell {
  readonly verdict: Verdict;
  readonly firstFailure: GateId | null;
}

/** Answers as `check` does, without telling why. */
export function cellOf({ answers, required }: ImageGroup, { frame, present, unknown }: HostClass): Cell {
  const answer = answers[frame];
  const needs = required[frame];
  if (answer === undefined || needs === undefined) return NOTHING_KNOWN;
  let open = needs.unnamed.length > 0;
  for (let word = 0; word < needs.bits.length; word++) {
    const lacking = (needs.bits[word] ?? 0) & ~(present[word] ?? 0);
    if (lacking === 0) continue;
    if ((lacking & ~(unknown[word] ?? 0)) !== 0) return { verdict: 'blocked', firstFailure: answer.firstWithout };
    open = true;
  }
  if (open && answer.verdict === 'restorable') return NOTHING_KNOWN;
  return answer;
}

const NOTHING_KNOWN: Cell = { verdict: 'unknown', firstFailure: null };

/** The features of an image that a class of hosts lacks, and those of which that is not known. */
export function lackingFeatures(
  { required }: ImageGroup,
  { host, frame, present, unknown }: HostClass,
): { readonly missing: readonly string[]; readonly unknown: readonly string[] } {
  const needs = required[frame];
  if (needs === undefined) return { missing: [], unknown: [] };
  const lacking = without(needs.bits, present);
  if (isEmpty(lacking) && needs.unnamed.length === 0) return { missing: [], unknown: [] };
  return {
    missing: featureNamesOf(host.arch, without(lacking, unknown)),
    unknown: [...featureNamesOf(host.arch, common(lacking, unknown)), ...needs.unnamed],
  };
}
