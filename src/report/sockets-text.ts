/** The sockets of an image, for people: as `ss -a` would list them. */
import type { AddressDocument, QueueDocument, SocketDocument } from '../inspection/sockets.ts';
import { escapeAll } from './escape.ts';
import { firstOf, joined, withRest } from './long-list.ts';
import { countOf } from './quantities.ts';
import { type Style, styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

const HEAD = ['PROTO', 'STATE', 'RECV-Q', 'SEND-Q', 'LOCAL', 'PEER', 'INODE', 'RESTORE', 'HELD BY, OPTIONS'];
const RESTORE = HEAD.indexOf('RESTORE');

/** A table of sockets, and why some do not survive. Escapes what it shows. */
export function socketLines(sockets: readonly SocketDocument[], options: TextOptions): string[] {
  if (sockets.length === 0) return ['  none'];
  const style = styleFor(options);
  const some = firstOf(sockets);
  // The usual outcome needs no column of its own.
  const allSurvive = sockets.every(({ atRestore }) => atRestore.outcome === 'survives');
  const shown = (cells: readonly string[]): string[] => cells.filter((_, column) => !allSurvive || column !== RESTORE);
  const lines = table(
    escapeAll(some.shown).map((socket) => shown(row(socket))),
    {
      head: { cells: shown(HEAD), paint: style.faint },
      indent: 2,
      width: options.width,
      paint: (cell, column) => (column === RESTORE && !allSurvive ? outcomeStyle(style, cell) : cell),
    },
  );
  const reasons = allSurvive ? ['  all survive a restore'] : ['', ...reasonLines(sockets, options.width)];
  return [...withRest(lines, some, 2), ...reasons];
}

function row(socket: SocketDocument): string[] {
  return [
    protocolOf(socket),
    socket.state,
    socket.acceptQueue === null ? queueText(socket.receiveQueue) : acceptText(socket.acceptQueue),
    queueText(socket.sendQueue),
    localOf(socket),
    peerOf(socket),
    socket.inode ?? '-',
    socket.atRestore.outcome,
    [holdersOf(socket), ...details(socket)].join('; '),
  ];
}

/** `tcp6`, `raw/icmp`, `unix-dgram`, `netlink/route`: what `ss` has as Netid, spelled out. */
function protocolOf({ family, type, protocol }: SocketDocument): string {
  if (family === 'inet' || family === 'inet6') {
    const name = type === 'raw' ? (protocol === null ? type : `${type}/${protocol}`) : (protocol ?? type);
    return family === 'inet' || name.endsWith('v6') ? name : `${name}6`;
  }
  if (family === 'netlink') return protocol === null ? family : `${family}/${protocol}`;
  return `${family}-${type}`;
}

function queueText(queue: QueueDocument | null): string {
  if (queue === null) return '-';
  return queue.messages === null || queue.messages < 2 ? String(queue.bytes) : `${queue.bytes} in ${queue.messages}`;
}

function acceptText({ waiting, limit }: NonNullable<SocketDocument['acceptQueue']>): string {
  return `${waiting} of ${limit ?? '?'}`;
}

function localOf(socket: SocketDocument): string {
  if (socket.local !== null) return addressText(socket.local);
  if (socket.path !== null) return socket.path;
  if (socket.netlink !== null) return `port ${socket.netlink.port}`;
  return socket.interface === null ? '*' : `interface ${socket.interface}`;
}

function peerOf(socket: SocketDocument): string {
  if (socket.remote !== null) return addressText(socket.remote);
  if (socket.peer !== null) return socket.peer.inode === null ? 'not accepted yet' : `socket:[${socket.peer.inode}]`;
  return socket.peerClosed ? 'closed' : '*';
}

/** Port 0 is none: `*`, as `ss` has it. */
function addressText({ address, port }: AddressDocument): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port === 0 ? '*' : port}`;
}

/** `pid 1 fd 5`, or `fd 5 of pids 1, 5, 8` where all have it under one number. */
function holdersOf({ holders, withoutHolder, listenerInode }: SocketDocument): string {
  if (withoutHolder === 'accept-queue') return `not accepted yet${listenerInode === null ? '' : ` (socket:[${listenerInode}])`}`;
  if (withoutHolder === 'closing') return 'closed by its process';
  if (withoutHolder === 'in-flight') return 'sent to another process and not received yet';
  const fds = [...new Set(holders.map(({ fd }) => fd))];
  if (holders.length === 0) return 'nobody';
  const pids = [...new Set(holders.map(({ pid }) => pid))];
  if (fds.length === 1 && pids.length > 1) return `fd ${fds[0]} of pids ${joined(pids, ', ')}`;
  return joined(
    holders.map(({ pid, fd }) => `pid ${pid} fd ${fd}`),
    ', ',
  );
}

function details(socket: SocketDocument): string[] {
  const files = socket.receiveQueue?.files ?? 0;
  return [
    ...(socket.error === null ? [] : [`error ${socket.error}`]),
    ...(files === 0 ? [] : [`${countOf(files, 'file')} sent along`]),
    ...(socket.options.length === 0 ? [] : [socket.options.join(' ')]),
  ];
}

/** Why sockets do not survive, each reason once. */
function reasonLines(sockets: readonly SocketDocument[], width: number): string[] {
  const reasons = new Map<string, { outcome: string; reason: string; count: number }>();
  for (const { atRestore } of sockets) {
    if (atRestore.outcome === 'survives') continue;
    const key = `${atRestore.outcome} ${atRestore.reason}`;
    const found = reasons.get(key) ?? { outcome: atRestore.outcome, reason: atRestore.reason, count: 0 };
    found.count++;
    reasons.set(key, found);
  }
  return table(
    [...reasons.values()].map(({ outcome, reason, count }) => [outcome, countOf(count, 'socket'), `${reason}.`]),
    { indent: 2, width },
  );
}

function outcomeStyle(style: Style, outcome: string): string {
  if (outcome === 'survives') return style.good(outcome);
  return outcome === 'unknown' ? style.open(outcome) : style.bad(outcome);
}
