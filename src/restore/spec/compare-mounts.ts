/** Mounts, by destination. */
import { deepEqual, type GoStruct, listOf, stringOf, structsOf, withFields } from '../../oci/go-value.ts';
import { structType, typeOfField } from '../../oci/spec-types.ts';
import { compareLists, keyOf } from './compare-lists.ts';
import type { SpecDifference } from './spec-difference.ts';
import { difference, mismatch, type SpecMismatch, type SpecSides } from './spec-mismatch.ts';

const MOUNTS = typeOfField('Spec', 'Mounts');
const FIELDS = ['Type', 'Options', 'UIDMappings', 'GIDMappings'] as const;
const JSON_NAMES = { Type: 'type', Options: 'options', UIDMappings: 'uidMappings', GIDMappings: 'gidMappings' } as const;

/**
 * Compares mounts by destination: type, options in any order, mappings. Sources are not compared, except of two mounts of one
 * destination in the new spec, which must be the same.
 *
 * @see gVisor runsc/specutils/restore.go: validateMounts
 */
export function compareMounts(saved: GoStruct, given: GoStruct, sides: SpecSides): SpecMismatch | null {
  const before = new Map(structsOf(saved, 'Mounts').map((mount) => [stringOf(mount, 'Destination'), mount]));
  const after = new Map<string, GoStruct>();
  const differences: SpecDifference[] = [];
  let problem: string | null = null;
  for (const mount of structsOf(given, 'Mounts')) {
    const destination = stringOf(mount, 'Destination');
    const old = before.get(destination);
    const first = after.get(destination);
    if (old === undefined) {
      if (first === undefined) differences.push(difference(named(destination), null, mount, structType('Mount')));
    } else if (first === undefined) {
      differences.push(...fieldsThatDiffer(destination, old, mount));
    } else if (!deepEqual(sortedOptions(first), sortedOptions(mount))) {
      if (differences.length === 0) problem = 'invalid mount in the restore spec';
      differences.push(difference(named(destination), first, mount, structType('Mount')));
    }
    if (first === undefined) after.set(destination, mount);
  }
  for (const [destination, mount] of before) {
    if (!after.has(destination)) differences.push(difference(named(destination), mount, null, structType('Mount')));
  }
  if (differences.length === 0) return null;
  return whollyKnown(
    given,
    mismatch(sides, 'Mounts', MOUNTS, saved.get('Mounts') ?? null, given.get('Mounts') ?? null, differences, problem),
  );
}

/** runsc prints sources as paths that begin at the root; relative ones are relative to the bundle as it was named. */
function whollyKnown(given: GoStruct, found: SpecMismatch): SpecMismatch {
  const relative = structsOf(given, 'Mounts').some((mount) => !/^(?:\/|$)/.test(stringOf(mount, 'Source')));
  return relative ? { ...found, error: null } : found;
}

function fieldsThatDiffer(destination: string, old: GoStruct, mount: GoStruct): SpecDifference[] {
  return FIELDS.filter((name) => {
    if (name === 'Type') return stringOf(old, name) !== stringOf(mount, name);
    const [a, b] = [listOf(old, name), listOf(mount, name)];
    if (name === 'Options') return !deepEqual(sorted(a), sorted(b));
    return compareLists(a, b) !== null;
  }).map((name) => {
    const type = typeOfField('Mount', name);
    return difference(`${named(destination)}.${JSON_NAMES[name]}`, old.get(name) ?? null, mount.get(name) ?? null, type);
  });
}

function sortedOptions(mount: GoStruct): GoStruct {
  return withFields(mount, { Options: sorted(listOf(mount, 'Options')) });
}

function sorted(list: ReturnType<typeof listOf>): string[] {
  return (list ?? []).map(keyOf).sort();
}

function named(destination: string): string {
  return `mounts[${JSON.stringify(destination)}]`;
}
