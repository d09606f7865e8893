/** What is known of a machine that could restore an image. */

import type { CpuidTable } from '../cpu/cpuid-table.ts';
import type { Arch, Presence } from '../cpu/feature.ts';
import type { CpuIdentity } from '../cpu/identity.ts';

/** Where a host description came from, in words of the contract. */
export type HostSource =
  | 'cpuid'
  | 'probe'
  | 'dev-cpuid'
  | 'runsc'
  | 'cpuinfo'
  | 'profile'
  | 'auxv'
  | 'instlatx64'
  | 'libvirt'
  | 'firecracker'
  | 'lscpu'
  /** Labels of a Kubernetes node. */
  | 'labels'
  /** A named CPU model (`cpu:EPYC-Milan`). */
  | 'model';

/** One fact about a host: its value, or null when this description cannot tell, and where that comes from. */
export interface Fact<T> {
  readonly value: T | null;
  /** The evidence, e.g. `CPUID leaf 0xd`, `/proc/cpuinfo: clflush size`; for an unknown fact, why it is unknown. */
  readonly source: string;
}

/** One compared feature on one host. */
export interface FeatureFact {
  readonly presence: Presence;
  /** The evidence for it, or why it is unknown. */
  readonly source: string;
}

/** Bits of a mask that evidence decides one by one; a bit in neither is unknown. */
export interface KnownBits {
  /** Bits proven to be 1. */
  readonly set: bigint;
  /** Bits proven to be 0. */
  readonly clear: bigint;
}

/** A host as the gates see it. Every fact is either exact or unknown; nothing is guessed. */
export interface Host {
  /** What the caller named it: `current`, a file name, or the name given. */
  readonly name: string;
  readonly arch: Arch;
  readonly source: HostSource;
  /** Which evidence was used and why, for people: `CPUID, read by the probe`. */
  readonly provenance: string;
  /** Sources that were tried before and why they were not used. */
  readonly rejected: readonly { readonly source: string; readonly reason: string }[];
  /** Raw CPUID leaves, when the evidence holds them. */
  readonly cpuid: CpuidTable | null;
  /** Every feature of gVisor's table for this architecture, by gVisor name. */
  readonly features: ReadonlyMap<string, FeatureFact>;
  /** Bytes of a cache line, CPUID.1:EBX[15:8] * 8 (amd64). */
  readonly cacheLine: Fact<number>;
  /** CPUID leaf 0xD subleaf 0 EDX:EAX; 0 is never used: a host without XSAVE has the value null and `xsave` absent (amd64). */
  readonly xcr0: Fact<bigint>;
  /** What is proven of XCR0 bit by bit: for an exact `xcr0` every bit; all clear on a host without XSAVE (amd64). */
  readonly xcr0Known: KnownBits;
  /**
   * States that the operating system has certainly not enabled in the register XCR0, although CPUID leaf 0xD (`xcr0`) may name them:
   * XRSTOR faults on them. 0 when nothing is proven (amd64).
   */
  readonly statesNotEnabled: bigint;
  /** MXCSR bits that FXRSTOR accepts: the mask that FXSAVE stores, 0xffbf where it stores 0 (amd64). */
  readonly mxcsrMask: Fact<number>;
  /** Whether runsc would use XSAVE at all: CPUID.1:ECX.XSAVE and .OSXSAVE (amd64). */
  readonly useXsave: Fact<boolean>;
  readonly hwcap: Fact<bigint>;
  readonly hwcap2: Fact<bigint>;
  /** Bytes. */
  readonly pageSize: Fact<number>;
  readonly kernel: Fact<string>;
  readonly microcode: Fact<string>;
  readonly hypervisor: Fact<string>;
  readonly runscVersion: Fact<string>;
  /** Who made the CPU and which one it is, or null when the evidence says nothing of it. */
  readonly identity: CpuIdentity | null;
  /** For a host read back from a profile: the evidence that the profile was made of. */
  readonly capturedFrom: { readonly source: HostSource; readonly provenance: string } | null;
  /** RFC 3339 time at which a profile was captured, or null. */
  readonly capturedAt: string | null;
  /** Things a person should know about this description, e.g. logical CPUs that differ. */
  readonly notes: readonly string[];
}
