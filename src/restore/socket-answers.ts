/** What the needs of saved sockets mean for a restore: the second half of the gate `network`. */

import { plainText } from '../kernel/network/socket-address.ts';
import type { SocketNeed } from '../kernel/network/socket-needs.ts';
import { type GateAnswer, type GateFailure, pass, positionOf, reason, unknown } from './gate.ts';
import type { NeedySocket, SocketNeeds } from './image-facts.ts';
import { type Availability, isAvailable } from './new-network.ts';
import type { SocketRef } from './reasons.ts';
import type { Reason } from './result.ts';
import type { Rules } from './rules.ts';
import type { RestoreSettings } from './settings.ts';

/** Where endpoints are restored in the new stack: after the kernel, before its files are opened again. */
const IN_STACK = 39;
/** Callbacks of the loading: packet sockets, until 2024-12-18. */
const IN_GRAPH = 33;

/** What is printed when the sandbox dies of a panic. */
const DEAD = 'urpc method "containerManager.Restore" failed: EOF';

/** Sockets that a message names, and needs of each. */
const NAMED = 3;

/** A need of a socket that this release cannot restore without, and whether it is there. */
interface Finding {
  readonly socket: NeedySocket;
  readonly need: SocketNeed;
  readonly there: Exclude<Availability, 'yes'>;
}

/**
 * Answers whether every socket finds what it needs. A sandbox without network (`none`) has a loopback interface with both addresses; of
 * any other that is assumed, and said.
 *
 * @see gVisor pkg/tcpip/transport/<package>/endpoint_state.go: Restore
 */
export function socketAnswers({ sockets, complete }: SocketNeeds, rules: Rules, settings: RestoreSettings): GateAnswer {
  const findings = sockets.flatMap((socket) => findingsOf(socket, rules, settings));
  const missing = findings.filter(({ there }) => there === 'no');
  const open = findings.filter(({ there, need }) => there === 'unknown' && need.kind !== 'handshake' && need.kind !== 'port');
  const endless = findings.filter(({ need }) => need.kind === 'handshake');
  const shared = findings.filter(({ need }) => need.kind === 'port');
  const assumed = settings.network === 'none' ? [] : findings.filter(({ there }) => there === 'loopback');
  const failures = missing.map(({ socket, need }): GateFailure => failureOf(socket, need, rules));
  const [failure] = failures.sort((a, b) => a.position - b.position);
  const reasons: Reason[] = [];
  if (missing.length > 0) {
    const order = missing.some(({ socket }) => orderOf(socket, rules) === IN_GRAPH) ? IN_GRAPH : IN_STACK;
    reasons.push(reason('CKPT1365', order, `the new sandbox lacks what saved sockets need: ${listed(missing)}`, refs(missing)));
  }
  if (open.length > 0) {
    const message = `the new sandbox must have what saved sockets need (--address tells): ${listed(open)}`;
    reasons.push(reason('CKPT1366', IN_STACK, message, refs(open)));
  }
  if (endless.length > 0) {
    const message = `the restore may never end because of connections that were being made: ${listed(endless)}`;
    reasons.push(reason('CKPT1368', IN_STACK, message, refs(endless)));
  }
  if (shared.length > 0) {
    const message = `sockets of different network namespaces come back in one, where they are in each other's way: ${listed(shared)}`;
    reasons.push(reason('CKPT1369', IN_STACK, message, refs(shared)));
  }
  if (!complete) reasons.push(reason('CKPT1370', IN_STACK, 'a part of the saved sockets could not be read', {}));
  if (assumed.length > 0) {
    const message = `it is assumed that the loopback interface of the new sandbox is up and has 127.0.0.1 and ::1, for ${listed(assumed, false)}`;
    reasons.push(reason('CKPT1367', IN_STACK, message, refs(assumed)));
  }
  if (failure !== undefined) return { outcome: 'fail', reasons, failure };
  const undecided = open.length + endless.length + shared.length > 0 || !complete;
  return undecided ? unknown(...reasons) : pass(...reasons);
}

function findingsOf(socket: NeedySocket, rules: Rules, settings: RestoreSettings): Finding[] {
  return socket.needs.flatMap((need) => {
    if (!isFatal(socket, need, rules)) return [];
    const there = isAvailable(need, rules, settings);
    return there === 'yes' ? [] : [{ socket, need, there }];
  });
}

/** Whether this release gives up the whole restore when the need is not met. */
function isFatal({ kind }: NeedySocket, need: SocketNeed, rules: Rules): boolean {
  switch (need.kind) {
    case 'handshake':
      return rules.has('handshake-waits') && !rules.has('endpoints-with-stack');
    case 'buffers':
      return !rules.has('buffers-kept');
    case 'port':
      return !rules.has('stack-saved');
    default:
      return !rules.has(kind === 'packet' ? 'packet-kept' : kind === 'tcp' ? 'tcp-closed' : 'datagram-closed');
  }
}

function orderOf({ kind }: NeedySocket, rules: Rules): number {
  return kind === 'packet' && !rules.has('endpoints-with-stack') ? IN_GRAPH : IN_STACK;
}

function failureOf(socket: NeedySocket, need: SocketNeed, rules: Rules): GateFailure {
  const order = orderOf(socket, rules);
  const position = positionOf(order, rules);
  if (order === IN_STACK) return { position, error: DEAD };
  // Before, the message begins with a dump of the object.
  if (!rules.has('callback-error-first') || need.kind !== 'interface' || socket.protocol === null)
    return { position, error: null };
  const error = `error executing callbacks: RegisterPacketEndpoint(${need.interfaceId}, ${socket.protocol}, _): unknown nic id`;
  return { position, error };
}

/** Each socket once, with all that is said of it. */
function bySocket(findings: readonly Finding[]): Map<NeedySocket, SocketNeed[]> {
  const sockets = new Map<NeedySocket, SocketNeed[]>();
  for (const { socket, need } of findings) {
    const needs = sockets.get(socket);
    if (needs === undefined) sockets.set(socket, [need]);
    else needs.push(need);
  }
  return sockets;
}

function refs(findings: readonly Finding[]): { readonly sockets: readonly SocketRef[] } {
  const sockets = [...bySocket(findings)].map(([{ path, kind, local, remote, holders }, needs]) => ({
    object: path,
    kind,
    local,
    remote,
    holders: holders.map(({ pid, fd }) => ({ pid, fd })),
    needs: needs.map(needText),
  }));
  return { sockets };
}

function listed(findings: readonly Finding[], withNeeds = true): string {
  const sockets = [...bySocket(findings)];
  const named = sockets.slice(0, NAMED).map(([socket, needs]) => nameOf(socket) + (withNeeds ? ` needs ${few(needs)}` : ''));
  const more = sockets.length - named.length;
  return named.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function few(needs: readonly SocketNeed[]): string {
  const named = needs.slice(0, NAMED).map(needText);
  return [...named, ...(needs.length > named.length ? [`${needs.length - named.length} more`] : [])].join(' and ');
}

function nameOf({ kind, local, remote, holders, path }: NeedySocket): string {
  const ends = [local, remote].filter((one) => one !== null).join(' to ');
  const [holder] = holders;
  const owner = holder === undefined ? path : `pid ${holder.pid} fd ${holder.fd}`;
  return `${kind}${ends === '' ? '' : ` ${ends}`} (${owner})`;
}

/** What must be there, in words. */
function needText(need: SocketNeed): string {
  switch (need.kind) {
    case 'interface':
      return `an interface with number ${need.interfaceId}`;
    case 'bound':
      return need.interfaceId === null || need.address.length !== 4
        ? `address ${plainText(need.address)} on an interface`
        : `address ${plainText(need.address)} or an interface with number ${need.interfaceId}`;
    case 'route':
      return need.from === null
        ? `a route to ${plainText(need.to)}`
        : `address ${plainText(need.from)} on an interface with a route to ${plainText(need.to)}`;
    case 'handshake':
      return 'all others to be restored before';
    case 'port':
      return `port ${need.port} for itself`;
    case 'buffers':
      return `buffers of at most 4194304 bytes (found ${Math.max(need.send, need.receive)})`;
  }
}
