/** A host out of /proc/cpuinfo. */
import { unknown } from './facts.ts';
import type { Fact, Host } from './host.ts';
import { AMD64_PAGE_SIZE } from './host-from-cpuid.ts';
import { hostFromArm64Facts } from './host-from-hwcap.ts';
import { parseCpuinfoArm64 } from './parse-cpuinfo-arm64.ts';
import { parseCpuinfoX86 } from './parse-cpuinfo-x86.ts';

const NOT_SHOWN = '/proc/cpuinfo does not show it';

/**
 * A host from /proc/cpuinfo of an x86 machine (its lines `flags`); `bugs` as for {@link parseCpuinfoX86}.
 *
 * @throws CkptError as {@link parseCpuinfoX86}.
 */
export function hostFromCpuinfoX86(name: string, text: string, bugs: 'shown' | 'not-shown' = 'shown'): Host {
  const { notEnabled, cpus, notes, ...facts } = parseCpuinfoX86(text, bugs);
  return {
    name,
    arch: 'amd64',
    source: 'cpuinfo',
    provenance: `/proc/cpuinfo${logicalCpus(cpus)}`,
    rejected: [],
    cpuid: null,
    ...facts,
    statesNotEnabled: notEnabled,
    mxcsrMask: notShown(),
    hwcap: notShown(),
    hwcap2: notShown(),
    pageSize: AMD64_PAGE_SIZE,
    kernel: notShown(),
    runscVersion: notShown(),
    capturedFrom: null,
    capturedAt: null,
    notes,
  };
}

/**
 * A host from /proc/cpuinfo of an arm64 machine (its lines `Features`).
 *
 * @throws CkptError as {@link parseCpuinfoArm64}.
 */
export function hostFromCpuinfoArm64(name: string, text: string): Host {
  const { cpus, notes, ...facts } = parseCpuinfoArm64(text);
  return hostFromArm64Facts(name, {
    ...facts,
    source: 'cpuinfo',
    provenance: `/proc/cpuinfo${logicalCpus(cpus)}`,
    pageSize: notShown(),
    kernel: notShown(),
    notes,
  });
}

function notShown<T>(): Fact<T> {
  return unknown(NOT_SHOWN);
}

function logicalCpus(count: number): string {
  return count > 1 ? `, ${count} logical CPUs` : '';
}
