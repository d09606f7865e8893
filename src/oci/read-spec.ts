/** OCI runtime specs from JSON. */
import { CkptError } from '../errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { unmarshal } from './go-json.ts';
import { type GoStruct, type GoValue, listOf, stringOf, structOf, structsOf } from './go-value.ts';
import { parseJson } from './json-tree.ts';
import { structType } from './spec-types.ts';

/**
 * The spec in a config.json, with everything that the newest known runsc keeps of it.
 *
 * @throws CkptError `bad-spec` for text that is no JSON or has values of other kinds than Go's decoder accepts, `over-limit`.
 */
export function readSpec(bytes: Uint8Array, limits: Limits = DEFAULT_LIMITS): GoStruct {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const tree = parseJson(text, limits);
  const { value, problem } = unmarshal(structType('Spec'), tree);
  if (problem !== null) throw wrong(problem);
  return value as GoStruct;
}

/**
 * The specs that an image holds, by container name.
 *
 * @param text `container_specs`: a JSON object from container name to spec.
 * @throws CkptError `bad-spec`, `over-limit`.
 * @see gVisor runsc/specutils/restore.go: GetSpecsFromString
 */
export function readSavedSpecs(text: string, limits: Limits = DEFAULT_LIMITS): ReadonlyMap<string, GoStruct> {
  const spec = structType('Spec');
  const specs = { kind: 'map', name: 'map[string]*specs.Spec', of: { kind: 'pointer', name: '*specs.Spec', of: spec } } as const;
  const { value, problem } = unmarshal(specs, parseJson(text, limits));
  if (problem !== null) throw wrong(problem);
  const entries: [string, GoValue][] = value instanceof Map ? [...(value as GoStruct)] : [];
  return new Map(entries.filter((entry): entry is [string, GoStruct] => entry[1] instanceof Map));
}

/**
 * Why runsc refuses a spec by itself, whatever image it is to restore, or null.
 *
 * @see gVisor runsc/specutils/specutils.go: ValidateSpec
 */
export function refusedSpec(spec: GoStruct): string | null {
  const process = structOf(spec, 'Process');
  if (process === null) return 'it has no process';
  if ((listOf(process, 'Args') ?? []).length === 0) return 'its process has no args';
  if (stringOf(structOf(spec, 'Root'), 'Path') === '') return 'it has no root.path';
  if (spec.get('Solaris') !== null) return 'it is for Solaris';
  if (spec.get('Windows') !== null) return 'it is for Windows';
  if (stringOf(process, 'SelinuxLabel') !== '') return 'its process has an SELinux label';
  if (structsOf(spec, 'Mounts').some((mount) => !stringOf(mount, 'Destination').startsWith('/')))
    return 'a mount has no absolute destination';
  const type = containerType(spec);
  if (type === 'unknown') return 'the annotation of its container type is neither sandbox nor container';
  if (type === 'container' && !hasAnnotation(spec, SANDBOX_ID)) return 'it is for a container of a sandbox, and names no sandbox';
  return null;
}

const CONTAINER_TYPE = ['io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType'] as const;
const SANDBOX_ID = ['io.kubernetes.cri.sandbox-id', 'io.kubernetes.cri-o.SandboxID'] as const;
const CONTAINER_NAME = 'io.kubernetes.cri.container-name';

/** What the annotations of containerd or CRI-O say: the first container of a sandbox, or one beside it. */
export function containerType(spec: GoStruct): 'unspecified' | 'sandbox' | 'container' | 'unknown' {
  const given = structOf(spec, 'Annotations');
  const value = CONTAINER_TYPE.map((name) => given?.get(name)).find((text) => text !== undefined);
  if (value === undefined) return 'unspecified';
  return value === 'sandbox' || value === 'container' ? value : 'unknown';
}

/** The container's name by the annotation of containerd; empty when there is none. */
export function annotatedName(spec: GoStruct): string {
  return stringOf(structOf(spec, 'Annotations'), CONTAINER_NAME);
}

function hasAnnotation(spec: GoStruct, names: readonly string[]): boolean {
  return names.some((name) => structOf(spec, 'Annotations')?.has(name));
}

function wrong(problem: string): CkptError {
  return new CkptError(
    'bad-spec',
    { layer: 'spec' },
    { expected: 'an OCI runtime spec (config.json)', found: problem, hint: 'runsc refuses it too' },
  );
}
