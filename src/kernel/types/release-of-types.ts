/** Which gVisor releases could have written an image, told from the types that it declares. */
import type { Arch } from '../../cpu/feature.ts';
import type { DeclaredType } from '../../graph/graph.ts';
import { releasesByEqualTypes } from './equal-types.ts';
import { loadSchemaHistory, type SchemaHistory } from './schema-history.ts';

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
 * @see loadSchemaHistory
 */
export async function releaseOfTypes(types: readonly DeclaredType[], arch: Arch, named: boolean): Promise<ReleaseRange | null> {
  return bestReleases(await loadSchemaHistory(), types, arch, named);
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
  const { gvisorTypes, equal } = releasesByEqualTypes(history, types, arch);
  const count = named ? history.releases.length : unnamedReleases(history);
  let best = 0;
  let first = -1;
  let last = -1;
  for (let index = 0; index < count; index++) {
    const here = equal[index] as number;
    if (here > best) {
      best = here;
      first = index;
    }
    if (here === best) last = index;
  }
  if (first < 0) return null;
  return {
    first: history.releases[first] as string,
    last: history.releases[last] as string,
    equal: best,
    exact: best === gvisorTypes,
  };
}

/** How many releases there are before the first whose images always name their version: an image without is older than that. */
export function unnamedReleases(history: SchemaHistory): number {
  const bound = history.releases.indexOf(NAMED_SINCE);
  return bound < 0 ? history.releases.length : bound;
}
