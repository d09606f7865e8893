/** A host out of what `runsc cpu-features` prints. */
import { unknown } from './facts.ts';
import type { Fact, Host } from './host.ts';
import { AMD64_PAGE_SIZE } from './host-from-cpuid.ts';
import { hostFromArm64Facts } from './host-from-hwcap.ts';
import { parseRunscCpuFeatures } from './parse-runsc-cpu-features.ts';

const PROVENANCE = 'output of runsc cpu-features';

/** @throws CkptError as {@link parseRunscCpuFeatures}. */
export function hostFromRunsc(name: string, text: string): Host {
  const { arch, notEnabled, ...facts } = parseRunscCpuFeatures(text);
  if (arch === 'arm64') {
    return hostFromArm64Facts(name, {
      features: facts.features,
      source: 'runsc',
      provenance: PROVENANCE,
      hwcap: notSaid(),
      hwcap2: notSaid(),
      pageSize: notSaid(),
      kernel: notSaid(),
      identity: null,
      notes: facts.notes,
    });
  }
  return {
    name,
    arch,
    source: 'runsc',
    provenance: PROVENANCE,
    rejected: [],
    cpuid: null,
    ...facts,
    statesNotEnabled: notEnabled,
    mxcsrMask: notSaid(),
    hwcap: notSaid(),
    hwcap2: notSaid(),
    pageSize: AMD64_PAGE_SIZE,
    kernel: notSaid(),
    microcode: notSaid(),
    runscVersion: notSaid(),
    identity: null,
    capturedFrom: null,
    capturedAt: null,
  };
}

function notSaid<T>(): Fact<T> {
  return unknown('runsc cpu-features does not say');
}
