/** Hosts that no image can tell apart. */
import type { Arch } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import type { Host } from '../host/host.ts';
import { evidenceOf } from '../host/host-evidence.ts';
import { addBit, type Bits, countBits, hasBit, noBits } from './bits.ts';
import { frameKey } from './host-frame.ts';

/** A description of a host, and how many machines it stands for. */
export interface FleetHost {
  readonly host: Host;
  /** Machines; at least 1. */
  readonly weight: number;
}

/** Hosts with the same features and the same facts for every other gate. */
export interface HostClass {
  /** `C1`, `C2`, …: within one document. */
  readonly id: string;
  readonly index: number;
  /** Places in the fleet, in its order. */
  readonly members: readonly number[];
  /** Machines. */
  readonly weight: number;
  /** One of the hosts; what is read of it by the gates is the same for all. */
  readonly host: Host;
  /** Number of the frame among those of the fleet. */
  readonly frame: number;
  /** Features by their place in `featuresOf(arch)`. */
  readonly present: Bits;
  readonly unknown: Bits;
  /** Nothing that the gates read is unknown. */
  readonly exact: boolean;
}

/** The classes, a host for each frame, and the class of each host of the fleet. */
export interface HostClasses {
  readonly classes: readonly HostClass[];
  readonly frames: readonly Host[];
  /** Index of a class by place in the fleet. */
  readonly classOf: readonly number[];
}

/**
 * Groups hosts by everything that gates read of them. Classes are ordered by architecture, then by how much they have (the fewest features
 * first: what is saved there runs on most), then by how many machines they are, then by the name of the first host.
 *
 * @param versionGiven the caller says which runsc restores, so that those of the hosts do not count
 * @param known frames of a larger fleet, which keep their numbers
 */
export function hostClasses(fleet: readonly FleetHost[], versionGiven: boolean, known: readonly Host[] = []): HostClasses {
  const frames = new Map<string, { readonly index: number; readonly host: Host }>();
  for (const [index, host] of known.entries()) frames.set(frameKey(host, versionGiven), { index, host });
  const groups = new Map<string, Group>();
  const memo = new Map<Host['features'], string>();
  for (const [place, { host, weight }] of fleet.entries()) {
    const frameText = frameKey(host, versionGiven);
    let frame = frames.get(frameText);
    if (frame === undefined) {
      frame = { index: frames.size, host };
      frames.set(frameText, frame);
    }
    let features = memo.get(host.features);
    if (features === undefined) {
      features = featureText(host);
      memo.set(host.features, features);
    }
    const key = `${frame.index} ${features}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { members: [place], weight, host, frame: frame.index, features });
    else {
      group.members.push(place);
      group.weight += weight;
    }
  }
  const classes = [...groups.values()].map(setsOf).sort(inOrder);
  const numbered = classes.map((group, index): HostClass => ({ id: `C${index + 1}`, index, ...group }));
  const classOf = fleet.map(() => 0);
  for (const { index, members } of numbered) for (const place of members) classOf[place] = index;
  return { classes: numbered, frames: [...frames.values()].map(({ host }) => host), classOf };
}

interface Group {
  readonly members: number[];
  weight: number;
  readonly host: Host;
  readonly frame: number;
  /** One character for each feature. */
  readonly features: string;
}

type Unnumbered = Omit<HostClass, 'id' | 'index'>;

const MARKS = { present: '1', absent: '0', unknown: '?' } as const;

function featureText(host: Host): string {
  return featuresOf(host.arch)
    .map(({ name }) => MARKS[host.features.get(name)?.presence ?? 'unknown'])
    .join('');
}

function setsOf({ members, weight, host, frame, features }: Group): Unnumbered {
  const present = noBits(features.length);
  const unknown = noBits(features.length);
  for (let index = 0; index < features.length; index++) {
    if (features[index] === MARKS.present) addBit(present, index);
    if (features[index] === MARKS.unknown) addBit(unknown, index);
  }
  return { members, weight, host, frame, present, unknown, exact: evidenceOf(host) === 'exact' };
}

function inOrder(a: Unnumbered, b: Unnumbered): number {
  const counted = (one: Unnumbered): number => countBits(one.present) + countBits(one.unknown);
  return (
    compared(a.host.arch, b.host.arch) ||
    counted(a) - counted(b) ||
    b.weight - a.weight ||
    compared(a.host.name, b.host.name) ||
    (a.members[0] ?? 0) - (b.members[0] ?? 0)
  );
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const PLACES: Readonly<Record<Arch, ReadonlyMap<string, number>>> = {
  amd64: new Map(featuresOf('amd64').map(({ name }, place) => [name, place])),
  arm64: new Map(featuresOf('arm64').map(({ name }, place) => [name, place])),
};

/** Where a feature stands in `featuresOf(arch)`, or null for a name that gVisor does not have. */
export function featurePlace(arch: Arch, name: string): number | null {
  return PLACES[arch].get(name) ?? null;
}

/** The names of a set of features, in feature-number order. */
export function featureNamesOf(arch: Arch, bits: Bits): string[] {
  return featuresOf(arch)
    .filter((_, place) => hasBit(bits, place))
    .map(({ name }) => name);
}
