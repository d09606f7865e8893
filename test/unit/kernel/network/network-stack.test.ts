import { describe, expect, it } from 'vitest';
import { networkDocument } from '../../../../src/inspection/network.ts';
import { readNetworkNamespaces, type SavedNetworkNamespace } from '../../../../src/kernel/network/network-stack.ts';
import { DEFAULT_LIMITS } from '../../../../src/limits.ts';
import type { GraphBuilder } from '../../../support/graph-builder.ts';
import { createSocketGraph } from '../../../support/socket-graph.ts';
import { array, bool, int, map, nil, nilInterface, ref, string, uint, type WireValue } from '../../../support/wire-value.ts';

const NAMESPACE = 'pkg/sentry/inet.Namespace';

function range(builder: GraphBuilder, type: string, sizes: readonly [number, number, number]): WireValue {
  const [min, normal, max] = sizes.map((size) => int(size)) as [WireValue, WireValue, WireValue];
  return builder.struct(`pkg/tcpip.${type}`, { Min: min, Default: normal, Max: max });
}

function address(builder: GraphBuilder, bytes: readonly number[]): WireValue {
  const all = Array.from({ length: 16 }, (_, i) => uint(bytes[i] ?? 0));
  return builder.struct('pkg/tcpip.Address', { addr: array(all), length: int(bytes.length) });
}

/** A stack as releases from 20240916 to 20241118 saved it: with interfaces and routes. */
function fullStack(builder: GraphBuilder): WireValue {
  const tcp = builder.struct('pkg/tcpip/transport/tcp.protocol', {
    sackEnabled: bool(true),
    recovery: int(1),
    sendBufferSize: range(builder, 'TCPSendBufferSizeRangeOption', [1, 2, 3]),
    recvBufferSize: range(builder, 'TCPReceiveBufferSizeRangeOption', [4, 5, 6]),
    congestionControl: string('cubic'),
    availableCongestionControl: builder.slice([string('reno'), string('cubic')]),
    moderateReceiveBuffer: nil(),
    lingerTimeout: int(60_000_000_000),
    timeWaitTimeout: int(60_000_000_000),
    maxRetries: uint(15),
    synRetries: uint(6),
  });
  const state = builder.pointer(builder.struct('pkg/tcpip/stack.transportProtocolState', { proto: builder.pointer(tcp) }));
  const port = (network: number, transport: number, number: number): readonly [WireValue, WireValue] => [
    builder.struct('pkg/tcpip/ports.portDescriptor', { network: uint(network), transport: uint(transport), port: uint(number) }),
    nil(),
  ];
  const ports = builder.struct('pkg/tcpip/ports.PortManager', {
    allocatedPorts: builder.pointer(map([port(0x86dd, 6, 80), port(0x800, 6, 443), port(0x800, 6, 80)])),
    firstEphemeral: uint(16_000),
    numEphemeral: uint(49_536),
  });
  const nic = (name: string): WireValue =>
    builder.pointer(builder.struct('pkg/tcpip/stack.nic', { name: string(name), enabled: bool(true), promiscuous: nil() }));
  const mask = builder.struct('pkg/tcpip.AddressMask', {
    mask: array([255, 255, 255, ...Array.from({ length: 13 }, () => 0)].map((byte) => uint(byte))),
    length: int(4),
  });
  const route = builder.pointer(
    builder.struct('pkg/tcpip.Route', {
      RouteEntry: builder.struct('pkg/tcpip.RouteEntry', { next: nil(), prev: nil() }),
      Destination: builder.struct('pkg/tcpip.Subnet', { address: address(builder, [10, 1, 2, 0]), mask }),
      Gateway: address(builder, [10, 1, 2, 1]),
      NIC: int(2),
    }),
  );
  return builder.pointer(
    builder.struct('pkg/tcpip/stack.Stack', {
      transportProtocols: builder.pointer(map([[uint(6), state]])),
      networkProtocols: builder.pointer(map([])),
      routeTable: builder.struct('pkg/tcpip.RouteList', { head: route, tail: nil() }),
      nics: builder.pointer(
        map([
          [int(2), nic('eth0')],
          [int(1), nic('lo')],
        ]),
      ),
      defaultForwardingEnabled: builder.pointer(map([[uint(0x800), nil()]])),
      PortManager: builder.pointer(ports),
      sendBufferSize: range(builder, 'SendBufferSizeOption', [7, 8, 9]),
      receiveBufferSize: range(builder, 'ReceiveBufferSizeOption', [7, 8, 9]),
    }),
  );
}

async function namespacesOf(
  make: (builder: GraphBuilder) => Readonly<Record<string, WireValue>>,
  limits = DEFAULT_LIMITS,
): Promise<{ readonly namespaces: readonly SavedNetworkNamespace[]; readonly damage: readonly string[] }> {
  const { builder, finish } = createSocketGraph('new');
  const root = builder.pointer(builder.struct(NAMESPACE, make(builder)));
  const damage: string[] = [];
  const graph = await finish({ rootNetworkNamespace: root }, limits);
  return { namespaces: readNetworkNamespaces(graph, [], [], (error) => damage.push(error.code)), damage };
}

const netstack = (builder: GraphBuilder): WireValue =>
  builder.struct('pkg/sentry/socket/netstack.Stack', { Stack: fullStack(builder), id: nil() });

describe('network namespaces', () => {
  it('give all that a release with interfaces and routes saved', async () => {
    const { namespaces, damage } = await namespacesOf((builder) => ({
      isRoot: bool(true),
      stack: builder.pointer(netstack(builder)),
    }));
    expect(damage).toEqual([]);
    const [root] = namespaces;
    expect(root?.stack).toMatchObject({
      kind: 'netstack',
      forwarding: { ipv4: true, ipv6: false },
      interfaces: [
        { id: 1, name: 'lo', enabled: true, promiscuous: false },
        { id: 2, name: 'eth0', enabled: true, promiscuous: false },
      ],
      routes: [{ destination: '10.1.2.0/24', gateway: '10.1.2.1', interfaceId: 2 }],
      tcp: {
        congestionControl: 'cubic',
        sack: true,
        moderateReceiveBuffer: false,
        sendBuffer: { min: 1, default: 2, max: 3 },
        timeWaitSeconds: 60,
      },
      ephemeralPorts: { first: 16_000, last: 65_535 },
      reservedPorts: [
        { network: 'ipv4', transport: 'tcp', port: 80 },
        { network: 'ipv4', transport: 'tcp', port: 443 },
        { network: 'ipv6', transport: 'tcp', port: 80 },
      ],
      nftables: null,
    });
    expect(networkDocument(namespaces, 'sandbox').namespaces[0]?.notSaved[0]).toBe('Addresses: the new sandbox gives its own');
  });

  it('say why there is no stack', async () => {
    const before = await namespacesOf(() => ({ isRoot: bool(true), creator: nilInterface() }));
    expect(before.namespaces[0]).toMatchObject({ stack: null, absence: 'release', inode: null, abstractNames: null });
    const off = await namespacesOf((builder) => ({
      isRoot: bool(true),
      stack: builder.pointer(builder.struct('pkg/sentry/socket/netstack.Stack', { Stack: nil(), id: nil() })),
    }));
    expect(off.namespaces[0]).toMatchObject({ stack: null, absence: 'setting' });
    const texts = [before, off].map(({ namespaces }) => networkDocument(namespaces, null).namespaces[0]?.notSaved.join());
    expect(texts[0]).toContain('no release before 20240916');
    expect(texts[1]).toContain('only since release 20250611');
  });

  it('of the host have some settings', async () => {
    const { namespaces } = await namespacesOf((builder) => ({
      isRoot: bool(true),
      stack: builder.pointer(
        builder.struct('pkg/sentry/socket/hostinet.Stack', {
          tcpRecovery: int(1),
          tcpRecvBufSize: range(builder, 'sizes', [1, 2, 3]),
          tcpSendBufSize: range(builder, 'sizes', [4, 5, 6]),
          tcpSACKEnabled: bool(true),
        }),
      ),
    }));
    expect(namespaces[0]?.stack).toMatchObject({
      kind: 'host',
      tcp: { sack: true, recovery: 1, receiveBuffer: { max: 3 }, congestionControl: null },
      interfaces: null,
    });
  });

  it('of threads and sockets come behind the root one, each once', async () => {
    const { builder, finish } = createSocketGraph('new');
    const root = builder.pointer(builder.struct(NAMESPACE, { isRoot: bool(true), creator: nil() }));
    const other = builder.object(builder.struct(NAMESPACE, { isRoot: nil(), creator: nil() }));
    const plain = builder.object(builder.struct('pkg/sentry/kernel.Task', { netns: ref(other), name: nil() }));
    const behind = builder.struct('pkg/sentry/inet.NamespaceAtomicPtr', { ptr: ref(other), spare: nil() });
    const atomic = builder.object(builder.struct('test.Task', { netns: behind, name: nil() }));
    const graph = await finish({ rootNetworkNamespace: root });
    const damage: string[] = [];
    const tasks = [Number(plain), Number(atomic), 4_000_000];
    const found = readNetworkNamespaces(graph, tasks, [Number(other)], (error) => damage.push(error.code));
    expect(found.map((one) => one.root)).toEqual([true, false]);
    expect(damage).toEqual(['dangling-reference']);
  });

  it('with more ports than the ceiling do not lose the rest', async () => {
    const { namespaces, damage } = await namespacesOf(
      (builder) => ({ isRoot: bool(true), stack: builder.pointer(netstack(builder)) }),
      { ...DEFAULT_LIMITS, elements: 16 },
    );
    expect(damage).toEqual([]);
    const less = await namespacesOf((builder) => ({ isRoot: bool(true), stack: builder.pointer(netstack(builder)) }), {
      ...DEFAULT_LIMITS,
      elements: 2,
    });
    expect(namespaces[0]?.stack?.reservedPorts).toHaveLength(3);
    expect(less.namespaces[0]?.stack).toMatchObject({ reservedPorts: null, kind: 'netstack' });
    expect(less.damage).toContain('over-limit');
  });
});
