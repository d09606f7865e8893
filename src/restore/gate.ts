/** What a gate is: a pure function of image, host and rules. */
import type { Host } from '../host/host.ts';
import type { ImageFacts } from './image-facts.ts';
import type { ReasonCode, ReasonDetails } from './reasons.ts';
import type { GateId, GateOutcome, Reason } from './result.ts';
import type { Rules } from './rules.ts';
import { NO_SETTINGS, type RestoreSettings } from './settings.ts';

/** Where a failing gate would stop runsc, and what runsc prints there. */
export interface GateFailure {
  /** The place of the condition in the order in which this runsc checks; see {@link positionOf}. */
  readonly position: number;
  /** The innermost message as this release prints it, or null when it cannot be known. */
  readonly error: string | null;
}

export interface GateAnswer {
  readonly outcome: GateOutcome;
  readonly reasons: readonly Reason[];
  /** Not null exactly when the outcome is `fail`: the first of the failing conditions. */
  readonly failure: GateFailure | null;
}

/** One gate, with the facts of the image that it looks at. */
export interface Gate {
  readonly id: GateId;
  /** Answers, or returns null when the image lacks one of the facts that the gate needs. */
  readonly check: (image: Partial<ImageFacts>, host: Host, rules: Rules, settings?: RestoreSettings) => GateAnswer | null;
}

/** Makes a gate of a function that needs certain facts of the image. */
export function defineGate<K extends keyof ImageFacts>(
  id: GateId,
  needs: readonly K[],
  check: (image: Pick<ImageFacts, K>, host: Host, rules: Rules, settings: RestoreSettings) => GateAnswer,
): Gate {
  return {
    id,
    check: (image, host, rules, settings = NO_SETTINGS) => {
      if (!hasFacts(image, needs)) return null;
      return check(image, host, rules, settings);
    },
  };
}

function hasFacts<K extends keyof ImageFacts>(image: Partial<ImageFacts>, needs: readonly K[]): image is Pick<ImageFacts, K> {
  return needs.every((key) => image[key] !== undefined);
}

/** A reason; its details have the shape that its code demands. */
export function reason<C extends ReasonCode>(code: C, order: number, message: string, details: ReasonDetails[C]): Reason {
  // The parameters tie code and details together; TypeScript cannot follow that into the union.
  return { code, order, message, details } as unknown as Reason;
}

/** Passes, perhaps with something to know about it. */
export function pass(...reasons: readonly Reason[]): GateAnswer {
  return { outcome: 'pass', reasons, failure: null };
}

/** That runsc or architecture has no such gate. */
export function notApplicable(...reasons: readonly Reason[]): GateAnswer {
  return { outcome: 'not-applicable', reasons, failure: null };
}

/** The answer rests on facts that are not known. */
export function unknown(...reasons: readonly Reason[]): GateAnswer {
  return { outcome: 'unknown', reasons, failure: null };
}

/** The host side was not given. */
export function notChecked(...reasons: readonly Reason[]): GateAnswer {
  return { outcome: 'not-checked', reasons, failure: null };
}

/** Fails for one reason. */
export function fail(because: Reason, rules: Rules, error: string | null): GateAnswer {
  return { outcome: 'fail', reasons: [because], failure: { position: positionOf(because.order, rules), error } };
}

/** Where a release before `specs-in-header` comes to what it reads after the whole kernel graph (conditions 28 to 39). */
const AFTER_KERNEL_LOAD = 39.5;
/** Where a release between `container-count-checked` and `reader-first` verifies the header: after count and header version, before the kernel. */
const LATE_READER = 27.5;

/**
 * The place of a condition (its number in docs/gates.md) in the order in which a release really checks.
 *
 * The numbers are the order of today. Four conditions lay elsewhere once: the verification of the header (13), which came after the
 * look at its keys from 2024-04-29 to 2025-04-07, and the container specs (16) and the version (17), which were read after the kernel
 * graph from 2024-09-11 and 2024-10-28 on, until they moved into the header; the version came before the specs then, and behind the specs
 * their comparison (20).
 *
 * @see gVisor runsc/boot/controller.go: containerManager.Restore; runsc/boot/restore.go: restorer.restore
 */
export function positionOf(order: number, rules: Rules): number {
  if (order === 13 && rules.has('container-count-checked') && !rules.has('reader-first')) return LATE_READER;
  if (order === 16 && !rules.has('specs-in-header')) return AFTER_KERNEL_LOAD + 0.2;
  if (order === 17 && !rules.has('version-in-header')) return AFTER_KERNEL_LOAD + 0.1;
  if (order === 20 && !rules.has('specs-in-header')) return AFTER_KERNEL_LOAD + 0.3;
  return order;
}
