/** Gate `host-files`: the files of the host that the saved sandbox still holds are there, and can be opened again. */
import type { GoferFile } from '../../kernel/files/gofer-files.ts';
import type { ResourceId } from '../../kernel/resource-id.ts';
import { firstNames } from '../first-names.ts';
import { defineGate, type GateAnswer, type GateFailure, notChecked, pass, positionOf, reason, unknown } from '../gate.ts';
import { quoted } from '../go-syntax.ts';
import { type Finding, type Trouble, walkMount } from '../host-files/walk-mount.ts';
import type { HostFiles, NeededFiles } from '../image-facts.ts';
import type { FileRef } from '../reasons.ts';
import type { Reason } from '../result.ts';

/** It comes with the last of what the loading of the kernel does. */
const ORDER = 39;

/** Inherited files are looked for while the objects of the kernel are loaded. */
const LOADED = 33;

/**
 * Looks for the files mount by mount. Their contents are not compared, by runsc neither.
 *
 * @see gVisor pkg/sentry/fsimpl/gofer/save_restore.go: filesystem.CompleteRestore; pkg/sentry/vfs/save_restore.go
 */
export const hostFiles = defineGate('host-files', ['hostFiles'], ({ hostFiles: files }, _host, rules): GateAnswer => {
  const hanging = mountPoints(files);
  const name = namer(files);
  const reasons: Reason[] = [];
  const failures: GateFailure[] = [];
  let open = false;
  let absent = false;
  if (files.lost !== undefined && files.lost.length > 0) {
    reasons.push(lostReason(files.lost));
    // The message ends with the numbers of files that the new sandbox was given.
    failures.push({ position: positionOf(LOADED, rules), error: null });
  }
  for (const mount of files.mounts) {
    const { found } = mount;
    if (found === null) {
      absent = true;
      reasons.push(notGiven(mount, name));
    } else if (found === 'unreadable') {
      open = true;
      const message = `${name.mount(mount.id)}: its directory could not be opened`;
      reasons.push(reason('CKPT1855', ORDER, message, { ...place(mount), directory: null, files: [] }));
    } else {
      const findings = walkMount(mount, found.sights, hanging.get(mount.id?.container ?? null) ?? new Map(), rules);
      reasons.push(...findingReasons(findings, mount, found.directory, name));
      for (const { trouble, error } of findings) {
        if (FATAL.has(trouble)) failures.push({ position: positionOf(ORDER, rules), error });
        else if (trouble !== 'type-not-compared') open = true;
      }
    }
  }
  if (files.unused.length > 0) {
    reasons.push(unusedReason(files, name));
    // A directory was meant for a mount that has none: a name was mistyped, and what was asked is not answered.
    if (absent) open = true;
  }
  if (!files.complete) {
    open = true;
    reasons.push(reason('CKPT1859', ORDER, 'a part of the saved files could not be read, so that the list is not complete', {}));
  }
  const [failure] = failures;
  if (failure !== undefined) return { outcome: 'fail', reasons, failure };
  if (open) return unknown(...reasons);
  return absent ? notChecked(...reasons) : pass(...reasons);
});

function lostReason(lost: readonly ResourceId[]): Reason {
  const inherited = lost.map(({ container, path }) => `${container}:${path}`);
  const message = `processes hold ${firstNames(inherited)} of runsc exec or --pass-fd, which a restore does not give them again`;
  return reason('CKPT1861', LOADED, message, { inherited });
}

const FATAL: ReadonlySet<Trouble> = new Set<Trouble>(['missing', 'other-type', 'refused', 'moved-mount']);

/** Every kind of trouble with its code and what is said of the files, the fatal first. */
const TROUBLES = [
  ['missing', 'CKPT1851', 'not there'],
  ['other-type', 'CKPT1852', 'of another type'],
  ['refused', 'CKPT1853', 'cannot be opened as before'],
  ['moved-mount', 'CKPT1854', 'symbolic links where a mount hangs'],
  ['not-seen', 'CKPT1855', 'could not be looked at'],
  ['not-tried', 'CKPT1856', 'are opened again, which is not tried'],
  ['type-not-compared', 'CKPT1857', 'of another type, which this mount does not compare'],
] as const satisfies readonly (readonly [Trouble, string, string])[];

function findingReasons(findings: readonly Finding[], mount: NeededFiles, directory: string, name: Names): Reason[] {
  return TROUBLES.flatMap(([trouble, code, what]) => {
    const own = findings.filter((finding) => finding.trouble === trouble);
    if (own.length === 0) return [];
    const said = firstNames(own.map(({ file, why, below }) => `${file.path}${remark(trouble, file, why, below)}`));
    const message = `${name.mount(mount.id)} in ${directory}: ${what}: ${said}`;
    const files = own.map(({ file, why, below }) => ({ ...refOf(file), why, below }));
    return [reason(code, ORDER, message, { ...place(mount), directory, files })];
  });
}

function remark(trouble: Trouble, { kind }: GoferFile, why: string, below: number): string {
  const more = below === 0 ? '' : ` and ${below} below`;
  if (trouble === 'missing') return `${why === 'ENOENT' ? '' : ` (${why})`}${more}`;
  if (trouble === 'other-type' || trouble === 'type-not-compared') return ` (${why}, was ${kind})${more}`;
  return ` (${why})${more}`;
}

/** What must be there when nobody says where. The root always is, and goes without saying. */
function notGiven(mount: NeededFiles, name: Names): Reason {
  const ends = mount.files.filter(({ kind }) => kind !== 'directory').map(({ path }) => path);
  const directories = mount.files.filter(({ path, kind }) => kind === 'directory' && path !== '/').length;
  const parts = [
    ...(ends.length > 0 ? [firstNames(ends)] : []),
    ...(directories > 0 ? [`${directories} ${directories === 1 ? 'directory' : 'directories'}`] : []),
  ];
  const option = name.option(mount.id);
  const where = name.mount(mount.id);
  const what = parts.length === 0 ? `${where} was` : `${parts.join(' and ')} must be in ${where}, which was`;
  return reason('CKPT1858', ORDER, `${what} not given (${option})`, { ...place(mount), option, files: mount.files.map(refOf) });
}

function unusedReason(all: HostFiles, name: Names): Reason {
  const mounts = all.mounts.map(({ id }) => name.option(id));
  const known = mounts.length === 0 ? 'it has none' : `it has ${firstNames(mounts)}`;
  const message = `the image has no such mount: ${firstNames(all.unused)}; ${known}`;
  return reason('CKPT1860', ORDER, message, { given: all.unused, mounts });
}

/** Where mounts hang in each container, with the directories above; of several mounts below a directory the first. */
function mountPoints({ mounts }: HostFiles): ReadonlyMap<string | null, ReadonlyMap<string, ResourceId>> {
  const all = new Map<string | null, Map<string, ResourceId>>();
  for (const { id } of mounts) {
    if (id === null) continue;
    const points = all.get(id.container) ?? new Map<string, ResourceId>();
    all.set(id.container, points);
    for (let { path } = id; path.length > 1 && !points.has(path); path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
      points.set(path, id);
    }
  }
  return all;
}

function refOf({ path, kind, reopen, deleted }: GoferFile): FileRef {
  const access = reopen === null ? null : reopen.read && reopen.write ? 'read-write' : reopen.read ? 'read' : 'write';
  return { path, type: kind, access, deleted };
}

function place({ id }: NeededFiles): { readonly container: string | null; readonly mount: string } {
  return { container: id?.container ?? null, mount: id?.path ?? '/' };
}

/** How people name mounts; without the container where there is only one. */
interface Names {
  readonly mount: (id: ResourceId | null) => string;
  readonly option: (id: ResourceId | null) => string;
}

function namer({ mounts }: HostFiles): Names {
  const alone = new Set(mounts.map(({ id }) => id?.container ?? null)).size < 2;
  const containerOf = (id: ResourceId | null): string | null => (alone ? null : (id?.container ?? null));
  return {
    mount: (id) => {
      const what = id === null || id.path === '/' ? 'the root file system' : `the mount ${id.path}`;
      const container = containerOf(id);
      return container === null ? what : `${what} of ${quoted(container)}`;
    },
    option: (id) => {
      const container = containerOf(id);
      if (id === null || id.path === '/') return `--rootfs ${container === null ? '' : `${container}=`}DIR`;
      return `--mount ${container === null ? '' : `${container}:`}${id.path}=DIR`;
    },
  };
}
