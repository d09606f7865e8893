/** The bridge between the object graph and CPU features: reads the FeatureSet that an image begins with. */
import { CkptError } from '../errors.ts';
import { type Graph, typeOf } from '../graph/graph.ts';
import {
  elements,
  field,
  fieldAt,
  fields,
  follow,
  integer,
  mapEntries,
  type Node,
  objectNode,
  readNode,
  string,
  wrongShape,
} from '../graph/node.ts';
import { type CpuidEntry, CpuidTable } from './cpuid-table.ts';
import type { Arch } from './feature.ts';
import {
  type FeatureSet,
  featureSetFromArm64,
  featureSetFromCpuid,
  featureSetFromTable,
  type SavedHwcap,
} from './feature-set.ts';

/** A decoded FeatureSet with the declared fields, which a restoring runsc compares with its own. */
export interface SavedFeatureSet {
  readonly arch: Arch;
  readonly featureSet: FeatureSet;
  /** Declared field names in encoded order. */
  readonly declaredFields: readonly string[];
}

const ROOT_TYPE = 'pkg/cpuid.FeatureSet';

/**
 * Reads the FeatureSet that is the root of a graph, in any of the encodings since 2021.
 *
 * @throws CkptError `unknown-shape` when it is none of them, `dangling-reference`.
 * @see gVisor pkg/cpuid (FeatureSet, Static, hwCap) at 266cabd00, 45b377664; docs/format.md "The CPU feature set".
 */
export function readFeatureSet(graph: Graph): SavedFeatureSet {
  const root = follow(objectNode(graph, graph.ids[0] ?? 0));
  if (root === null) throw shape(graph, 'nil');
  const value = readNode(root);
  const type = value.kind === 'struct' ? typeOf(graph, value.typeId) : undefined;
  if (type === undefined || type.name !== ROOT_TYPE) throw shape(graph, type?.name ?? `a value of kind ${value.kind}`);
  const has = (...names: string[]): boolean => names.every((name) => type.fields.includes(name));

  if (has('Function')) return { arch: 'amd64', featureSet: fromFunction(root), declaredFields: type.fields };
  if (has('Set', 'VendorID', 'CacheLine')) return { arch: 'amd64', featureSet: fromTable(root), declaredFields: type.fields };
  if (has('hwCap', 'cpuImplHex', 'cpuPartHex') || has('Set', 'CPUImplementer', 'CPUPartnum')) {
    return { arch: 'arm64', featureSet: fromArm64(root), declaredFields: type.fields };
  }
  throw shape(graph, `the fields ${type.fields.join(', ')}`);
}

function fromFunction(root: Node): FeatureSet {
  const entries: CpuidEntry[] = [];
  const table = fieldAt(root, 'Function');
  if (table === null) throw wrongShape(root, 'a map of CPUID answers', 'nil');
  for (const { key, value } of mapEntries(table)) {
    const [query, answer] = [fields(key), fields(value)];
    const word = (from: ReadonlyMap<string, Node>, name: string): number => register(key, name, integer(from.get(name) ?? null));
    entries.push([
      word(query, 'Eax'),
      word(query, 'Ecx'),
      ...(['Eax', 'Ebx', 'Ecx', 'Edx'].map((name) => word(answer, name)) as [number, number, number, number]),
    ]);
  }
  return featureSetFromCpuid(new CpuidTable(entries), hwcapOf(root));
}

function fromTable(root: Node): FeatureSet {
  const set = mapEntries(required(root, 'Set'))
    .filter(({ value }) => integer(value) !== 0n)
    .map(({ key }) => Number(integer(key)));
  const caches = field(root, 'Caches');
  return featureSetFromTable({
    set: set.sort((a, b) => a - b),
    vendorId: string(field(root, 'VendorID')),
    extendedFamily: number(root, 'ExtendedFamily'),
    extendedModel: number(root, 'ExtendedModel'),
    processorType: number(root, 'ProcessorType'),
    family: number(root, 'Family'),
    model: number(root, 'Model'),
    steppingId: number(root, 'SteppingID'),
    caches: [...(caches === null ? [] : elements(caches))].map((cache) => ({
      level: number(cache, 'Level'),
      type: number(cache, 'Type'),
      fullyAssociative: number(cache, 'FullyAssociative') !== 0,
      partitions: number(cache, 'Partitions'),
      ways: number(cache, 'Ways'),
      sets: number(cache, 'Sets'),
      inclusive: number(cache, 'Inclusive') !== 0,
    })),
    cacheLine: number(root, 'CacheLine'),
  });
}

function fromArm64(root: Node): FeatureSet {
  const set = field(root, 'Set');
  if (set !== null) {
    return featureSetFromArm64({
      set: mapEntries(set)
        .filter(({ value }) => integer(value) !== 0n)
        .map(({ key }) => Number(integer(key)))
        .sort((a, b) => a - b),
      hwcap: null,
      hwcap2: null,
      implementer: number(root, 'CPUImplementer'),
      architecture: number(root, 'CPUArchitecture'),
      variant: number(root, 'CPUVariant'),
      part: number(root, 'CPUPartnum'),
      revision: number(root, 'CPURevision'),
    });
  }
  const pair = hwcapOf(root);
  return featureSetFromArm64({
    set: null,
    // Before 2023-02-17 the field is the word itself.
    hwcap: pair === null ? integer(field(root, 'hwCap')) : pair.hwcap,
    hwcap2: pair === null ? null : pair.hwcap2,
    implementer: number(root, 'cpuImplHex'),
    architecture: number(root, 'cpuArchDec'),
    variant: number(root, 'cpuVarHex'),
    part: number(root, 'cpuPartHex'),
    revision: number(root, 'cpuRevDec'),
  });
}

/** The struct hwCap, or null where the encoding does not have it. */
function hwcapOf(root: Node): SavedHwcap | null {
  const pair = field(root, 'hwCap');
  if (pair === null || readNode(pair).kind !== 'struct') return null;
  return { hwcap: integer(field(pair, 'hwCap1')), hwcap2: integer(field(pair, 'hwCap2')) };
}

function register(node: Node, name: string, value: bigint): number {
  if (value < 0n || value > 0xffff_ffffn) throw wrongShape(node, `a 32-bit register ${name}`, String(value));
  return Number(value);
}

function number(node: Node, name: string): number {
  return Number(integer(field(node, name)));
}

function required(root: Node, name: string): Node {
  const node = field(root, name);
  if (node === null) throw wrongShape(root, `a field ${name}`, 'nil');
  return node;
}

function shape(graph: Graph, found: string): CkptError {
  return new CkptError(
    'unknown-shape',
    { layer: 'cpu', path: `g${graph.number}`, offset: graph.wire.base },
    {
      expected: `${ROOT_TYPE} in one of the encodings since 2021`,
      found,
      hint: 'The image is damaged, or written by a runsc that this version does not know',
    },
  );
}
