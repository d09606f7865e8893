/** The largest feature set that all of some hosts have. */
import type { Arch, Impact, Presence } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import type { Host } from '../host/host.ts';

/** A feature that some host has and the level has not. */
export interface RemovedFeature {
  readonly name: string;
  readonly impact: Impact;
  /** Indexes of the hosts that lack it; empty when it was left out on demand. */
  readonly absentOn: readonly number[];
}

/** A feature that no host is known to lack, and of which one or more say nothing. */
export interface UndecidedFeature {
  readonly name: string;
  readonly impact: Impact;
  readonly unknownOn: readonly { readonly host: number; readonly why: string }[];
}

/** A level. Lists are in feature-number order. */
export interface Level {
  readonly arch: Arch;
  /** Certainly present on every host. */
  readonly features: readonly string[];
  readonly removed: readonly RemovedFeature[];
  readonly undecided: readonly UndecidedFeature[];
  /** Present on every host, and left out because the caller said so. */
  readonly without: readonly string[];
  /** Present on every host, and not known to the release that is to read the annotation. */
  readonly unknownToRelease: readonly string[];
}

/** What narrows a level beyond the hosts. */
export interface LevelOptions {
  /** gVisor names to leave out. */
  readonly without: ReadonlySet<string>;
  /** Date of the code of the runsc that reads the list, YYYYMMDD. */
  readonly date: string;
}

/** What one host has beyond a level, and what the level would gain without it. */
export interface HostCost {
  /** Features of the host that the level has not. */
  readonly loses: readonly string[];
  /** Features that all other hosts certainly have, and this one alone has not; empty for a host by itself. */
  readonly withoutIt: readonly string[];
}

/**
 * The level of hosts of one architecture: a feature is in it when it is certainly present on each of them. Costs time in proportion to
 * hosts times features.
 */
export function levelOf(arch: Arch, hosts: readonly Host[], { without, date }: LevelOptions): Level {
  const level = {
    features: [] as string[],
    removed: [] as RemovedFeature[],
    undecided: [] as UndecidedFeature[],
    without: [] as string[],
    unknownToRelease: [] as string[],
  };
  for (const { name, impact, comparedSince } of featuresOf(arch)) {
    const presences = hosts.map((host) => presenceOn(host, name));
    const absentOn = indexesOf(presences, 'absent');
    const unknownOn = indexesOf(presences, 'unknown').map((host) => ({
      host,
      why: hosts[host]?.features.get(name)?.source ?? '',
    }));
    if (absentOn.length > 0) {
      if (absentOn.length < hosts.length) level.removed.push({ name, impact, absentOn });
    } else if (unknownOn.length > 0) level.undecided.push({ name, impact, unknownOn });
    else if (without.has(name)) level.without.push(name);
    else if (comparedSince > date) level.unknownToRelease.push(name);
    else level.features.push(name);
  }
  return { arch, ...level };
}

/** What the level costs each host, and what each host costs the level; in the order of the hosts. */
export function hostCosts(level: Level, hosts: readonly Host[]): HostCost[] {
  const kept = new Set(level.features);
  const gains = hosts.map((): string[] => []);
  const isAlone = hosts.length === 1;
  for (const { name } of featuresOf(level.arch)) {
    if (kept.has(name) || isAlone) continue;
    const lacking = lackingHosts(hosts, name);
    if (lacking.length === 1) gains[lacking[0] ?? 0]?.push(name);
  }
  return hosts.map((host, index) => ({
    loses: featuresOf(level.arch)
      .map(({ name }) => name)
      .filter((name) => !kept.has(name) && presenceOn(host, name) === 'present'),
    withoutIt: gains[index] ?? [],
  }));
}

/** The first hosts, at most two, on which a feature is not certainly present. */
function lackingHosts(hosts: readonly Host[], name: string): number[] {
  const lacking: number[] = [];
  for (let index = 0; index < hosts.length && lacking.length < 2; index++) {
    const host = hosts[index];
    if (host !== undefined && presenceOn(host, name) !== 'present') lacking.push(index);
  }
  return lacking;
}

function presenceOn(host: Host, name: string): Presence {
  return host.features.get(name)?.presence ?? 'unknown';
}

function indexesOf(presences: readonly Presence[], wanted: Presence): number[] {
  return presences.flatMap((presence, index) => (presence === wanted ? [index] : []));
}
