/** The saved fields of gVisor's types by release. */
import type { Arch } from '../../cpu/feature.ts';

/**
 * One list of fields and the first release that has it; null where the type does not exist (any more). `landed` is the day of the commit
 * that made the change (YYYYMMDD), where it could be found in gVisor's sources.
 */
export type FieldsSince = readonly [first: number, fields: readonly string[] | null, landed?: string];

/** Where code lies in the history: at a release, or between two, perhaps with its date (YYYYMMDD). */
export interface CodePlace {
  /** Indices into `releases`; equal for a release. */
  readonly from: number;
  readonly to: number;
  readonly date: string | null;
}

/** The saved fields of every state type by release: type → lists by index of the first release with each. */
export interface SchemaHistory {
  /** Release tags, oldest name first; the last may be a commit that is no release. */
  readonly releases: readonly string[];
  /** A name with `@amd64` or `@arm64` behind it is a type whose fields differ between the architectures. */
  readonly types: Readonly<Record<string, readonly FieldsSince[]>>;
  /** Releases whose lists were read so many commits before (negative) or after the tag. */
  readonly inexact?: Readonly<Record<string, number>>;
}

/**
 * The history of every release since 2021. Large, and loaded only when it is asked for.
 *
 * @see schema-history.json: the StateFields of gVisor's generated code at each release tag since 2021-01
 */
export async function loadSchemaHistory(): Promise<SchemaHistory> {
  const { default: history } = (await import('./schema-history.json', { with: { type: 'json' } })) as unknown as {
    default: SchemaHistory;
  };
  return history;
}

/** The lists of a type, oldest first; null when no release knows it on this architecture. */
export function listsOf(history: SchemaHistory, name: string, arch: Arch): readonly FieldsSince[] | null {
  for (const key of [name, `${name}@${arch}`]) {
    // A name of an image may be one that every object has.
    if (Object.hasOwn(history.types, key)) return history.types[key] as readonly FieldsSince[];
  }
  return null;
}

/** Whether some release knows a type, on whatever architecture. */
export function isKnownType(history: SchemaHistory, name: string): boolean {
  return [name, `${name}@amd64`, `${name}@arm64`].some((key) => Object.hasOwn(history.types, key));
}

/**
 * The lists that a type may have in that code, null among them where it may not exist; the first is that of the earliest release. One where
 * the type did not change between, or where the days of the changes decide; a change on the very day of the code does not.
 */
export function listsAt(lists: readonly FieldsSince[], place: CodePlace): readonly (readonly string[] | null)[] {
  let possible: (readonly string[] | null)[] = [null];
  for (const [first, list, landed] of lists) {
    if (first > place.to) break;
    const known = first > place.from && landed !== undefined && place.date !== null && landed !== place.date;
    if (first <= place.from || (known && landed < (place.date ?? ''))) possible = [list];
    else if (!known) possible.push(list);
  }
  return possible;
}

/** Whether two lists hold the same names: their order does not matter to runsc. Both without duplicates. */
export function sameFields(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  if (a.every((name, index) => name === b[index])) return true;
  const names = new Set(b);
  return a.every((name) => names.has(name));
}

/** Whether a declared type is one of gVisor's: predeclared types of Go have no package. */
export function isGvisorType(name: string): boolean {
  return name.includes('.');
}
