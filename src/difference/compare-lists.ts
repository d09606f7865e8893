/** Compares two lists of things that have an identity. */
import type { Compared, Difference, SideValue } from './difference.ts';

/** How things of one sort are compared. */
export interface Sort<T> {
  readonly section: Compared;
  /** Things with the same key are the same thing. Keys may repeat: the first of A is paired with the first of B, and so on. */
  readonly key: (item: T) => string;
  /** How a person would name it. */
  readonly subject: (item: T) => string;
  /** What is shown of a thing that only one side has; null for its name alone. */
  readonly shown?: (item: T) => SideValue;
  /** What must be equal, by name; what is not listed is no difference. Undefined: not known of that side, which is no difference either. */
  readonly fields: Readonly<Record<string, (item: T) => SideValue | undefined>>;
}

/** One thing on both sides, or on one. */
export interface Pair<T> {
  readonly a: T | null;
  readonly b: T | null;
}

/** Pairs by key: those of A in their order, then what only B has in its order. */
export function pairByKey<T>(a: readonly T[], b: readonly T[], key: (item: T) => string): Pair<T>[] {
  const waiting = new Map<string, T[]>();
  for (const item of b) {
    const same = waiting.get(key(item));
    if (same === undefined) waiting.set(key(item), [item]);
    else same.push(item);
  }
  const taken = new Map<string, number>();
  const pairs: Pair<T>[] = a.map((item) => {
    const index = taken.get(key(item)) ?? 0;
    taken.set(key(item), index + 1);
    return { a: item, b: waiting.get(key(item))?.[index] ?? null };
  });
  const left = new Map(taken);
  for (const item of b) {
    const before = left.get(key(item)) ?? 0;
    left.set(key(item), before - 1);
    if (before <= 0) pairs.push({ a: null, b: item });
  }
  return pairs;
}

/** The differences of two lists, pair by pair. */
export function compareLists<T>(a: readonly T[], b: readonly T[], sort: Sort<T>): Difference[] {
  return comparePairs(pairByKey(a, b, sort.key), sort);
}

/** The differences of things that are paired already. */
export function comparePairs<T>(pairs: readonly Pair<T>[], sort: Sort<T>): Difference[] {
  return pairs.flatMap((pair) => comparePair(pair, sort));
}

function comparePair<T>({ a, b }: Pair<T>, { section, subject, shown, fields }: Sort<T>): Difference[] {
  if (a === null && b === null) return [];
  if (a === null || b === null) {
    const only = (a ?? b) as T;
    const value = shown?.(only) ?? null;
    return [
      {
        section,
        change: a === null ? 'added' : 'removed',
        subject: subject(only),
        field: null,
        a: a === null ? null : value,
        b: b === null ? null : value,
      },
    ];
  }
  return Object.entries(fields).flatMap(([field, of]): Difference[] => {
    const [left, right] = [of(a), of(b)];
    return left === undefined || right === undefined || same(left, right)
      ? []
      : [{ section, change: 'changed', subject: subject(a), field, a: left, b: right }];
  });
}

function same(a: SideValue, b: SideValue): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
