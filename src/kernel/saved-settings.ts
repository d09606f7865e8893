import { byteArray, countElements, follow, mapEntries, type Node, readNode, string } from '../graph/node.ts';

export interface SavedSettings {
  /** The OCI specs as JSON text, or null. */
  readonly containerSpecs: string | null;
  readonly runscVersion: string | null;
  /** Owners of private memory files that only release-20231204.0 kept here, or null. */
  readonly privateMemoryFiles: number | null;
}

/**
 * Reads Kernel.additionalCheckpointState.
 *
 * @param kernel the fields of the kernel object.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/kernel: Kernel.AddStateToCheckpoint, PopCheckpointState (2024-09-11..2025-04-02).
 */
export function readSavedSettings(kernel: ReadonlyMap<string, Node>): SavedSettings {
  const values = new Map<string, Node>();
  const state = kernel.get('additionalCheckpointState');
  for (const { key, value } of state === undefined ? [] : mapEntries(state)) {
    const name = textOf(key);
    if (name !== null) values.set(name, value);
  }
  const specs = values.get('container_specs');
  const version = values.get('runsc_version');
  const owners = kernel.get('savedMFOwners');
  return {
    containerSpecs: specs === undefined ? null : specsText(specs),
    runscVersion: version === undefined ? null : textOf(version),
    privateMemoryFiles: owners === undefined ? null : countElements(owners),
  };
}

/** The specs as the header holds them since: one JSON object. Here they are a map from container name to the JSON of its spec. */
function specsText(node: Node): string | null {
  const target = follow(node);
  if (target === null) return null;
  if (readNode(target).kind !== 'map') return textOf(target);
  const members = mapEntries(target).map(({ key, value }) => `${JSON.stringify(string(key))}:${textOf(value) ?? 'null'}`);
  return `{${members.join(',')}}`;
}

/** A string or byte slice inside an interface; null for anything else. */
function textOf(node: Node): string | null {
  const target = follow(node);
  if (target === null) return null;
  const value = readNode(target);
  if (value.kind === 'string') return string(target);
  if (value.kind !== 'slice' && value.kind !== 'array') return null;
  const bytes = byteArray(target);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}
