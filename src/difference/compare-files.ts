/** Compares open files and sockets of the processes that two images have in common. */
import type { FileDocument } from '../inspection/files.ts';
import type { SocketDocument } from '../inspection/sockets.ts';
import { compareLists } from './compare-lists.ts';
import { type ProcessPairs, processName } from './compare-processes.ts';
import type { Difference, SideValue } from './difference.ts';

/** Numbers of pipes, sockets and anonymous inodes differ between any two sandboxes. */
const NUMBERED = /^(pipe|socket|host|anon_inode|net|mnt|pid|user|uts|ipc|cgroup):\[\d+\]/;

/** The open files of both sides, of processes that both have: those of the others come and go with them. */
export function compareFiles(a: readonly FileDocument[], b: readonly FileDocument[], processes: ProcessPairs): Difference[] {
  const { inA, inB } = commonIds(processes);
  const names = new Map(processes.pairs.flatMap((pair) => (pair.a === null ? [] : [[String(pair.a.pid), processName(pair.a)]])));
  const common = [a.filter(({ pid }) => inA.has(pid)), b.filter(({ pid }) => inB.has(pid))] as const;
  const ofB = new Set(common[1]);
  const owner = (file: FileDocument): string => (ofB.has(file) ? processes.idInA(file.pid) : String(file.pid));
  return compareLists(...common, {
    section: 'files',
    key: (file) => JSON.stringify([owner(file), file.tid === null ? 0 : 1, file.role, file.fd]),
    subject: (file) => `${names.get(owner(file)) ?? ''}, ${file.fd === null ? file.role : `descriptor ${file.fd}`}`,
    shown: pathOf,
    fields: {
      kind: ({ kind }) => kind,
      path: (file) => pathOf(file) ?? undefined,
      flags: ({ flags }) => flags,
      'close on exec': ({ closeOnExec }) => closeOnExec ?? undefined,
      size: ({ size }) => size ?? undefined,
      waiting: ({ details }) => (details !== null && 'waiting' in details ? (details.waiting ?? undefined) : undefined),
      count: ({ details }) => (details?.type === 'eventfd' ? details.count : undefined),
      watches: ({ details }) => (details?.type === 'epoll' || details?.type === 'inotify' ? details.watches.length : undefined),
      locks: ({ locks }) => locks.length,
    },
  });
}

/** The sockets of both sides: held ones by process and descriptor, the others by what they are. */
export function compareSockets(
  a: readonly SocketDocument[],
  b: readonly SocketDocument[],
  processes: ProcessPairs,
): Difference[] {
  const { inA, inB } = commonIds(processes);
  const common = (sockets: readonly SocketDocument[], ids: ReadonlySet<number>): readonly SocketDocument[] =>
    sockets.filter(({ holders }) => holders.length === 0 || holders.some(({ pid }) => ids.has(pid)));
  const sides = [common(a, inA), common(b, inB)] as const;
  const ofB = new Set(sides[1]);
  const holder = (socket: SocketDocument): string | null => {
    const [first] = socket.holders.filter(({ pid }) => (ofB.has(socket) ? inB : inA).has(pid));
    if (first === undefined) return null;
    return `process ${ofB.has(socket) ? processes.idInA(first.pid) : first.pid}, descriptor ${first.fd}`;
  };
  return compareLists(...sides, {
    section: 'sockets',
    key: (socket) => JSON.stringify([holder(socket) ?? [socket.family, socket.type, socket.protocol, socket.state]]),
    subject: (socket) => `${socketName(socket)}${holder(socket) === null ? '' : ` (${holder(socket)})`}`,
    fields: {
      family: ({ family, type }) => `${family} ${type}`,
      state: ({ state }) => state,
      local: ({ local, path }) => path ?? addressText(local),
      remote: ({ remote }) => addressText(remote),
      'bytes to receive': ({ receiveQueue }) => receiveQueue?.bytes,
      'bytes to send': ({ sendQueue }) => sendQueue?.bytes,
      'waiting connections': ({ acceptQueue }) => acceptQueue?.waiting,
      options: ({ options }) => options,
    },
  });
}

function commonIds({ pairs }: ProcessPairs): { readonly inA: ReadonlySet<number>; readonly inB: ReadonlySet<number> } {
  const common = pairs.filter(({ a, b }) => a !== null && b !== null);
  const ids = (side: 'a' | 'b') => new Set(common.map((pair) => pair[side]?.pid ?? 0));
  return { inA: ids('a'), inB: ids('b') };
}

function pathOf({ path }: FileDocument): SideValue {
  return path?.replace(NUMBERED, '$1:[…]') ?? null;
}

function socketName({ family, type, protocol, local, path }: SocketDocument): string {
  return [family, protocol ?? type, path ?? addressText(local)].filter((word) => word !== null && word !== '').join(' ');
}

function addressText(address: SocketDocument['local']): string | null {
  return address === null ? null : `${address.address}:${address.port}`;
}
