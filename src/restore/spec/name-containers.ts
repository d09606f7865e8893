/** The names by which runsc matches new containers with saved ones. */

import { type GoStruct, structOf } from '../../oci/go-value.ts';
import { annotatedName } from '../../oci/read-spec.ts';
import type { Rules } from '../rules.ts';
import type { GivenSpec } from '../settings.ts';

/** A new container. */
export interface NewContainer {
  readonly name: string;
  readonly given: GivenSpec;
}

const NAME_REMAP = 'dev.gvisor.container-name-remap.';

/**
 * Names the containers of the new sandbox, in the order in which they are restored: by the annotation of containerd, perhaps renamed by
 * another one; a container without that is `__no_name_` and how many were there before it.
 *
 * @see gVisor runsc/boot/loader.go: registerContainerLocked; runsc/specutils/specutils.go: ContainerName
 */
export function nameContainers(specs: readonly (GivenSpec | null)[], rules: Rules): NewContainer[] {
  return specs.flatMap((given, index) => {
    if (given === null) return [];
    const own = containerName(given.spec, rules);
    return [{ name: own !== '' ? own : (given.name ?? `__no_name_${index}`), given }];
  });
}

function containerName(spec: GoStruct, rules: Rules): string {
  const name = annotatedName(spec);
  if (name === '' || !rules.has('container-name-remap')) return name;
  for (const [key, value] of structOf(spec, 'Annotations') ?? []) {
    if (!key.startsWith(NAME_REMAP) || typeof value !== 'string') continue;
    const at = value.indexOf('=');
    if (at >= 0 && value.slice(0, at) === name) return value.slice(at + 1);
  }
  return name;
}
