/** What the gates need to know of an image: facts only, already decoded. */
import type { Arch } from '../cpu/feature.ts';
import type { FeatureSet } from '../cpu/feature-set.ts';
import type { FpuState } from '../cpu/xsave.ts';

/** How the body of checkpoint.img is framed (docs/format.md). */
export type BodyFraming = 'flate' | 'raw' | 'chunked';

/** Whether 32 bytes of HMAC follow the header, and whose key made them. */
export type HeaderHmac = 'absent' | 'empty-key' | 'keyed';

/** One saved thread's floating-point state, with whose it is. */
export interface TaskFpu {
  /** Thread id in the root PID namespace, or null for a task that is in no namespace any more (dead, but still in the graph). */
  readonly tid: number | null;
  readonly pid: number | null;
  /** Thread name (comm); may hold any bytes. */
  readonly name: string | null;
  readonly container: string | null;
  /** Graph path of the state, e.g. `g1r441`. */
  readonly path: string;
  readonly fpu: FpuState;
}

export interface ImageFacts {
  readonly path: string;
  /** Which files the image has. `bare` is a state file given by itself: what lies beside it is not looked at. */
  readonly files: { readonly bare: boolean; readonly pagesMeta: boolean; readonly pages: boolean };
  /** The saved memory: in the stream, in pages.img, or (a state file given by itself) in files that were not given. Bytes. */
  readonly pages: {
    readonly place: 'inline' | 'separate' | 'elsewhere';
    /** Bytes that pages.img must hold; null when its metadata is missing. */
    readonly required: number | null;
    readonly present: number | null;
  };
  readonly metadata: ReadonlyMap<string, string>;
  readonly headerHmac: HeaderHmac;
  /** The key of the caller was used and fits; meaningful when the image is keyed. */
  readonly keyVerified: boolean;
  readonly framing: BodyFraming;
  readonly compression: 'none' | 'flate-best-speed';
  /** The metadata names the compression; before 2023-08 it does not. */
  readonly compressionNamed: boolean;
  readonly createdAt: string | null;
  readonly arch: Arch;
  /** Declared type and fields of the first graph's root, in declared order: what gate `cpu-arch` compares. */
  readonly featureSetFields: readonly string[];
  readonly cpu: FeatureSet;
  readonly runscVersion: { readonly value: string; readonly from: 'header' | 'kernel' } | null;
  /** For an image without a version: the releases whose types equal the declared ones best, first and last (`release-YYYYMMDD.N`); `exact` when all are equal. */
  readonly typesRelease: { readonly first: string; readonly last: string; readonly exact: boolean } | null;
  readonly containerSpecsFrom: 'header' | 'kernel' | null;
  /** Value of the annotation dev.gvisor.internal.cpufeatures in the saved specs; undefined when there are no specs. */
  readonly levelledTo: readonly string[] | null | undefined;
  /** The files of a writable layer were kept in a memory file of their own at a time when those were not saved (2023-01-31 to 2023-11-29). */
  readonly privateMemoryLost: boolean;
  /** Saved floating-point states, in graph order. */
  readonly tasks: readonly TaskFpu[];
}
