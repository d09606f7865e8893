/** Points in time as text. */

const BILLION = 1_000_000_000n;

/** Milliseconds that a Date can hold. @see ECMA-262, "Time Values and Time Range" */
const DATE_RANGE = 8_640_000_000_000_000n;

/** Nanoseconds since 1970, also before it, as `2026-11-23T06:19:44.575339736Z`; null for times that no calendar of ours holds. */
export function timeText(nanoseconds: bigint): string | null {
  const fraction = ((nanoseconds % BILLION) + BILLION) % BILLION;
  const milliseconds = (nanoseconds - fraction) / 1_000_000n;
  if (milliseconds > DATE_RANGE || milliseconds < -DATE_RANGE) return null;
  return `${new Date(Number(milliseconds)).toISOString().slice(0, -'.000Z'.length)}.${String(fraction).padStart(9, '0')}Z`;
}
