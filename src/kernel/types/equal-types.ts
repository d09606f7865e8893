/** How many of the declared types each release has with the same fields. */
import type { Arch } from '../../cpu/feature.ts';
import type { DeclaredType } from '../../graph/graph.ts';
import { isGvisorType, listsOf, type SchemaHistory, sameFields } from './schema-history.ts';

export interface EqualTypes {
  /** Declared types that are gVisor's own. */
  readonly gvisorTypes: number;
  /** By index of the release: how many of them have the same fields there. */
  readonly equal: Int32Array;
}

/**
 * Counts equal types, release by release. Costs as much as the lists of the declared types are long.
 *
 * @param equalFields whether two lists of fields are the same; as sets where nothing is said
 */
export function releasesByEqualTypes(
  history: SchemaHistory,
  types: readonly DeclaredType[],
  arch: Arch,
  equalFields: (a: readonly string[], b: readonly string[]) => boolean = sameFields,
): EqualTypes {
  const count = history.releases.length;
  // One step up where a type begins to be equal, one down where it ends.
  const steps = new Int32Array(count + 1);
  let gvisorTypes = 0;
  for (const type of types) {
    if (isGvisorType(type.name)) gvisorTypes++;
    const lists = listsOf(history, type.name, arch);
    if (lists === null) continue;
    for (const [index, [first, fields]] of lists.entries()) {
      if (first >= count || fields === null || !equalFields(fields, type.fields)) continue;
      const next = Math.min(count, lists[index + 1]?.[0] ?? count);
      steps[first] = (steps[first] as number) + 1;
      steps[next] = (steps[next] as number) - 1;
    }
  }
  const equal = steps.subarray(0, count);
  for (let index = 1; index < count; index++) equal[index] = (equal[index] as number) + (equal[index - 1] as number);
  return { gvisorTypes, equal };
}

/** Releases that follow one another in the history. */
export interface Releases {
  readonly first: string;
  readonly last: string;
}

/** Runs of releases for which something holds, oldest first. */
export function rangesOf(history: SchemaHistory, holds: (release: number) => boolean): Releases[] {
  const ranges: { first: string; last: string }[] = [];
  let open = false;
  for (const [index, name] of history.releases.entries()) {
    const here = holds(index);
    if (here && open) (ranges.at(-1) as { last: string }).last = name;
    else if (here) ranges.push({ first: name, last: name });
    open = here;
  }
  return ranges;
}
