import { describe, expect, it } from 'vitest';
import type { NetworkDocument } from '../../../src/inspection/network.ts';
import type { SocketDocument } from '../../../src/inspection/sockets.ts';
import { LONGEST_LIST } from '../../../src/report/long-list.ts';
import { networkLines } from '../../../src/report/network-text.ts';
import { socketLines } from '../../../src/report/sockets-text.ts';

const PLAIN = { color: false, width: 140 };

const SOCKET: SocketDocument = {
  object: 'g1r91',
  inode: '7',
  family: 'inet',
  type: 'stream',
  protocol: 'tcp',
  state: 'LISTEN',
  local: { address: '127.0.0.1', port: 8123 },
  remote: null,
  path: null,
  peer: null,
  peerClosed: false,
  netlink: null,
  interface: 1,
  acceptQueue: { waiting: 2, limit: 16 },
  receiveQueue: { bytes: 0, messages: null, files: 0 },
  sendQueue: { bytes: 0, messages: null, files: 0 },
  options: ['SO_REUSEADDR'],
  nonBlocking: false,
  sendBuffer: null,
  receiveBuffer: null,
  error: null,
  uid: 0,
  holders: [
    { pid: 1, fd: 11 },
    { pid: 6, fd: 11 },
  ],
  withoutHolder: null,
  listenerInode: null,
  atRestore: { outcome: 'survives', rule: 'tcp-listener', reason: 'It keeps its port' },
};

describe('sockets as text', () => {
  it('read like ss', () => {
    const reset = { outcome: 'reset', rule: 'tcp-reset-at-save', reason: 'It was reset' } as const;
    const lines = socketLines(
      [
        SOCKET,
        {
          ...SOCKET,
          family: 'inet6',
          state: 'ESTABLISHED',
          local: { address: '::1', port: 80 },
          remote: { address: '::1', port: 5000 },
          acceptQueue: null,
          receiveQueue: { bytes: 23, messages: null, files: 0 },
          inode: null,
          holders: [],
          withoutHolder: 'accept-queue',
          listenerInode: '7',
          options: [],
        },
        {
          ...SOCKET,
          family: 'unix',
          type: 'dgram',
          protocol: null,
          state: 'BOUND',
          local: null,
          path: '/run/a\x1b[2J',
          acceptQueue: null,
          receiveQueue: { bytes: 8, messages: 3, files: 2 },
          sendQueue: null,
          inode: '9',
          options: [],
          holders: [{ pid: 4, fd: 5 }],
        },
        { ...SOCKET, state: 'ERROR', inode: '8', error: 'ECONNABORTED', options: [], acceptQueue: null, atRestore: reset },
      ],
      PLAIN,
    );
    expect(lines).toEqual([
      '  PROTO       STATE        RECV-Q   SEND-Q  LOCAL           PEER        INODE  RESTORE   HELD BY, OPTIONS',
      '  tcp         LISTEN       2 of 16  0       127.0.0.1:8123  *           7      survives  fd 11 of pids 1, 6; SO_REUSEADDR',
      '  tcp6        ESTABLISHED  23       0       [::1]:80        [::1]:5000  -      survives  not accepted yet (socket:[7])',
      '  unix-dgram  BOUND        8 in 3   -       /run/a\\x1b[2J   *           9      survives  pid 4 fd 5; 2 files sent along',
      '  tcp         ERROR        0        0       127.0.0.1:8123  *           8      reset     fd 11 of pids 1, 6; error ECONNABORTED',
      '',
      '  reset  1 socket  It was reset.',
    ]);
  });

  it('say that there are none, and cut long lists', () => {
    expect(socketLines([], PLAIN)).toEqual(['  none']);
    const many = socketLines(
      Array.from({ length: LONGEST_LIST + 5 }, () => SOCKET),
      PLAIN,
    );
    expect(many).toHaveLength(LONGEST_LIST + 3);
    expect(many.at(-2)).toContain('and 5 more');
    // Where all have the usual outcome, it is said once.
    expect(many.at(-1)).toBe('  all survive a restore');
    expect(many[0]).not.toContain('RESTORE');
  });
});

describe('the network as text', () => {
  const network: NetworkDocument = {
    mode: 'none',
    namespaces: [
      {
        object: 'g1r7',
        inode: '2',
        root: true,
        stack: {
          kind: 'netstack',
          interfaces: [{ id: 1, name: 'lo\n', enabled: true, promiscuous: false }],
          routes: [{ destination: '0.0.0.0/0', gateway: '10.1.2.1', interface: 2 }],
          forwarding: { ipv4: true, ipv6: false },
          ttl: { ipv4: 64, ipv6: null },
          tcp: null,
          sendBuffer: { min: 4096, default: 217_088, max: 4_194_304 },
          receiveBuffer: null,
          ephemeralPorts: { first: 16_000, last: 65_535 },
          reservedPorts: [
            { network: 'ipv4', transport: 'tcp', port: 80 },
            { network: 'ipv4', transport: 'udp', port: 53 },
            { network: 'ipv6', transport: 'tcp', port: 80 },
          ],
          nftables: false,
          externalNetworkingDisabled: null,
          allowConnectedOnSave: null,
        },
        notSaved: ['Addresses: the new sandbox gives its own'],
        abstractNames: ['a\x07b'],
        liveTcpMigration: true,
      },
    ],
  };

  it('has what is saved and what is not', () => {
    expect(networkLines(network, PLAIN)).toEqual([
      '  network  none',
      '  root namespace net:[2]',
      "    stack          gVisor's own",
      '    ports in use   tcp 80, udp 53 (IPv4)',
      '    free ports     16000 to 65535',
      '    forwarding     IPv4 on, IPv6 off',
      '    ttl            IPv4 64, IPv6 ?',
      '    other buffers  send 4 KiB / 212 KiB / 4 MiB',
      '    nftables       no rules',
      '    abstract       a\\x07b',
      '    tcp migration  on',
      '    not saved      Addresses: the new sandbox gives its own.',
      '',
      '    INTERFACE  NAME  STATE',
      '    1          lo\\n  up',
      '',
      '    DESTINATION  GATEWAY   INTERFACE',
      '    0.0.0.0/0    10.1.2.1  2',
    ]);
  });

  it('may have no namespace', () => {
    expect(networkLines({ mode: null, namespaces: [] }, PLAIN)).toEqual(['  no network namespace']);
  });
});
