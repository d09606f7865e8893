/** Section `containers` of an inspection: what the saved OCI specs say. */
import type { SavedContainer } from '../kernel/container-specs.ts';
import type { ImageContainer } from './document.ts';

/**
 * One container; values of environment variables only with `showEnv`.
 *
 * @param ids container ids by name, where the kernel graph was read and holds them.
 */
export function containerDocument(
  { name, spec }: SavedContainer,
  ids: ReadonlyMap<string, string>,
  showEnv: boolean,
): ImageContainer {
  return {
    name,
    id: ids.get(name) ?? null,
    args: spec.args,
    cwd: spec.cwd,
    env: showEnv ? spec.env : spec.envNames,
    hostname: spec.hostname,
    rootReadonly: spec.rootReadonly,
    mounts: spec.mounts,
    annotations: Object.fromEntries([...spec.annotations].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
