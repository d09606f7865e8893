/** Hosts for tests that have just these features. */
import type { Presence } from '../../src/cpu/feature.ts';
import { featuresOf } from '../../src/cpu/feature-names.ts';
import { allBits, known, unknown } from '../../src/host/facts.ts';
import type { FeatureFact, Host } from '../../src/host/host.ts';

/** An amd64 host: features that are named are as given, all others are absent. */
export function hostWith(name: string, presences: Readonly<Record<string, Presence>>, more: Partial<Host> = {}): Host {
  const features = new Map<string, FeatureFact>(
    featuresOf('amd64').map((feature) => [feature.name, { presence: presences[feature.name] ?? 'absent', source: 'the test' }]),
  );
  return {
    name,
    arch: 'amd64',
    source: 'cpuid',
    provenance: 'the test',
    rejected: [],
    cpuid: null,
    features,
    cacheLine: known(64, 'the test'),
    xcr0: known(7n, 'the test'),
    xcr0Known: allBits(7n),
    statesNotEnabled: 0n,
    mxcsrMask: unknown('the test'),
    useXsave: known(true, 'the test'),
    hwcap: unknown('the test'),
    hwcap2: unknown('the test'),
    pageSize: known(4096, 'the test'),
    kernel: unknown('the test'),
    microcode: unknown('the test'),
    hypervisor: unknown('the test'),
    runscVersion: unknown('the test'),
    identity: null,
    capturedFrom: null,
    capturedAt: null,
    notes: [],
    ...more,
  };
}
