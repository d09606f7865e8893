/** All sockets of a kernel graph: those of its socket table, those only held open, and endpoints without a file. */
import { findObject, type Graph } from '../../graph/graph.ts';
import { elements, field, follow, integer, mapEntries, type Node, objectNode, pathOf, typeName } from '../../graph/node.ts';
import { attempt, type OnDamage } from '../attempt.ts';
import { fact } from '../epochs.ts';
import { objectOf } from '../object-of.ts';
import { readInetSocket, readLooseEndpoint } from './inet-socket.ts';
import { readHostSocket, readNetlinkSocket } from './other-sockets.ts';
import type { FileHolder, SavedSocket, SocketFacts, SocketOrigin } from './saved-socket.ts';
import { fileFacts, NO_FILE, referencesOf } from './socket-file.ts';
import { newSocketReading, type SocketReading } from './socket-reading.ts';
import { acceptedEndpoints } from './tcp-endpoint.ts';
import { readUnixEndpoint, readUnixSocket } from './unix-socket.ts';

const SOCKET = 'pkg/sentry/socket';

/** Readers by the type of the socket object. */
const READERS: Readonly<Record<string, (socket: Node, reading: SocketReading) => SocketFacts>> = {
  [`${SOCKET}/netstack.sock`]: readInetSocket,
  [`${SOCKET}/netstack.Socket`]: readInetSocket,
  [`${SOCKET}/netstack.SocketVFS2`]: readInetSocket,
  [`${SOCKET}/unix.Socket`]: readUnixSocket,
  [`${SOCKET}/unix.SocketVFS2`]: readUnixSocket,
  [`${SOCKET}/netlink.Socket`]: readNetlinkSocket,
  [`${SOCKET}/netlink.SocketVFS2`]: readNetlinkSocket,
  [`${SOCKET}/hostinet.Socket`]: readHostSocket,
  [`${SOCKET}/hostinet.socketVFS2`]: readHostSocket,
};

/** Open files by the object id of the file description, which for a socket is that of the socket. */
export type Holders = ReadonlyMap<number, readonly FileHolder[]>;

/** One socket before it is known who refers to it. */
interface Draft {
  readonly objectId: number;
  readonly path: string;
  readonly origin: SocketOrigin;
  readonly record: bigint | null;
  readonly socket: Node | null;
  readonly endpoint: Node | null;
  readonly facts: SocketFacts;
  readonly listener: number | null;
}

/**
 * The sockets of a kernel, those of the table by their number in it, the others behind them by origin and ports.
 *
 * A socket whose file has no references left is not among them: gVisor does not show it either.
 *
 * @param holders open files of all processes. Sockets that are open but not in the table are given, too.
 * @param onDamage is told of sockets that cannot be read.
 *
 * @throws CkptError when the table itself cannot be read.
 * @see gVisor pkg/sentry/kernel/kernel.go: Kernel.sockets, danglingEndpoints, SocketRecord
 */
export function readSockets(graph: Graph, holders: Holders, onDamage: OnDamage): SavedSocket[] {
  const reading = newSocketReading();
  const drafts = new Map<number, Draft>();
  const add = (draft: Draft | null): void => {
    if (draft !== null && !drafts.has(draft.objectId)) drafts.set(draft.objectId, draft);
  };
  for (const { objectId, record } of tableOf(graph, onDamage)) {
    add(attempt(() => draftOfSocket(graph, objectId, record, 'table', reading), onDamage));
  }
  for (const objectId of holders.keys()) {
    if (drafts.has(objectId) || findObject(graph, objectId) < 0) continue;
    add(attempt(() => draftOfSocket(graph, objectId, null, 'descriptor', reading), onDamage));
  }
  const owned = new Set([...drafts.values()].map(({ endpoint }) => endpoint?.at.position));
  const loose = (node: Node, origin: SocketOrigin, listener: number | null): void => {
    reading.spend(1, node);
    const endpoint = follow(node);
    if (endpoint === null || owned.has(endpoint.at.position)) return;
    owned.add(endpoint.at.position);
    add(draftOfEndpoint(endpoint, objectOf(node), origin, listener, reading));
  };
  for (const { objectId, endpoint } of [...drafts.values()]) {
    attempt(() => {
      for (const waiting of acceptQueueOf(endpoint)) loose(waiting, 'accept-queue', objectId);
    }, onDamage);
  }
  attempt(() => {
    const closing = field(objectNode(graph, 1), 'danglingEndpoints');
    for (const endpoint of closing === null ? [] : elements(closing)) loose(endpoint, 'closing', null);
  }, onDamage);
  return finished(graph, [...drafts.values()], holders, reading.inFlight, onDamage);
}

/** The entries of the table of sockets. */
function* tableOf(graph: Graph, onDamage: OnDamage): Generator<{ objectId: number; record: bigint }> {
  const table = fact(objectNode(graph, 1), 'Kernel.sockets');
  for (const { key, value } of table === null ? [] : mapEntries(table)) {
    const entry = attempt(() => {
      const record = follow(value);
      return { objectId: objectOf(key), record: integer(record === null ? null : field(record, 'ID')) };
    }, onDamage);
    if (entry !== null && entry.objectId !== 0) yield entry;
  }
}

function draftOfSocket(
  graph: Graph,
  objectId: number,
  record: bigint | null,
  origin: SocketOrigin,
  reading: SocketReading,
): Draft | null {
  const socket = objectNode(graph, objectId);
  const read = READERS[typeName(socket) ?? ''];
  if (read === undefined) return null;
  const references = referencesOf(socket);
  if (references !== null && references <= 0) return null;
  const facts = read(socket, reading);
  const endpoint =
    facts.backend === 'netstack'
      ? fact(socket, 'InetSocket.endpoint')
      : facts.backend === 'unix'
        ? fact(socket, 'UnixSocket.endpoint')
        : null;
  return { objectId, path: pathOf(socket), origin, record, socket, endpoint, facts, listener: null };
}

function draftOfEndpoint(
  endpoint: Node,
  objectId: number,
  origin: SocketOrigin,
  listener: number | null,
  reading: SocketReading,
): Draft | null {
  const unix = typeName(endpoint)?.startsWith(`${SOCKET}/unix/`) === true;
  const facts = unix ? { ...readUnixEndpoint(endpoint, reading), namespace: null } : readLooseEndpoint(endpoint);
  return facts === null
    ? null
    : { objectId, path: pathOf(endpoint), origin, record: null, socket: null, endpoint, facts, listener };
}

/** References to the endpoints that wait for accept(2). */
function acceptQueueOf(endpoint: Node | null): Iterable<Node> {
  if (endpoint === null) return [];
  const tcp = acceptedEndpoints(endpoint);
  if (tcp !== null) return elements(tcp);
  const unix = field(endpoint, 'acceptedChan');
  return unix === null ? [] : elements(unix);
}

function finished(
  graph: Graph,
  drafts: readonly Draft[],
  holders: Holders,
  inFlight: ReadonlySet<number>,
  onDamage: OnDamage,
): SavedSocket[] {
  // Endpoints are whole objects, so that where one begins says which it is.
  const byEndpoint = new Map(drafts.map(({ endpoint, objectId }) => [endpoint?.at.position, objectId]));
  return drafts
    .flatMap((draft) => {
      const { facts, listener } = draft;
      const peer = facts.peer === null ? null : (byEndpoint.get(findObject(graph, facts.peer)) ?? null);
      const file = attempt(() => fileFacts(draft.socket), onDamage) ?? NO_FILE;
      return {
        objectId: draft.objectId,
        path: draft.path,
        origin: draft.origin,
        record: draft.record,
        ...file,
        holders: holders.get(draft.objectId) ?? [],
        inFlight: inFlight.has(draft.objectId),
        listener,
        ...facts,
        peer,
        peerClosed: facts.peer !== null && peer === null,
      };
    })
    .sort((a, b) => compareRecords(a.record, b.record) || compareEnds(a, b) || a.objectId - b.objectId);
}

function compareRecords(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Object ids differ from one checkpoint to the next, ports do not. */
function compareEnds(a: SavedSocket, b: SavedSocket): number {
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1;
  return (a.local?.port ?? 0) - (b.local?.port ?? 0) || (a.remote?.port ?? 0) - (b.remote?.port ?? 0);
}
