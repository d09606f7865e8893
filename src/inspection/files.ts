/** Section `files` of an inspection: what every process has open. */

import type { Arch } from '../cpu/feature.ts';
import { field, fieldAt, integer, objectNode } from '../graph/node.ts';
import { attempt, type OnDamage } from '../kernel/attempt.ts';
import { enclosingObject } from '../kernel/enclosing-object.ts';
import type { SavedPath } from '../kernel/files/dentry-path.ts';
import { type ProcessFiles, readDescriptors, type SavedDescriptor } from '../kernel/files/descriptors.ts';
import { type FileKind, kindOfMode } from '../kernel/files/file-kinds.ts';
import type { SavedLock } from '../kernel/files/file-locks.ts';
import { countText, newFileReading } from '../kernel/files/file-reading.ts';
import type { Place } from '../kernel/files/mount.ts';
import type { AsyncOwner, OpenFile } from '../kernel/files/open-file.ts';
import { openFlagNames } from '../kernel/files/open-flags.ts';
import type { SavedSocket } from '../kernel/network/saved-socket.ts';
import { objectOf } from '../kernel/object-of.ts';
import { readClocks } from '../kernel/saved-clocks.ts';
import type { SavedKernel } from '../kernel/saved-kernel.ts';
import { safeNumber } from '../kernel/struct-values.ts';
import { signalName } from '../kernel/tasks/signal-names.ts';
import type { SavedThread } from '../kernel/threads.ts';
import { type DetailsContext, detailsDocument, type FileDetailsDocument, type Holder } from './file-details.ts';

/** One file that one process has open, or uses as its working directory, root or executable. */
export interface FileDocument {
  readonly pid: number;
  /** Thread that has a table of descriptors for itself; null for the table of the process. */
  readonly tid: number | null;
  /** Name of the process (comm). */
  readonly process: string;
  readonly container: string;
  readonly role: 'descriptor' | 'cwd' | 'root' | 'exe';
  /** Null for other roles than `descriptor`. */
  readonly fd: number | null;
  readonly kind: FileKind;
  /** As the link in /proc/PID shows it: `/tmp/gone (deleted)`, `pipe:[3]`. Null when it cannot be read. */
  readonly path: string | null;
  readonly deleted: boolean;
  /** Type name of the file system. */
  readonly filesystem: string | null;
  /** Id of the mount, as in section `mounts`. */
  readonly mount: number | null;
  /** `major:minor` of the file system. */
  readonly device: string | null;
  readonly inode: string | null;
  /** Type and permission bits, octal: `100644`. */
  readonly mode: string | null;
  /** `O_RDWR`, `O_APPEND` and so on. */
  readonly flags: readonly string[];
  readonly closeOnExec: boolean | null;
  readonly offset: number | null;
  readonly size: number | null;
  /** Held by this open file or by this table of descriptors. */
  readonly locks: readonly SavedLock[];
  readonly asyncOwner: { readonly kind: AsyncOwner['kind']; readonly id: number | null; readonly signal: string } | null;
  /** Graph path of the object. */
  readonly object: string;
  /** The descriptor before this one that is the same open file: inherited, duplicated or sent along. Its details are there. */
  readonly sameAs: Holder | null;
  readonly details: FileDetailsDocument | null;
}

/** Choices of what is read. */
export interface FileOptions {
  /** Names of flags differ between architectures. */
  readonly arch: Arch;
  /** Processes to show; default: all. */
  readonly only?: (process: SavedThread) => boolean;
  /** All sockets of the image, to say what a descriptor of a socket is; without them only its family is known. */
  readonly sockets?: readonly SavedSocket[];
  /** As readDescriptors gives them; default: they are read here. */
  readonly processes?: readonly ProcessFiles[];
}

/**
 * The open files of all live processes: by process id; per process executable, working directory, root, then descriptors in order.
 *
 * What cannot be read is left out and reported.
 */
export function fileDocuments(kernel: SavedKernel, options: FileOptions, onDamage: OnDamage): FileDocument[] {
  const { arch, only, sockets = [] } = options;
  const processes = (options.processes ?? readDescriptors(kernel, onDamage)).filter(({ process }) => only?.(process) ?? true);
  const ends = pipeEnds(processes);
  const context: DetailsContext = {
    clocks: attempt(() => readClocks(fieldAt(objectNode(kernel.graph, 1), 'timekeeper') ?? undefined), onDamage),
    sockets: new Map(sockets.map((socket) => [socket.objectId, socket])),
    tids: new Map(kernel.threads.map(({ objectId, tid }) => [objectId, tid])),
    reading: newFileReading(),
    onDamage,
  };
  const seen = new Map<number, Holder>();
  // Processes that share a table share its descriptors.
  const opened = new Map<SavedDescriptor, OpenPart>();
  const documents: FileDocument[] = [];
  for (const files of processes) {
    const { process, thread, root } = files;
    const pid = process.pid ?? 0;
    const owner = {
      pid,
      tid: thread?.tid ?? null,
      process: process.name,
      container: process.containerName ?? process.containerId,
    };
    for (const part of places(files)) documents.push(documentOf(owner, part));
    for (const descriptor of files.descriptors) {
      const { fd, file } = descriptor;
      // Every entry repeats the names of its process and container.
      if (attempt(() => counted(owner, file, context), onDamage) === null) continue;
      const before = seen.get(file.identity) ?? null;
      if (before === null) seen.set(file.identity, { pid, fd });
      const open = opened.get(descriptor) ?? openPart(file, descriptor.path, arch);
      opened.set(descriptor, open);
      documents.push(
        documentOf(owner, {
          open,
          role: 'descriptor',
          fd,
          closeOnExec: descriptor.closeOnExec,
          locks: descriptor.locks,
          asyncOwner: ownerDocument(kernel, file.asyncOwner, context),
          sameAs: before,
          details:
            before === null ? detailsDocument(file.details, root, otherEnd(ends, descriptor, pid), file.objectId, context) : null,
        }),
      );
    }
  }
  return documents;
}

/** True, or throws `over-limit`. */
function counted(owner: Pick<FileDocument, 'process' | 'container'>, file: OpenFile, { reading }: DetailsContext): true {
  countText(owner.process.length + owner.container.length, file.node, reading);
  return true;
}

type Owner = Pick<FileDocument, 'pid' | 'tid' | 'process' | 'container'>;
type PathPart = Pick<FileDocument, 'path' | 'deleted' | 'filesystem' | 'mount' | 'device' | 'inode' | 'mode'>;
type OpenPart = PathPart & Pick<FileDocument, 'kind' | 'flags' | 'offset' | 'size' | 'object'>;
type Part = Omit<FileDocument, keyof Owner | keyof OpenPart> & { readonly open: OpenPart };

/** Field by field: there may be hundreds of thousands, and spreading costs ten times as much. */
function documentOf(owner: Owner, part: Part): FileDocument {
  const { open } = part;
  return {
    pid: owner.pid,
    tid: owner.tid,
    process: owner.process,
    container: owner.container,
    role: part.role,
    fd: part.fd,
    kind: open.kind,
    path: open.path,
    deleted: open.deleted,
    filesystem: open.filesystem,
    mount: open.mount,
    device: open.device,
    inode: open.inode,
    mode: open.mode,
    flags: open.flags,
    closeOnExec: part.closeOnExec,
    offset: open.offset,
    size: open.size,
    locks: part.locks,
    asyncOwner: part.asyncOwner,
    object: open.object,
    sameAs: part.sameAs,
    details: part.details,
  };
}

/** Executable, working directory and root. */
function places({ exe, exePath, cwd, cwdPath, root, rootPath, umask }: ProcessFiles): Part[] {
  const parts: Part[] = [];
  const nothing = { fd: null, closeOnExec: null, locks: [], asyncOwner: null, sameAs: null } as const;
  // The flags of an executable are those of execve itself.
  if (exe !== null)
    parts.push({ ...nothing, open: { ...openPart(exe, exePath, null), offset: null }, role: 'exe', details: null });
  if (cwd !== null) {
    const details = umask === null ? null : ({ type: 'cwd', umask: umask.toString(8).padStart(4, '0') } as const);
    parts.push({ ...nothing, open: placePart(cwd, cwdPath), role: 'cwd', details });
  }
  if (root !== null && cwd !== null) parts.push({ ...nothing, open: placePart(root, rootPath), role: 'root', details: null });
  return parts;
}

function pathPart(place: Place | null, path: SavedPath | null): PathPart {
  return {
    path: path?.text ?? null,
    deleted: path?.deleted ?? place?.dentry.dead ?? false,
    filesystem: place?.mount.type ?? null,
    mount: place?.mount.id ?? null,
    device: path === null || path.device === null ? null : `${path.device.major}:${path.device.minor}`,
    inode: path === null || path.ino === null ? null : String(path.ino),
    mode: path === null || path.mode === null ? null : path.mode.toString(8),
  };
}

function openPart(file: OpenFile, path: SavedPath | null, arch: Arch | null): OpenPart {
  const { kind, place, inode, flags, offset, objectId, node } = file;
  const size = inode?.size ?? null;
  return {
    kind,
    ...pathPart(place, path),
    flags: arch === null ? [] : openFlagNames(flags, arch),
    offset,
    size: size === null || (kind !== 'regular' && kind !== 'memfd') ? null : safeNumber(size),
    object: `g${node.graph.number}r${objectId}`,
  };
}

function placePart(place: Place, path: SavedPath | null): OpenPart {
  const { impl } = place.dentry;
  return {
    kind: kindOfMode(path?.mode ?? null),
    ...pathPart(place, path),
    flags: [],
    offset: null,
    size: null,
    object: `g${impl.graph.number}r${enclosingObject(impl)}`,
  };
}

/** The most holders of the other end that are listed. */
const HOLDERS_AT_MOST = 16;

/** Descriptors that can read, that can write, and that can do either. */
type PipeEnds = Readonly<Record<'read' | 'write' | 'both', Holder[]>>;

function pipeEnds(processes: readonly ProcessFiles[]): ReadonlyMap<number, PipeEnds> {
  const pipes = new Map<number, PipeEnds>();
  for (const { process, descriptors } of processes) {
    for (const { fd, file } of descriptors) {
      const { details } = file;
      if (details?.type !== 'pipe') continue;
      const ends = pipes.get(details.pipe) ?? { read: [], write: [], both: [] };
      pipes.set(details.pipe, ends);
      const { end } = details;
      for (const list of end === 'both' ? [ends.read, ends.write, ends.both] : [ends[end], ends.both]) {
        if (list.length < HOLDERS_AT_MOST) list.push({ pid: process.pid ?? 0, fd });
      }
    }
  }
  return pipes;
}

const OTHER = { read: 'write', write: 'read', both: 'both' } as const;

function otherEnd(pipes: ReadonlyMap<number, PipeEnds>, { fd, file }: SavedDescriptor, pid: number): readonly Holder[] {
  const { details } = file;
  if (details?.type !== 'pipe') return [];
  const others = pipes.get(details.pipe)?.[OTHER[details.end]] ?? [];
  return others.filter((holder) => holder.pid !== pid || holder.fd !== fd);
}

function ownerDocument(
  { graph }: SavedKernel,
  owner: AsyncOwner | null,
  { tids, onDamage }: DetailsContext,
): FileDocument['asyncOwner'] {
  if (owner === null) return null;
  const id = attempt(() => {
    if (owner.kind === 'thread') return tids.get(owner.objectId) ?? null;
    const node = objectNode(graph, owner.objectId);
    if (owner.kind === 'process-group') return Number(integer(field(node, 'id')));
    const group = fieldAt(node, 'threadGroupNode');
    return group === null ? null : (tids.get(objectOf(field(group, 'leader'))) ?? null);
  }, onDamage);
  return { kind: owner.kind, id, signal: signalName(owner.signal === 0 ? SIGIO : owner.signal) };
}

const SIGIO = 29;
