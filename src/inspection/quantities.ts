/** How quantities of 64 bits stand in documents: always text. */
import { signalNames } from '../kernel/tasks/signal-names.ts';

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

const BILLION = 1_000_000_000n;

/** Milliseconds that a Date can hold. @see ECMA-262, "Time Values and Time Range" */
const DATE_RANGE = 8_640_000_000_000_000n;

/** Nanoseconds since the epoch as `2026-11-23T06:19:44.575339736Z`; null for times that no calendar of ours holds. */
export function timeOrNull(nanoseconds: bigint | null): string | null {
  if (nanoseconds === null || nanoseconds < 0n || nanoseconds / 1_000_000n > DATE_RANGE) return null;
  const seconds = new Date(Number(nanoseconds / BILLION) * 1000).toISOString().slice(0, -'.000Z'.length);
  return `${seconds}.${String(nanoseconds % BILLION).padStart(9, '0')}Z`;
}

/** A set of signals: bit n-1 is signal n. */
export interface SignalSet {
  readonly mask: string;
  readonly signals: readonly string[];
}

export function signalSet(mask: bigint): SignalSet {
  return { mask: hex(mask), signals: signalNames(mask) };
}
