import { describe, expect, it } from 'vitest';
import { NO_FACTS, type SavedSocket } from '../../../../src/kernel/network/saved-socket.ts';
import { addressText } from '../../../../src/kernel/network/socket-address.ts';
import { socketAtRestore } from '../../../../src/kernel/network/socket-at-restore.ts';

const LOOPBACK = [127, 0, 0, 1];
const OWN = [10, 77, 0, 2];
const OTHER = [10, 77, 0, 1];

function at(bytes: readonly number[], port: number): SavedSocket['local'] {
  const address = Uint8Array.from(bytes);
  return { bytes: address, text: addressText(address, 'inet'), port };
}

function socket(facts: Partial<SavedSocket>): SavedSocket {
  return {
    ...NO_FACTS,
    objectId: 1,
    path: 'g1r1',
    origin: 'table',
    record: 0n,
    inode: 1n,
    uid: 0,
    references: 1,
    nonBlocking: false,
    holders: [],
    inFlight: false,
    listener: null,
    peerClosed: false,
    backend: 'netstack',
    family: 'inet',
    type: 'stream',
    protocol: 'tcp',
    ...facts,
  };
}

const tcp = (
  state: string,
  local: readonly number[],
  remote: readonly number[] | null,
  facts: Partial<SavedSocket> = {},
): SavedSocket => socket({ state, local: at(local, 80), remote: remote === null ? null : at(remote, 5000), ...facts });
const udp = (local: readonly number[], remote: readonly number[] | null, facts: Partial<SavedSocket> = {}): SavedSocket =>
  socket({
    type: 'dgram',
    protocol: 'udp',
    state: remote === null ? 'BOUND' : 'CONNECTED',
    local: at(local, 80),
    remote: remote === null ? null : at(remote, 53),
    ...facts,
  });

describe('what becomes of a socket', () => {
  /** Seen in restores by the runsc of 2022-12 and of 2024-07: /proc/net of the restored container had the same lines. */
  it.each([
    ['a listener', tcp('LISTEN', LOOPBACK, null)],
    ['a listener on an address that is gone', tcp('LISTEN', OWN, null)],
    ['a bound socket on an address that is gone', tcp('BOUND', OWN, null)],
    ['a connection over loopback', tcp('ESTABLISHED', LOOPBACK, LOOPBACK)],
    ['one that is half closed', tcp('FIN_WAIT2', LOOPBACK, LOOPBACK)],
    ['one that its process has closed', tcp('TIME_WAIT', LOOPBACK, LOOPBACK, { origin: 'closing', inode: null })],
    ['UDP on loopback', udp(LOOPBACK, null)],
    ['UDP on all addresses', udp([], null)],
    ['UDP connected over loopback', udp(LOOPBACK, LOOPBACK)],
    ['a unix socket', socket({ backend: 'unix', family: 'unix', protocol: null, state: 'CONNECTED' })],
    ['a netlink socket', socket({ backend: 'netlink', family: 'netlink', type: 'raw', protocol: 'route', state: 'BOUND' })],
  ])('%s survives in every release', (_, one) => {
    for (const release of [null, 20210101, 20221219, 20240729, 20260817])
      expect(socketAtRestore(one, release).outcome).toBe('survives');
  });

  it('connections over a real interface are reset at save, with ECONNABORTED', () => {
    expect(socketAtRestore(tcp('ERROR', OWN, null, { error: 'ECONNABORTED' }), 20240729)).toMatchObject({
      outcome: 'reset',
      rule: 'tcp-reset-at-save',
    });
    expect(socketAtRestore(tcp('ERROR', LOOPBACK, null, { error: 'ECONNREFUSED' }), null)).toMatchObject({
      outcome: 'closed',
      rule: 'tcp-error',
    });
  });

  it('or at restore, where the sandbox went on running; since 2026-06 the new network decides', () => {
    const one = tcp('ESTABLISHED', OWN, OTHER, { terminateAtRestore: true });
    expect(socketAtRestore(one, 20260302).outcome).toBe('reset');
    expect(socketAtRestore(one, 20260615).outcome).toBe('unknown');
    const open = socketAtRestore(one, null);
    expect(open.outcome).toBe('unknown');
    expect(open.reason).toContain('before 20260615: reset');
  });

  it('what needs an address outside is left to the new sandbox, and says what happens without it', () => {
    expect(socketAtRestore(tcp('ESTABLISHED', OWN, OTHER), 20250601)).toMatchObject({
      outcome: 'unknown',
      rule: 'tcp-connection',
    });
    expect(socketAtRestore(tcp('ESTABLISHED', OWN, OTHER), 20250601).reason).toContain('else the restore fails');
    expect(socketAtRestore(tcp('ESTABLISHED', OWN, OTHER), 20250820).reason).toContain('else it is closed');
    expect(socketAtRestore(udp(OWN, null), 20240729)).toMatchObject({ outcome: 'unknown', rule: 'datagram-address' });
    expect(socketAtRestore(udp(OWN, null), 20240729).reason).toContain('else the restore fails');
    expect(socketAtRestore(udp(OWN, null), 20250811).reason).toContain('else it is closed');
    expect(socketAtRestore(udp([], OTHER), 20250811)).toMatchObject({ outcome: 'unknown', rule: 'datagram-address' });
    expect(socketAtRestore(udp([], null, { memberships: 1 }), null)).toMatchObject({
      outcome: 'unknown',
      rule: 'datagram-group',
    });
    expect(socketAtRestore(udp([224, 1, 2, 3], null), null).outcome).toBe('survives');
  });

  it('sockets of the host stay there, but listeners are made again', () => {
    expect(socketAtRestore(socket({ backend: 'host', savedListener: true }), 20260817)).toMatchObject({
      outcome: 'survives',
      rule: 'host-listener',
    });
    expect(socketAtRestore(socket({ backend: 'host' }), 20260817)).toMatchObject({ outcome: 'reset', rule: 'host-socket' });
    const unix = { backend: 'unix', family: 'unix', state: 'CONNECTED' } as const;
    expect(socketAtRestore(socket({ ...unix, hostPeer: 'gofer' }), null).outcome).toBe('closed');
    expect(socketAtRestore(socket({ ...unix, hostPeer: 'host' }), null).outcome).toBe('unknown');
  });

  it('what could not be read is unknown', () => {
    expect(socketAtRestore(socket({ protocol: 'protocol 132' }), null)).toMatchObject({ outcome: 'unknown', rule: 'unread' });
    expect(socketAtRestore(socket({ family: 'packet', protocol: null, state: 'BOUND', interfaceId: 2 }), 20260817).outcome).toBe(
      'unknown',
    );
  });
});
