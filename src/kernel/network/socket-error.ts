/** The error that a socket keeps for its owner. */
import { typeOf } from '../../graph/graph.ts';
import { type Node, readNode } from '../../graph/node.ts';

/**
 * Errors of the network stack as applications get them (SO_ERROR).
 *
 * @see gVisor pkg/syserr/netstack.go: TranslateNetstackError
 */
const ERRNO: Readonly<Record<string, string>> = {
  ErrAborted: 'EPIPE',
  ErrAddressFamilyNotSupported: 'EAFNOSUPPORT',
  ErrAlreadyConnected: 'EISCONN',
  ErrAlreadyConnecting: 'EALREADY',
  ErrBadLocalAddress: 'EADDRNOTAVAIL',
  ErrBroadcastDisabled: 'EACCES',
  ErrClosedForSend: 'EPIPE',
  ErrConnectionAborted: 'ECONNABORTED',
  ErrConnectionRefused: 'ECONNREFUSED',
  ErrConnectionReset: 'ECONNRESET',
  ErrConnectStarted: 'EINPROGRESS',
  ErrDestinationRequired: 'EDESTADDRREQ',
  ErrHostDown: 'EHOSTDOWN',
  ErrHostUnreachable: 'EHOSTUNREACH',
  ErrInvalidEndpointState: 'EINVAL',
  ErrMessageTooLong: 'EMSGSIZE',
  ErrNetworkUnreachable: 'ENETUNREACH',
  ErrNoBufferSpace: 'ENOBUFS',
  ErrNoNet: 'ENONET',
  ErrNotConnected: 'ENOTCONN',
  ErrNotPermitted: 'EPERM',
  ErrPortInUse: 'EADDRINUSE',
  ErrTimeout: 'ETIMEDOUT',
  ErrWouldBlock: 'EAGAIN',
};

/**
 * The error in an interface: its errno name, or the name of gVisor's type where it has none; null for nil.
 *
 * Before 2021-02 errors were values of one type, which are not told apart here: `error`.
 */
export function socketError(node: Node | null): string | null {
  if (node === null) return null;
  const value = readNode(node);
  if (value.kind === 'ref') return value.root === 0 ? null : 'error';
  if (value.kind !== 'interface' || value.type.kind === 'nil') return null;
  const spec = value.type.kind === 'pointer' ? value.type.element : value.type;
  const name = spec.kind === 'id' ? typeOf(node.graph, spec.typeId)?.name.split('.').at(-1) : undefined;
  return name === undefined ? 'error' : (ERRNO[name] ?? name);
}
