/** Annotations that runsc compares. */
import { type GoStruct, structOf } from '../../oci/go-value.ts';
import { typeOfField } from '../../oci/spec-types.ts';
import type { Rules } from '../rules.ts';
import { difference, mismatch, type SpecMismatch, type SpecSides } from './spec-mismatch.ts';

const OWN = 'dev.gvisor.';
const INTERNAL = 'dev.gvisor.internal.';
const NAME_REMAP = 'dev.gvisor.container-name-remap.';
const MOUNT = 'dev.gvisor.spec.mount.';
const FLAG = 'dev.gvisor.flag.';

/** Flags that change nothing but what is logged. */
const DEBUG_FLAGS: ReadonlySet<string> = new Set(
  ['debug', 'debug-log', 'debug-command', 'debug-log-format', 'strace', 'strace-syscalls', 'strace-log-size', 'log-packets'].map(
    (name) => `${FLAG}${name}`,
  ),
);

/** @see gVisor runsc/specutils/restore.go: shouldValidateAnnotation, validateAnnotations */
export function compareAnnotations(saved: GoStruct, given: GoStruct, sides: SpecSides): SpecMismatch | null {
  const before = compared(saved, sides.rules);
  const after = compared(given, sides.rules);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const type = { kind: 'string', name: 'string' } as const;
  const differences = names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => difference(`annotations[${JSON.stringify(name)}]`, before.get(name) ?? null, after.get(name) ?? null, type));
  if (differences.length === 0) return null;
  return mismatch(sides, 'Annotations', typeOfField('Spec', 'Annotations'), before, after, differences);
}

function compared(spec: GoStruct, rules: Rules): GoStruct {
  return new Map([...(structOf(spec, 'Annotations') ?? [])].filter(([name]) => isCompared(name, rules)));
}

function isCompared(name: string, rules: Rules): boolean {
  if (!name.startsWith(OWN) || name.startsWith(INTERNAL)) return false;
  if (rules.has('spec-remap-ignored') && name.startsWith(NAME_REMAP)) return false;
  // At first only an annotation of exactly that name was left out, which no mount has.
  if (rules.has('spec-mount-sources') ? name.startsWith(MOUNT) && name.endsWith('.source') : name === `${MOUNT}source`)
    return false;
  return !(rules.has('spec-debug-flags') && DEBUG_FLAGS.has(name));
}
