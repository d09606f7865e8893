import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../../src/graph/graph.ts';
import type { SavedSocket } from '../../../../src/kernel/network/saved-socket.ts';
import { type Holders, readSockets } from '../../../../src/kernel/network/sockets.ts';
import { DEFAULT_LIMITS } from '../../../../src/limits.ts';
import { createSocketGraph, ON } from '../../../support/socket-graph.ts';
import { int, nil, ref, slice, string, uint } from '../../../support/wire-value.ts';

const HOME = [127, 0, 0, 1];

function read(
  graph: Graph,
  holders: Holders = new Map(),
): { readonly sockets: readonly SavedSocket[]; readonly damage: string[] } {
  const damage: string[] = [];
  return { sockets: readSockets(graph, holders, (error) => damage.push(error.code)), damage };
}

describe.each(['new', 'old'] as const)('sockets of %s images', (era) => {
  it('TCP: addresses, queues, options', async () => {
    const graph = createSocketGraph(era);
    graph.tcp({
      state: 1,
      local: [HOME, 8080],
      remote: [HOME, 49_958],
      received: 1234,
      sent: 7,
      options: { keepAliveEnabled: ON },
    });
    const { sockets, damage } = read(await graph.finish());
    expect(damage).toEqual([]);
    expect(sockets).toHaveLength(1);
    expect(sockets[0]).toMatchObject({
      family: 'inet',
      type: 'stream',
      protocol: 'tcp',
      state: 'ESTABLISHED',
      linuxState: 1,
      local: { text: '127.0.0.1', port: 8080 },
      remote: { text: '127.0.0.1', port: 49_958 },
      receiveQueue: { bytes: 1234 },
      sendQueue: { bytes: 7 },
      options: ['SO_KEEPALIVE'],
      record: 0n,
      uid: 1000,
      references: 1,
      nonBlocking: true,
    });
    expect(sockets[0]?.inode).toBe(100n + BigInt(sockets[0]?.objectId ?? 0));
  });

  it('TCP: who waits to be accepted, with the data that came already', async () => {
    const graph = createSocketGraph(era);
    const waiting = graph.endpoint({ state: 1, local: [HOME, 80], remote: [HOME, 5000], received: 23 });
    const listener = graph.tcp({ state: 10, local: [[], 80], family: 10, accept: { waiting: [waiting], limit: 17 } });
    const { sockets } = read(await graph.finish());
    expect(sockets[0]).toMatchObject({
      state: 'LISTEN',
      accept: { waiting: 1, limit: 16 },
      local: { text: '::', port: 80 },
      remote: null,
    });
    expect(sockets[1]).toMatchObject({
      origin: 'accept-queue',
      listener,
      inode: null,
      record: null,
      receiveQueue: { bytes: 23 },
    });
    expect(sockets).toHaveLength(2);
  });

  it('UDP: packets that wait', async () => {
    const graph = createSocketGraph(era);
    graph.udp({ state: 2, local: [HOME, 5353], packets: [5, 7] });
    const { sockets, damage } = read(await graph.finish());
    expect(damage).toEqual([]);
    expect(sockets[0]).toMatchObject({
      protocol: 'udp',
      state: 'BOUND',
      linuxState: 7,
      local: { text: '127.0.0.1', port: 5353 },
      receiveQueue: { bytes: 12, messages: 2 },
    });
  });

  it('unix: names, messages, and files on their way', async () => {
    const graph = createSocketGraph(era);
    const sent = graph.unix({ type: 2 });
    graph.unix({ type: 2, path: '/run/a', messages: [{ bytes: 3 }, { bytes: 4, files: [sent, sent] }] });
    graph.unix({ type: 5, path: '\0abstract\n', listen: 7 });
    const { sockets, damage } = read(await graph.finish());
    expect(damage).toEqual([]);
    expect(sockets[0]).toMatchObject({ state: 'UNCONNECTED', inFlight: true, name: null });
    expect(sockets[1]).toMatchObject({
      type: 'dgram',
      state: 'BOUND',
      inFlight: false,
      name: { text: '/run/a', abstract: false },
      receiveQueue: { bytes: 7, messages: 2, files: 2 },
    });
    expect(sockets[2]).toMatchObject({
      type: 'seqpacket',
      state: 'LISTEN',
      name: { text: 'abstract\n', abstract: true },
      accept: { waiting: 0, limit: 7 },
    });
  });
});

describe('sockets', () => {
  it('without references to their file are not shown', async () => {
    const graph = createSocketGraph('new');
    graph.tcp({ state: 12, references: 0 });
    expect(read(await graph.finish()).sockets).toEqual([]);
  });

  it('that were closed by their process and still talk are shown without one', async () => {
    const graph = createSocketGraph('new');
    const last = graph.endpoint({ state: 6, local: [HOME, 1], remote: [HOME, 2] });
    const { sockets } = read(await graph.finish({ danglingEndpoints: graph.builder.slice([ref(last)]) }));
    expect(sockets[0]).toMatchObject({ origin: 'closing', state: 'TIME_WAIT', inode: null, holders: [] });
  });

  it('are given with those who hold them', async () => {
    const graph = createSocketGraph('new');
    const id = graph.tcp({ state: 13, local: [[10, 0, 0, 1], 7003], error: 'ErrConnectionRefused' });
    const { sockets } = read(await graph.finish(), new Map([[id, [{ pid: 7, fd: 3 }]]]));
    expect(sockets[0]).toMatchObject({ state: 'BOUND', linuxState: 7, error: 'ECONNREFUSED', holders: [{ pid: 7, fd: 3 }] });
  });

  it('of the host say what is needed to listen again', async () => {
    const graph = createSocketGraph('new');
    const { builder } = graph;
    const address = Uint8Array.from([2, 0, 0x1f, 0x90, 10, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
    const listener = builder.pointer(
      builder.struct('pkg/sentry/socket/hostinet.listenerState', {
        addr: builder.byteSlice(address),
        backlog: int(128),
        reuseAddr: int(1),
      }),
    );
    const parts = { family: int(2), stype: int(1), protocol: nil() };
    graph.socket('pkg/sentry/socket/hostinet.Socket', { ...parts, savedListener: listener });
    graph.socket('pkg/sentry/socket/hostinet.Socket', { ...parts, savedListener: nil() });
    const { sockets, damage } = read(await graph.finish());
    expect(damage).toEqual([]);
    expect(sockets[0]).toMatchObject({
      backend: 'host',
      protocol: 'tcp',
      state: 'LISTEN',
      local: { text: '10.1.2.3', port: 8080 },
      accept: { limit: 128 },
      options: ['SO_REUSEADDR'],
      savedListener: true,
    });
    expect(sockets[1]).toMatchObject({ state: 'UNKNOWN', local: null, savedListener: false });
  });

  it.each([
    ['SCMSender', 'gofer'],
    ['HostConnectedEndpoint', 'host'],
  ] as const)('whose other end is a %s have their queues on the host', async (hostPeer, kind) => {
    const graph = createSocketGraph('new');
    graph.unix({ type: 1, hostPeer });
    const { sockets, damage } = read(await graph.finish());
    expect(damage).toEqual([]);
    expect(sockets[0]).toMatchObject({
      state: 'CONNECTED',
      hostPeer: kind,
      peer: null,
      peerClosed: false,
      receiveQueue: null,
      sendQueue: null,
    });
  });

  it('of netlink have a port and a protocol', async () => {
    const graph = createSocketGraph('new');
    const { builder } = graph;
    const protocol = builder.pointer(builder.struct('pkg/sentry/socket/netlink/route.Protocol'));
    graph.socket('pkg/sentry/socket/netlink.Socket', { protocol, skType: int(3), ep: nil(), portID: int(42), groups: uint(5) });
    expect(read(await graph.finish()).sockets[0]).toMatchObject({
      family: 'netlink',
      type: 'raw',
      protocol: 'route',
      state: 'BOUND',
      netlink: { port: 42n, groups: 5n },
    });
  });
});

describe('damaged sockets', () => {
  it('do not hide the others', async () => {
    const graph = createSocketGraph('new');
    graph.udp({ state: 2, local: [HOME, 1], packets: [1, 1], circle: true });
    graph.udp({ state: 2, local: [HOME, 2] });
    const { sockets, damage } = read(await graph.finish());
    expect(damage).toEqual(['inconsistent']);
    expect(sockets.map(({ local }) => local?.port)).toEqual([2]);
  });

  it('with a long list of packets stop at the ceiling', async () => {
    const graph = createSocketGraph('new');
    graph.udp({ state: 2, local: [HOME, 1], packets: Array.from({ length: 50 }, () => 1) });
    const { sockets, damage } = read(await graph.finish({}, { ...DEFAULT_LIMITS, elements: 20 }));
    expect({ sockets, damage }).toEqual({ sockets: [], damage: ['over-limit'] });
  });

  it('with an address of odd length, or of another kind', async () => {
    const graph = createSocketGraph('old');
    graph.tcp({ state: 10, local: [[1, 2, 3], 80] });
    graph.socket('pkg/sentry/socket/unix.SocketVFS2', { socketOpsCommon: string('no struct') });
    const { sockets, damage } = read(await graph.finish());
    expect(sockets).toEqual([]);
    expect(damage).toEqual(['unknown-shape', 'unknown-shape']);
  });

  it('with an accept queue of other things, and 2^40 connections that are closing', async () => {
    const graph = createSocketGraph('new');
    const { builder } = graph;
    graph.tcp({ state: 10, local: [HOME, 80], accept: { waiting: [builder.object(string('no endpoint'))], limit: 2 } });
    const many = { danglingEndpoints: slice(builder.object(nil()), 2 ** 40) };
    const { sockets, damage } = read(await graph.finish(many));
    expect(sockets.map(({ accept }) => accept)).toEqual([{ waiting: 1, limit: 1 }]);
    expect(damage).toEqual(['over-limit']);
  });

  it('that all lead to one long queue are counted together', async () => {
    const graph = createSocketGraph('new');
    const waiting = graph.endpoint({ state: 1, local: [HOME, 80], remote: [HOME, 5000] });
    for (let i = 0; i < 5; i++)
      graph.tcp({ state: 10, local: [HOME, i], accept: { waiting: Array.from({ length: 8 }, () => waiting), limit: 9 } });
    const { sockets, damage } = read(await graph.finish({}, { ...DEFAULT_LIMITS, elements: 20 }));
    expect(sockets.map(({ origin }) => origin)).toEqual([...Array.from({ length: 5 }, () => 'table'), 'accept-queue']);
    expect(damage).toEqual(['over-limit', 'over-limit', 'over-limit']);
  });

  it('in a table that leads nowhere', async () => {
    const graph = createSocketGraph('new');
    const { sockets, damage } = read(await graph.finish(), new Map([[4_000_000, [{ pid: 1, fd: 1 }]]]));
    expect({ sockets, damage }).toEqual({ sockets: [], damage: [] });
  });
});
