/** The result of `check`: a plain, versioned value. Every output format is a pure function of it. */
import type { Arch } from '../cpu/feature.ts';
import type { HostSource } from '../host/host.ts';
import type { DocumentPolicy, PairPolicy } from './finding.ts';
import type { GateId } from './gate-ids.ts';
import type { AdviceCode, ReasonCode, ReasonDetails } from './reasons.ts';

export { GATE_IDS, type GateId } from './gate-ids.ts';

export type Verdict = 'restorable' | 'blocked' | 'unknown';

export type Relation = 'identical' | 'superset' | 'subset' | 'incompatible';

export type GateOutcome = 'pass' | 'fail' | 'unknown' | 'not-checked' | 'not-applicable';

/** Why a gate answered as it did. `order` is the number of the condition in docs/gates.md. */
export type Reason = {
  [C in ReasonCode]: { readonly code: C; readonly order: number; readonly message: string; readonly details: ReasonDetails[C] };
}[ReasonCode];

export interface GateResult {
  readonly id: GateId;
  readonly outcome: GateOutcome;
  readonly reasons: readonly Reason[];
}

export interface Advice {
  readonly code: AdviceCode;
  readonly message: string;
  /** Text to paste, when there is one. */
  readonly setting?: string;
}

export interface CheckedImage {
  readonly path: string;
  /** A filesystem checkpoint, for `runsc create -fs-restore-image-path`; a checkpoint of a sandbox does not have the field. */
  readonly kind?: 'fscheckpoint';
  readonly runscVersion: string | null;
  readonly arch: Arch | null;
  readonly createdAt: string | null;
  readonly compression: 'none' | 'flate-best-speed' | null;
}

export interface CheckedHost {
  readonly name: string;
  readonly source: HostSource;
  readonly evidence: 'exact' | 'partial';
  readonly arch: Arch;
  readonly runscVersion: string | null;
}

export interface RulesUsed {
  readonly release: string;
  readonly from: 'flag' | 'host' | 'image' | 'types' | 'newest';
}

export interface CheckResult {
  readonly image: CheckedImage;
  readonly host: CheckedHost;
  readonly rules: RulesUsed;
  readonly verdict: Verdict;
  readonly relation: Relation | null;
  readonly firstFailure: GateId | null;
  readonly runscError: string | null;
  readonly missingFeatures: readonly string[];
  readonly unknownFeatures: readonly string[];
  readonly gates: readonly GateResult[];
  readonly advice: readonly Advice[];
  /** What the policy makes of the findings; absent where no policy was given. The verdict stays what runsc will do. */
  readonly policy?: PairPolicy;
}

export interface CheckError {
  readonly image?: string;
  readonly host?: string;
  readonly spec?: string;
  /** A directory for a root file system or a mount, as it was named. */
  readonly tree?: string;
  readonly code: string;
  readonly message: string;
  readonly layer: string;
  readonly offset?: number;
}

export interface CheckDocument {
  readonly schema: 'ckpt/check@1';
  readonly tool: { readonly name: 'ckpt'; readonly version: string };
  readonly verdict: Verdict;
  readonly results: readonly CheckResult[];
  readonly errors: readonly CheckError[];
  /** Absent where no policy was given. */
  readonly policy?: DocumentPolicy;
}
