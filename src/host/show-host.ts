/** A host as people want to see it: grouped, in order, with the evidence of every fact. */

import type { Impact, Presence } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import type { CpuIdentity } from '../cpu/identity.ts';
import { componentNames } from '../cpu/xsave.ts';
import type { Host } from './host.ts';
import { evidenceOf } from './host-evidence.ts';
import { PROFILE_FACTS, profileOf } from './profile.ts';

/** One feature that gVisor compares, on this host. */
export interface ShownFeature {
  readonly name: string;
  readonly impact: Impact;
  readonly description: string;
  readonly source: string;
}

/** A host laid out for text output; the same as JSON is its profile. */
export interface HostView {
  readonly name: string;
  readonly arch: Host['arch'];
  readonly source: Host['source'];
  readonly evidence: 'exact' | 'partial';
  readonly provenance: string;
  readonly rejected: Host['rejected'];
  readonly capturedAt: string | null;
  readonly identity: CpuIdentity | null;
  /** Each fact with its value as text (null: unknown) and its evidence. */
  readonly facts: readonly { readonly name: string; readonly value: string | null; readonly source: string }[];
  /** Names of the state components in XCR0, or null when XCR0 is unknown. */
  readonly states: readonly string[] | null;
  readonly features: Readonly<Record<Presence, readonly ShownFeature[]>>;
  /** Raw leaves as lines of `cpuid -r`, sorted; empty without raw leaves. */
  readonly leaves: readonly string[];
  readonly notes: readonly string[];
}

/** Lays a host out. Hosts that share their features share them laid out, too. */
export function showHost(host: Host): HostView {
  const profile = profileOf(host, null);
  return {
    name: host.name,
    arch: host.arch,
    source: host.source,
    evidence: evidenceOf(host),
    provenance: host.provenance,
    rejected: host.rejected,
    capturedAt: host.capturedAt,
    identity: host.identity,
    facts: PROFILE_FACTS.map((name) => ({
      name,
      value: profile[name] === null ? null : String(profile[name]),
      source: profile.sources[name],
    })),
    states: host.xcr0.value === null ? null : componentNames(host.xcr0.value),
    features: shownFeatures(host),
    leaves: (profile.cpuid ?? []).map(
      ([leaf, subleaf, eax, ebx, ecx, edx]) => `${leaf} ${subleaf}: eax=${eax} ebx=${ebx} ecx=${ecx} edx=${edx}`,
    ),
    notes: host.notes,
  };
}

const SHOWN = new WeakMap<Host['features'], HostView['features']>();

function shownFeatures(host: Host): HostView['features'] {
  const before = SHOWN.get(host.features);
  if (before !== undefined) return before;
  const shown = featuresOf(host.arch).map((feature) => {
    const fact = host.features.get(feature.name) ?? { presence: 'unknown' as const, source: 'the description does not say' };
    return {
      presence: fact.presence,
      feature: { name: feature.name, impact: feature.impact, description: feature.description, source: fact.source },
    };
  });
  const having = (presence: Presence): ShownFeature[] =>
    shown.filter((row) => row.presence === presence).map((row) => row.feature);
  const features = { present: having('present'), absent: having('absent'), unknown: having('unknown') };
  SHOWN.set(host.features, features);
  return features;
}
