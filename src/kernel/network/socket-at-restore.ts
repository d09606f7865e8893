/** What becomes of each socket when the image is restored: rules with the release they hold from. */
import type { SavedSocket } from './saved-socket.ts';
import { isLoopback, isMulticast } from './socket-address.ts';
import { tcpPhase } from './tcp-endpoint.ts';

/** `reset`: its owner gets an error; `closed`: it was closed when it was saved; `unknown`: the new sandbox decides. */
export type SocketOutcome = 'survives' | 'reset' | 'closed' | 'unknown';

/** The answer for one socket. */
export interface SocketAtRestore {
  readonly outcome: SocketOutcome;
  /** Stable name of the rule. */
  readonly rule: RuleName;
  /** One sentence without a final full stop. */
  readonly reason: string;
}

interface Rule {
  readonly name: string;
  readonly applies: (socket: SavedSocket) => boolean;
  /** By release of the restoring runsc, oldest first; the last whose date is not later holds. */
  readonly outcomes: readonly [Outcome, ...Outcome[]];
  /** Where gVisor decides it. */
  readonly source: string;
}

interface Outcome {
  /** Date of the first release, as YYYYMMDD; 0 for all before. */
  readonly since: number;
  readonly outcome: SocketOutcome;
  readonly reason: string;
}

const TCP = 'pkg/tcpip/transport/tcp/endpoint_state.go';
const DATAGRAM = 'pkg/tcpip/transport/internal/network/endpoint_state.go';
const always = (outcome: SocketOutcome, reason: string): readonly [Outcome] => [{ since: 0, outcome, reason }];

const isTcp = (socket: SavedSocket): boolean => socket.backend === 'netstack' && socket.protocol === 'tcp';
const hasOtherEnd = (socket: SavedSocket): boolean => isTcp(socket) && tcpPhase(socket.state) !== 'none';

/** The connection stays in the sandbox: over the loopback interface. */
const staysInside = ({ local, remote }: SavedSocket): boolean =>
  remote !== null && isLoopback(remote.bytes) && (local === null || local.bytes.length === 0 || isLoopback(local.bytes));

/** The socket needs an address that only the network of the new sandbox can give. */
const needsAddress = ({ local, remote }: SavedSocket): boolean =>
  (local !== null && local.bytes.length > 0 && !isAny(local.bytes) && !isLoopback(local.bytes) && !isMulticast(local.bytes)) ||
  (remote !== null && !isLoopback(remote.bytes));

const isAny = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

const LEFT_TO_ADDRESS = 'It survives only where the new sandbox has the same address';

/**
 * The rules; the first that applies decides.
 *
 * @see the source of each row, in gVisor's repository
 */
const RULES = [
  {
    name: 'host-listener',
    applies: ({ backend, savedListener }) => backend === 'host' && savedListener,
    outcomes: always(
      'survives',
      'It is made again on the host with the saved address, and stays closed where the host refuses that; connections that waited are lost',
    ),
    source: 'pkg/sentry/socket/hostinet/save_restore.go: restoreListener (release-20260721.0)',
  },
  {
    name: 'host-socket',
    applies: ({ backend }) => backend === 'host',
    outcomes: always('reset', 'A socket of the host stays with the old sandbox; its owner gets ECONNRESET or EPIPE'),
    source: 'pkg/sentry/socket/hostinet/save_restore.go (release-20260721.0)',
  },
  {
    name: 'unix-to-gofer',
    applies: ({ hostPeer }) => hostPeer === 'gofer',
    outcomes: always('closed', 'The connection to a unix socket of the host was closed when it was saved'),
    source: 'pkg/sentry/socket/unix/transport/host.go: SCMSender.beforeSave (release-20241021.0)',
  },
  {
    name: 'unix-to-host',
    applies: ({ hostPeer }) => hostPeer === 'host',
    outcomes: always('unknown', 'Its other end is a file of the host that the new sandbox must have under the same number'),
    source: 'pkg/sentry/socket/unix/transport/save_restore.go: afterLoad',
  },
  {
    name: 'in-sandbox',
    applies: ({ backend }) => backend === 'unix' || backend === 'netlink',
    outcomes: always('survives', 'All of it is in the image, with the data that waits'),
    source: 'pkg/sentry/socket/unix/transport/connectioned_state.go',
  },
  {
    name: 'tcp-terminated',
    applies: (socket) => hasOtherEnd(socket) && socket.terminateAtRestore === true,
    outcomes: [
      {
        since: 0,
        outcome: 'reset',
        reason: 'A connection over a real interface of a sandbox that went on running after it was saved is reset',
      },
      {
        since: 20260615,
        outcome: 'unknown',
        reason:
          'It survives where the new sandbox has the same address and a route to the peer, and --allow-live-tcp-migration is not off',
      },
    ],
    source: `${TCP}: closeEndpointAtRestore (release-20260209.1), Restore (d3bc87042, release-20260615.0)`,
  },
  {
    name: 'tcp-loopback',
    applies: (socket) => hasOtherEnd(socket) && staysInside(socket),
    outcomes: always('survives', 'Both ends of a connection over the loopback interface are in the image'),
    source: `${TCP}: beforeSave, pkg/tcpip/link/loopback/loopback.go: CapabilitySaveRestore`,
  },
  {
    name: 'tcp-connection',
    applies: hasOtherEnd,
    outcomes: [
      { since: 0, outcome: 'unknown', reason: `${LEFT_TO_ADDRESS} and a route to the peer; else the restore fails` },
      { since: 20250820, outcome: 'unknown', reason: `${LEFT_TO_ADDRESS} and a route to the peer; else it is closed` },
    ],
    source: `${TCP}: Restore (25a114411, release-20250820.0)`,
  },
  {
    name: 'tcp-reset-at-save',
    applies: (socket) => isTcp(socket) && socket.state === 'ERROR' && socket.error === 'ECONNABORTED',
    outcomes: always('reset', 'It was reset when it was saved; its owner gets ECONNABORTED'),
    source: `${TCP}: beforeSave (by default since 291abe657, release-20241021.0)`,
  },
  {
    name: 'tcp-error',
    applies: (socket) => isTcp(socket) && (socket.state === 'ERROR' || socket.state === 'CLOSE'),
    outcomes: always('closed', 'The connection had ended before it was saved'),
    source: `${TCP}: beforeSave, resetConnectionLocked`,
  },
  {
    name: 'tcp-listener',
    applies: isTcp,
    outcomes: always('survives', 'It keeps its address and port, even where the new sandbox does not have that address'),
    source: `${TCP}: Restore`,
  },
  {
    name: 'packet',
    applies: ({ family, interfaceId }) => family === 'packet' && interfaceId !== null,
    outcomes: [
      { since: 0, outcome: 'unknown', reason: 'It needs an interface with the same number; else the restore fails' },
      { since: 20260223, outcome: 'unknown', reason: 'It needs an interface with the same number; else it receives nothing' },
    ],
    source: 'pkg/tcpip/transport/packet/endpoint_state.go: Restore (1985b831b, release-20260223.0)',
  },
  {
    name: 'datagram-group',
    applies: ({ memberships }) => memberships > 0,
    outcomes: [
      {
        since: 0,
        outcome: 'unknown',
        reason: 'It joins its multicast groups again, which needs interfaces with the same numbers; else the restore fails',
      },
      {
        since: 20250811,
        outcome: 'unknown',
        reason: 'It joins its multicast groups again, which needs interfaces with the same numbers; else it is closed',
      },
    ],
    source: `${DATAGRAM}: Resume (a0085d9a4, release-20250811.0)`,
  },
  {
    name: 'datagram-interface',
    applies: ({ backend, state, local, interfaceId }) =>
      backend === 'netstack' &&
      state === 'BOUND' &&
      local?.bytes.length === 4 &&
      interfaceId !== null &&
      !isLoopback(local.bytes),
    outcomes: [
      { since: 0, outcome: 'unknown', reason: `${LEFT_TO_ADDRESS}; else the restore fails` },
      { since: 20220822, outcome: 'unknown', reason: 'It needs an interface with the same number; else the restore fails' },
      { since: 20250811, outcome: 'unknown', reason: 'It needs an interface with the same number; else it is closed' },
    ],
    source: 'pkg/tcpip/stack/stack.go: CheckLocalAddress (2dbd37fd7, release-20220822.0)',
  },
  {
    name: 'datagram-address',
    applies: (socket) => socket.backend === 'netstack' && needsAddress(socket),
    outcomes: [
      { since: 0, outcome: 'unknown', reason: `${LEFT_TO_ADDRESS} and a route to the peer; else the restore fails` },
      { since: 20250811, outcome: 'unknown', reason: `${LEFT_TO_ADDRESS} and a route to the peer; else it is closed` },
    ],
    source: `${DATAGRAM}: Resume (a0085d9a4, release-20250811.0)`,
  },
  {
    name: 'datagram',
    applies: ({ backend, state }) => backend === 'netstack' && state !== 'UNKNOWN',
    outcomes: always('survives', 'It depends on no address outside the sandbox'),
    source: `${DATAGRAM}: Resume`,
  },
  {
    name: 'unread',
    applies: () => true,
    outcomes: always('unknown', 'Its kind of endpoint is not known'),
    source: 'pkg/tcpip/transport',
  },
] as const satisfies readonly Rule[];

const UNREAD = RULES[RULES.length - 1] as (typeof RULES)[number];

export type RuleName = (typeof RULES)[number]['name'];

/**
 * What becomes of a socket.
 *
 * @param release date of the restoring runsc as YYYYMMDD; null when it is not known, which leaves open what depends on it.
 */
export function socketAtRestore(socket: SavedSocket, release: number | null): SocketAtRestore {
  const rule = RULES.find(({ applies }) => applies(socket)) ?? UNREAD;
  const outcomes: readonly [Outcome, ...Outcome[]] = rule.outcomes;
  const [first] = outcomes;
  if (release === null) {
    const last = outcomes[outcomes.length - 1] ?? first;
    const same = outcomes.every(({ outcome }) => outcome === last.outcome);
    const reason = same ? last.reason : `${last.reason} (before ${last.since}: ${first.outcome})`;
    return { outcome: same ? last.outcome : 'unknown', rule: rule.name, reason };
  }
  const holds = outcomes.findLast(({ since }) => since <= release) ?? first;
  return { outcome: holds.outcome, rule: rule.name, reason: holds.reason };
}
