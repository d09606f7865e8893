/** The answer of `ckpt baseline` as a value. */
import type { Arch, Impact } from '../cpu/feature.ts';
import { featureNamed } from '../cpu/feature-names.ts';
import type { Host, HostSource } from '../host/host.ts';
import { evidenceOf } from '../host/host-evidence.ts';
import { TOOL } from '../tool.ts';
import { ANNOTATION, annotationValue } from './annotation.ts';
import { type HostCost, hostCosts, type Level } from './baseline.ts';
import { type BaselineNote, baselineNotes } from './baseline-notes.ts';
import { type LevelRules, lostState } from './level-rules.ts';
import { type RunTimeSetting, runTimeSettings } from './run-time-settings.ts';

export const BASELINE_SCHEMA = 'ckpt/baseline@1';

/** Features by what their absence means, the gravest first. */
export type FeaturesByImpact = Readonly<Record<Impact, readonly string[]>>;

/** The first of some hosts, and how many there are. */
export interface HostList {
  readonly count: number;
  readonly names: readonly string[];
}

/** One of the hosts, and what the level costs it and it costs the level. */
export interface BaselineHost {
  readonly name: string;
  readonly source: HostSource;
  readonly evidence: 'exact' | 'partial';
  readonly vendor: string | null;
  readonly runscVersion: string | null;
  /** Features that it certainly has. */
  readonly features: number;
  readonly loses: FeaturesByImpact;
  readonly withoutIt: FeaturesByImpact;
}

export interface BaselineDocument {
  readonly schema: typeof BASELINE_SCHEMA;
  readonly tool: typeof TOOL;
  readonly arch: Arch;
  readonly rules: LevelRules;
  /** gVisor names in feature-number order. */
  readonly features: readonly string[];
  /** What to give the sandbox; null on arm64, where runsc has no such annotation. */
  readonly annotation: { readonly key: typeof ANNOTATION; readonly value: string } | null;
  readonly removed: readonly { readonly name: string; readonly impact: Impact; readonly absentOn: HostList }[];
  readonly undecided: readonly {
    readonly name: string;
    readonly impact: Impact;
    readonly unknownOn: HostList;
    /** Of the first host. */
    readonly why: string;
  }[];
  readonly without: readonly string[];
  readonly unknownToRelease: readonly string[];
  readonly hosts: readonly BaselineHost[];
  /** The host without which the level would gain most, counting instructions first; null when no single host costs anything. */
  readonly costliest: string | null;
  readonly notes: readonly BaselineNote[];
  readonly settings: readonly RunTimeSetting[];
  readonly errors: readonly { readonly host: string; readonly code: string; readonly message: string; readonly layer: string }[];
}

/** Names of hosts that stand in one list. */
const MOST_NAMES = 16;

/** Lays out a level of one or more hosts. */
export function baselineDocument(
  level: Level,
  hosts: readonly Host[],
  rules: LevelRules,
  errors: BaselineDocument['errors'],
): BaselineDocument {
  const { arch, features, without, unknownToRelease } = level;
  const costs = hostCosts(level, hosts);
  const lost = [...new Set(costs.flatMap(({ loses }) => loses))];
  const listed = (indexes: readonly number[]): HostList => ({
    count: indexes.length,
    names: indexes.slice(0, MOST_NAMES).map((index) => hosts[index]?.name ?? ''),
  });
  const state = lostState(lost, hosts);
  return {
    schema: BASELINE_SCHEMA,
    tool: TOOL,
    arch,
    rules,
    features,
    annotation: arch === 'arm64' ? null : { key: ANNOTATION, value: annotationValue(features) },
    removed: level.removed.map(({ name, impact, absentOn }) => ({ name, impact, absentOn: listed(absentOn) })),
    undecided: level.undecided.map(({ name, impact, unknownOn }) => ({
      name,
      impact,
      unknownOn: listed(unknownOn.map(({ host }) => host)),
      why: unknownOn[0]?.why ?? '',
    })),
    without,
    unknownToRelease,
    hosts: hosts.map((host, index) => baselineHost(host, costs[index] ?? { loses: [], withoutIt: [] })),
    costliest: costliest(arch, hosts, costs),
    notes: baselineNotes(level, hosts, rules, state),
    settings: arch === 'arm64' ? [] : runTimeSettings(lost, state),
    errors,
  };
}

function baselineHost(host: Host, { loses, withoutIt }: HostCost): BaselineHost {
  return {
    name: host.name,
    source: host.source,
    evidence: evidenceOf(host),
    vendor: host.identity?.vendor ?? null,
    runscVersion: host.runscVersion.value,
    features: [...host.features.values()].filter(({ presence }) => presence === 'present').length,
    loses: byImpact(host.arch, loses),
    withoutIt: byImpact(host.arch, withoutIt),
  };
}

function byImpact(arch: Arch, names: readonly string[]): FeaturesByImpact {
  const groups = { instruction: [] as string[], dynamic: [] as string[], performance: [] as string[], os: [] as string[] };
  for (const name of names) {
    const feature = featureNamed(arch, name);
    if (feature !== undefined) groups[feature.impact].push(name);
  }
  return groups;
}

function costliest(arch: Arch, hosts: readonly Host[], costs: readonly HostCost[]): string | null {
  let most: { readonly name: string; readonly instructions: number; readonly all: number } | null = null;
  for (const [index, { withoutIt }] of costs.entries()) {
    const instructions = byImpact(arch, withoutIt).instruction.length;
    const all = withoutIt.length;
    const isMore = most === null || instructions > most.instructions || (instructions === most.instructions && all > most.all);
    if (all > 0 && isMore) most = { name: hosts[index]?.name ?? '', instructions, all };
  }
  return most?.name ?? null;
}
