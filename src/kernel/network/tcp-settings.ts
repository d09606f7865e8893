/** Settings of TCP in a network stack (sysctl net.ipv4.tcp_*). */
import { elements, field, fieldAt, integer, type Node, string } from '../../graph/node.ts';
import { byteCount } from '../byte-count.ts';

/** Sizes in bytes, as in net.ipv4.tcp_rmem. */
export interface SizeRange {
  readonly min: number;
  readonly default: number;
  readonly max: number;
}

export interface TcpSettings {
  readonly sendBuffer: SizeRange | null;
  readonly receiveBuffer: SizeRange | null;
  readonly sack: boolean;
  /** Loss detection as in net.ipv4.tcp_recovery: bit 0 RACK, bit 1 static reordering window, bit 2 no duplicate threshold. */
  readonly recovery: number;
  /** Name of the default; null for the network of the host. */
  readonly congestionControl: string | null;
  readonly availableCongestionControl: readonly string[];
  readonly moderateReceiveBuffer: boolean | null;
  /** Seconds; null for the network of the host. */
  readonly timeWaitSeconds: number | null;
  readonly finWaitSeconds: number | null;
  readonly synRetries: number | null;
  readonly retries: number | null;
}

/**
 * The TCP settings of a stack.
 *
 * @param node a tcp.protocol, or a hostinet.Stack, which has only some of them.
 *
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/tcpip/transport/tcp/protocol.go: protocol; pkg/sentry/socket/hostinet/stack.go: Stack
 */
export function readTcpSettings(node: Node): TcpSettings {
  const own = field(node, 'congestionControl');
  const number = (name: string): number => byteCount(integer(field(node, name)));
  const seconds = (name: string): number => number(name) / 1_000_000_000;
  if (own === null) {
    return {
      sendBuffer: sizeRange(fieldAt(node, 'tcpSendBufSize')),
      receiveBuffer: sizeRange(fieldAt(node, 'tcpRecvBufSize')),
      sack: number('tcpSACKEnabled') !== 0,
      recovery: number('tcpRecovery'),
      congestionControl: null,
      availableCongestionControl: [],
      moderateReceiveBuffer: null,
      timeWaitSeconds: null,
      finWaitSeconds: null,
      synRetries: null,
      retries: null,
    };
  }
  const available = field(node, 'availableCongestionControl');
  return {
    sendBuffer: sizeRange(fieldAt(node, 'sendBufferSize')),
    receiveBuffer: sizeRange(fieldAt(node, 'recvBufferSize')),
    sack: number('sackEnabled') !== 0,
    recovery: number('recovery'),
    congestionControl: string(own),
    availableCongestionControl: available === null ? [] : [...elements(available)].map(string),
    moderateReceiveBuffer: number('moderateReceiveBuffer') !== 0,
    timeWaitSeconds: seconds('timeWaitTimeout'),
    finWaitSeconds: seconds('lingerTimeout'),
    synRetries: number('synRetries'),
    retries: number('maxRetries'),
  };
}

/** A struct of Min, Default and Max; null for nil. */
export function sizeRange(node: Node | null): SizeRange | null {
  if (node === null) return null;
  const size = (name: string): number => byteCount(integer(field(node, name)));
  return { min: size('Min'), default: size('Default'), max: size('Max') };
}
