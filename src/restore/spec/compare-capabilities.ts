/** Capabilities, in five lists. */
import { deepEqual, type GoStruct, listOf } from '../../oci/go-value.ts';
import { fieldsOf, typeOfField } from '../../oci/spec-types.ts';
import { compareLists } from './compare-lists.ts';
import { difference, mismatch, type SpecMismatch, type SpecSides } from './spec-mismatch.ts';

const TYPE = typeOfField('Process', 'Capabilities');

/** @see gVisor runsc/specutils/restore.go: validateCapabilities */
export function compareCapabilities(saved: GoStruct | null, given: GoStruct | null, sides: SpecSides): SpecMismatch | null {
  if (saved === null && given === null) return null;
  if (saved === null || given === null) {
    return mismatch(sides, 'Capabilities', TYPE, saved, given, [difference('process.capabilities', saved, given, TYPE)]);
  }
  const byList = sides.rules.has('spec-capabilities-lists');
  const [before, after] = byList ? [saved, given] : [sorted(saved), sorted(given)];
  const failing = fieldsOf('LinuxCapabilities').filter(({ name }) =>
    byList
      ? compareLists(listOf(before, name), listOf(after, name)) !== null
      : !deepEqual(before.get(name) ?? null, after.get(name) ?? null),
  );
  const [first] = failing;
  if (first === undefined) return null;
  const differences = failing.map(({ name, json, type }) =>
    difference(`process.capabilities.${json}`, before.get(name) ?? null, after.get(name) ?? null, type),
  );
  if (!byList) return mismatch(sides, 'Capabilities', TYPE, before, after, differences);
  const [a, b] = [listOf(before, first.name), listOf(after, first.name)];
  const problem = compareLists(a, b);
  return mismatch(sides, `Capabilities.${first.name}`, first.type, a, b, differences, problem === 'different' ? null : problem);
}

/** Go sorts by bytes, and a list that is missing stays missing. */
function sorted(capabilities: GoStruct): GoStruct {
  return new Map(
    [...capabilities].map(([name, list]) => {
      const bytes = (value: unknown): Uint8Array => Buffer.from(String(value));
      return [name, Array.isArray(list) ? [...list].sort((a, b) => Buffer.compare(bytes(a), bytes(b))) : list];
    }),
  );
}
