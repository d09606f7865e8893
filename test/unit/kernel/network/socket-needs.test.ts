import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../../src/graph/graph.ts';
import { endpointsOfSockets, type NeedyEndpoint, readSocketNeeds } from '../../../../src/kernel/network/socket-needs.ts';
import { createSocketGraph, ON, type SocketGraph } from '../../../support/socket-graph.ts';
import { int, nil, string, uint } from '../../../support/wire-value.ts';

const HOME = [127, 0, 0, 1];
const OWN = [10, 1, 1, 2];
const PEER = [10, 1, 1, 1];
const bytes = (address: readonly number[]): Uint8Array => Uint8Array.from(address);

function read(graph: Graph): { readonly needy: readonly NeedyEndpoint[]; readonly damage: string[] } {
  const damage: string[] = [];
  return { needy: readSocketNeeds(graph, (error) => damage.push(error.code)), damage };
}

describe.each(['new', 'old'] as const)('what sockets of %s images need', (era) => {
  const needsOf = async (add: (graph: SocketGraph) => void): Promise<readonly NeedyEndpoint[]> => {
    const graph = createSocketGraph(era);
    add(graph);
    const { needy, damage } = read(await graph.finish());
    expect(damage).toEqual([]);
    return needy;
  };

  it('nothing where no address is involved', async () => {
    const needy = await needsOf((graph) => {
      graph.udp({ state: 1, local: [[], 0] });
      graph.udp({ state: 2, local: [[], 53] });
      graph.udp({ state: 2, local: [[239, 1, 2, 3], 54] });
      graph.tcp({ state: 12 });
      graph.tcp({ state: 10, local: [OWN, 80] });
      graph.tcp({ state: 13, local: [OWN, 81] });
      graph.tcp({ state: 15, local: [OWN, 82], remote: [PEER, 83] });
    });
    expect(needy).toEqual([]);
  });

  it('a bound datagram socket: its address and where it was', async () => {
    const needy = await needsOf((graph) => graph.udp({ state: 2, local: [OWN, 53], interfaceId: 2 }));
    expect(needy).toMatchObject([{ kind: 'udp', local: '10.1.1.2:53', remote: null }]);
    expect(needy[0]?.needs).toEqual([{ kind: 'bound', address: bytes(OWN), interfaceId: 2 }]);
  });

  it('a connected one: a route', async () => {
    const needy = await needsOf((graph) => graph.udp({ state: 3, local: [OWN, 4000], remote: [PEER, 53] }));
    expect(needy).toMatchObject([{ local: '10.1.1.2:4000', remote: '10.1.1.1:53' }]);
    expect(needy[0]?.needs).toEqual([{ kind: 'route', from: bytes(OWN), to: bytes(PEER), interfaceId: null }]);
  });

  it('one with groups: their interfaces, whatever else it is', async () => {
    const needy = await needsOf((graph) => graph.udp({ state: 1, local: [[], 0], groups: [2, 1, 2] }));
    expect(needy[0]?.needs).toEqual([
      { kind: 'interface', interfaceId: 1 },
      { kind: 'interface', interfaceId: 2 },
    ]);
  });

  it('a TCP connection: a route, and while it is made, the others', async () => {
    const route = { kind: 'route', from: bytes(HOME), to: bytes(HOME), interfaceId: null };
    const alone = await needsOf((graph) => graph.tcp({ state: 2, local: [HOME, 4000], remote: [HOME, 80] }));
    expect(alone[0]?.needs).toEqual([route]);
    const beside = await needsOf((graph) => {
      graph.tcp({ state: 2, local: [HOME, 4000], remote: [HOME, 80] });
      graph.tcp({ state: 1, local: [HOME, 4001], remote: [HOME, 81] });
    });
    expect(beside.map(({ needs }) => needs)).toEqual([[{ kind: 'handshake' }, route], [route]]);
  });

  it('TCP buffers that a new stack does not allow', async () => {
    const big = { receiveBufferSize: int(32 << 20) };
    const needy = await needsOf((graph) => {
      graph.tcp({ state: 12, options: big });
      graph.tcp({ state: 7, options: big });
    });
    expect(needy.map(({ needs }) => needs.map(({ kind }) => kind))).toEqual([['buffers']]);
  });

  it('endpoints that no socket owns', async () => {
    const needy = await needsOf((graph) => graph.endpoint({ state: 4, local: [HOME, 80], remote: [HOME, 4000] }));
    expect(needy).toHaveLength(1);
  });

  it('a port that another holds', async () => {
    const needy = await needsOf((graph) => {
      graph.udp({ state: 2, local: [[], 53] });
      graph.udp({ state: 2, local: [OWN, 53], interfaceId: 2 });
      graph.udp({ state: 2, local: [[], 54], portFlags: { LoadBalanced: ON } });
      graph.udp({ state: 2, local: [[], 54], portFlags: { LoadBalanced: ON } });
      graph.tcp({ state: 10, local: [[], 80] });
      graph.tcp({ state: 10, local: [[], 80], family: 10, options: { v6OnlyEnabled: ON } });
    });
    expect(needy.map(({ needs }) => needs.map(({ kind }) => kind))).toEqual([['port'], ['bound', 'port']]);
  });

  it('knows the endpoints of sockets', async () => {
    const graph = createSocketGraph(era);
    const socket = graph.udp({ state: 3, local: [OWN, 4000], remote: [PEER, 53] });
    const finished = await graph.finish();
    const [needy] = read(finished).needy;
    expect(endpointsOfSockets(finished, [socket], () => {})).toEqual(new Map([[socket, needy?.objectId]]));
  });
});

describe('packet sockets', () => {
  const packet = (graph: SocketGraph, fields: Parameters<SocketGraph['builder']['struct']>[1]): void => {
    graph.builder.define(graph.builder.reserve(), graph.builder.struct('pkg/tcpip/transport/packet.endpoint', fields));
  };

  it('need the interface that they are bound to', async () => {
    const graph = createSocketGraph('new');
    packet(graph, { boundNetProto: uint(3), boundNIC: uint(2), closed: nil() });
    packet(graph, { boundNetProto: uint(3), boundNIC: nil(), closed: nil() });
    packet(graph, { boundNetProto: uint(3), boundNIC: uint(2), closed: uint(1) });
    const { needy } = read(await graph.finish());
    expect(needy).toMatchObject([{ kind: 'packet', protocol: 3, needs: [{ kind: 'interface', interfaceId: 2 }] }]);
  });

  it('that are damaged are told, and hide no other', async () => {
    const graph = createSocketGraph('new');
    packet(graph, { boundNetProto: uint(3), boundNIC: string('two'), closed: nil() });
    graph.udp({ state: 2, local: [OWN, 53] });
    const { needy, damage } = read(await graph.finish());
    expect(damage).toHaveLength(1);
    expect(needy).toMatchObject([{ kind: 'udp' }]);
  });
});
