/** What stands between an image and a host, one by one, and what a policy says of it. */
import type { Impact } from '../cpu/feature.ts';
import type { GateId } from './gate-ids.ts';
import type { ReasonCode } from './reasons.ts';

/** One thing that blocks a restore or leaves it undecided. */
export interface Finding {
  readonly gate: GateId;
  readonly code: ReasonCode;
  readonly outcome: 'fail' | 'unknown';
  /** The CPU feature that is missing or unknown (gVisor's name), for the reasons that list features; else null. */
  readonly feature: string | null;
  /** The impact of that feature; `unnamed` for bits that gVisor had no name for. */
  readonly impact: Impact | 'unnamed' | null;
  /** One sentence; may hold unescaped text of the image. */
  readonly message: string;
}

/** A reasoned exception that a person made. Texts are the author's, unescaped. */
export interface Waiver {
  readonly id: string;
  readonly reason: string;
  readonly owner: string | null;
  /** The last day on which it counts, YYYY-MM-DD; null: it does not expire. */
  readonly expires: string | null;
}

/** A finding with what the policy makes of it. It never changes the verdict: runsc knows no policies. */
export interface JudgedFinding extends Finding {
  /** What it does to the exit code: `block` fails the gate, `open` leaves it undecided, `warn` and `ignore` do neither. */
  readonly level: 'block' | 'open' | 'warn' | 'ignore';
  /** Who says so: nobody (its outcome alone), a rule, a waiver, or the file of accepted findings. */
  readonly by: 'outcome' | 'rule' | 'waiver' | 'baseline';
  /** The waiver that counts (`by: waiver`), or one that would if it had not expired. */
  readonly waiver: (Waiver & { readonly expired: boolean }) | null;
}

/** What the policy makes of a pair: the strictest level of its findings. */
export interface PairPolicy {
  readonly outcome: 'pass' | 'warn' | 'open' | 'fail';
  readonly findings: readonly JudgedFinding[];
}

/** What the policy makes of all pairs, and what became of its waivers. */
export interface DocumentPolicy {
  /** The configuration file, or null. */
  readonly config: string | null;
  readonly outcome: PairPolicy['outcome'];
  readonly waivers: readonly (Waiver & { readonly state: 'active' | 'expired' | 'unused'; readonly findings: number })[];
  /** Things to tell: rules that matched nothing, waivers that end soon. */
  readonly notes: readonly string[];
}
