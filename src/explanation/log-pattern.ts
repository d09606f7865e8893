/** What is known of one message of runsc. */
import type { GateId } from '../restore/gate-ids.ts';
import type { ReasonCode } from '../restore/reasons.ts';

/**
 * What a message is for the failure of a restore.
 *
 * - `cause`: the condition that was not met.
 * - `death`: the sandbox or the command ended without saying why; something else is the cause.
 * - `note`: worth knowing, and no reason to fail.
 */
export type LogRole = 'cause' | 'death' | 'note';

/** What to tell of a message. */
export interface PatternText {
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
}

/** One message: its shapes in every release, and what it means. */
export interface LogPattern {
  /** Stable name. */
  readonly id: string;
  /** See `log-shape.ts`; several where releases word it differently. */
  readonly shapes: readonly string[];
  /** The whole message has that shape: it is too short to be looked for inside another. */
  readonly whole?: true;
  /** It stands around others; what else is found on the line says more. */
  readonly general?: true;
  readonly role: LogRole;
  /** The number of the condition in docs/gates.md; null for what is none. */
  readonly order: number | null;
  readonly gate: GateId | null;
  /** The reasons of `ckpt check` that it can be; the likeliest first. */
  readonly codes: readonly ReasonCode[];
  /** First release that prints it, and the last; absent: as far as the known history goes. */
  readonly from?: string;
  readonly to?: string;
  /** What it is where the log names a runsc of none of these releases. */
  readonly outside?: LogRole;
  /** What the parts of the shapes are. */
  readonly parts?: Readonly<Record<string, string>>;
  /** Absent: the text of the first code. */
  readonly text?: PatternText;
  /** gVisor file and function, or where else it comes from. */
  readonly source: string;
}
