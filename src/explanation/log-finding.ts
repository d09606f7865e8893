/** What a log says, in the words of its document. */
import type { Arch, Impact } from '../cpu/feature.ts';
import type { GateId } from '../restore/gate-ids.ts';
import type { LogRole } from './log-pattern.ts';

/** A code, with what it is called. */
export interface CodeRef {
  readonly code: string;
  readonly title: string;
  /** Page of the documentation. */
  readonly page: string;
}

/** A feature that a message names. */
export interface NamedFeature {
  /** As the message spells it. */
  readonly given: string;
  /** gVisor's name, or null when no vocabulary has it. */
  readonly name: string | null;
  readonly impact: Impact | null;
  readonly description: string | null;
}

/** The features of a message, and the machines that have them all. */
export interface NamedFeatures {
  readonly arch: Arch;
  readonly list: readonly NamedFeature[];
  /** CPU generations that have every one of them, as far as known. */
  readonly generations: readonly string[];
  /** Features whose generations are not known. */
  readonly undecided: readonly string[];
}

/** A mask of XSAVE components in words. */
export interface NamedMask {
  readonly mask: string;
  readonly components: readonly string[];
}

/** The masks of a refused floating-point state. */
export interface NamedState {
  readonly supported: NamedMask;
  readonly saved: NamedMask;
  /** In use, and not supported. */
  readonly missing: NamedMask;
}

/** How the fields of a refused type differ. */
export interface FieldDifference {
  readonly onlyInImage: readonly string[];
  readonly onlyInRunsc: readonly string[];
  /** Releases whose type has the fields of the image, and those whose type has the fields of the runsc: ranges of the known history. */
  readonly imageReleases: readonly ReleaseRange[];
  readonly runscReleases: readonly ReleaseRange[];
}

export interface ReleaseRange {
  readonly from: string;
  /** Last release of the history before the type changed again; null: up to the end of the history. */
  readonly to: string | null;
}

/** What a sandbox can have died of. */
export interface PossibleCause {
  readonly title: string;
  readonly gate: GateId | null;
  readonly codes: readonly string[];
  readonly why: string;
  readonly howToTell: string;
  /** The releases of runsc for which it comes into question; null: all. */
  readonly releases: string | null;
  /** What in this log speaks for it, or null. */
  readonly evidence: string | null;
}

/** One message that was recognised, and where. */
export interface LogFinding {
  /** Stable name of the message. */
  readonly id: string;
  readonly role: LogRole;
  readonly title: string;
  readonly gate: GateId | null;
  /** Number of the condition in docs/gates.md. */
  readonly order: number | null;
  /** Reasons of `ckpt check` that it can be, the likeliest first. */
  readonly codes: readonly CodeRef[];
  /** The releases that print it; null: as far as the known history goes. */
  readonly releases: { readonly from: string | null; readonly to: string | null };
  /** The first lines that have it (1-based), and how many there are. */
  readonly lines: readonly number[];
  readonly count: number;
  /** The message as it stands, without what is around it. */
  readonly message: string;
  readonly parts: readonly { readonly name: string; readonly value: string; readonly meaning: string }[];
  readonly features: NamedFeatures | null;
  readonly state: NamedState | null;
  /** Of a type that was refused. */
  readonly fields: FieldDifference | null;
  readonly meaning: string;
  readonly remedy: string;
  /** Only where a sandbox died without a word and the log does not say why. */
  readonly possibleCauses: readonly PossibleCause[];
  readonly source: string;
}
