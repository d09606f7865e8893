/** Section `sockets` of an inspection. */
import type { InetAddress, SavedSocket, SocketQueue } from '../kernel/network/saved-socket.ts';
import { type SocketOutcome, socketAtRestore } from '../kernel/network/socket-at-restore.ts';

/** One socket. Inode numbers and masks of groups are decimal strings. */
export interface SocketDocument {
  /** Graph path of the socket, or of its endpoint where it has no file. */
  readonly object: string;
  /** N of `socket:[N]`; null for a connection without a file. */
  readonly inode: string | null;
  /** `inet`, `inet6`, `unix`, `netlink`, `packet`, `vsock`, or `family N`. */
  readonly family: string;
  readonly type: string;
  readonly protocol: string | null;
  /** Linux' name, or gVisor's own; `UNKNOWN` when it is not saved. */
  readonly state: string;
  /** Address and port of an IP socket; null for other families. */
  readonly local: AddressDocument | null;
  /** The other end; null when there is none. */
  readonly remote: AddressDocument | null;
  /** What a unix socket is bound to; an abstract name begins with `@`. */
  readonly path: string | null;
  /** The connected unix socket; its inode is null while it has not been accepted. Null when there is none. */
  readonly peer: { readonly object: string; readonly inode: string | null } | null;
  /** The other end of a unix socket has been closed. */
  readonly peerClosed: boolean;
  /** Port id and groups of a netlink socket. */
  readonly netlink: { readonly port: number; readonly groups: string } | null;
  /** Number of the interface that it is bound to. */
  readonly interface: number | null;
  /** `limit`: the backlog given to listen(2); null when it is not saved. */
  readonly acceptQueue: { readonly waiting: number; readonly limit: number | null } | null;
  readonly receiveQueue: QueueDocument | null;
  readonly sendQueue: QueueDocument | null;
  /** Options that are on. */
  readonly options: readonly string[];
  readonly nonBlocking: boolean;
  /** Bytes. */
  readonly sendBuffer: number | null;
  readonly receiveBuffer: number | null;
  /** Pending error. */
  readonly error: string | null;
  readonly uid: number | null;
  /** Processes that hold it open. */
  readonly holders: readonly { readonly pid: number; readonly fd: number }[];
  /** What a socket without holders is. */
  readonly withoutHolder: 'accept-queue' | 'closing' | 'in-flight' | 'unreferenced' | null;
  /** Inode of the listening socket in whose queue it waits. */
  readonly listenerInode: string | null;
  readonly atRestore: { readonly outcome: SocketOutcome; readonly rule: string; readonly reason: string };
}

export interface AddressDocument {
  readonly address: string;
  readonly port: number;
}

/** `messages` is null for a stream; `files` are those sent along and not taken yet. */
export interface QueueDocument {
  readonly bytes: number;
  readonly messages: number | null;
  readonly files: number;
}

/**
 * The documents of sockets, in the order given.
 *
 * @param sockets all of the image: one names another as its peer or listener.
 * @param release date of the runsc that would restore (or that saved, if that is what is known) as YYYYMMDD; null when unknown.
 * @param shown those that are wanted; all when absent.
 */
export function socketDocuments(
  sockets: readonly SavedSocket[],
  release: number | null,
  shown: readonly SavedSocket[] = sockets,
): SocketDocument[] {
  const inodes = new Map(sockets.map(({ objectId, inode }) => [objectId, inode]));
  const paths = new Map(sockets.map(({ objectId, path }) => [objectId, path]));
  const inodeOf = (objectId: number | null): string | null => (objectId === null ? null : text(inodes.get(objectId) ?? null));
  return shown.map((socket) => ({
    object: socket.path,
    inode: text(socket.inode),
    family: socket.family,
    type: socket.type,
    protocol: socket.protocol,
    state: socket.state,
    local: address(socket.local),
    remote: address(socket.remote),
    path: socket.name === null ? null : (socket.name.abstract ? '@' : '') + socket.name.text,
    peer: socket.peer === null ? null : { object: paths.get(socket.peer) ?? '', inode: inodeOf(socket.peer) },
    peerClosed: socket.peerClosed,
    netlink: socket.netlink === null ? null : { port: Number(socket.netlink.port), groups: String(socket.netlink.groups) },
    interface: socket.interfaceId,
    acceptQueue: socket.accept,
    receiveQueue: queue(socket.receiveQueue),
    sendQueue: queue(socket.sendQueue),
    options: socket.options,
    nonBlocking: socket.nonBlocking,
    sendBuffer: socket.sendBuffer,
    receiveBuffer: socket.receiveBuffer,
    error: socket.error,
    uid: socket.uid,
    holders: socket.holders.map(({ pid, fd }) => ({ pid, fd })),
    withoutHolder: withoutHolder(socket),
    listenerInode: inodeOf(socket.listener),
    atRestore: socketAtRestore(socket, release),
  }));
}

function withoutHolder(socket: SavedSocket): SocketDocument['withoutHolder'] {
  if (socket.origin === 'accept-queue' || socket.origin === 'closing') return socket.origin;
  if (socket.holders.length > 0) return null;
  return socket.inFlight ? 'in-flight' : 'unreferenced';
}

function address(value: InetAddress | null): AddressDocument | null {
  return value === null ? null : { address: value.text, port: value.port };
}

function queue(value: SocketQueue | null): QueueDocument | null {
  return value === null ? null : { bytes: value.bytes, messages: value.messages, files: value.files };
}

function text(value: bigint | null): string | null {
  return value === null ? null : String(value);
}
