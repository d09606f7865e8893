/** Which gVisor releases could have written an image, told from the types that it declares. */
import type { Arch } from '../cpu/feature.ts';
import type { DeclaredType } from '../graph/graph.ts';

/** The saved fields of every state type by release: type → [index of the first release with this list, fields or null]. */
export interface SchemaHistory {
  readonly releases: readonly string[];
  readonly types: Readonly<Record<string, readonly (readonly [first: number, fields: readonly string[] | null])[]>>;
}

/** The releases whose types equal the declared ones best. */
export interface ReleaseRange {
  readonly first: string;
  readonly last: string;
  /** Declared types that equal those of these releases. */
  readonly equal: number;
  /** All of gVisor's types that the image declares equal those of these releases. */
  readonly exact: boolean;
}

/**
 * Dates an image by its declared types; null when the history knows none of them.
 *
 * Consecutive releases usually differ in some type, so the answer is good to a few weekly releases.
 *
 * @param named the image has a version string, though not one that names a release (`VERSION_MISSING`).
 * @see schema-history.json: the StateFields of gVisor's generated code at each release tag since 2021-01.
 */
export async function releaseOfTypes(types: readonly DeclaredType[], arch: Arch, named: boolean): Promise<ReleaseRange | null> {
  const { default: history } = (await import('./schema-history.json', { with: { type: 'json' } })) as unknown as {
    default: SchemaHistory;
  };
  return bestReleases(history, types, arch, named);
}

/** First release whose images always name their runsc version (in the kernel graph, later in the header). @see 9aa74f6bb */
const NAMED_SINCE = 'release-20241104.0';

/** The releases with the most equal types; the pure part of {@link releaseOfTypes}. */
export function bestReleases(
  history: SchemaHistory,
  types: readonly DeclaredType[],
  arch: Arch,
  named: boolean,
): ReleaseRange | null {
  // An image that names no version at all is older than the first release that always does.
  const bound = named ? -1 : history.releases.indexOf(NAMED_SINCE);
  const count = bound < 0 ? history.releases.length : bound;
  // One step up where a type begins to be equal, one down where it ends.
  const steps = new Int32Array(count + 1);
  let gvisorTypes = 0;
  for (const type of types) {
    // Predeclared types of Go have no package.
    if (type.name.includes('.')) gvisorTypes++;
    const entries = history.types[type.name] ?? history.types[`${type.name}@${arch}`];
    if (entries === undefined) continue;
    for (const [index, [first, fields]] of entries.entries()) {
      if (fields === null || !sameFields(fields, type.fields)) continue;
      const next = Math.min(count, entries[index + 1]?.[0] ?? count);
      if (first >= count) continue;
      steps[first] = (steps[first] as number) + 1;
      steps[next] = (steps[next] as number) - 1;
    }
  }
  let best = 0;
  let first = -1;
  let last = -1;
  let equal = 0;
  for (let index = 0; index < count; index++) {
    equal += steps[index] as number;
    if (equal > best) {
      best = equal;
      first = index;
    }
    if (equal === best) last = index;
  }
  if (first < 0) return null;
  return {
    first: history.releases[first] as string,
    last: history.releases[last] as string,
    equal: best,
    exact: best === gvisorTypes,
  };
}

function sameFields(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
