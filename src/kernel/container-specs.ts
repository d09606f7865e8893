/** The OCI specs that an image carries, as far as other parts need them. */
import { CkptError } from '../errors.ts';

/** One container of the image. */
export interface SavedContainer {
  /** Its name as runsc matches containers: the CRI's container name, or `__no_name_N`. */
  readonly name: string;
  readonly spec: OciSpec;
  /** The whole spec, as parsed JSON. */
  readonly raw: unknown;
}

/** The parts of an OCI spec that are shown. */
export interface OciSpec {
  readonly args: readonly string[];
  readonly cwd: string | null;
  /** `NAME=value`. Values are secrets: they are shown only when the caller asks for them. */
  readonly env: readonly string[];
  readonly envNames: readonly string[];
  readonly hostname: string | null;
  readonly rootReadonly: boolean | null;
  readonly mounts: readonly { readonly destination: string; readonly type: string | null }[];
  readonly annotations: ReadonlyMap<string, string>;
}

/** gVisor's annotation that limits the feature set of a sandbox. @see gVisor commit 93333d230 (2025-08-07). */
export const LEVEL_ANNOTATION = 'dev.gvisor.internal.cpufeatures';

/**
 * Parses `container_specs`: a JSON object from container name to OCI spec.
 *
 * @throws CkptError `bad-metadata`.
 */
export function parseContainerSpecs(json: string): SavedContainer[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw wrong('text that is not JSON', error);
  }
  if (!isObject(value)) throw wrong('another JSON value');
  return Object.entries(value)
    .map(([name, spec]) => ({ name, spec: readSpec(spec), raw: spec }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The feature names that the sandbox was limited to, or null when no container has the annotation.
 *
 * The annotation counts for the sandbox: runsc reads it from the spec of the first (root) container.
 */
export function levelOf(containers: readonly SavedContainer[]): readonly string[] | null {
  for (const { spec } of containers) {
    const value = spec.annotations.get(LEVEL_ANNOTATION);
    if (value !== undefined)
      return value
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
  }
  return null;
}

function readSpec(value: unknown): OciSpec {
  const spec = isObject(value) ? value : {};
  const process = isObject(spec['process']) ? spec['process'] : {};
  const root = isObject(spec['root']) ? spec['root'] : {};
  const annotations = isObject(spec['annotations']) ? spec['annotations'] : {};
  return {
    args: strings(process['args']),
    cwd: stringOrNull(process['cwd']),
    env: strings(process['env']),
    envNames: strings(process['env']).map((entry) => entry.split('=', 1)[0] as string),
    hostname: stringOrNull(spec['hostname']),
    rootReadonly: typeof root['readonly'] === 'boolean' ? root['readonly'] : null,
    mounts: (Array.isArray(spec['mounts']) ? spec['mounts'] : [])
      .filter(isObject)
      .map((mount) => ({ destination: stringOrNull(mount['destination']) ?? '', type: stringOrNull(mount['type']) })),
    annotations: new Map(Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function wrong(found: string, cause?: unknown): CkptError {
  return new CkptError(
    'bad-metadata',
    { layer: 'metadata' },
    { expected: 'container_specs as a JSON object of OCI specs', found, hint: 'The image is damaged' },
    { cause },
  );
}
