/** Locks on files: flock(2), and the regional ones of fcntl(2). */
import type { Graph } from '../../graph/graph.ts';
import { field, fieldAt, follow, integer, type Node, readNode, typeName } from '../../graph/node.ts';
import { type Segment, segmentsOf } from '../../graph/segment-set.ts';
import { safeNumber } from '../struct-values.ts';
import { identityOf } from './dentry.ts';
import { countedEntries, type FileReading } from './file-reading.ts';

/** One lock that is held. */
export interface SavedLock {
  /** `flock`, `posix` (fcntl, held by a process) or `ofd` (fcntl, held by the open file). */
  readonly type: 'flock' | 'posix' | 'ofd';
  readonly mode: 'read' | 'write';
  /** First byte. */
  readonly start: number;
  /** First byte that is not locked, or null: to the end, however far the file grows. */
  readonly end: number | null;
  /** Process that took it, in its own PID namespace; -1 for a lock of an open file. */
  readonly pid: number;
}

/** The most locks that are told of one descriptor: all descriptors of a file have the locks that their table holds on it. */
const LOCKS_AT_MOST = 100;

type LocksByOwner = ReadonlyMap<number, readonly SavedLock[]>;

const NO_LOCKS: LocksByOwner = new Map();

const known = new WeakMap<Graph, Map<number, LocksByOwner>>();

/**
 * The locks that an open file or its table of descriptors holds, {@link LOCKS_AT_MOST} of them.
 *
 * @param impl the implementation of the open file, whose LockFD knows the locks of the inode.
 * @param owners identities of the vfs.FileDescription and of the kernel.FDTable.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`.
 * @see gVisor pkg/sentry/vfs: FileLocks, LockFD; pkg/sentry/fsimpl/lock (pkg/sentry/fs/lock before release-20221122.0)
 */
export function locksOf(impl: Node, owners: readonly number[], reading: FileReading): SavedLock[] {
  const locks = fieldAt(impl, 'LockFD', 'locks') ?? fieldAt(impl, 'fileDescription', 'LockFD', 'locks');
  if (locks === null) return [];
  const byOwner = locksByOwner(locks, reading);
  const found: SavedLock[] = [];
  for (const owner of owners) found.push(...(byOwner.get(owner) ?? []).slice(0, LOCKS_AT_MOST - found.length));
  return found;
}

function locksByOwner(locks: Node, reading: FileReading): LocksByOwner {
  const id = identityOf(locks);
  const inodes = known.get(locks.graph) ?? new Map<number, LocksByOwner>();
  known.set(locks.graph, inodes);
  const before = inodes.get(id);
  if (before !== undefined) return before;
  const held = new Map<number, SavedLock[]>();
  for (const kind of ['bsd', 'posix'] as const) {
    for (const segment of segmentsOf(fieldAt(locks, kind, 'locks'))) {
      reading.spend(1, locks);
      for (const { owner, lock } of holders(segment, kind, reading)) {
        const list = held.get(owner) ?? [];
        list.push(lock);
        held.set(owner, list);
      }
    }
  }
  const result = held.size === 0 ? NO_LOCKS : held;
  inodes.set(id, result);
  return result;
}

/** LockEOF: the largest length of a file. */
const END_OF_FILE = (1n << 63n) - 1n;

function holders(
  { start, end, value }: Segment,
  kind: 'bsd' | 'posix',
  reading: FileReading,
): { owner: number; lock: SavedLock }[] {
  const found: { owner: number; lock: SavedLock }[] = [];
  if (value === null) return found;
  const add = (key: Node | null, information: Node | null, mode: SavedLock['mode']): void => {
    const owner = key === null ? null : follow(key);
    if (owner === null) return;
    const byFile = typeName(owner) === 'pkg/sentry/vfs.FileDescription';
    found.push({
      owner: identityOf(owner),
      lock: {
        type: kind === 'bsd' ? 'flock' : byFile ? 'ofd' : 'posix',
        mode,
        start: safeNumber(start) ?? Number.MAX_SAFE_INTEGER,
        end: end >= END_OF_FILE ? null : safeNumber(end),
        pid: information === null ? 0 : Number(integer(field(information, 'PID'))),
      },
    });
  };
  const readers = field(value, 'Readers');
  for (const entry of countedEntries(readers, reading)) add(entry.key, structOrNull(entry.value), 'read');
  add(field(value, 'Writer'), fieldAt(value, 'WriterInfo'), 'write');
  return found;
}

/** Readers are a map to their owners' numbers; the oldest images have a set, whose values say nothing. */
function structOrNull(node: Node): Node | null {
  const target = follow(node);
  return target !== null && readNode(target).kind === 'struct' ? target : null;
}
