/** What `state schema` answers. */
import type { Arch } from './cpu/feature.ts';

/** Releases that follow one another in the history. */
interface ReleaseSpan {
  readonly first: string;
  readonly last: string;
}

/** A saved type that a release does not have with these fields. */
export interface DifferingType {
  readonly name: string;
  /** Some object has it, so that runsc looks at it. */
  readonly used: boolean;
  /** The release has no such type. */
  readonly missing: boolean;
  readonly onlyInImage: readonly string[];
  readonly onlyInRelease: readonly string[];
}

export interface StateSchemaDocument {
  readonly schema: 'ckpt/state-schema@1';
  readonly tool: { readonly name: 'ckpt'; readonly version: string };
  readonly image: {
    readonly path: string;
    readonly runscVersion: string | null;
    readonly arch: Arch;
    readonly hmac: 'absent' | 'empty-key' | 'keyed';
    readonly keyVerified: boolean;
  };
  readonly types: {
    /** gVisor's own types that the kernel graph declares. */
    readonly declared: number;
    /** Those that some object has. */
    readonly used: number;
    /** Those that no release knows. */
    readonly unknown: readonly string[];
  };
  /** Releases whose types equal all that are declared, the order of fields included; else those with the most equal types. */
  readonly writtenBy: {
    readonly exact: boolean;
    readonly releases: readonly ReleaseSpan[];
    readonly equal: number;
    /** Where the newest of them differs. */
    readonly differing: readonly DifferingType[];
  };
  /** Releases that have every type in use with the same fields. */
  readonly loadableBy: readonly ReleaseSpan[];
  readonly version: {
    readonly value: string | null;
    /** Whether the types are those of the version that the image names; null when that is not known. */
    readonly agrees: boolean | null;
    readonly differing: readonly DifferingType[];
  };
  readonly against: {
    readonly release: string;
    /** The release that was compared with, or those between which the code lies. */
    readonly releases: readonly string[];
    readonly loads: boolean | null;
    readonly differing: readonly DifferingType[];
    readonly undecided: readonly { readonly name: string; readonly why: 'unknown-type' | 'changed-between' }[];
    /** Where decoding stops; null when it does not or that is not certain. */
    readonly firstMet: { readonly object: number; readonly type: string } | null;
    readonly runscError: string | null;
  } | null;
}
