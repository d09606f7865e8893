/** What an open file holds beyond its path, by kind. */

import { countElements, elements, field, fieldAt, follow, integer, type Node, typeName } from '../../graph/node.ts';
import { byteCount } from '../byte-count.ts';
import { listItems } from '../linked-list.ts';
import { objectOf } from '../object-of.ts';
import { type ResourceId, readResourceId } from '../resource-id.ts';
import { safeNumber } from '../struct-values.ts';
import { signalNames } from '../tasks/signal-names.ts';
import { dynamicType, type SavedDentry } from './dentry.ts';
import type { FileKind } from './file-kinds.ts';
import { countedEntries, countText, type FileReading } from './file-reading.ts';

/** One file that an epoll watches. */
export interface EpollWatch {
  readonly fd: number;
  /** The vfs.FileDescription. */
  readonly file: Node;
  /** EPOLLIN and so on, and EPOLLET, EPOLLONESHOT. */
  readonly events: number;
  /** epoll_event.data. */
  readonly data: bigint;
}

/** One file that an inotify watches. */
export interface InotifyWatch {
  readonly wd: number;
  /** The vfs.Dentry; null when it is gone. */
  readonly target: Node | null;
  readonly events: number;
}

/** What is particular to a kind of file. Sizes in bytes, times in nanoseconds. */
export type FileDetails =
  | {
      readonly type: 'pipe';
      /** Identity of the pipe, equal for its two ends. */
      readonly pipe: number;
      readonly end: 'read' | 'write' | 'both';
      /** Bytes written and not read; null before release-20210121.1. */
      readonly waiting: number | null;
      readonly capacity: number;
      /** Open files on each end. */
      readonly readers: number;
      readonly writers: number;
    }
  | { readonly type: 'socket'; readonly family: string }
  | { readonly type: 'epoll'; readonly watches: readonly EpollWatch[]; readonly ready: number }
  | { readonly type: 'eventfd'; readonly count: bigint; readonly semaphore: boolean }
  | {
      readonly type: 'timerfd';
      readonly clock: 'realtime' | 'monotonic' | null;
      readonly armed: boolean;
      /** When it expires next, on its clock. */
      readonly next: bigint;
      readonly interval: bigint;
      /** Expirations that were not read. */
      readonly expirations: bigint;
    }
  | { readonly type: 'signalfd'; readonly signals: readonly string[] }
  | { readonly type: 'inotify'; readonly watches: readonly InotifyWatch[]; readonly waitingEvents: number }
  | { readonly type: 'pty'; readonly side: 'master' | 'replica'; readonly number: number; readonly waiting: number }
  | { readonly type: 'memfd'; readonly name: string; readonly seals: readonly string[] }
  | {
      readonly type: 'host';
      /** The file that a restore must be given; null before release-20240325.0, which saves only the number. */
      readonly key: ResourceId | null;
      /** Number of the host's descriptor at the time. */
      readonly hostFd: number | null;
      readonly tty: boolean;
    }
  | { readonly type: 'pidfd' /** Object id of the task. */; readonly task: number }
  | { readonly type: 'namespace'; readonly namespace: string };

/**
 * Reads what is particular to an open file; null for kinds that have nothing.
 *
 * @param impl the implementation of the open file.
 * @param flags its status flags.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`, `over-limit`, `inconsistent`.
 */
export function readDetails(
  kind: FileKind,
  impl: Node,
  dentry: SavedDentry | null,
  flags: number,
  reading: FileReading,
): FileDetails | null {
  switch (kind) {
    case 'pipe':
    case 'fifo':
      return pipeDetails(impl, flags);
    case 'socket':
      return { type: 'socket', family: socketFamily(impl) };
    case 'epoll':
      return epollDetails(impl, reading);
    case 'eventfd':
      return { type: 'eventfd', count: integer(field(impl, 'val')), semaphore: integer(field(impl, 'semMode')) !== 0n };
    case 'timerfd':
      return timerDetails(impl);
    case 'signalfd':
      // The mask is that of the entry in the task's queue since release-20211115.0.
      return { type: 'signalfd', signals: signalNames(integer(field(impl, 'mask') ?? fieldAt(impl, 'entry', 'mask'))) };
    case 'inotify':
      return inotifyDetails(impl, reading);
    case 'pty-master':
    case 'pty':
      return ptyDetails(kind, impl);
    case 'memfd':
      return { type: 'memfd', name: (dentry?.name ?? '').slice(0, MEMFD_NAME).replace(/^memfd:/, ''), seals: sealNames(dentry) };
    case 'host':
    case 'host-tty':
      return hostDetails(kind, impl, reading);
    case 'pidfd': {
      const pid = fieldAt(impl, 'pid');
      return { type: 'pidfd', task: pid === null ? 0 : objectOf(field(pid, 't')) };
    }
    case 'namespace': {
      const namespace = fieldAt(impl, 'inode', 'namespace');
      return namespace === null ? null : { type: 'namespace', namespace: NAMESPACES[typeName(namespace) ?? ''] ?? 'unknown' };
    }
    default:
      return null;
  }
}

/** @see gVisor: the Type methods of vfs.Namespace, as links in /proc/PID/ns name them */
const NAMESPACES: Readonly<Record<string, string>> = {
  'pkg/sentry/inet.Namespace': 'net',
  'pkg/sentry/kernel.CgroupNamespace': 'cgroup',
  'pkg/sentry/kernel.IPCNamespace': 'ipc',
  'pkg/sentry/kernel.PIDNamespace': 'pid',
  'pkg/sentry/kernel.UTSNamespace': 'uts',
  'pkg/sentry/kernel/auth.UserNamespace': 'user',
  'pkg/sentry/vfs.MountNamespace': 'mnt',
};

function pipeDetails(impl: Node, flags: number): FileDetails | null {
  const pipe = fieldAt(impl, 'pipe');
  if (pipe === null) return null;
  const size = field(pipe, 'size');
  const access = flags & 3;
  return {
    type: 'pipe',
    pipe: objectOf(field(impl, 'pipe')),
    end: access === 0 ? 'read' : access === 1 ? 'write' : 'both',
    waiting: size === null ? null : byteCount(integer(size)),
    capacity: byteCount(integer(field(pipe, 'max'))),
    readers: Number(integer(field(pipe, 'readers'))),
    writers: Number(integer(field(pipe, 'writers'))),
  };
}

/** Address families. @see Linux include/linux/socket.h */
const FAMILIES: Readonly<Record<string, string>> = { 1: 'unix', 2: 'inet', 10: 'inet6', 16: 'netlink', 17: 'packet' };

function socketFamily(impl: Node): string {
  const type = typeName(impl) ?? '';
  if (type.startsWith('pkg/sentry/socket/unix.')) return 'unix';
  if (type.startsWith('pkg/sentry/socket/netlink.')) return 'netlink';
  if (type.startsWith('pkg/sentry/socket/hostinet.')) return 'host';
  const family = integer(field(impl, 'family') ?? fieldAt(impl, 'socketOpsCommon', 'family'));
  return FAMILIES[String(family)] ?? `family ${family}`;
}

function epollDetails(impl: Node, reading: FileReading): FileDetails {
  const interest = field(impl, 'interest');
  const ready = field(impl, 'ready');
  const watches: EpollWatch[] = [];
  for (const { value } of countedEntries(interest, reading)) {
    const one = follow(value);
    const file = one === null ? null : fieldAt(one, 'key', 'file');
    // A mask of zero marks an interest that is being removed.
    const events = one === null ? 0 : Number(integer(field(one, 'mask')));
    if (one === null || file === null || events === 0) continue;
    watches.push({ fd: Number(integer(fieldAt(one, 'key', 'num'))), file, events, data: userData(field(one, 'userData')) });
  }
  watches.sort((a, b) => a.fd - b.fd);
  return { type: 'epoll', watches, ready: ready === null ? 0 : countItems(ready, 'epollInterestEntry', reading) };
}

/** Two words of 32 bits, the lower first. */
function userData(node: Node | null): bigint {
  const words: bigint[] = [];
  for (const word of node === null ? [] : elements(node)) if (words.push(integer(word)) === 2) break;
  return BigInt.asUintN(32, words[0] ?? 0n) | (BigInt.asUintN(32, words[1] ?? 0n) << 32n);
}

function countItems(list: Node, entry: string, reading: FileReading): number {
  let count = 0;
  for (const _ of listItems(list, entry, reading)) count++;
  return count;
}

/** The clocks of the timekeeper. @see gVisor pkg/sentry/time: ClockID */
const CLOCKS = ['realtime', 'monotonic'] as const;

function timerDetails(impl: Node): FileDetails {
  const timer = fieldAt(impl, 'timer');
  const setting = timer === null ? null : fieldAt(timer, 'setting');
  const clock = timer === null ? null : fieldAt(timer, 'clock');
  const isKeeper = clock !== null && typeName(clock) === 'pkg/sentry/kernel.timekeeperClock';
  return {
    type: 'timerfd',
    clock: isKeeper ? (CLOCKS[Number(integer(field(clock, 'c')))] ?? null) : null,
    armed: setting !== null && integer(field(setting, 'Enabled')) !== 0n,
    next: setting === null ? 0n : integer(fieldAt(setting, 'Next', 'ns')),
    interval: setting === null ? 0n : integer(field(setting, 'Period')),
    expirations: integer(field(impl, 'val')),
  };
}

function inotifyDetails(impl: Node, reading: FileReading): FileDetails {
  const map = field(impl, 'watches');
  const events = field(impl, 'events');
  const watches: InotifyWatch[] = [];
  for (const { value } of countedEntries(map, reading)) {
    const watch = follow(value);
    if (watch === null) continue;
    watches.push({
      wd: Number(integer(field(watch, 'wd'))),
      target: fieldAt(watch, 'target'),
      events: Number(integer(field(watch, 'mask'))),
    });
  }
  watches.sort((a, b) => a.wd - b.wd);
  return { type: 'inotify', watches, waitingEvents: events === null ? 0 : countItems(events, 'eventEntry', reading) };
}

/** What one side reads is in the other's queue: what programs write to the master waits in the input queue for the replica. */
function ptyDetails(kind: 'pty-master' | 'pty', impl: Node): FileDetails | null {
  const terminal = kind === 'pty-master' ? fieldAt(impl, 't') : fieldAt(impl, 'inode', 't');
  if (terminal === null) return null;
  const queue = fieldAt(terminal, 'ld', kind === 'pty-master' ? 'outQueue' : 'inQueue');
  const waiting = (name: string): number => {
    const buffer = queue === null ? null : field(queue, name);
    return buffer === null ? 0 : countElements(buffer);
  };
  return {
    type: 'pty',
    side: kind === 'pty-master' ? 'master' : 'replica',
    number: Number(integer(field(terminal, 'n'))),
    waiting: waiting('readBuf') + (queue === null ? 0 : byteCount(integer(field(queue, 'waitBufLen')))),
  };
}

/** The longest name of a memfd with its prefix. @see memfd_create(2) */
const MEMFD_NAME = 'memfd:'.length + 249;

/** @see Linux include/uapi/linux/fcntl.h */
const SEALS = ['F_SEAL_SEAL', 'F_SEAL_SHRINK', 'F_SEAL_GROW', 'F_SEAL_WRITE', 'F_SEAL_FUTURE_WRITE', 'F_SEAL_EXEC'];

function sealNames(dentry: SavedDentry | null): string[] {
  const file = dentry?.inode ? fieldAt(dentry.inode, 'impl') : null;
  const seals = file === null ? 0 : Number(integer(field(file, 'seals')));
  return SEALS.filter((_, bit) => (seals & (1 << bit)) !== 0);
}

function hostDetails(kind: 'host' | 'host-tty', impl: Node, reading: FileReading): FileDetails | null {
  const inode = fieldAt(impl, 'inode') ?? fieldAt(impl, 'fileDescription', 'inode');
  if (inode === null) return null;
  const key = field(inode, 'restoreKey');
  const id = key === null ? null : readResourceId(key);
  if (id !== null) countText(id.path.length + (id.container?.length ?? 0), inode, reading);
  const number = field(inode, 'hostFD');
  const tty = dynamicType(field(inode, 'tty'));
  return {
    type: 'host',
    key: id,
    hostFd: number === null ? null : safeNumber(integer(number)),
    tty: kind === 'host-tty' || tty !== null || integer(field(inode, 'isTTY')) !== 0n,
  };
}

/** The name that a memory file was created with is kept with this prefix; shared memory of other makers has none. */
export function isMemfd(dentry: SavedDentry): boolean {
  return dentry.type === 'pkg/sentry/fsimpl/tmpfs.dentry' && dentry.parent === null && dentry.name.startsWith('memfd:');
}
