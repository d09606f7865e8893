/** Use case `plan`: which images cover which hosts, how few are enough, and what a change strands. */
import { CkptError, UsageError } from './errors.ts';
import { imageReach, type OrderOptions } from './fleet/class-order.ts';
import { driftOf, type NamedHost } from './fleet/drift.ts';
import { type FleetHost, type HostClasses, hostClasses } from './fleet/host-classes.ts';
import { type ImageGroup, imageGroups, requirementHosts, requirementOf } from './fleet/image-requirements.ts';
import { planDocument } from './fleet/plan.ts';
import type { Drift, PlanAnswer, PlanDocument } from './fleet/plan-document.ts';
import type { Host } from './host/host.ts';
import { type HostOptions, openHosts } from './host/open-host.ts';
import { described, judgeImage } from './judge-image.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { namedImages, namedInputs, type Weight, weighted } from './plan-inputs.ts';
import type { CheckError, GateId } from './restore/result.ts';
import type { OnUnknown } from './restore/verdict.ts';

export interface PlanOptions extends HostOptions {
  /** Images, as for `check`, and patterns of them; a directory of images stands for these. Without: the hosts alone. */
  readonly images?: readonly string[];
  /** Hosts, as for `check`, and patterns of them (default: `current`). */
  readonly hosts?: readonly string[];
  /** The same hosts before and after a change, matched by name; instead of `hosts`. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  /** How many machines a description stands for. */
  readonly weights?: readonly Weight[];
  /** Hosts with the same description are taken for equal, also in what it leaves unknown. */
  readonly assumeAlike?: boolean;
  /** Version of the runsc that restores everywhere; without it that of each host. */
  readonly runscVersion?: string;
  /** HMAC key of keyed images. */
  readonly key?: Uint8Array;
  /** Gates that must be answered: not checked counts as unknown. */
  readonly require?: readonly GateId[];
  /** Told after each image. */
  readonly onImage?: (done: number, total: number) => void;
}

/** The most different kinds of hosts that are compared: sets of what runs where take a bit for each pair of them. */
export const MOST_CLASSES = 20_000;

/**
 * Plans the images of a fleet. Inputs that cannot be read become entries of `errors`; the others are still answered.
 *
 * @throws UsageError when nothing was named, when a weight fits no host, or when `hosts` and `before` are given both
 * @throws CkptError `over-limit` for more than {@link MOST_CLASSES} different hosts
 */
export async function plan(options: PlanOptions): Promise<PlanDocument> {
  const errors: CheckError[] = [];
  const order: OrderOptions = { runscVersion: options.runscVersion ?? null, assumeAlike: options.assumeAlike ?? false };
  const versionGiven = order.runscVersion !== null;
  const sides = await openSides(options, errors);
  const now = sides.after.map(({ host, weight }) => ({ host, weight }));
  const together = bounded(hostClasses([...sides.before, ...now], versionGiven));
  const groups = options.images === undefined ? null : await readImages(options.images, together, options, errors);
  const drift: Drift | null =
    sides.kind === 'one' ? null : driftOf({ ...sides, together, reach: imageReach(together, order), groups, options: order });
  const hosts = sides.kind === 'one' ? together : hostClasses(now, versionGiven, together.frames);
  return planDocument({ fleet: now, hosts, groups, drift, options: order, notes: [], errors });
}

/** Exit code of a plan: 3 when an input could not be read; else, where it is asked for or hosts changed, 1 stranded and 4 undecided. */
export function planExitCode(
  { answer, drift, errors }: Pick<PlanDocument, 'answer' | 'drift' | 'errors'>,
  { gate, onUnknown }: { readonly gate: boolean; readonly onUnknown: OnUnknown },
): 0 | 1 | 3 | 4 {
  if (errors.length > 0) return 3;
  const counted: (PlanAnswer | null)[] = [...(gate ? [answer] : []), drift?.answer ?? null];
  if (counted.includes('stranded')) return 1;
  return counted.includes('undecided') && onUnknown === 'fail' ? 4 : 0;
}

function bounded(hosts: HostClasses): HostClasses {
  if (hosts.classes.length <= MOST_CLASSES) return hosts;
  throw new CkptError(
    'over-limit',
    { layer: 'host' },
    { expected: `at most ${MOST_CLASSES} different hosts`, found: `${hosts.classes.length}`, hint: 'Plan parts of the fleet' },
  );
}

interface Sides {
  readonly kind: 'one' | 'two';
  /** Empty for one. */
  readonly before: readonly NamedHost[];
  readonly after: readonly NamedHost[];
}

async function openSides(options: PlanOptions, errors: CheckError[]): Promise<Sides> {
  const { before, after, hosts, images } = options;
  if (before === undefined && after === undefined) {
    if (hosts === undefined && images === undefined) throw new UsageError('name images (--images), hosts (--hosts), or both');
    const opened = await openFleet(hosts ?? ['current'], options, errors);
    return { kind: 'one', before: [], after: weightedFleet(opened, options.weights ?? [], []) };
  }
  if (before === undefined || after === undefined) throw new UsageError('--before and --after go together');
  if (hosts !== undefined) throw new UsageError('--before and --after name the hosts: --hosts does not go with them');
  const [old, now] = [await openFleet(before, options, errors), await openFleet(after, options, errors)];
  // A weight may be meant for a host that is on one side only.
  const fleet = weightedFleet([...old, ...now], options.weights ?? [], [...before, ...after]);
  return { kind: 'two', before: fleet.slice(0, old.length), after: fleet.slice(old.length) };
}

/** Hosts with what they weigh, and their names without the directory that was given for them. */
function weightedFleet(hosts: readonly Host[], weights: readonly Weight[], given: readonly string[]): NamedHost[] {
  const short = hosts.map((host) => ({ ...host, name: ownName(host.name, given) }));
  const fleet: readonly FleetHost[] = weighted(given.length === 0 ? hosts : short, weights);
  return fleet.map(({ host, weight }) => ({ name: host.name, host, weight }));
}

function ownName(name: string, given: readonly string[]): string {
  for (const place of given) {
    const directory = place.endsWith('/') ? place : `${place}/`;
    if (name.startsWith(directory) && name.length > directory.length) return name.slice(directory.length);
  }
  return name;
}

async function openFleet(given: readonly string[], options: PlanOptions, errors: CheckError[]): Promise<readonly Host[]> {
  const named = namedInputs(given);
  errors.push(...named.errors.map(({ place, error }) => ({ host: place, ...described(error) })));
  const details = options.runscVersion === undefined ? 'runsc' : false;
  const opened = await openHosts(named.places, { ...options, details });
  errors.push(...opened.errors.map(({ host, error }) => ({ host, ...described(error) })));
  return opened.hosts;
}

/** Reads each image once, and keeps what it requires. */
async function readImages(
  given: readonly string[],
  { frames }: HostClasses,
  options: PlanOptions,
  errors: CheckError[],
): Promise<ImageGroup[]> {
  const named = namedImages(given);
  errors.push(...named.errors.map(({ place, error }) => ({ image: place, ...described(error) })));
  const hosts = requirementHosts(frames);
  const judge = {
    key: options.key ?? null,
    limits: options.limits ?? DEFAULT_LIMITS,
    trees: [],
    input: { runscVersion: options.runscVersion ?? null, require: options.require ?? [] },
  };
  const requirements = [];
  for (const [index, path] of named.places.entries()) {
    const judgement = await judgeImage(path, async () => hosts, judge);
    errors.push(...judgement.errors);
    const requirement = requirementOf(judgement.results);
    if (requirement !== null) requirements.push(requirement);
    options.onImage?.(index + 1, named.places.length);
  }
  return imageGroups(requirements, frames);
}
