/** The vocabulary of CPU features: names are gVisor's own (`pkg/cpuid`, Feature.String). */

export type Arch = 'amd64' | 'arm64';

export type CpuRegister = 'eax' | 'ebx' | 'ecx' | 'edx';

/**
 * What a missing feature means for a program that was saved with it.
 *
 * - `instruction`: an instruction that an application executes; without it the program dies of SIGILL.
 * - `os`: only a kernel or hypervisor uses it; an application in a sandbox never notices.
 * - `performance`: a hint about speed, errata or topology; results do not change.
 * - `dynamic`: reflects what the running kernel or virtual machine has enabled, not what the CPU can do.
 */
export type Impact = 'instruction' | 'os' | 'performance' | 'dynamic';

/** One feature that gVisor knows, with where its bit lies and what it is for. */
export interface CpuFeature {
  /** gVisor's name, e.g. `clfushopt`, `pni`. */
  readonly name: string;
  /** gVisor's feature number: 32 * block + bit. Error messages list features in this order. */
  readonly number: number;
  /** CPUID leaf (amd64) or null (arm64: AT_HWCAP). */
  readonly leaf: number | null;
  readonly subleaf: number | null;
  /** CPUID register (amd64) or `hwcap` (arm64). */
  readonly register: CpuRegister | 'hwcap';
  readonly bit: number;
  /** The flag in Linux's /proc/cpuinfo, or null when Linux never shows it. */
  readonly linuxName: string | null;
  /** Date (YYYYMMDD) of the gVisor commit that began to compare it at restore; a restoring runsc older than that ignores it. */
  readonly comparedSince: string;
  readonly impact: Impact;
  /** One sentence: what it is. */
  readonly description: string;
  /** Where the facts come from. */
  readonly source: string;
}

/** What is known of one feature on one host. */
export type Presence = 'present' | 'absent' | 'unknown';
