/** The open files of every process: its table of descriptors, its working directory, its root and its executable. */
import { field, fieldAt, fields, follow, integer, type Node, objectNode } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { fact } from '../epochs.ts';
import type { SavedKernel } from '../saved-kernel.ts';
import type { SavedThread } from '../threads.ts';
import { identityOf } from './dentry.ts';
import type { SavedPath } from './dentry-path.ts';
import { locksOf, type SavedLock } from './file-locks.ts';
import { countedEntries, countedPath, type FileReading, newFileReading } from './file-reading.ts';
import { type Place, readPlace } from './mount.ts';
import { type OpenFile, readOpenFile } from './open-file.ts';

/** One numbered descriptor. */
export interface SavedDescriptor {
  readonly fd: number;
  readonly closeOnExec: boolean;
  readonly file: OpenFile;
  /** From the root of the mount namespace, as /proc shows it, even when the process has another root; null when it cannot be read. */
  readonly path: SavedPath | null;
  readonly locks: readonly SavedLock[];
}

/** The files of one process, or of a thread that does not share its process's table. */
export interface ProcessFiles {
  readonly process: SavedThread;
  /** The thread that has its own table or its own directories, or null for those of the process. */
  readonly thread: SavedThread | null;
  /** What the process takes for `/`. */
  readonly root: Place | null;
  /** Null, as the following, for a thread that has only its table for itself. */
  readonly rootPath: SavedPath | null;
  readonly cwdPath: SavedPath | null;
  readonly cwd: Place | null;
  /** The executable; null for a process that has no memory any more, and for other threads. */
  readonly exe: OpenFile | null;
  readonly exePath: SavedPath | null;
  readonly umask: number | null;
  readonly descriptors: readonly SavedDescriptor[];
}

/**
 * The open files of all live processes in order of their process ids.
 *
 * Threads of a process that share one table are shown once. What cannot be read is left out and reported.
 *
 * @param what `places`: without the tables of descriptors, which may be long.
 * @see gVisor pkg/sentry/kernel: Task.fdTable, Task.fsContext, FDTable.descriptorTable (saved as a map of int32 since before 2021)
 */
export function readDescriptors(kernel: SavedKernel, onDamage: OnDamage, what: 'all' | 'places' = 'all'): ProcessFiles[] {
  const reader: Reader = {
    kernel,
    reading: newFileReading(),
    files: new Map(),
    tables: new Map(),
    withTables: what === 'all',
    onDamage,
  };
  const result: ProcessFiles[] = [];
  for (const threads of byProcess(kernel.threads)) {
    const [leader] = threads;
    const seen: Seen = { tables: new Set(), contexts: new Set() };
    for (const thread of threads) {
      const one = attempt(() => readTask(reader, thread, leader ?? thread, seen), onDamage);
      if (one !== null) result.push(one);
    }
  }
  return result;
}

/** Threads by process, the leader first. Those that are in no namespace any more are dead. */
function byProcess(threads: readonly SavedThread[]): SavedThread[][] {
  const processes = new Map<number, SavedThread[]>();
  for (const thread of threads) {
    if (thread.pid === null) continue;
    const list = processes.get(thread.pid) ?? [];
    if (thread.tid === thread.pid) list.unshift(thread);
    else list.push(thread);
    processes.set(thread.pid, list);
  }
  return [...processes].sort(([a], [b]) => a - b).map(([, list]) => list);
}

/** What reading one task needs. */
interface Reader {
  readonly kernel: SavedKernel;
  readonly reading: FileReading;
  /** Open files by identity: each is read once, however many descriptors have it. */
  readonly files: Map<number, OpenFile>;
  /** Tables by identity: clone(2) with CLONE_FILES lets processes share one. */
  readonly tables: Map<number, readonly SavedDescriptor[]>;
  readonly withTables: boolean;
  readonly onDamage: OnDamage;
}

/** What threads of one process were seen to have. */
interface Seen {
  readonly tables: Set<number>;
  readonly contexts: Set<number>;
}

/** The struct, unless an earlier thread had it too. */
function unseen(node: Node | null, seen: Set<number>): Node | null {
  if (node === null || seen.has(identityOf(node))) return null;
  seen.add(identityOf(node));
  return node;
}

function readTask(reader: Reader, thread: SavedThread, process: SavedThread, seen: Seen): ProcessFiles | null {
  const { kernel, withTables, reading, onDamage } = reader;
  const task = fields(objectNode(kernel.graph, thread.objectId));
  const context = target(task.get('fsContext'));
  const isFirst = seen.tables.size === 0 && seen.contexts.size === 0;
  const table = withTables ? unseen(target(task.get('fdTable')), seen.tables) : null;
  const own = unseen(context, seen.contexts);
  // A dead task keeps neither.
  if (table === null && own === null) return null;
  const place = (name: 'FSContext.root' | 'FSContext.cwd'): Place | null =>
    context === null ? null : attempt(() => readPlace(fact(context, name)), onDamage);
  const root = place('FSContext.root');
  const cwd = own === null ? null : place('FSContext.cwd');
  const image = isFirst ? target(task.get('image')) : null;
  const executable = image === null ? null : attempt(() => executableOf(fieldAt(image, 'MemoryManager')), onDamage);
  const exe = executable === null ? null : attempt(() => openFile(executable, reader), onDamage);
  // From the root of the namespace, not of the process, so that a chroot shows.
  const path = (at: Place | null): SavedPath | null =>
    at === null ? null : attempt(() => countedPath(at, null, reading), onDamage);
  return {
    process,
    thread: isFirst ? null : thread,
    root,
    rootPath: own === null ? null : path(root),
    cwd,
    cwdPath: path(cwd),
    exe,
    exePath: path(exe?.place ?? null),
    umask: own === null ? null : Number(integer(field(own, 'umask'))),
    descriptors: table === null ? [] : (attempt(() => tableOf(table, reader), onDamage) ?? []),
  };
}

function target(node: Node | undefined): Node | null {
  return node === undefined ? null : follow(node);
}

/** What a descriptor counts that another process has in the same table: a small image can name one long table for every process. */
const SHARED_ENTRY = 32;

function tableOf(table: Node, reader: Reader): readonly SavedDescriptor[] {
  const { tables, reading } = reader;
  const identity = identityOf(table);
  const before = tables.get(identity);
  if (before !== undefined) {
    reading.spend(before.length * SHARED_ENTRY, table);
    return before;
  }
  const descriptors = readTable(table, reader);
  tables.set(identity, descriptors);
  return descriptors;
}

function readTable(table: Node, reader: Reader): SavedDescriptor[] {
  const descriptors: SavedDescriptor[] = [];
  for (const { key, value } of countedEntries(field(table, 'descriptorTable'), reader.reading)) {
    const one = attempt(() => readDescriptor(Number(integer(key)), value, table, reader), reader.onDamage);
    if (one !== null) descriptors.push(one);
  }
  return descriptors.sort((a, b) => a.fd - b.fd);
}

function readDescriptor(fd: number, descriptor: Node, table: Node, reader: Reader): SavedDescriptor | null {
  const node = fact(descriptor, 'descriptor.file');
  if (node === null) return null;
  const { reading, onDamage } = reader;
  const file = openFile(node, reader);
  const { impl, place } = file;
  return {
    fd,
    closeOnExec: integer(fieldAt(descriptor, 'flags', 'CloseOnExec')) !== 0n,
    file,
    path: place === null ? null : attempt(() => countedPath(place, null, reading), onDamage),
    locks: impl === null ? [] : (attempt(() => locksOf(impl, [file.identity, identityOf(table)], reading), onDamage) ?? []),
  };
}

function openFile(node: Node, { files, reading }: Reader): OpenFile {
  const identity = identityOf(node);
  const before = files.get(identity);
  if (before !== undefined) return before;
  const file = readOpenFile(node, reading);
  files.set(identity, file);
  return file;
}

/**
 * The open file (vfs.FileDescription) that a process executes, or null.
 *
 * @param memory a mm.MemoryManager.
 * @see gVisor pkg/sentry/mm: MemoryManager.executable; wrapped in fsbridge.VFSFile before release-20221205.0
 */
export function executableOf(memory: Node | null): Node | null {
  const executable = memory === null ? null : fieldAt(memory, 'executable');
  return executable === null || field(executable, 'vd') !== null ? executable : fieldAt(executable, 'file');
}
