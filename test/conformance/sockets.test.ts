import { describe, expect, it } from 'vitest';
import { networkDocument } from '../../src/inspection/network.ts';
import { type SocketDocument, socketDocuments } from '../../src/inspection/sockets.ts';
import { readNetworkNamespaces, type SavedNetworkNamespace } from '../../src/kernel/network/network-stack.ts';
import type { SavedSocket } from '../../src/kernel/network/saved-socket.ts';
import { type Holders, readSockets } from '../../src/kernel/network/sockets.ts';
import { readImage } from '../../src/read-image.ts';
import { networkLines } from '../../src/report/network-text.ts';
import { socketLines } from '../../src/report/sockets-text.ts';
import { procNetLines } from '../support/proc-net.ts';
import { parseProc, procLines } from '../support/proc-truth.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';

const images = sharedImages().filter((name) => !name.includes('/fscheckpoint') && !name.includes('/splitfs'));

/**
 * What /proc/net shows and the graph cannot give: the order of the lines, which is that of a Go map. Sorted, every line of every file must
 * be equal to the last character.
 */
const FILES = ['tcp', 'tcp6', 'udp', 'unix'] as const;
const PROBED = ['20260817/kitchen', '20240729/node-proc'];

interface Network {
  readonly sockets: readonly SavedSocket[];
  readonly namespaces: readonly SavedNetworkNamespace[];
  readonly damage: readonly string[];
}

async function networkOf(name: string, holders: Holders = new Map()): Promise<Network> {
  const image = await readImage(imageOf(name), { depth: 'kernel', key: truthOf(name, 'key.txt') });
  if (image.kernel === null) throw new Error(`${name} has no kernel graph`);
  const { graph, threads } = image.kernel;
  const damage: string[] = [];
  const onDamage = (error: Error): unknown => damage.push(error.message);
  const sockets = readSockets(graph, holders, onDamage);
  const spaces = sockets.flatMap(({ namespace }) => (namespace === null ? [] : [namespace]));
  const tasks = threads.map(({ objectId }) => objectId);
  return { sockets, namespaces: readNetworkNamespaces(graph, tasks, spaces, onDamage), damage };
}

function proc(name: string): ReturnType<typeof parseProc> {
  return parseProc(String(truthOf(name, 'proc.txt')));
}

describe.runIf(HAS_SHARED)('sockets of real images', () => {
  it.each(PROBED.flatMap((name) => FILES.map((file) => [name, file] as const)))(
    '%s has the lines of /proc/net/%s',
    async (name, file) => {
      const seen = procLines(proc(name).net.get(file) ?? '').slice(1);
      const { sockets, damage } = await networkOf(name);
      expect(procNetLines(file, sockets)).toEqual(seen.sort());
      expect(damage).toEqual([]);
    },
  );

  it.each(PROBED)('%s has the sockets that its processes had open, and no others', async (name) => {
    const { sockets } = await networkOf(name);
    const links = [...proc(name).processes.values()].flatMap((files) => [
      ...(files.get('fd') ?? '').matchAll(/socket:\[(\d+)\]/g),
    ]);
    const open = new Set(links.map((link) => link[1]));
    expect(open.size).toBeGreaterThan(2);
    expect(sockets.map(({ inode }) => String(inode)).sort()).toEqual([...open].sort());
  });

  it('kitchen: every socket of its program is found, with the data that waits', async () => {
    const { sockets } = await networkOf('20260817/kitchen');
    const documents = socketDocuments(sockets, 20260817);
    const brief = documents.map((one) => [
      `${one.family} ${one.type}`,
      one.state,
      one.local === null ? one.path : `${one.local.address} ${one.local.port}`,
      one.receiveQueue?.bytes ?? null,
      one.receiveQueue?.messages ?? null,
      one.acceptQueue?.limit ?? null,
    ]);
    expect(brief).toEqual([
      ['unix stream', 'CONNECTED', null, 0, 0, null],
      ['unix stream', 'CONNECTED', null, 19, 1, null],
      ['unix dgram', 'CONNECTED', null, 0, 0, null],
      ['unix dgram', 'CONNECTED', null, 6, 2, null],
      ['unix stream', 'LISTEN', '/tmp/kitchen/listen.sock', null, null, 7],
      ['unix stream', 'LISTEN', '@abstract-kitchen', null, null, 1],
      ['inet stream', 'LISTEN', '127.0.0.1 8123', 0, null, 16],
      ['inet dgram', 'BOUND', '127.0.0.1 5353', 0, 0, null],
      ['inet6 stream', 'LISTEN', '::1 8126', 0, null, 3],
    ]);
    expect(documents.map(({ peer }) => peer?.inode ?? null).slice(0, 4)).toEqual(['2', '1', '4', '3']);
    expect(documents.find(({ local }) => local?.port === 8123)?.options).toEqual(['SO_REUSEADDR']);
    expect(documents.every(({ atRestore }) => atRestore.outcome === 'survives')).toBe(true);
  });

  it('says who holds a socket, and finds sockets that only an open file leads to', async () => {
    const { sockets } = await networkOf('20260817/kitchen');
    const [first] = sockets as [SavedSocket];
    const held = await networkOf(
      '20260817/kitchen',
      new Map([
        [first.objectId, [{ pid: 1, fd: 5 }]],
        [1, [{ pid: 1, fd: 6 }]],
      ]),
    );
    expect(held.sockets.map(({ holders }) => holders.length)).toEqual([1, ...sockets.slice(1).map(() => 0)]);
    expect(socketDocuments(held.sockets, null).map(({ withoutHolder }) => withoutHolder)).toEqual([
      null,
      ...sockets.slice(1).map(() => 'unreferenced'),
    ]);
  });

  it.each(images.filter((name) => /\/node(-|$)/.test(name)))(
    '%s listens on its port, with its client connected',
    async (name) => {
      const { sockets } = await networkOf(name);
      const server = sockets.filter(({ state }) => state === 'LISTEN');
      expect(server.map(({ protocol, local }) => `${protocol} ${local?.text} ${local?.port}`)).toEqual(['tcp 127.0.0.1 8080']);
      const connected = sockets.filter(({ state }) => state === 'ESTABLISHED');
      const ends = connected.map(({ local, remote }) => [local?.port, remote?.port]);
      expect(ends).toHaveLength(2);
      expect(ends[0]).toEqual([...(ends[1] ?? [])].reverse());
    },
  );

  it.each(images)('%s gives what its release saves', async (name) => {
    const { sockets, namespaces, damage } = await networkOf(name);
    expect(damage).toEqual([]);
    const [root] = namespaces;
    expect(namespaces).toHaveLength(1);
    expect(root?.root).toBe(true);
    const date = Number(/^\d{8}/.exec(name)?.[0] ?? 20260817);
    expect(root?.absence).toBe(date < 20240916 ? 'release' : date < 20250611 ? 'setting' : null);
    expect(root?.inode === null).toBe(date < 20230731);
    if (root?.stack !== null) expect(root?.stack.tcp?.availableCongestionControl).toEqual(['reno', 'cubic']);
    for (const width of [40, 120]) {
      const documents: SocketDocument[] = socketDocuments(sockets, date);
      expect(socketLines(documents, { color: false, width }).length).toBeGreaterThan(0);
      expect(networkLines(networkDocument(namespaces, null), { color: false, width }).length).toBeGreaterThan(1);
    }
  });

  it('kitchen: the ports in use are those of its sockets', async () => {
    const { namespaces } = await networkOf('20260817/kitchen');
    expect(namespaces[0]?.stack?.reservedPorts).toEqual([
      { network: 'ipv4', transport: 'tcp', port: 8123 },
      { network: 'ipv4', transport: 'udp', port: 5353 },
      { network: 'ipv6', transport: 'tcp', port: 8126 },
    ]);
    expect(namespaces[0]?.abstractNames).toEqual(['abstract-kitchen']);
    expect(namespaces[0]?.stack?.ephemeralPorts).toEqual({ first: 16000, last: 65535 });
  });
});
