/** Which memory file is meant: the name that gVisor gives to the owner of one. */
import { field, follow, type Node, readNode, string } from './node.ts';

/** The owner of the sandbox's main memory file: gVisor's empty ResourceID. */
export const MAIN_OWNER = '';

/**
 * The owner of a memory file as `container:path`, and {@link MAIN_OWNER} for the main one.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/checkpoint.ResourceID since 30b20d1a7 (2026-03-13); a string `container:path` from 2024-03-25 on.
 */
export function resourceOwner(node: Node | null): string {
  const target = node === null ? null : follow(node);
  if (target === null) return MAIN_OWNER;
  if (readNode(target).kind !== 'struct') return string(target);
  const container = string(field(target, 'ContainerName'));
  const path = string(field(target, 'Path'));
  return container === '' && path === '' ? MAIN_OWNER : `${container}:${path}`;
}
