/** What differs between two hosts. */

import type { Arch, Presence } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import type { CpuIdentity } from '../cpu/identity.ts';
import type { Host, HostSource } from './host.ts';
import { evidenceOf } from './host-evidence.ts';
import { profileOf } from './profile.ts';

export const HOST_DIFF_SCHEMA = 'ckpt/host-diff@1';

/** One side of a comparison. */
export interface ComparedHost {
  readonly name: string;
  readonly arch: Arch;
  readonly source: HostSource;
  readonly evidence: 'exact' | 'partial';
}

/** A fact that both hosts have, do not have, or that one does not tell. `same` is null when a side is unknown. */
export interface ComparedFact {
  readonly fact: string;
  readonly a: string | number | boolean | null;
  readonly b: string | number | boolean | null;
  readonly same: boolean | null;
}

/** How `b` differs from `a`. */
export interface HostComparison {
  readonly schema: typeof HOST_DIFF_SCHEMA;
  readonly a: ComparedHost;
  readonly b: ComparedHost;
  readonly features: {
    /** Absent on `a`, present on `b`; gVisor names in feature-number order. */
    readonly gained: readonly string[];
    /** Present on `a`, absent on `b`: an image of `a` that has them is refused on `b`. */
    readonly lost: readonly string[];
    /** Unknown on at least one side. */
    readonly unknown: readonly { readonly name: string; readonly a: Presence; readonly b: Presence }[];
  };
  /** Facts and identity, in fixed order; only those that at least one side knows. */
  readonly facts: readonly ComparedFact[];
}

const FACTS = [
  'cacheLine',
  'xcr0',
  'useXsave',
  'mxcsrMask',
  'hwcap',
  'hwcap2',
  'pageSize',
  'hypervisor',
  'kernel',
  'microcode',
  'runscVersion',
] as const;
const IDENTITY = [
  'vendor',
  'brand',
  'family',
  'model',
  'stepping',
  'microarchitecture',
  'physicalAddressBits',
  'virtualAddressBits',
  'implementer',
  'variant',
  'part',
  'revision',
] as const satisfies readonly (keyof CpuIdentity)[];

/**
 * Compares two hosts: features gained and lost on the way from `a` to `b`, and every fact beside them.
 *
 * Hosts of different architectures have no feature in common; the lists are empty then and the fact `arch` differs.
 */
export function compareHosts(a: Host, b: Host): HostComparison {
  const names = a.arch === b.arch ? featuresOf(a.arch).map((feature) => feature.name) : [];
  const presences = names.map((name) => ({
    name,
    a: a.features.get(name)?.presence ?? 'unknown',
    b: b.features.get(name)?.presence ?? 'unknown',
  }));
  return {
    schema: HOST_DIFF_SCHEMA,
    a: side(a),
    b: side(b),
    features: {
      gained: presences.filter((row) => row.a === 'absent' && row.b === 'present').map((row) => row.name),
      lost: presences.filter((row) => row.a === 'present' && row.b === 'absent').map((row) => row.name),
      unknown: presences.filter((row) => row.a === 'unknown' || row.b === 'unknown'),
    },
    facts: [...facts(a, b), ...identities(a, b)],
  };
}

function side(host: Host): ComparedHost {
  return { name: host.name, arch: host.arch, source: host.source, evidence: evidenceOf(host) };
}

function facts(a: Host, b: Host): ComparedFact[] {
  const [left, right] = [profileOf(a, null), profileOf(b, null)];
  return [row('arch', a.arch, b.arch), ...FACTS.map((name) => row(name, left[name], right[name]))].filter(isSaid);
}

function identities(a: Host, b: Host): ComparedFact[] {
  return IDENTITY.map((name) => row(name, a.identity?.[name] ?? null, b.identity?.[name] ?? null)).filter(isSaid);
}

function row(fact: string, a: ComparedFact['a'], b: ComparedFact['b']): ComparedFact {
  return { fact, a, b, same: a === null || b === null ? null : a === b };
}

function isSaid(fact: ComparedFact): boolean {
  return fact.a !== null || fact.b !== null;
}
