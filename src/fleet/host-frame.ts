/** What a host is for the gates beside its list of features. */

import { known, unknown } from '../host/facts.ts';
import type { FeatureFact, Host } from '../host/host.ts';
import { whyNoPageSize } from '../restore/assumed-page-size.ts';

/**
 * Equal for hosts that all gates but `cpu-features` answer alike, whatever the image: everything that these gates read of a host, with
 * what is unknown. Versions of runsc count only where the caller gives none.
 *
 * @see src/restore/gates, src/restore/gates/fpu-rules.ts
 */
export function frameKey(host: Host, versionGiven: boolean): string {
  return JSON.stringify([
    host.arch,
    host.cacheLine.value,
    hex(host.xcr0Known.set),
    hex(host.xcr0Known.clear),
    host.useXsave.value,
    hex(host.statesNotEnabled),
    host.mxcsrMask.value,
    host.identity?.xsaveSizes?.enabled ?? null,
    host.identity?.xsaveSizes?.maximum ?? null,
    host.features.get('ospke')?.presence ?? 'unknown',
    host.pageSize.value,
    host.arch === 'arm64' && host.pageSize.value === null ? whyNoPageSize(host) : null,
    versionGiven ? null : host.runscVersion.value,
  ]);
}

/** What only one gate reads of the features, and another one too. */
const READ_BY_FPU_GATE = 'ospke';

/**
 * Two hosts that stand for all hosts of a frame: one with every feature and one with none, so that an image that is judged on both says
 * what it requires of features, and what the other gates answer. `ospke` is as in the frame: the gate `fpu-state` reads it.
 */
export function frameHosts(host: Host): { readonly withAll: Host; readonly withNone: Host } {
  return { withAll: withFeatures(host, 'present'), withNone: withFeatures(host, 'absent') };
}

function withFeatures(host: Host, presence: 'present' | 'absent'): Host {
  const fact: FeatureFact = { presence, source: 'plan' };
  const features = new Map([...host.features].map(([name, own]) => [name, name === READ_BY_FPU_GATE ? own : fact]));
  return {
    ...host,
    name: '',
    rejected: [],
    notes: [],
    // Bits without a name, which runsc compared before 2022-01-13, are unknown here.
    cpuid: null,
    features,
    kernel: unknown('plan'),
    microcode: unknown('plan'),
    hypervisor: unknown('plan'),
    runscVersion: host.runscVersion.value === null ? unknown('plan') : known(host.runscVersion.value, 'plan'),
  };
}

function hex(bits: bigint): string {
  return bits.toString(16);
}
