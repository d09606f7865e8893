/** What the gates need to know of an image: facts only, already decoded. */
import type { Arch } from '../cpu/feature.ts';
import type { FeatureSet } from '../cpu/feature-set.ts';
import type { FpuState } from '../cpu/xsave.ts';
import type { FileKind } from '../kernel/files/file-kinds.ts';
import type { GoferFiles } from '../kernel/files/gofer-files.ts';
import type { GpuState } from '../kernel/gpu-state.ts';
import type { FileHolder } from '../kernel/network/saved-socket.ts';
import type { NeedyEndpoint } from '../kernel/network/socket-needs.ts';
import type { ResourceId } from '../kernel/resource-id.ts';
import type { FirstRefused } from '../kernel/types/first-refused.ts';
import type { GoStruct } from '../oci/go-value.ts';
import type { Framing, HeaderHmac } from '../statefile/statefile.ts';

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

/** A saved type that the restoring release does not have with these fields. */
export interface TypeMismatch {
  readonly name: string;
  readonly image: readonly string[];
  /** Null where the release has no such type. */
  readonly release: readonly string[] | null;
}

/** How the types of the kernel graph fit the restoring runsc. */
export type TypesFit =
  /** It is the runsc that saved the image, or is taken for it. */
  | { readonly kind: 'same-release' }
  /** It names no code that the history of types knows. */
  | { readonly kind: 'unknown-release' }
  | {
      readonly kind: 'compared';
      /** The release that was compared with, or those between which the code lies. */
      readonly releases: readonly string[];
      /** How many types are in use. */
      readonly used: number;
      /** Types in use, in order of declaration. */
      readonly differing: readonly TypeMismatch[];
      /** Types in use about which the history cannot tell. */
      readonly undecided: readonly { readonly name: string; readonly why: 'unknown-type' | 'changed-between' }[];
      /** Where decoding stops, or null when that is not certain. */
      readonly first: (TypeMismatch & Omit<FirstRefused, 'certain' | 'typeId'>) | null;
    };

/** Saved specs by container name, or why there are none. */
export type SavedSpecs =
  | { readonly kind: 'specs'; readonly byName: ReadonlyMap<string, GoStruct> }
  | { readonly kind: 'none' }
  /** They are not what Go's decoder accepts. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** What lies at a path of the directory that the new sandbox gets for a mount. Codes of errors are those of Linux (`ENOENT`). */
export interface Sight {
  /** Null when it could not be looked at, or nothing is there. */
  readonly kind: FileKind | null;
  readonly error: string | null;
  /** Why a file or directory cannot be opened as it was; null when it can, or when it was not open. */
  readonly refused: string | null;
  /** Why nothing can be put into a directory in which a restore makes files; null when it can, or when nothing is to be made. */
  readonly unfillable: string | null;
}

/** The files of one mount, and what was found in its place. */
export interface NeededFiles extends GoferFiles {
  /** Null: no directory was given. `unreadable`: it could not be opened. */
  readonly found: { readonly directory: string; readonly sights: ReadonlyMap<string, Sight> } | 'unreadable' | null;
}

/** The files of the host that the saved graph still holds. */
export interface HostFiles {
  /** False where a part of the graph could not be read, so that files may be missing from the lists. */
  readonly complete: boolean;
  readonly mounts: readonly NeededFiles[];
  /** Inherited files of processes that `runsc exec` started, which the restoring runsc will not be given; absent for none. */
  readonly lost?: readonly ResourceId[];
  /** Directories that were given for a mount that the image does not have, as they were named. */
  readonly unused: readonly string[];
}

/** An endpoint of the saved network stack that needs something of the new network. */
export interface NeedySocket extends NeedyEndpoint {
  /** Processes that hold it open; none for a connection without a file. */
  readonly holders: readonly FileHolder[];
}

/** What the saved sockets need; empty where the restoring release restores without it. */
export interface SocketNeeds {
  /** False where a part of the graph could not be read, so that sockets may be missing. */
  readonly complete: boolean;
  readonly sockets: readonly NeedySocket[];
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
    /** The state file itself holds memory, whatever lies beside it; absent: when that is the place. */
    readonly inState?: boolean;
    /** Owners of private memory files that the kernel refers to and that lie in the folder fs/ of a split checkpoint; absent for none. */
    readonly apart?: readonly string[];
  };
  readonly metadata: ReadonlyMap<string, string>;
  readonly headerHmac: HeaderHmac;
  /** The key of the caller was used and fits; meaningful when the image is keyed. */
  readonly keyVerified: boolean;
  readonly framing: Framing;
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
  readonly containerSpecs: SavedSpecs;
  readonly gpu: GpuState;
  readonly hostFiles: HostFiles;
  /** Value of the annotation dev.gvisor.internal.cpufeatures in the saved specs; undefined when there are no specs. */
  readonly levelledTo: readonly string[] | null | undefined;
  /** The files of a writable layer were kept in a memory file of their own at a time when those were not saved (2023-01-31 to 2023-11-29). */
  readonly privateMemoryLost: boolean;
  /** Saved floating-point states, in graph order. */
  readonly tasks: readonly TaskFpu[];
  /** Depends on the restoring runsc, unlike the other facts. */
  readonly typesFit: TypesFit;
  /** Depends on the restoring runsc, too. */
  readonly socketNeeds: SocketNeeds;
}
