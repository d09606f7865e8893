/** Durations as people read them. */

/** Units and how many nanoseconds they have, the largest first. */
const UNITS = [
  ['d', 86_400_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['min', 60_000_000_000n],
] as const;

/** Nanoseconds as `0 s`, `0.21 s`, `14.5 s`, `1 h 59 min 56 s`, `3 d 2 h`: two digits after the point below a minute, and at most three units. */
export function durationText(nanoseconds: string): string {
  let rest = BigInt(nanoseconds);
  if (rest < 60_000_000_000n) return `${Number((Number(rest) / 1e9).toFixed(2))} s`;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    if (rest >= size) parts.push(`${rest / size} ${unit}`);
    rest %= size;
  }
  const seconds = rest / 1_000_000_000n;
  if (seconds > 0n && parts.length < 3) parts.push(`${seconds} s`);
  return parts.join(' ');
}
