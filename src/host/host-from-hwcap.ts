/** An arm64 host out of AT_HWCAP. */
import { ARM64_FEATURES } from '../cpu/features-arm64.ts';
import type { CpuIdentity } from '../cpu/identity.ts';
import type { AuxiliaryVector } from './auxiliary-vector.ts';
import { known, NO_BITS, unknown } from './facts.ts';
import type { Fact, FeatureFact, Host } from './host.ts';

/** What evidence on arm64 says; everything else that a Host holds is a matter of amd64. */
export type Arm64Facts = Pick<
  Host,
  'source' | 'provenance' | 'features' | 'hwcap' | 'hwcap2' | 'pageSize' | 'kernel' | 'identity' | 'notes'
>;

/** An arm64 host out of its facts. */
export function hostFromArm64Facts(name: string, facts: Arm64Facts): Host {
  const none = unknown<never>('not a fact of arm64');
  return {
    name,
    arch: 'arm64',
    rejected: [],
    cpuid: null,
    cacheLine: none,
    xcr0: none,
    xcr0Known: NO_BITS,
    statesNotEnabled: 0n,
    mxcsrMask: none,
    useXsave: none,
    microcode: none,
    hypervisor: unknown('the description does not say'),
    runscVersion: unknown('the description does not say'),
    capturedFrom: null,
    capturedAt: null,
    ...facts,
  };
}

/**
 * The arm64 host whose processes get this auxiliary vector. AT_HWCAP is the whole of what gVisor compares there.
 *
 * @see gVisor pkg/cpuid/cpuid_arm64.go: HasFeature; pkg/cpuid/cpuid.go: initHWCap
 */
export function hostFromHwcap(name: string, vector: AuxiliaryVector, kernel: Fact<string>, identity: CpuIdentity | null): Host {
  return hostFromArm64Facts(name, {
    source: 'auxv',
    provenance: 'AT_HWCAP, read from /proc/self/auxv',
    features: new Map(ARM64_FEATURES.map((feature): [string, FeatureFact] => [feature.name, bit(vector.hwcap, feature.bit)])),
    hwcap: fact(vector.hwcap, 'AT_HWCAP'),
    hwcap2: fact(vector.hwcap2, 'AT_HWCAP2'),
    pageSize: fact(vector.pageSize, 'AT_PAGESZ'),
    kernel,
    identity,
    notes: [],
  });
}

function fact<T>(value: T | null, entry: string): Fact<T> {
  return value === null ? unknown(`/proc/self/auxv has no ${entry}`) : known(value, `${entry} of /proc/self/auxv`);
}

function bit(hwcap: bigint | null, position: number): FeatureFact {
  if (hwcap === null) return { presence: 'unknown', source: '/proc/self/auxv has no AT_HWCAP' };
  return { presence: ((hwcap >> BigInt(position)) & 1n) === 1n ? 'present' : 'absent', source: 'AT_HWCAP of /proc/self/auxv' };
}
