/** Holds the declared types of a graph against what Go and gVisor allow. */
import type { Arch } from '../cpu/feature.ts';
import type { Graph } from '../graph/graph.ts';
import { bestReleases } from '../kernel/types/release-of-types.ts';
import { isGvisorType, isKnownType, type SchemaHistory } from '../kernel/types/schema-history.ts';
import { KIND } from '../wire/kinds.ts';
import { readFields } from '../wire/read-type.ts';
import { readBytes } from '../wire/read-value.ts';
import type { WireCursor } from '../wire/varint.ts';

/** Names that some release of gVisor has, to tell one wrong byte in a name. */
export interface KnownTypes {
  readonly history: SchemaHistory;
  /** Names of types by their length, and names of the fields that a type ever had. */
  readonly byLength: ReadonlyMap<number, readonly string[]>;
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The names of all releases. */
export function knownTypes(history: SchemaHistory): KnownTypes {
  const fields = new Map<string, Set<string>>();
  for (const [key, lists] of Object.entries(history.types)) {
    const name = key.replace(/@(?:amd64|arm64)$/, '');
    const all = fields.get(name) ?? new Set<string>();
    fields.set(name, all);
    for (const [, list] of lists) for (const one of list ?? []) all.add(one);
  }
  const byLength = new Map<number, string[]>();
  for (const name of fields.keys()) {
    const same = byLength.get(name.length);
    if (same === undefined) byLength.set(name.length, [name]);
    else same.push(name);
  }
  return { history, byLength, fields };
}

/**
 * Looks at every declaration: a name, of which there is no other, fields of which none is there twice, and no name that is one byte away from
 * one that gVisor has while gVisor has no such name.
 *
 * @param report is told of the index in the graph's bytes at which the declaration begins.
 * @see gVisor pkg/state/types.go: assertValidType, typeEncodeDatabase
 */
export function checkTypes(
  graph: Graph,
  known: KnownTypes,
  report: (position: number, expected: string, found: string) => void,
): void {
  const places = declarations(graph);
  const seen = new Set<string>();
  const declared = new Set(graph.types.map(({ name }) => name));
  for (const { id, name, fields } of graph.types) {
    const at = places[id - 1] ?? 0;
    const shown = JSON.stringify(name);
    if (name === '' || name.includes('\ufffd') || CONTROL.test(name)) report(at, 'the name of a type', shown);
    if (seen.has(name)) report(at, 'a type that is declared once', `${shown} again`);
    seen.add(name);
    const all = new Set(fields);
    if (all.size < fields.length) report(at, `fields of ${shown} that differ`, 'one that is there twice');
    if (all.has('') || fields.some((field) => field.includes('\ufffd')))
      report(at, `names of the fields of ${shown}`, 'one that is none');
    if (!name.includes('.')) continue;
    const names = known.fields.get(name);
    if (names === undefined) {
      const meant = (known.byLength.get(name.length) ?? []).find((other) => !declared.has(other) && differsInOne(name, other));
      if (meant !== undefined) report(at, `the type "${meant}"`, shown);
      continue;
    }
    for (const field of fields) {
      if (names.has(field)) continue;
      const meant = [...names].find((other) => !all.has(other) && differsInOne(field, other));
      if (meant !== undefined) report(at, `the field "${meant}" of ${shown}`, JSON.stringify(field));
    }
  }
}

/** The most types that a graph may have beyond those of one release, to take them for damage: a build of somebody's own has more. */
const MOST_UNKNOWN = 2;

/**
 * Looks for names of types that no release has, in a graph whose other types are known: one or two of them are damage, unless the image is of
 * the newest release that is known, or newer.
 *
 * @param report is told of the index in the graph's bytes at which the declaration begins.
 */
export function checkRelease(
  graph: Graph,
  history: SchemaHistory,
  arch: Arch,
  report: (position: number, expected: string, found: string) => void,
): void {
  const unknown = graph.types.filter(({ name }) => isGvisorType(name) && !isKnownType(history, name));
  const release = unknown.length === 0 || unknown.length > MOST_UNKNOWN ? null : bestReleases(history, graph.types, arch, true);
  if (release === null || release.last === history.releases.at(-1)) return;
  const places = declarations(graph);
  for (const { id, name } of unknown)
    report(places[id - 1] ?? 0, `a type of gVisor, as of ${release.last}`, JSON.stringify(name));
}

/** What no name has. */
const CONTROL = /\p{Cc}/u;

/** Where the declarations at the beginning of a graph are, which are all that any runsc writes. */
function declarations({ wire, types }: Graph): number[] {
  const cursor: WireCursor = { bytes: wire.bytes, end: wire.end, base: wire.base, position: 0 };
  const places: number[] = [];
  while (places.length < types.length && wire.bytes[cursor.position] === KIND.type) {
    places.push(cursor.position);
    cursor.position++;
    readBytes(cursor, 'a type name');
    readFields(cursor, wire.limits.typeFields);
  }
  return places;
}

/** Whether two texts of one length differ in one character only. */
function differsInOne(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let differences = 0;
  for (let index = 0; index < a.length && differences < 2; index++) if (a[index] !== b[index]) differences++;
  return differences === 1;
}
