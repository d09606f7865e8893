import { describe, expect, it } from 'vitest';
import { addressText, isLoopback, isMulticast, plainText } from '../../../../src/kernel/network/socket-address.ts';

function v6(...groups: readonly number[]): Uint8Array {
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

describe('addresses', () => {
  it.each([
    [v6(0, 0, 0, 0, 0, 0, 0, 0), '::'],
    [v6(0, 0, 0, 0, 0, 0, 0, 1), '::1'],
    [v6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), '2001:db8::1'],
    [v6(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1), '2001:db8:0:1:1:1:1:1'],
    [v6(0x2001, 0, 0, 1, 0, 0, 0, 1), '2001:0:0:1::1'],
    [v6(0xfe80, 0, 0, 0, 0, 0, 0, 0), 'fe80::'],
    [v6(1, 2, 3, 4, 5, 6, 7, 8), '1:2:3:4:5:6:7:8'],
    [v6(0, 0, 0, 0, 0, 0xffff, 0x0a01, 0x0203), '::ffff:10.1.2.3'],
    [Uint8Array.of(10, 1, 2, 3), '10.1.2.3'],
  ])('%s are written as RFC 5952 has it', (bytes, text) => {
    expect(plainText(bytes)).toBe(text);
  });

  it('of nothing are the wildcard of the family, and IPv4 is mapped on an IPv6 socket', () => {
    expect(addressText(new Uint8Array(0), 'inet')).toBe('0.0.0.0');
    expect(addressText(new Uint8Array(0), 'inet6')).toBe('::');
    expect(addressText(Uint8Array.of(127, 0, 0, 1), 'inet6')).toBe('::ffff:127.0.0.1');
  });

  it('of loopback and of groups are known', () => {
    expect(
      [Uint8Array.of(127, 9, 9, 9), v6(0, 0, 0, 0, 0, 0, 0, 1), v6(0, 0, 0, 0, 0, 0xffff, 0x7f00, 1)].map(isLoopback),
    ).toEqual([true, true, true]);
    expect([new Uint8Array(0), Uint8Array.of(10, 0, 0, 1), v6(0, 0, 0, 0, 0, 0, 0, 2)].some(isLoopback)).toBe(false);
    expect(
      [Uint8Array.of(224, 1, 2, 3), Uint8Array.of(255, 255, 255, 255), v6(0xff02, 0, 0, 0, 0, 0, 0, 1)].every(isMulticast),
    ).toBe(true);
    expect([new Uint8Array(0), Uint8Array.of(10, 0, 0, 255), v6(0xfe80, 0, 0, 0, 0, 0, 0, 1)].some(isMulticast)).toBe(false);
  });
});
