/** How quantities of 64 bits stand in documents: always text. */
import { signalNames } from '../kernel/tasks/signal-names.ts';
import { timeText } from '../kernel/time-text.ts';

/** Registers, masks and addresses: `0x1f`. */
export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

export function hexOrNull(value: bigint | null): string | null {
  return value === null ? null : hex(value);
}

export function decimalOrNull(value: bigint | null): string | null {
  return value === null ? null : value.toString();
}

/** Nanoseconds since 1970 as text; null for times before it, and for those that no calendar of ours holds. */
export function timeOrNull(nanoseconds: bigint | null): string | null {
  return nanoseconds === null || nanoseconds < 0n ? null : timeText(nanoseconds);
}

/** A set of signals: bit n-1 is signal n. */
export interface SignalSet {
  readonly mask: string;
  readonly signals: readonly string[];
}

export function signalSet(mask: bigint): SignalSet {
  return { mask: hex(mask), signals: signalNames(mask) };
}
