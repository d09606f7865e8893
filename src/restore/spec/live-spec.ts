/** What runsc makes of a config.json before it compares: the restoring side is not the file as it lies there. */
import { posix } from 'node:path';
import {
  type GoStruct,
  type GoValue,
  listOf,
  stringOf,
  structOf,
  structsOf,
  throughJson,
  withFields,
  zeroStruct,
} from '../../oci/go-value.ts';
import { annotatedName, containerType } from '../../oci/read-spec.ts';
import { structType, typeOfField } from '../../oci/spec-types.ts';

/** A spec as it is compared, and what of it rests on facts of the host that are taken to be as they were at save. */
export interface LiveSpec {
  readonly spec: GoStruct;
  readonly assumptions: readonly string[];
  /** Mounts whose destination runsc may resolve to another one, which the saved spec has. */
  readonly movedMounts: readonly { readonly given: string; readonly saved: string }[];
}

const NO_SECCOMP = 'dev.gvisor.internal.seccomp.';

/**
 * The spec that the restoring runsc compares, given the file and the saved spec.
 *
 * - A seccomp profile is dropped where an annotation says that it is the runtime's default.
 * - Mounts that the gofer serves get the destination that symbolic links of the root file system lead to, and perhaps an option for
 *   the file system that they come from.
 * - A container behind the first gets a user namespace, loses a PID namespace that is the sandbox's, and went through JSON, where empty
 *   lists are lost; of the first container only the mounts did.
 *
 * @see gVisor runsc/specutils/specutils.go: fixSpec; runsc/cmd/sandboxsetup: ResolveMounts, AdjustMountOptions;
 *   runsc/container/container.go: modifySpecForDirectfs; runsc/sandbox/sandbox.go: fixPidns
 */
export function liveSpec(given: GoStruct, saved: GoStruct): LiveSpec {
  const assumptions: string[] = [];
  let spec = withoutDefaultSeccomp(given);
  const behindFirst = containerType(given) === 'container';
  if (behindFirst) {
    spec = inSandbox(spec, saved, assumptions);
    spec = throughJson(structType('Spec'), spec) as GoStruct;
  }
  const mounts = resolvedMounts(spec, saved);
  // The gofer hands over a list that is never nil.
  const list = behindFirst && mounts.list.length === 0 ? null : throughJson(typeOfField('Spec', 'Mounts'), mounts.list);
  spec = withFields(spec, { Mounts: list });
  return { spec, assumptions: [...assumptions, ...mounts.assumptions], movedMounts: mounts.moved };
}

function withoutDefaultSeccomp(spec: GoStruct): GoStruct {
  const name = annotatedName(spec);
  const linux = structOf(spec, 'Linux');
  const isDefault = name !== '' && stringOf(structOf(spec, 'Annotations'), `${NO_SECCOMP}${name}`) === 'RuntimeDefault';
  return isDefault && linux !== null ? withFields(spec, { Linux: withFields(linux, { Seccomp: null }) }) : spec;
}

function inSandbox(spec: GoStruct, saved: GoStruct, assumptions: string[]): GoStruct {
  let linux = structOf(spec, 'Linux') ?? zeroStruct('Linux');
  const old = structOf(saved, 'Linux');
  const has = (side: GoStruct | null, type: string): boolean =>
    structsOf(side, 'Namespaces').some((namespace) => stringOf(namespace, 'Type') === type);
  const ofSandbox = (namespace: GoStruct): boolean =>
    stringOf(namespace, 'Type') === 'pid' && /^\/proc\/\d+\/ns\/pid$/.test(stringOf(namespace, 'Path'));
  const namespaces = structsOf(linux, 'Namespaces');
  const shared = namespaces.find(ofSandbox);
  if (shared !== undefined && !has(old, 'pid')) {
    assumptions.push(`the PID namespace ${stringOf(shared, 'Path')} is the new sandbox's`);
    linux = withFields(linux, { Namespaces: namespaces.filter((namespace) => namespace !== shared) });
  }
  if (has(linux, 'user')) return withFields(spec, { Linux: linux });
  if (!has(old, 'user')) {
    assumptions.push('the container gets no user namespace of its own, as at save (--network=host, or --directfs=false)');
    return withFields(spec, { Linux: structOf(spec, 'Linux') === null ? null : linux });
  }
  assumptions.push(
    'runsc puts the container into a user namespace with the ID mappings of the machine, which are as at save (--directfs)',
  );
  const user: GoStruct = withFields(zeroStruct('LinuxNamespace'), { Type: 'user' });
  const mapping = (name: string): GoValue => old?.get(name) ?? null;
  return withFields(spec, {
    Linux: withFields(linux, {
      Namespaces: [...(listOf(linux, 'Namespaces') ?? []), user],
      UIDMappings: mapping('UIDMappings'),
      GIDMappings: mapping('GIDMappings'),
    }),
  });
}

/** Options that the gofer adds for overlayfs, and for NFS and FUSE. */
const FILE_SYSTEM_OPTIONS: ReadonlySet<GoValue> = new Set(['overlayfs_stale_read', 'disable_file_handle_sharing']);

interface ResolvedMounts {
  readonly list: readonly GoValue[];
  readonly assumptions: readonly string[];
  readonly moved: LiveSpec['movedMounts'];
}

function resolvedMounts(spec: GoStruct, saved: GoStruct): ResolvedMounts {
  const given = listOf(spec, 'Mounts') ?? [];
  const old = new Map(structsOf(saved, 'Mounts').map((mount) => [stringOf(mount, 'Destination'), mount]));
  const unclaimed = unclaimedMounts(
    old,
    new Set(structsOf(spec, 'Mounts').map((mount) => cleaned(stringOf(mount, 'Destination')))),
  );
  const assumptions: string[] = [];
  const moved: { given: string; saved: string }[] = [];
  const list = given.map((item) => {
    if (!(item instanceof Map) || !isServed(item as GoStruct)) return item;
    const mount = item as GoStruct;
    const place = cleaned(stringOf(mount, 'Destination'));
    const target = old.has(place) ? null : movedTo(mount, place, unclaimed);
    if (target !== null) moved.push({ given: place, saved: target });
    const destination = target ?? place;
    const added = (listOf(old.get(destination) ?? null, 'Options') ?? []).filter((option) => FILE_SYSTEM_OPTIONS.has(option));
    const own = listOf(mount, 'Options') ?? [];
    const missing = added.filter((option) => !own.includes(option));
    if (missing.length > 0) assumptions.push(`the source of the mount ${place} is on a file system of the same kind as at save`);
    return withFields(mount, { Destination: destination, Options: missing.length === 0 ? own : [...own, ...missing] });
  });
  return { list, assumptions, moved };
}

/** Saved bind mounts that no new mount names, by type and last name. */
type Unclaimed = Map<string, Set<string>>;

function unclaimedMounts(old: ReadonlyMap<string, GoStruct>, destinations: ReadonlySet<string>): Unclaimed {
  const unclaimed: Unclaimed = new Map();
  for (const [path, mount] of old) {
    if (destinations.has(path) || !isServed(mount)) continue;
    const key = lastName(mount, path);
    const paths = unclaimed.get(key);
    if (paths === undefined) unclaimed.set(key, new Set([path]));
    else paths.add(path);
  }
  return unclaimed;
}

/**
 * The saved mount that this one may become, once runsc has followed the symbolic links of the root file system: the only one of the same
 * name at its end (`/run/secrets` for `/var/run/secrets`) that no other mount claims. It is taken.
 */
function movedTo(mount: GoStruct, destination: string, unclaimed: Unclaimed): string | null {
  const paths = unclaimed.get(lastName(mount, destination));
  if (paths === undefined || paths.size !== 1) return null;
  const [path = null] = paths;
  paths.clear();
  return path;
}

function lastName(mount: GoStruct, path: string): string {
  return JSON.stringify([stringOf(mount, 'Type'), path.split('/').at(-1)]);
}

/** Whether the gofer serves a mount: a bind mount, by type or by option. */
function isServed(mount: GoStruct): boolean {
  const options = listOf(mount, 'Options') ?? [];
  const bind = stringOf(mount, 'Type') === 'bind' || options.includes('bind') || options.includes('rbind');
  return bind && stringOf(mount, 'Source') !== '';
}

function cleaned(path: string): string {
  return posix.normalize(`/${path}`).replace(/(?<=.)\/$/, '');
}
