/** The result of `inspect`: a plain, versioned value. Every output format is a pure function of it. */
import type { CacheDescription } from './cpu/caches.ts';
import type { Arch } from './cpu/feature.ts';
import type { X8664Level } from './cpu/x86-64-level.ts';
import type { BodyFraming, HeaderHmac } from './restore/image-facts.ts';

/** The parts of an inspection, in the order in which they are shown. */
export const SECTIONS = ['summary', 'cpu', 'containers', 'processes', 'memory', 'integrity', 'objects'] as const;
export type Section = (typeof SECTIONS)[number];

/** What could not be read, and where. */
export interface Damage {
  readonly code: string;
  readonly message: string;
  readonly layer: string;
  readonly offset: number | null;
}

/** Section `summary`. */
export interface ImageSummary {
  readonly path: string;
  readonly runscVersion: string | null;
  /** Where the version is: in the header, in the kernel graph (2024-10-28 to 2025-03-12), or nowhere. */
  readonly runscVersionFrom: 'header' | 'kernel' | null;
  /** Releases whose saved types equal the image's best, when no version is named and the kernel graph was read. */
  readonly datedByTypes: { readonly first: string; readonly last: string } | null;
  readonly arch: Arch;
  readonly createdAt: string | null;
  readonly compression: 'none' | 'flate-best-speed';
  readonly framing: BodyFraming;
  readonly hmac: HeaderHmac;
  /** The caller's key fits. */
  readonly keyVerified: boolean;
  readonly containerCount: number | null;
  /** Sizes in bytes; null for a file that the image does not have. */
  readonly bytes: { readonly statefile: number | null; readonly pagesMeta: number | null; readonly pages: number | null };
}

/** Section `cpu`. Masks and registers are hexadecimal strings. */
export interface ImageCpu {
  readonly arch: Arch;
  readonly encoding: string;
  readonly vendor: string | null;
  readonly brand: string | null;
  readonly family: number | null;
  readonly model: number | null;
  readonly stepping: number | null;
  readonly microarchitecture: string | null;
  /** x86-64 level that the features reach (0: below v1); null on arm64. */
  readonly level: X8664Level | null;
  /** gVisor names in feature-number order. */
  readonly features: readonly string[];
  /** Feature numbers without a name (images before 2022-01 only). */
  readonly unnamedFeatures: readonly number[];
  readonly cacheLine: number | null;
  readonly caches: readonly CacheDescription[];
  readonly xcr0: string | null;
  readonly xsaveSize: number | null;
  readonly physicalAddressBits: number | null;
  readonly virtualAddressBits: number | null;
  readonly hwcap: string | null;
  readonly hwcap2: string | null;
  /** MIDR fields (arm64). */
  readonly implementer: number | null;
  readonly part: number | null;
  readonly variant: number | null;
  readonly revision: number | null;
  /** Whether the sandbox was limited by the annotation dev.gvisor.internal.cpufeatures; `unknown` without specs. */
  readonly levelled: 'yes' | 'no' | 'unknown';
  readonly levelledTo: readonly string[] | null;
  /** Saved CPUID answers as `[leaf, subleaf, eax, ebx, ecx, edx]`. */
  readonly leaves: readonly (readonly string[])[];
}

export interface ImageContainer {
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string | null;
  /** `NAME` or, when asked for, `NAME=value`. */
  readonly env: readonly string[];
  readonly hostname: string | null;
  readonly rootReadonly: boolean | null;
  readonly mounts: readonly { readonly destination: string; readonly type: string | null }[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** One thread's floating-point state (amd64). */
export interface ThreadFpu {
  readonly tid: number | null;
  readonly name: string | null;
  readonly xstateBv: string;
  /** Components in use, by name. */
  readonly components: readonly string[];
  readonly xcompBv: string | null;
  readonly mxcsr: string | null;
  readonly bytes: number;
}

export interface ImageProcess {
  /** Process id in the root PID namespace; null for the threads that are in none any more. */
  readonly pid: number | null;
  readonly tids: readonly number[];
  readonly ppid: number | null;
  readonly name: string;
  readonly container: string | null;
  readonly fpu: readonly ThreadFpu[];
}

export interface ImageMemory {
  /** Where the pages are. */
  readonly place: 'inline' | 'separate';
  readonly committedBytes: number;
  /** The main memory file first. */
  readonly files: readonly { readonly ranges: number; readonly committedBytes: number }[];
}

/** The result of `inspect`. A section that was not asked for, or could not be read, is absent. */
export interface InspectDocument {
  readonly schema: 'ckpt/image@1';
  readonly image: ImageSummary;
  /** Header metadata; `container_specs` is in `containers`. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly cpu?: ImageCpu;
  readonly containers?: readonly ImageContainer[] | null;
  readonly processes?: readonly ImageProcess[];
  readonly memory?: ImageMemory | null;
  readonly integrity?: { readonly hmac: HeaderHmac; readonly keyVerified: boolean; readonly complete: boolean };
  readonly objects?: { readonly count: number; readonly types: number; readonly bytes: number };
  /** What stopped the reading; null when everything that was asked for was read. */
  readonly damage: Damage | null;
}
