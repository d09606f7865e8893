/** Compares the spec of a new container with the saved one, as a release of runsc does. */
import { deepEqual, type GoStruct, listOf, structOf, withFields, zeroStruct } from '../../oci/go-value.ts';
import { fieldsOf, type GoType, type StructName, structType, typeOfField } from '../../oci/spec-types.ts';
import type { Rules } from '../rules.ts';
import { compareAnnotations } from './compare-annotations.ts';
import { sameArgs } from './compare-args.ts';
import { compareCapabilities } from './compare-capabilities.ts';
import { compareDevices } from './compare-devices.ts';
import { compareLists } from './compare-lists.ts';
import { compareMounts } from './compare-mounts.ts';
import type { SpecDifference } from './spec-difference.ts';
import { difference, mismatch, type SpecMismatch, type SpecSides } from './spec-mismatch.ts';

/** One side, with its parts; a missing one counts as empty. */
interface Side {
  readonly spec: GoStruct;
  readonly root: GoStruct;
  readonly process: GoStruct;
  readonly linux: GoStruct;
}

type Check = (saved: Side, given: Side, sides: SpecSides) => SpecMismatch | null;
type Part = 'spec' | 'root' | 'process' | 'linux';

const STRUCTS = { spec: 'Spec', root: 'Root', process: 'Process', linux: 'Linux' } as const satisfies Record<Part, StructName>;

/** Every comparison by the field that runsc names. */
const CHECKS = {
  'OCI Version': equal('OCI Version', 'spec', 'Version'),
  Root: (saved, given, sides) => wholeRoot(saved, given, sides),
  'Root.Readonly': equal('Root.Readonly', 'root', 'Readonly'),
  Mounts: (saved, given, sides) => compareMounts(saved.spec, given.spec, sides),
  Annotations: (saved, given, sides) => compareAnnotations(saved.spec, given.spec, sides),
  Terminal: equal('Terminal', 'process', 'Terminal'),
  Cwd: equal('Cwd', 'process', 'Cwd'),
  User: equal('User', 'process', 'User'),
  Rlimits: (saved, given, sides) =>
    (sides.rules.has('spec-lists') ? asSet : equal)('Rlimits', 'process', 'Rlimits')(saved, given, sides),
  Args: (saved, given, sides) => compareCommand(saved, given, sides),
  Capabilities: (saved, given, sides) =>
    compareCapabilities(structOf(saved.process, 'Capabilities'), structOf(given.process, 'Capabilities'), sides),
  CgroupsPath: equal('CgroupsPath', 'linux', 'CgroupsPath'),
  Sysctl: (saved, given, sides) => compareSysctls(saved, given, sides),
  Seccomp: equal('Seccomp', 'linux', 'Seccomp'),
  Devices: (saved, given, sides) => compareDevices(saved.linux, given.linux, sides),
  Resources: (saved, given, sides) => compareResources(saved, given, sides),
  UIDMappings: asSet('UIDMappings', 'linux', 'UIDMappings'),
  GIDMappings: asSet('GIDMappings', 'linux', 'GIDMappings'),
  Namespace: (saved, given, sides) => compareNamespaces(saved, given, sides),
  Process: rest('Process', 'process', ['User', 'Rlimits', 'Args', 'Capabilities', 'Env'], ['Terminal', 'Cwd']),
  Linux: rest('Linux', 'linux', [
    ...(['Sysctl', 'Seccomp', 'Devices', 'Resources', 'UIDMappings', 'GIDMappings', 'Namespaces', 'CgroupsPath'] as const),
  ]),
  // The rest of the root is equal by now.
  Spec: rest('Spec', 'spec', [
    ...(['Version', 'Root', 'Mounts', 'Annotations', 'Process', 'Linux', 'Hostname', 'Domainname', 'Hooks'] as const),
  ]),
} as const satisfies Readonly<Record<string, Check>>;

type CheckId = keyof typeof CHECKS;

/**
 * Every comparison that fails, in the order in which that release makes them; runsc stops at the first. Of environment variables nothing
 * is compared, nor of the host's and domain's name, the path of the root and of cgroups, hooks, and the sources of mounts.
 *
 * @param saved, given what that release compares, see {@link file://./live-spec.ts}.
 * @see gVisor runsc/specutils/restore.go: validateSpecForContainer; before 2025-01-23 runsc/boot/restore.go
 */
export function compareSpecs(saved: GoStruct, given: GoStruct, sides: SpecSides): SpecMismatch[] {
  const [before, after] = [sideOf(saved), sideOf(given)];
  return orderOf(sides.rules).flatMap((id) => CHECKS[id](before, after, sides) ?? []);
}

/** What differs in linux.resources, which a release that does not compare them logs. */
export function changedResources(saved: GoStruct, given: GoStruct, sides: SpecSides): readonly SpecDifference[] {
  if (!sides.rules.has('spec-resources-warn')) return [];
  return compareResources(sideOf(saved), sideOf(given), sides)?.differences ?? [];
}

function orderOf(rules: Rules): readonly CheckId[] {
  const lists: readonly CheckId[] = [
    'Devices',
    ...(rules.has('spec-resources') && !rules.has('spec-resources-warn') ? ['Resources' as const] : []),
    'UIDMappings',
    'GIDMappings',
    'Namespace',
  ];
  const wholes: readonly CheckId[] = ['Process', 'Linux', 'Spec'];
  const start: readonly CheckId[] = ['OCI Version', 'Root.Readonly', 'Mounts', 'Annotations', 'Terminal', 'Cwd'];
  // Until 2024-12-05 these four came in random order behind the lists.
  const structs: readonly CheckId[] = ['User', 'Rlimits', 'Sysctl', 'Seccomp'];
  if (rules.has('spec-lists')) {
    return [...start, 'User', 'Rlimits', 'Args', 'Capabilities', 'Sysctl', 'Seccomp', ...lists, ...wholes];
  }
  if (rules.has('spec-whole')) return [...start, 'Args', 'Capabilities', ...lists, ...structs, ...wholes];
  const readonly = rules.has('spec-root-readonly');
  const root: readonly CheckId[] = readonly ? ['Root.Readonly'] : [];
  const capabilities: readonly CheckId[] = rules.has('spec-capabilities') ? ['Capabilities'] : [];
  const cgroups: readonly CheckId[] = rules.has('spec-cgroups-path') ? [] : ['CgroupsPath'];
  const annotations: readonly CheckId[] = rules.has('spec-annotations') ? ['Annotations'] : [];
  const head: readonly CheckId[] = [
    'OCI Version',
    ...root,
    'Mounts',
    'Terminal',
    'Cwd',
    'Args',
    ...capabilities,
    ...cgroups,
    ...lists,
  ];
  return readonly ? [...head, ...annotations, ...structs] : [...head, 'Root', ...structs, ...annotations];
}

function sideOf(spec: GoStruct): Side {
  return {
    spec,
    root: structOf(spec, 'Root') ?? zeroStruct('Root'),
    process: structOf(spec, 'Process') ?? zeroStruct('Process'),
    linux: structOf(spec, 'Linux') ?? zeroStruct('Linux'),
  };
}

/** The path of a field in config.json. */
function pathOf(part: Part, json: string): string {
  return part === 'spec' ? json : `${part}.${json}`;
}

/** A field that must be equal, a missing list not being equal to an empty one. */
function equal(label: string, part: Part, name: string): Check {
  const { json, type } = declared(part, name);
  return (saved, given, sides) => {
    const [a, b] = [saved[part].get(name) ?? null, given[part].get(name) ?? null];
    return deepEqual(a, b) ? null : mismatch(sides, label, type, a, b, [difference(pathOf(part, json), a, b, type)]);
  };
}

/** A list whose order does not matter. */
function asSet(label: string, part: Part, name: string): Check {
  const { json, type } = declared(part, name);
  return (saved, given, sides) => {
    const [a, b] = [listOf(saved[part], name), listOf(given[part], name)];
    const problem = compareLists(a, b);
    if (problem === null) return null;
    return mismatch(
      sides,
      label,
      type,
      a,
      b,
      [difference(pathOf(part, json), a, b, type)],
      problem === 'different' ? null : problem,
    );
  };
}

/**
 * All fields of a part that have no comparison of their own.
 *
 * @param others fields that runsc clears before it compares the whole.
 * @param equal fields that it leaves, which are equal by then.
 */
function rest(label: string, part: Part, others: readonly string[], equal: readonly string[] = []): Check {
  const zero = zeroStruct(STRUCTS[part]);
  const cleared = Object.fromEntries(others.map((name) => [name, zero.get(name) ?? null]));
  return (saved, given, sides) => {
    const [a, b] = [withFields(saved[part], cleared), withFields(given[part], cleared)];
    const differences = fieldsOf(STRUCTS[part])
      .filter(({ name }) => !equal.includes(name) && !deepEqual(a.get(name) ?? null, b.get(name) ?? null))
      .map(({ name, json, type }) => difference(pathOf(part, json), a.get(name) ?? null, b.get(name) ?? null, type));
    if (differences.length === 0) return null;
    // At first the whole spec was printed, by the addresses of its parts; and it always has a root, which is a pointer.
    const readable = part !== 'spec' && sides.rules.has('spec-error-quoted');
    const found = mismatch(sides, label, structType(STRUCTS[part]), a, b, differences);
    return readable ? found : { ...found, error: null };
  };
}

function declared(part: Part, name: string): { readonly json: string; readonly type: GoType } {
  const field = fieldsOf(STRUCTS[part]).find((candidate) => candidate.name === name);
  return { json: field?.json ?? name, type: typeOfField(STRUCTS[part], name) };
}

function compareCommand(saved: Side, given: Side, sides: SpecSides): SpecMismatch | null {
  const [a, b] = [listOf(saved.process, 'Args'), listOf(given.process, 'Args')];
  if (sameArgs(a ?? [], b ?? [], String(saved.process.get('Cwd') ?? ''), sides.rules)) return null;
  const type = typeOfField('Process', 'Args');
  return mismatch(sides, 'Args', type, a, b, [difference('process.args', a, b, type)]);
}

function compareSysctls(saved: Side, given: Side, sides: SpecSides): SpecMismatch | null {
  if (!sides.rules.has('spec-lists')) return equal('Sysctl', 'linux', 'Sysctl')(saved, given, sides);
  const [a, b] = [structOf(saved.linux, 'Sysctl'), structOf(given.linux, 'Sysctl')];
  const text = { kind: 'string', name: 'string' } as const;
  const differences = [...new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])]
    .sort()
    .filter((name) => a?.get(name) !== b?.get(name))
    .map((name) => difference(`linux.sysctl[${JSON.stringify(name)}]`, a?.get(name) ?? null, b?.get(name) ?? null, text));
  return differences.length === 0 ? null : mismatch(sides, 'Sysctl', typeOfField('Linux', 'Sysctl'), a, b, differences);
}

/** Since 2024-11-06 only types count. */
function compareNamespaces(saved: Side, given: Side, sides: SpecSides): SpecMismatch | null {
  const type = typeOfField('Linux', 'Namespaces');
  const typesOnly = (side: Side) => {
    const list = listOf(side.linux, 'Namespaces') ?? [];
    return list.map((item) => (item instanceof Map ? withFields(item as GoStruct, { Path: '' }) : item));
  };
  const asCompared = sides.rules.has('spec-namespace-types') ? typesOnly : (side: Side) => listOf(side.linux, 'Namespaces');
  const [a, b] = [asCompared(saved), asCompared(given)];
  const problem = compareLists(a, b);
  if (problem === null) return null;
  return mismatch(
    sides,
    'Namespace',
    type,
    a,
    b,
    [difference('linux.namespaces', a, b, type)],
    problem === 'different' ? null : problem,
  );
}

/** Huge pages in any order, without devices; the rest must be equal. */
function compareResources(saved: Side, given: Side, sides: SpecSides): SpecMismatch | null {
  const type = typeOfField('Linux', 'Resources');
  const [a, b] = [structOf(saved.linux, 'Resources'), structOf(given.linux, 'Resources')];
  if (a === null && b === null) return null;
  const differences =
    a === null || b === null
      ? [difference('linux.resources', a, b, type)]
      : fieldsOf('LinuxResources')
          .filter(({ name }) => name !== 'Devices' && !sameResource(name, a, b))
          .map(({ name, json, type: of }) => difference(`linux.resources.${json}`, a.get(name) ?? null, b.get(name) ?? null, of));
  return differences.length === 0 ? null : mismatch(sides, 'Resources', type, a, b, differences);
}

function sameResource(name: string, a: GoStruct, b: GoStruct): boolean {
  if (name === 'HugepageLimits') return compareLists(listOf(a, name), listOf(b, name)) === null;
  const [left, right] = [a.get(name) ?? null, b.get(name) ?? null];
  const isMap = name === 'Rdma' || name === 'Unified';
  return deepEqual(isMap ? (left ?? new Map()) : left, isMap ? (right ?? new Map()) : right);
}

/** Until 2024-11-07 the path of the root counts, which is relative to the bundle as it was named. */
function wholeRoot(saved: Side, given: Side, sides: SpecSides): SpecMismatch | null {
  const found = equal('Root', 'spec', 'Root')(withRoot(saved), withRoot(given), sides);
  if (found === null) return null;
  const path = String(given.root.get('Path') ?? '');
  const onlyPath = saved.root.get('Readonly') === given.root.get('Readonly');
  return path.startsWith('/') ? found : { ...found, error: null, undecided: onlyPath };
}

function withRoot(side: Side): Side {
  return { ...side, spec: withFields(side.spec, { Root: side.root }) };
}
