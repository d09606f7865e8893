/** What the objects of one Kubernetes node say that matters to a restore. */
import { LABEL_NAMESPACE } from '../cpu/gvisor-labels.ts';
import { CkptError } from '../errors.ts';
import { entry, type JsonPlace, wrongShape } from './json-shape.ts';
import {
  KUBEVIRT_FEATURE_PREFIX,
  KUBEVIRT_KVM_DEVICE,
  KUBEVIRT_REQUIRED_PREFIX,
  KUBEVIRT_VENDOR_PREFIX,
} from './kubevirt-evidence.ts';
import { NFD_LABEL_PREFIX } from './nfd-evidence.ts';
import type { NodeObject } from './node-objects.ts';

/** The facts of one node out of all its objects, not yet judged. */
export interface NodeParts {
  /** Labels that a vocabulary of ours knows, by full name; one on which two objects do not agree is left out. */
  readonly labels: Map<string, string>;
  /** Names of the labels left out, in the order met. */
  readonly contradicted: Set<string>;
  /** Names of the labels of ckpt that the objects have, or null when none has any. */
  own: Set<string> | null;
  /** Flags `cpu.cpuid` of all NodeFeature objects, or null when none has them. */
  flags: Set<string> | null;
  /** Attributes of NodeFeature objects: `cpu.model/family`. */
  readonly attributes: Map<string, string>;
  /** `status.nodeInfo` and the labels of architecture and operating system. */
  readonly info: Map<'arch' | 'os' | 'kernel' | 'runtime', string>;
  /** The node offers KubeVirt's device for /dev/kvm. */
  kvm: boolean;
}

/** The label of NodeFeature objects that names their node. @see NFD api/nfd/v1alpha1/annotations_labels.go */
const NODE_NAME_LABEL = 'nfd.node.kubernetes.io/node-name';
/** A name of a node: a DNS subdomain. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const NODE_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
/** Characters of a value that is kept; values of labels have at most 63. */
const LONGEST_VALUE = 256;
/** Labels or flags of one node: more do not fit into the 1.5 MiB that etcd stores. @see https://etcd.io/docs/v3.5/dev-guide/limit/ */
const MOST_ENTRIES = 65_536;
/** What is merged in by it would be missing, and a missing label can count. @see https://yaml.org/type/merge.html */
const MERGE_KEY = '<<';
const KEPT_PREFIXES = [
  `${NFD_LABEL_PREFIX}cpu-`,
  `${LABEL_NAMESPACE}/`,
  KUBEVIRT_FEATURE_PREFIX,
  KUBEVIRT_REQUIRED_PREFIX,
  KUBEVIRT_VENDOR_PREFIX,
] as const;
/** Attributes of NodeFeature objects that are looked at. */
const ATTRIBUTES: readonly (readonly [group: string, names: readonly string[]])[] = [
  ['cpu.model', ['vendor_id', 'family', 'id', 'hypervisor']],
  ['kernel.version', ['full']],
  ['kernel.config', ['ARM64_4K_PAGES', 'ARM64_16K_PAGES', 'ARM64_64K_PAGES', 'X86_64', 'ARM64']],
];

export function emptyParts(): NodeParts {
  return {
    labels: new Map(),
    contradicted: new Set(),
    own: null,
    flags: null,
    attributes: new Map(),
    info: new Map(),
    kvm: false,
  };
}

/**
 * The name of the node that an object is about, or null when it does not say.
 *
 * @throws CkptError `bad-host` when it is not the name of a node
 */
export function nodeNameOf({ kind, place }: NodeObject): string | null {
  const metadata = child(place, 'metadata');
  const label = kind === 'NodeFeature' ? child(child(metadata, 'labels'), NODE_NAME_LABEL) : undefined;
  const name = label ?? child(metadata, 'name');
  if (name === undefined) return null;
  if (typeof name.value !== 'string' || !NODE_NAME.test(name.value)) wrongShape(name, 'the name of a node');
  return name.value;
}

/** Namespace and name of an object, by which two of them are the same. */
export function objectNameOf({ kind, place }: NodeObject): string {
  const part = (key: string): string => {
    const value = child(child(place, 'metadata'), key)?.value;
    return typeof value === 'string' ? value : '';
  };
  return JSON.stringify([kind, part('namespace'), part('name')]);
}

/**
 * Adds what an object says to the parts of its node.
 *
 * @throws CkptError `bad-host` when something in it is not of the shape that Kubernetes gives it, or contradicts another object
 */
export function addObject({ kind, place }: NodeObject, parts: NodeParts): void {
  if (kind === 'Node') addNode(place, parts);
  else addNodeFeature(place, parts);
}

function addNode(place: JsonPlace, parts: NodeParts): void {
  const labels = child(child(place, 'metadata'), 'labels');
  addLabels(labels, parts);
  const status = child(place, 'status');
  const info = child(status, 'nodeInfo');
  for (const [key, places] of [
    ['arch', [child(info, 'architecture'), child(labels, 'kubernetes.io/arch'), child(labels, 'beta.kubernetes.io/arch')]],
    ['os', [child(info, 'operatingSystem'), child(labels, 'kubernetes.io/os'), child(labels, 'beta.kubernetes.io/os')]],
    ['kernel', [child(info, 'kernelVersion')]],
    ['runtime', [child(info, 'containerRuntimeVersion')]],
  ] as const) {
    for (const one of places) {
      if (one === undefined || one.value === '') continue;
      const value = labelText(one);
      const before = parts.info.get(key);
      if (before !== undefined && before !== value) wrongShape(one, `${JSON.stringify(before)}, as elsewhere in the object`);
      parts.info.set(key, value);
    }
  }
  for (const key of ['capacity', 'allocatable']) {
    const devices = child(child(status, key), KUBEVIRT_KVM_DEVICE)?.value;
    if (devices !== undefined && devices !== 0 && devices !== '0') parts.kvm = true;
  }
}

function addNodeFeature(place: JsonPlace, parts: NodeParts): void {
  const spec = child(place, 'spec');
  addLabels(child(spec, 'labels'), parts);
  const features = child(spec, 'features');
  const flags = child(child(child(features, 'flags'), 'cpu.cpuid'), 'elements');
  if (flags !== undefined) {
    parts.flags ??= new Set();
    for (const flag of keysOf(flags)) parts.flags.add(flag);
  }
  for (const [group, names] of ATTRIBUTES) {
    const elements = child(child(child(features, 'attributes'), group), 'elements');
    for (const name of elements === undefined ? [] : names) {
      const value = child(elements, name);
      if (value !== undefined) parts.attributes.set(`${group}/${name}`, labelText(value));
    }
  }
}

function addLabels(labels: JsonPlace | undefined, parts: NodeParts): void {
  if (labels === undefined) return;
  const keys = keysOf(labels);
  for (const key of keys) {
    // Before v0.14, NFD's worker left out the namespace of its own labels.
    const name = key.startsWith('cpu-') && !key.includes('/') ? `${NFD_LABEL_PREFIX}${key}` : key;
    if (!KEPT_PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
    const value: unknown = Object.getOwnPropertyDescriptor(labels.value, key)?.value;
    const text = typeof value === 'string' && value.length <= LONGEST_VALUE ? value : labelText(labelPlace(labels, key, value));
    const before = parts.labels.get(name);
    if (parts.contradicted.has(name)) continue;
    if (before !== undefined && before !== text) {
      parts.labels.delete(name);
      parts.contradicted.add(name);
    } else {
      parts.labels.set(name, text);
    }
  }
  addOwnNames(keys, parts);
}

/**
 * Labels of ckpt say something by being missing as well, so each object that has any is held against the ones before: where only one of
 * them has a label, one of the two is old.
 */
function addOwnNames(keys: readonly string[], parts: NodeParts): void {
  const names = new Set(keys.filter((key) => key.startsWith(`${LABEL_NAMESPACE}/`)));
  if (names.size === 0) return;
  const before = parts.own;
  parts.own = new Set([...(before ?? []), ...names]);
  if (before === null) return;
  for (const name of parts.own) {
    if (before.has(name) && names.has(name)) continue;
    parts.labels.delete(name);
    parts.contradicted.add(name);
  }
}

/** An entry, where there is an object at all; null counts as missing, as Kubernetes has it. */
function child(place: JsonPlace | undefined, key: string): JsonPlace | undefined {
  if (place === undefined) return undefined;
  const found = entry(place, key);
  return found === undefined || found.value === null ? undefined : found;
}

/** Names of the entries of an object, which may not have more than one that Kubernetes can store. */
function keysOf(place: JsonPlace): string[] {
  const { value } = place;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrongShape(place, 'an object');
  const keys = Object.keys(value);
  if (keys.includes(MERGE_KEY))
    wrongShape({ ...place, value: MERGE_KEY }, 'entries that are written out, without merge keys of YAML');
  if (keys.length > MOST_ENTRIES)
    wrongShape({ ...place, value: `${keys.length} entries` }, `an object of at most ${MOST_ENTRIES} entries`);
  return keys;
}

function labelPlace(labels: JsonPlace, key: string, value: unknown): JsonPlace {
  return { value, path: `${labels.path}[${JSON.stringify(key.length > 100 ? `${key.slice(0, 97)}...` : key)}]` };
}

function labelText(place: JsonPlace): string {
  if (typeof place.value !== 'string') wrongShape(place, 'a string');
  if (place.value.length > LONGEST_VALUE) {
    throw new CkptError(
      'bad-host',
      { layer: 'host', path: place.path },
      { expected: `at most ${LONGEST_VALUE} characters`, found: `${place.value.length}` },
    );
  }
  return place.value;
}
