import { describe, expect, it } from 'vitest';
import { givenNetwork } from '../../../src/given-network.ts';
import type { SocketNeed } from '../../../src/kernel/network/socket-needs.ts';
import { isAvailable } from '../../../src/restore/new-network.ts';
import { NO_SETTINGS } from '../../../src/restore/settings.ts';
import { boundary, rulesAt } from './rules-at.ts';

const ip = (text: string): Uint8Array => givenNetwork([text], [])?.interfaces[0]?.[0]?.bytes ?? new Uint8Array(0);
const route = (from: string | null, to: string, interfaceId: number | null = null): SocketNeed => ({
  kind: 'route',
  from: from === null ? null : ip(from),
  to: ip(to),
  interfaceId,
});
const bound = (address: string, interfaceId: number | null): SocketNeed => ({ kind: 'bound', address: ip(address), interfaceId });
const nic = (interfaceId: number): SocketNeed => ({ kind: 'interface', interfaceId });

/** With `--network=none`, in an unknown network, and in one with those addresses and routes. */
function answers(
  need: SocketNeed,
  addresses: readonly string[] = ['10.1.1.2/24'],
  routes: readonly string[] = [],
  release = '20240729',
) {
  const rules = rulesAt(release);
  return [
    isAvailable(need, rules, { ...NO_SETTINGS, network: 'none' }),
    isAvailable(need, rules, NO_SETTINGS),
    isAvailable(need, rules, { ...NO_SETTINGS, network: 'sandbox', addresses: givenNetwork(addresses, routes) }),
  ];
}

describe('what sockets need of a new network', () => {
  it('an interface by its number', () => {
    expect(answers(nic(1))).toEqual(['loopback', 'loopback', 'loopback']);
    expect(answers(nic(2))).toEqual(['no', 'unknown', 'yes']);
    expect(answers(nic(3))).toEqual(['no', 'unknown', 'no']);
    expect(answers(nic(3), ['10.1.1.2', '10.2.1.2'])[2]).toBe('yes');
  });

  it('bound to IPv4: the interface, before 2022-08-15 the address on it', () => {
    const { before, from } = boundary('bound-to-interface');
    expect(answers(bound('10.1.1.9', 2), undefined, [], from)).toEqual(['no', 'unknown', 'yes']);
    expect(answers(bound('10.1.1.9', 2), undefined, [], before)).toEqual(['no', 'unknown', 'no']);
    expect(answers(bound('10.1.1.2', 2), undefined, [], before)).toEqual(['no', 'unknown', 'yes']);
    expect(answers(bound('10.1.1.2', 2), ['10.9.9.9/24', '10.1.1.2/24'], [], before)[2]).toBe('no');
  });

  it('bound without an interface, or to IPv6: the address', () => {
    expect(answers(bound('10.1.1.2', null))).toEqual(['no', 'unknown', 'yes']);
    expect(answers(bound('10.1.1.3', null))).toEqual(['no', 'unknown', 'no']);
    expect(answers(bound('fd00::2', 2), ['10.1.1.2/24,fd00::2/64'])).toEqual(['no', 'unknown', 'yes']);
    expect(answers(bound('fd00::3', 2), ['10.1.1.2/24,fd00::2/64'])[2]).toBe('no');
  });

  it('bound to the broadcast address of a network', () => {
    expect(answers(bound('10.1.1.255', null))).toEqual(['no', 'unknown', 'yes']);
    expect(answers(bound('10.1.1.127', null), ['10.1.1.2/25'])[2]).toBe('yes');
    expect(answers(bound('10.1.1.127', null))[2]).toBe('no');
    expect(answers(bound('10.1.1.255', null), ['10.1.1.2'])[2]).toBe('unknown');
  });

  it('loopback', () => {
    for (const need of [
      bound('127.0.0.9', 1),
      bound('::1', 1),
      route('127.0.0.1', '127.0.0.1'),
      route('::1', '::1'),
      route(null, '127.0.0.1'),
    ]) {
      expect(answers(need)).toEqual(['loopback', 'loopback', 'loopback']);
    }
    expect(answers(route('127.0.0.1', '10.1.1.1'))[2]).toBe('no');
  });

  it('a route: directly, to itself, by a route', () => {
    expect(answers(route('10.1.1.2', '10.1.1.1'))).toEqual(['no', 'unknown', 'yes']);
    expect(answers(route('10.1.1.2', '10.1.1.2'))).toEqual(['no', 'unknown', 'yes']);
    expect(answers(route('10.1.1.3', '10.1.1.1'))[2]).toBe('no');
    expect(answers(route(null, '10.1.1.1'))).toEqual(['no', 'unknown', 'yes']);
    expect(answers(route('10.1.1.2', '8.8.8.8'))[2]).toBe('unknown');
    expect(answers(route('10.1.1.2', '8.8.8.8'), undefined, ['default'])[2]).toBe('yes');
    expect(answers(route('10.1.1.2', '8.8.8.8'), undefined, ['10.0.0.0/8'])[2]).toBe('no');
    expect(answers(route('10.1.1.2', '10.1.1.1'), ['10.1.1.2'])[2]).toBe('unknown');
    expect(answers(route('10.1.1.2', '8.8.8.8'), ['10.1.1.2/24', '10.2.1.2/24'], ['default'])[2]).toBe('unknown');
  });

  it('groups: by a route, or the interface that it is bound to', () => {
    expect(answers(route('10.1.1.2', '239.1.2.3'), undefined, ['default'])).toEqual(['no', 'unknown', 'yes']);
    expect(answers(route('10.1.1.2', '239.1.2.3', 2))).toEqual(['no', 'unknown', 'yes']);
    expect(answers(route('fe80::1', 'fe80::2', 2), ['fe80::1/64'])[2]).toBe('yes');
    expect(answers(route('127.0.0.1', '239.1.2.3', 1))[1]).toBe('loopback');
  });
});

describe('addresses as they are written', () => {
  it('IPv4 and IPv6', () => {
    expect([...ip('fd00:1::a:0:ffff')]).toEqual([0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0xff, 0xff]);
    expect([...ip('::ffff:10.0.0.1')].slice(10)).toEqual([0xff, 0xff, 10, 0, 0, 1]);
    expect([...ip('1:2:3:4:5:6:7:8')].filter((_, i) => i % 2 === 1)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(givenNetwork(['10.0.0.1/8, fd00::1/64', '10.9.0.1'], ['default', '10.0.0.0/8'])).toMatchObject({
      interfaces: [[{ length: 8 }, { length: 64 }], [{ length: null }]],
      routes: [{ length: 0 }, { length: 0 }, { length: 8 }],
    });
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.1/33',
    '10.0.0.1/',
    'fe80::1%eth0',
    '10.0.0.1,',
    'fd00::1/129',
    '10.0.0.1/8/8',
    '256.1.1.1',
    '1:2:3',
    '1::2::3',
    '1:2:3:4:5:6:7::8:9',
    ':::',
    'g::1',
    '10.0.0.1::',
    'default',
  ])('refuses %j', (text) => {
    expect(givenNetwork([text], [])).toBeNull();
  });

  it('without addresses nothing is known', () => {
    expect(givenNetwork([], ['default'])).toBeNull();
    expect(givenNetwork(['10.0.0.1'], ['nowhere'])).toBeNull();
  });
});
