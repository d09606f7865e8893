/**
 * Encodes a kernel graph with sockets. Type and field names are gVisor's; only the fields that say something are declared.
 *
 * `release-20260817.0` is the layout of new images, `release-20210927.0` that of the first that are read: other type names, the socket's
 * parts in `socketOpsCommon`, addresses as strings.
 */
import { PullReader } from '../../src/bytes/pull-reader.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { ObjectStream } from '../../src/graph/object-stream.ts';
import { isEndpointType } from '../../src/kernel/network/socket-needs.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/limits.ts';
import { rawBody } from '../../src/statefile/raw-body.ts';
import { createGraph, type GraphBuilder } from './graph-builder.ts';
import { memorySource } from './memory-source.ts';
import { array, field, int, map, nil, nilInterface, ref, refInto, string, uint, type WireValue } from './wire-value.ts';

export type SocketEra = 'new' | 'old';

/** A graph under construction: sockets are added, then it is finished. */
export interface SocketGraph {
  readonly builder: GraphBuilder;
  /** Adds a TCP socket to the table and answers its object id. */
  readonly tcp: (options: TestTcp) => number;
  readonly udp: (options: TestUdp) => number;
  readonly unix: (options: TestUnix) => number;
  /** Any socket by its type and fields. */
  readonly socket: (type: string, fields: Readonly<Record<string, WireValue>>, references?: number) => number;
  /** An object that is no socket. */
  readonly endpoint: (options: TestTcp) => bigint;
  readonly finish: (extra?: Readonly<Record<string, WireValue>>, limits?: Limits) => Promise<Graph>;
}

export interface TestTcp {
  readonly family?: number;
  readonly state: number;
  readonly local?: readonly [address: readonly number[], port: number];
  readonly remote?: readonly [address: readonly number[], port: number];
  readonly received?: number;
  readonly sent?: number;
  /** Objects of endpoints that wait, and the limit. */
  readonly accept?: { readonly waiting: readonly bigint[]; readonly limit: number };
  readonly options?: Readonly<Record<string, WireValue>>;
  /** Name of an error type of pkg/tcpip. */
  readonly error?: string;
  readonly references?: number;
}

export interface TestUdp {
  readonly state: number;
  readonly local: readonly [address: readonly number[], port: number];
  /** Sizes of the packets that wait. */
  readonly packets?: readonly number[];
  /** The list of packets leads back to its first. */
  readonly circle?: boolean;
  /** Where it is connected to, from `local`. */
  readonly remote?: readonly [address: readonly number[], port: number];
  /** Number of the interface on which its address was found. */
  readonly interfaceId?: number;
  /** Numbers of the interfaces on which it has joined a group. */
  readonly groups?: readonly number[];
  readonly portFlags?: Readonly<Record<string, WireValue>>;
}

export interface TestUnix {
  readonly type: number;
  readonly path?: string;
  /** Messages in the receive queue; files are object ids of sockets. */
  readonly messages?: readonly { readonly bytes: number; readonly files?: readonly number[] }[];
  readonly listen?: number;
  /** Type in pkg/sentry/socket/unix/transport of the other end, when that is a socket of the host. */
  readonly hostPeer?: string;
}

const ENDPOINT = 'pkg/sentry/socket/unix/transport';

export function createSocketGraph(era: SocketEra): SocketGraph {
  const builder = createGraph();
  const kernel = builder.reserve();
  const records: [WireValue, WireValue][] = [];
  const isNew = era === 'new';

  const atomic = (value: WireValue): WireValue => builder.struct('pkg/atomicbitops.Int64', { value: field(value) });
  const address = (bytes: readonly number[]): WireValue => {
    if (!isNew) return field(string(Uint8Array.from(bytes)));
    const all = Array.from({ length: 16 }, (_, i) => uint(bytes[i] ?? 0));
    return builder.struct('pkg/tcpip.Address', {
      addr: bytes.length === 0 ? nil() : array(all),
      length: field(int(bytes.length)),
    });
  };
  const pointerTo = (type: string, id: bigint): WireValue => ({
    kind: 'interface',
    type: { spec: 'pointer', to: builder.spec(type, fieldsOf.get(type) ?? []) },
    value: ref(id),
  });
  const fieldsOf = new Map<string, readonly string[]>();
  const defineAs = (id: bigint, type: string, fields: Readonly<Record<string, WireValue>>): void => {
    fieldsOf.set(type, Object.keys(fields));
    builder.define(id, builder.struct(type, fields));
  };

  function socket(type: string, fields: Readonly<Record<string, WireValue>>, references = 1): number {
    const id = builder.reserve();
    const inode = builder.pointer(
      builder.struct('pkg/sentry/fsimpl/sockfs.inode', {
        InodeAttrs: builder.struct('pkg/sentry/fsimpl/kernfs.InodeAttrs', { ino: uint(100n + id), uid: field(uint(1000)) }),
      }),
    );
    const dentry = builder.pointer(builder.struct('pkg/sentry/fsimpl/kernfs.Dentry', { name: nil(), inode }));
    const file = builder.struct('pkg/sentry/vfs.FileDescription', {
      FileDescriptionRefs: builder.struct('pkg/sentry/vfs.FileDescriptionRefs', { refCount: atomic(int(references)) }),
      statusFlags: field(uint(0o4002)),
      vd: builder.struct('pkg/sentry/vfs.VirtualDentry', {
        mount: nil(),
        dentry: builder.pointer(builder.struct('pkg/sentry/vfs.Dentry', { dead: nil(), impl: dentry })),
      }),
    });
    defineAs(id, type, { vfsfd: file, ...fields });
    const spec = builder.spec(type, ['vfsfd', ...Object.keys(fields)]);
    const record = builder.struct('pkg/sentry/kernel.SocketRecord', { k: ref(kernel), ID: field(uint(records.length)) });
    records.push([refInto(id, ['vfsfd'], spec), builder.pointer(record)]);
    return Number(id);
  }

  /** In the old era the parts of a socket are one level deeper. */
  const parts = (type: string, fields: Readonly<Record<string, WireValue>>): Readonly<Record<string, WireValue>> =>
    isNew ? fields : { socketOpsCommon: builder.struct(type, fields) };
  const inetType = isNew ? 'pkg/sentry/socket/netstack.sock' : 'pkg/sentry/socket/netstack.SocketVFS2';
  const inet = (family: number, type: number, protocol: number, endpoint: WireValue, references = 1): number =>
    socket(
      inetType,
      parts('pkg/sentry/socket/netstack.socketOpsCommon', {
        family: int(family),
        Endpoint: endpoint,
        skType: int(type),
        protocol: int(protocol),
      }),
      references,
    );
  const options = (on: Readonly<Record<string, WireValue>> = {}): WireValue =>
    builder.struct('pkg/tcpip.SocketOptions', {
      reuseAddressEnabled: nil(),
      v6OnlyEnabled: nil(),
      delayOptionEnabled: uint(1),
      receiveBufferSize: int(4096),
      ...on,
    });
  const tcpType = `pkg/tcpip/transport/tcp.${isNew ? 'Endpoint' : 'endpoint'}`;

  function endpoint(tcp: TestTcp): bigint {
    const id = builder.reserve();
    const info = builder.struct('pkg/tcpip/stack.TransportEndpointInfo', {
      NetProto: uint(tcp.family === 10 ? 0x86dd : 0x800),
      ID: builder.struct('pkg/tcpip/stack.TransportEndpointID', {
        LocalPort: field(uint(tcp.local?.[1] ?? 0)),
        LocalAddress: address(tcp.local?.[0] ?? []),
        RemotePort: field(uint(tcp.remote?.[1] ?? 0)),
        RemoteAddress: address(tcp.remote?.[0] ?? []),
      }),
      BindAddr: address([]),
      RegisterNICID: nil(),
    });
    const waiting = tcp.accept?.waiting ?? [];
    const queue = {
      endpoints: builder.slice(waiting.map((one) => ref(one))),
      [isNew ? 'capacity' : 'cap']: field(int(tcp.accept?.limit ?? 0)),
    };
    const received = field(int(tcp.received ?? 0));
    const rcv = builder.struct('pkg/tcpip/transport/tcp.TCPRcvBufState', { RcvBufUsed: received });
    const snd = builder.struct('pkg/tcpip/transport/tcp.TCPSndBufState', { SndBufUsed: field(int(tcp.sent ?? 0)) });
    const error: WireValue =
      tcp.error === undefined
        ? nilInterface()
        : {
            kind: 'interface',
            type: { spec: 'pointer', to: builder.spec(`pkg/tcpip.${tcp.error}`) },
            value: builder.pointer(builder.struct(`pkg/tcpip.${tcp.error}`)),
          };
    defineAs(id, tcpType, {
      TransportEndpointInfo: info,
      hardError: error,
      ...(isNew
        ? { TCPRcvBufState: rcv, acceptQueue: builder.struct('pkg/tcpip/transport/tcp.acceptQueue', queue) }
        : {
            rcvQueueInfo: builder.struct('pkg/tcpip/transport/tcp.rcvQueueInfo', { TCPRcvBufState: rcv }),
            accepted: builder.struct('pkg/tcpip/transport/tcp.accepted', queue),
          }),
      sndQueueInfo: builder.struct('pkg/tcpip/transport/tcp.sndQueueInfo', { TCPSndBufState: snd }),
      state: uint(tcp.state),
      ops: options(tcp.options),
    });
    return id;
  }

  function udp({
    state,
    local,
    packets = [],
    circle = false,
    remote,
    interfaceId,
    groups = [],
    portFlags = {},
  }: TestUdp): number {
    const ids = packets.map(() => builder.reserve());
    packets.forEach((_, i) => {
      const next = ids[i + 1] ?? (circle ? ids[0] : undefined);
      const entry = builder.struct('pkg/tcpip/transport/udp.udpPacketEntry', {
        next: next === undefined ? nil() : ref(next),
        prev: nil(),
      });
      builder.define(ids[i] ?? 0n, builder.struct('pkg/tcpip/transport/udp.udpPacket', { udpPacketEntry: entry, tos: nil() }));
    });
    const list = builder.struct('pkg/tcpip/transport/udp.udpPacketList', {
      head: ids[0] === undefined ? nil() : ref(ids[0]),
      tail: nil(),
    });
    const info = builder.struct('pkg/tcpip/stack.TransportEndpointInfo', {
      NetProto: uint(0x800),
      ID: builder.struct('pkg/tcpip/stack.TransportEndpointID', {
        LocalPort: isNew ? nil() : field(uint(local[1])),
        LocalAddress: address(remote === undefined ? [] : local[0]),
        RemotePort: nil(),
        RemoteAddress: address(remote?.[0] ?? []),
      }),
      BindAddr: address(local[0]),
      RegisterNICID: interfaceId === undefined ? nil() : uint(interfaceId),
    });
    const memberships = map(
      groups.map((nicID) => [
        builder.struct(`pkg/tcpip/transport/${isNew ? 'internal/network' : 'udp'}.multicastMembership`, {
          nicID: uint(nicID),
          multicastAddr: address([239, 1, 2, 3]),
        }),
        nil(),
      ]),
    );
    const id = builder.reserve();
    defineAs(id, 'pkg/tcpip/transport/udp.endpoint', {
      boundPortFlags: builder.struct('pkg/tcpip/ports.Flags', { MostRecent: nil(), LoadBalanced: nil(), ...portFlags }),
      boundBindToDevice: nil(),
      rcvList: list,
      rcvBufSize: field(int(packets.reduce((sum, size) => sum + size, 0))),
      ops: options(),
      lastError: nilInterface(),
      ...(isNew
        ? {
            net: builder.struct('pkg/tcpip/transport/internal/network.Endpoint', {
              state: uint(state),
              info,
              multicastMemberships: memberships,
            }),
            localPort: uint(local[1]),
            remotePort: remote === undefined ? nil() : uint(remote[1]),
          }
        : {
            TransportEndpointInfo: info,
            state: field(uint(state - 1)),
            dstPort: field(uint(remote?.[1] ?? 0)),
            multicastMemberships: memberships,
          }),
    });
    return inet(2, 2, 17, pointerTo('pkg/tcpip/transport/udp.endpoint', id));
  }

  function unix({ type, path = '', messages = [], listen, hostPeer }: TestUnix): number {
    const ids = messages.map(() => builder.reserve());
    messages.forEach(({ files = [] }, i) => {
      const next = ids[i + 1];
      const spec = builder.spec(unixType, fieldsOf.get(unixType) ?? []);
      const rights: WireValue =
        files.length === 0
          ? nilInterface()
          : {
              kind: 'interface',
              type: { spec: 'pointer', to: { spec: 'slice', of: { spec: 'nil' } } },
              value: builder.pointer(builder.slice(files.map((file) => refInto(file, ['vfsfd'], spec)))),
            };
      const message = builder.struct(`${ENDPOINT}.message`, {
        messageEntry: builder.struct(`${ENDPOINT}.messageEntry`, { next: next === undefined ? nil() : ref(next), prev: nil() }),
        Control: builder.struct(`${ENDPOINT}.ControlMessages`, { Rights: rights, Credentials: nilInterface() }),
      });
      builder.define(ids[i] ?? 0n, message);
    });
    const queue = builder.struct(`${ENDPOINT}.queue`, {
      used: field(int(messages.reduce((sum, { bytes }) => sum + bytes, 0))),
      dataList: builder.struct(`${ENDPOINT}.messageList`, { head: ids[0] === undefined ? nil() : ref(ids[0]), tail: nil() }),
    });
    const receiver = builder.pointer(
      builder.struct(`${ENDPOINT}.queueReceiver`, { readQueue: builder.pointer(queue), spare: nil() }),
    );
    const host =
      hostPeer === undefined ? null : builder.pointer(builder.struct(`${ENDPOINT}.${hostPeer}`, { fd: int(-1), addr: nil() }));
    const base = builder.struct(`${ENDPOINT}.baseEndpoint`, {
      receiver: host ?? receiver,
      [isNew ? 'peer' : 'connected']: host ?? nil(),
      path: field(string(path)),
      ops: options(),
    });
    const id = builder.reserve();
    // A channel without anything in it is a slice over zeros, which are saved as nil.
    const channel: WireValue = { kind: 'slice', length: 0, capacity: (listen ?? 0) + 1, ref: builder.pointer(nil()) };
    defineAs(id, `${ENDPOINT}.connectionedEndpoint`, {
      baseEndpoint: base,
      stype: int(type),
      acceptedChan: listen === undefined ? nil() : channel,
    });
    return socket(unixType, {
      ...parts('pkg/sentry/socket/unix.socketOpsCommon', {
        ep: pointerTo(`${ENDPOINT}.connectionedEndpoint`, id),
        stype: int(type),
      }),
      spare: nil(),
    });
  }
  const unixType = isNew ? 'pkg/sentry/socket/unix.Socket' : 'pkg/sentry/socket/unix.SocketVFS2';

  async function finish(extra: Readonly<Record<string, WireValue>> = {}, limits = DEFAULT_LIMITS): Promise<Graph> {
    const table = builder.pointer(map(records));
    const tables: Readonly<Record<string, WireValue>> = isNew ? { sockets: table } : { sockets: nil(), socketsVFS2: table };
    builder.define(kernel, builder.struct('pkg/sentry/kernel.Kernel', { ...tables, spare: nil(), ...extra }));
    return new ObjectStream(rawBody(new PullReader(memorySource(builder.encode()))), limits).graph('a graph', isEndpointType);
  }

  const tcp = (one: TestTcp): number => inet(one.family ?? 2, 1, 6, pointerTo(tcpType, endpoint(one)), one.references);
  return { builder, tcp, udp, unix, socket, endpoint, finish };
}

/** A switch of the socket options that is on. */
export const ON = uint(1);
