/** Numbers as people read them. */

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A size in bytes: `1.4 MiB (1474560 bytes)`, or rounded only (`short`): `1.4 MiB`. Below 1 KiB `512 bytes`. */
export function byteSize(bytes: number, form: 'exact' | 'short' = 'exact'): string {
  if (bytes < 1024) return countOf(bytes, 'byte');
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const rounded = `${value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${UNITS[unit]}`;
  return form === 'short' ? rounded : `${rounded} (${bytes} bytes)`;
}

/** `1 feature`, `2 features`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** An RFC 3339 time in UTC as `2026-11-23 04:38:51 UTC`. */
export function timeText(time: string): string {
  return time.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/, '$1 $2 UTC');
}
