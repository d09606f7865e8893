/** Names of what a restore must be given from outside: a mount or a file of a container. */
import { field, follow, type Node, readNode, string } from '../graph/node.ts';

/** A container's name and what it calls the thing: a mount's path, or `host:N` for an inherited file. */
export interface ResourceId {
  /** Empty when it has no name; null in images that do not save it. */
  readonly container: string | null;
  readonly path: string;
}

/**
 * Reads a checkpoint.ResourceID (vfs.RestoreID from release-20240129.0 to 2026-03; a path alone before); null for an empty one.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 */
export function readResourceId(node: Node | null): ResourceId | null {
  const target = node === null ? null : follow(node);
  if (target === null) return null;
  const { kind } = readNode(target);
  if (kind === 'string') {
    const path = string(target);
    return path === '' ? null : { container: null, path };
  }
  const container = string(field(target, 'ContainerName'));
  const path = string(field(target, 'Path'));
  return container === '' && path === '' ? null : { container, path };
}
