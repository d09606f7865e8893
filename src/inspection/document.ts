/** The result of `inspect`: a plain, versioned value. Every output format is a pure function of it. */

import type { CacheDescription } from '../cpu/caches.ts';
import type { Arch } from '../cpu/feature.ts';
import type { X8664Level } from '../cpu/x86-64-level.ts';
import type { ErrorDocument } from '../errors.ts';
import type { Framing, HeaderHmac } from '../statefile/statefile.ts';
import type { FileDocument } from './files.ts';
import type { FilesystemSection } from './filesystem.ts';
import type { KernelDocument } from './kernel-facts.ts';
import type { ImageAddressSpace } from './maps.ts';
import type { ImageMemory } from './memory.ts';
import type { MountDocument } from './mounts.ts';
import type { NetworkDocument } from './network.ts';
import type { ProcessDocument } from './process-document.ts';
import type { SocketDocument } from './sockets.ts';
import type { ThreadDocument } from './threads.ts';

/** The parts of an inspection, in the order in which they are shown. */
export const SECTIONS = [
  'summary',
  'cpu',
  'containers',
  'processes',
  'threads',
  'memory',
  'maps',
  'files',
  'sockets',
  'mounts',
  'network',
  'objects',
  'filesystem',
  'integrity',
] as const;
export type Section = (typeof SECTIONS)[number];

/** A section, or a part of one, that could not be read. */
export interface Incomplete {
  readonly section: Section;
  readonly code: string;
  readonly message: string;
  /** Path in the object graph, or null. */
  readonly path: string | null;
}

/** A section that images of this release, or the files that were given, do not hold. */
export interface Unavailable {
  readonly section: Section;
  readonly reason: string;
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
  readonly framing: Framing;
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
  /** Null where the kernel graph was not read, or holds no names (before 2024-04). */
  readonly id: string | null;
  readonly args: readonly string[];
  readonly cwd: string | null;
  /** `NAME` or, when asked for, `NAME=value`. */
  readonly env: readonly string[];
  readonly hostname: string | null;
  readonly rootReadonly: boolean | null;
  readonly mounts: readonly { readonly destination: string; readonly type: string | null }[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** The result of `inspect`. A section that was not asked for, or could not be read, is absent; null: the image does not hold it. */
export interface InspectDocument {
  readonly schema: 'ckpt/image@1';
  readonly image: ImageSummary;
  /** Header metadata; `container_specs` is in `containers`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The saved kernel as a whole, where the kernel graph was read for another section. */
  readonly kernel?: KernelDocument;
  readonly cpu?: ImageCpu;
  readonly containers?: readonly ImageContainer[] | null;
  readonly processes?: readonly ProcessDocument[];
  readonly threads?: readonly ThreadDocument[];
  readonly memory?: ImageMemory | null;
  readonly maps?: readonly ImageAddressSpace[];
  readonly files?: readonly FileDocument[];
  readonly sockets?: readonly SocketDocument[];
  readonly mounts?: readonly MountDocument[];
  readonly network?: NetworkDocument;
  readonly objects?: { readonly count: number; readonly types: number; readonly bytes: number };
  /** The files of a split checkpoint, which lie in a folder of their own (`fs/`); null for every other image. */
  readonly filesystem?: FilesystemSection | null;
  readonly integrity?: {
    readonly hmac: HeaderHmac;
    readonly keyVerified: boolean;
    /** Of the state file and pages_meta.img: read to the last byte. */
    readonly complete: boolean;
    /** Bytes that pages.img must have and has, null where that is not known or there is none; null when the pages are in the state file. */
    readonly pages: { readonly required: number | null; readonly present: number | null } | null;
  };
  /** Parts that could not be read, in the order in which they were met. */
  readonly incomplete: readonly Incomplete[];
  readonly unavailable: readonly Unavailable[];
  /** What stopped the reading; null when everything that was asked for was read. */
  readonly damage: ErrorDocument | null;
}
