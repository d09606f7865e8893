/** The mounts of every mount namespace, as its processes see them. */
import type { Graph } from '../../graph/graph.ts';
import { field, fieldAt, integer, type Node, objectNode } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { enclosingObject } from '../enclosing-object.ts';
import { fact } from '../epochs.ts';
import type { SavedKernel } from '../saved-kernel.ts';
import type { SavedThread } from '../threads.ts';
import { identityOf } from './dentry.ts';
import { pathInFilesystem } from './dentry-path.ts';
import { countedEntries, countedPath, countText, type FileReading, newFileReading } from './file-reading.ts';
import { type FileSystemDetails, readFileSystem } from './filesystem-details.ts';
import { type Place, readMount, readPlace, type SavedMount } from './mount.ts';
import { fileSystemOptions } from './mount-options.ts';
import { type DeviceNumber, readInode } from './saved-inode.ts';

/** One mount as a line of /proc/PID/mountinfo shows it. */
export interface MountLine {
  readonly mount: SavedMount;
  readonly objectId: number;
  readonly id: number;
  /** Its own id when it hangs nowhere. */
  readonly parentId: number;
  readonly device: DeviceNumber | null;
  /** The directory of the file system that is mounted; always `/` before release-20221205.0. */
  readonly root: string;
  /** Where, as the process sees it. */
  readonly path: string;
  /** `ro,noexec`: what this gVisor shows of the mount's flags. */
  readonly options: string;
  readonly flags: MountFlags;
  /** `shared:1`, `master:2`. */
  readonly propagation: readonly string[];
  /** Type name of the file system, or null for one that is not known here. */
  readonly type: string | null;
  /** `rw,mode=0755`: the file system's own options; null when they are not known. */
  readonly superOptions: string | null;
  readonly details: FileSystemDetails | null;
}

/** What is set on a mount, shown by gVisor or not. */
export interface MountFlags {
  readonly readOnly: boolean;
  readonly noExec: boolean;
  readonly noSuid: boolean;
  readonly noDev: boolean;
  readonly noAtime: boolean;
}

/** The mounts of one mount namespace. */
export interface NamespaceMounts {
  /** Object id of the MountNamespace. */
  readonly objectId: number;
  /** Its live threads that lead a process, in order of their ids. */
  readonly processes: readonly SavedThread[];
  readonly mounts: readonly MountLine[];
}

/**
 * The mounts of each mount namespace that a live process is in, seen from the root of the first of them.
 *
 * @see gVisor pkg/sentry/kernel: Task.mountNamespace; pkg/sentry/vfs/mount.go: GenerateProcMountInfo
 */
export function readMounts(kernel: SavedKernel, onDamage: OnDamage): NamespaceMounts[] {
  const reading = newFileReading();
  const spaces = new Map<number, { objectId: number; root: Node | null; processes: SavedThread[] }>();
  for (const thread of kernel.threads) {
    if (thread.pid === null || thread.tid !== thread.pid) continue;
    attempt(() => {
      const task = objectNode(kernel.graph, thread.objectId);
      const namespace = fact(task, 'Task.mountNamespace');
      const root = rootOf(task);
      if (namespace === null || root === null) return;
      const identity = identityOf(namespace);
      const space = spaces.get(identity) ?? { objectId: enclosingObject(namespace), root, processes: [] };
      spaces.set(identity, space);
      space.processes.push(thread);
    }, onDamage);
  }
  return [...spaces.values()].map(({ objectId, root, processes }) => ({
    objectId,
    processes,
    mounts: attempt(() => mountsSeenFrom(readPlace(root), reading, onDamage), onDamage) ?? [],
  }));
}

function rootOf(task: Node): Node | null {
  const context = fieldAt(task, 'fsContext');
  return context === null ? null : fact(context, 'FSContext.root');
}

/**
 * The mounts below a process's root, in order of their ids. Those that are not reachable from it are not among them.
 *
 * @see gVisor pkg/sentry/vfs/mount.go: GenerateProcMountInfo, submountsLocked
 */
function mountsSeenFrom(root: Place | null, reading: FileReading, onDamage: OnDamage): MountLine[] {
  if (root === null) return [];
  const lines: MountLine[] = [];
  for (const mount of mountsBelow(root.mount, reading)) {
    const line = attempt(() => readLine(mount, root, reading), onDamage);
    if (line !== null) lines.push(line);
  }
  return lines.sort((a, b) => a.id - b.id);
}

/**
 * A mount and all that hang below it, at any depth.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 */
export function mountsBelow(top: SavedMount, reading: FileReading): SavedMount[] {
  const found = new Map<number, SavedMount>([[top.identity, top]]);
  for (const mount of found.values()) {
    const children = fieldAt(mount.node, 'children');
    for (const { key } of countedEntries(children, reading)) {
      const child = readMount(key);
      if (!found.has(child.identity)) found.set(child.identity, child);
    }
  }
  return [...found.values()];
}

function readLine(mount: SavedMount, root: Place, reading: FileReading): MountLine | null {
  if (mount.root === null) return null;
  const path = countedPath({ mount, dentry: mount.root }, root, reading);
  if (!path.reachable) return null;
  const { graph } = mount.node;
  const flags = flagsOf(mount.node);
  const own = mount.filesystem === null ? null : fileSystemOptions(mount.filesystem);
  countText(own?.length ?? 0, mount.node, reading);
  const access = flags.readOnly ? 'ro' : 'rw';
  return {
    mount,
    objectId: enclosingObject(mount.node),
    id: mount.id,
    parentId: mount.parent === null ? mount.id : readMount(mount.parent).id,
    device: readInode(mount.root, mount.filesystem).device,
    root: shows(graph, 'root') ? pathInFilesystem(mount.root) : '/',
    path: path.text,
    options: [
      // Older releases put noatime in the place of what was there.
      ...(flags.noAtime && !shows(graph, 'accessWithNoatime') ? [''] : [access]),
      ...(flags.noAtime ? ['noatime'] : []),
      ...(flags.noExec ? ['noexec'] : []),
      ...(flags.noSuid && shows(graph, 'nosuid') ? ['nosuid'] : []),
    ].join(','),
    flags,
    propagation: propagationOf(mount.node),
    type: mount.type,
    superOptions: own === null ? null : own === '' ? access : `${access},${own}`,
    details: readFileSystem(mount, reading),
  };
}

function flagsOf(mount: Node): MountFlags {
  const flags = fact(mount, 'Mount.flags');
  const is = (name: string): boolean => flags !== null && integer(field(flags, name)) !== 0n;
  return {
    // gVisor makes the count of writers negative to forbid writing.
    readOnly: integer(field(mount, 'writers')) < 0n,
    noExec: is('NoExec'),
    noSuid: is('NoSUID'),
    noDev: is('NoDev'),
    noAtime: is('NoATime'),
  };
}

/** propType of a shared mount, from release-20221026.0 to release-20230814.0. */
const SHARED = 1n;

/** @see gVisor pkg/sentry/vfs/mount.go: generateOptionalTags; the tag propagate_from is not made here */
function propagationOf(mount: Node): string[] {
  const tags: string[] = [];
  const isShared = field(mount, 'isShared');
  const shared = isShared === null ? integer(field(mount, 'propType')) === SHARED : integer(isShared) !== 0n;
  if (shared) tags.push(`shared:${integer(field(mount, 'groupID'))}`);
  const leader = fieldAt(mount, 'leader');
  if (leader !== null) tags.push(`master:${integer(field(leader, 'groupID'))}`);
  return tags;
}

/**
 * What a gVisor prints in mountinfo since a release, and a field that tells an image of that release or later.
 *
 * @see gVisor 99cc6c2de (2022-12-01), 436301196 (2025-08-12), e8af18d0c (2026-05-29)
 */
const SHOWN_SINCE = {
  root: ['pkg/sentry/vfs.MountNamespace', 'mounts'],
  nosuid: ['pkg/sentry/kernel.FSContext', 'preventSharing'],
  accessWithNoatime: ['pkg/sentry/fsimpl/tmpfs.inode', 'btime'],
} as const;

function shows(graph: Graph, what: keyof typeof SHOWN_SINCE): boolean {
  const [type, name] = SHOWN_SINCE[what];
  return graph.types.some((one) => one.name === type && one.fields.includes(name));
}
