/** One line of a verification: a check, how it came out, and what it covered. */
import type { Damage, Report } from './damage.ts';

/** The checks, in the order in which they are told. */
export const CHECK_IDS = [
  'header',
  'header-hmac',
  'chunks',
  'body-hmac',
  'feature-set',
  'kernel-graph',
  'kernel',
  'end',
  'memory-metadata',
  'pages',
  'fs-manifest',
  'fs-memory-metadata',
  'fs-files',
  'fs-pages',
  'archive',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

export type CheckOutcome = 'ok' | 'damaged' | 'not-checked';

/** What was looked at, by name: bytes, chunks, objects … In the order in which they are told. */
export type Covered = Readonly<Record<string, number>>;

/** One check, done. */
export interface Check {
  readonly id: CheckId;
  readonly outcome: CheckOutcome;
  /** What was found, or why it was not looked for. */
  readonly message: string;
  readonly covered: Covered;
  readonly damages: readonly Damage[];
  /** Damages that are counted and not listed. */
  readonly unlisted: number;
}

/** The most damages of one check that are listed. Stops a file of nothing but damage from filling memory. */
export const MOST_DAMAGES = 100;

/** A check in progress. */
export interface OpenCheck {
  readonly report: Report;
  /** Something is wrong. */
  readonly damaged: () => boolean;
  /** It covered this. With damage, the message is that there is some. */
  readonly done: (message: string, covered?: Covered) => Check;
  /** It could not be done, or not to its end. What is damaged in what was seen of it counts all the same. */
  readonly notDone: (why: string, covered?: Covered) => Check;
}

/** Begins a check that has found nothing yet. */
export function beginCheck(id: CheckId): OpenCheck {
  const damages: Damage[] = [];
  let unlisted = 0;
  const finish = (outcome: CheckOutcome, message: string, covered: Covered = {}): Check => {
    if (damages.length === 0) return { id, outcome, message, covered, damages, unlisted };
    const [first] = damages;
    const more = damages.length + unlisted - 1;
    const told = `${first?.message ?? message}${more === 0 ? '' : `, and ${more} more`}`;
    return { id, outcome: 'damaged', message: told, covered, damages, unlisted };
  };
  return {
    report(damage) {
      if (damages.length < MOST_DAMAGES) damages.push(damage);
      else unlisted++;
    },
    damaged: () => damages.length > 0,
    done: (message, covered) => finish('ok', message, covered),
    notDone: (why, covered) => finish('not-checked', why, covered),
  };
}
