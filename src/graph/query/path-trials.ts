/** Tells a mistyped path from one that ends at nil: the same path is tried from many structs. */
import type { PathError } from './path-language.ts';

/** Where paths led so far. */
export interface PathTrials {
  /** The path leads somewhere, or ends at nil, from one of the structs. */
  found(path: string): void;
  missed(path: string, error: PathError): void;
  /**
   * To be called when all structs were tried.
   *
   * @throws PathError of a path that failed from every struct, always because the same type does not have the same field
   */
  check(): void;
}

export function pathTrials(): PathTrials {
  const possible = new Set<string>();
  const misses = new Map<string, PathError>();
  return {
    found(path) {
      possible.add(path);
    },
    missed(path, error) {
      const first = misses.get(path);
      if (first === undefined) misses.set(path, error);
      if (error.available.length === 0 || (first !== undefined && !sameMiss(first, error))) possible.add(path);
    },
    check() {
      for (const [path, error] of misses) if (!possible.has(path)) throw error;
    },
  };
}

function sameMiss(a: PathError, b: PathError): boolean {
  return (
    a.step === b.step &&
    a.available.length === b.available.length &&
    a.available.every((name, index) => name === b.available[index])
  );
}
