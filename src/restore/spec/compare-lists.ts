/** How runsc compares lists whose order does not matter. */
import type { GoStruct, GoValue } from '../../oci/go-value.ts';

/** `different` has no text of its own in runsc's message. */
export type ListProblem = 'length mismatch' | 'duplicate value' | 'different';

/**
 * Compares two lists as sets; a value that is twice in one list is a problem even when both have it twice. Missing equals empty.
 *
 * @see gVisor runsc/specutils/restore.go: validateArray
 */
export function compareLists(saved: readonly GoValue[] | null, given: readonly GoValue[] | null): ListProblem | null {
  const before = (saved ?? []).map(keyOf);
  const after = (given ?? []).map(keyOf);
  if (before.length !== after.length) return 'length mismatch';
  const known = new Set(before);
  if (known.size < before.length || new Set(after).size < after.length) return 'duplicate value';
  return after.every((key) => known.has(key)) ? null : 'different';
}

/** A text that is the same for equal values. */
export function keyOf(value: GoValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(keyOf).join(',')}]`;
  if (value instanceof Map)
    return `{${[...(value as GoStruct)].map(([name, item]) => `${JSON.stringify(name)}:${keyOf(item)}`).join(',')}}`;
  return String(value);
}
