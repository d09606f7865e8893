/** The host profile `ckpt/host@1`: a host as a JSON document. */
import { cpuidEntryText } from '../cpu/cpuid-table.ts';
import type { Arch, Presence } from '../cpu/feature.ts';
import { featuresOf } from '../cpu/feature-names.ts';
import type { CpuIdentity } from '../cpu/identity.ts';
import type { Fact, Host, HostSource } from './host.ts';
import { evidenceOf } from './host-evidence.ts';

/** The name of the document's schema, docs/schema/host@1.schema.json. */
export const HOST_SCHEMA = 'ckpt/host@1';

/** The facts that a profile holds by name, each with its source under `sources`. */
export const PROFILE_FACTS = [
  'xcr0',
  'hwcap',
  'hwcap2',
  'kernel',
  'microcode',
  'hypervisor',
  'runscVersion',
  'pageSize',
  'cacheLine',
  'useXsave',
  'mxcsrMask',
] as const;

export type ProfileFact = (typeof PROFILE_FACTS)[number];

/** A host profile. Quantities of 64 bits, registers and masks are `0x…` strings; null is unknown. */
export interface HostProfile {
  readonly schema: typeof HOST_SCHEMA;
  readonly name: string;
  readonly arch: Arch;
  /** RFC 3339, or null when it was only shown. */
  readonly capturedAt: string | null;
  /** The evidence that the profile was made of. */
  readonly source: HostSource;
  readonly evidence: 'exact' | 'partial';
  /** `[leaf, subleaf, eax, ebx, ecx, edx]`, or null when the evidence has no raw leaves. */
  readonly cpuid: readonly (readonly string[])[] | null;
  readonly xcr0: string | null;
  readonly hwcap: string | null;
  readonly hwcap2: string | null;
  readonly kernel: string | null;
  readonly microcode: string | null;
  readonly hypervisor: string | null;
  readonly runscVersion: string | null;
  /** Bytes. */
  readonly pageSize: number | null;
  /** Bytes. */
  readonly cacheLine: number | null;
  readonly features: Readonly<Record<Presence, readonly string[]>>;
  readonly useXsave: boolean | null;
  readonly xcr0Known: { readonly set: string; readonly clear: string };
  readonly statesNotEnabled: string;
  readonly mxcsrMask: string | null;
  readonly provenance: string;
  readonly rejected: readonly { readonly source: string; readonly reason: string }[];
  readonly notes: readonly string[];
  readonly cpu: CpuIdentity | null;
  /** For each fact the evidence, or why it is unknown. */
  readonly sources: Readonly<Record<ProfileFact, string>> & { readonly features: Readonly<Record<string, string>> };
}

/**
 * The profile of a host: what `ckpt host capture` writes and `ckpt host show --json` prints.
 *
 * @param capturedAt RFC 3339 time; a host that was read from a profile keeps that profile's time. Null for a document that is only shown.
 */
export function profileOf(host: Host, capturedAt: string | null): HostProfile {
  const names = featuresOf(host.arch).map((feature) => feature.name);
  const having = (presence: Presence): string[] =>
    names.filter((name) => (host.features.get(name)?.presence ?? 'unknown') === presence);
  return {
    schema: HOST_SCHEMA,
    name: host.name,
    arch: host.arch,
    capturedAt: host.capturedAt ?? capturedAt,
    source: host.capturedFrom?.source ?? host.source,
    evidence: evidenceOf(host),
    cpuid: host.cpuid === null ? null : host.cpuid.entries.map(cpuidEntryText),
    xcr0: hex(host.xcr0.value),
    hwcap: hex(host.hwcap.value),
    hwcap2: hex(host.hwcap2.value),
    kernel: host.kernel.value,
    microcode: host.microcode.value,
    hypervisor: host.hypervisor.value,
    runscVersion: host.runscVersion.value,
    pageSize: host.pageSize.value,
    cacheLine: host.cacheLine.value,
    features: { present: having('present'), absent: having('absent'), unknown: having('unknown') },
    useXsave: host.useXsave.value,
    xcr0Known: { set: hexOf(host.xcr0Known.set), clear: hexOf(host.xcr0Known.clear) },
    statesNotEnabled: hexOf(host.statesNotEnabled),
    mxcsrMask: hex(host.mxcsrMask.value),
    provenance: host.capturedFrom?.provenance ?? host.provenance,
    rejected: host.rejected.map(({ source, reason }) => ({ source, reason })),
    notes: [...host.notes],
    cpu: host.identity,
    sources: { ...factSources(host), features: featureSources(host, names) },
  };
}

function factSources(host: Host): Record<ProfileFact, string> {
  const facts: Record<ProfileFact, Fact<unknown>> = {
    xcr0: host.xcr0,
    hwcap: host.hwcap,
    hwcap2: host.hwcap2,
    kernel: host.kernel,
    microcode: host.microcode,
    hypervisor: host.hypervisor,
    runscVersion: host.runscVersion,
    pageSize: host.pageSize,
    cacheLine: host.cacheLine,
    useXsave: host.useXsave,
    mxcsrMask: host.mxcsrMask,
  };
  return Object.fromEntries(PROFILE_FACTS.map((name) => [name, facts[name].source])) as Record<ProfileFact, string>;
}

function featureSources(host: Host, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, host.features.get(name)?.source ?? 'the description does not say']));
}

function hex(value: bigint | number | null): string | null {
  return value === null ? null : hexOf(value);
}

function hexOf(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
