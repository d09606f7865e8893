import { describe, expect, it } from 'vitest';
import { numberRanges } from '../../../src/inspection/number-ranges.ts';
import { signalSet, timeOrNull } from '../../../src/inspection/quantities.ts';
import { capabilityNames } from '../../../src/kernel/tasks/capability-names.ts';
import { signalName } from '../../../src/kernel/tasks/signal-names.ts';

describe('quantities in documents', () => {
  it('are times to the nanosecond, or null for what no calendar holds', () => {
    expect(timeOrNull(1_795_414_784_575_339_736n)).toBe('2026-11-23T06:19:44.575339736Z');
    expect(timeOrNull(0n)).toBe('1970-01-01T00:00:00.000000000Z');
    expect(timeOrNull(2n ** 63n - 1n)).toBe('2262-04-11T23:47:16.854775807Z');
    expect(timeOrNull(-1n)).toBeNull();
    expect(timeOrNull(2n ** 80n)).toBeNull();
    expect(timeOrNull(null)).toBeNull();
  });

  it('are signals by name, from 1 to 64', () => {
    expect(signalSet((1n << 63n) | (1n << 32n) | 1n)).toEqual({
      mask: '0x8000000100000001',
      signals: ['SIGHUP', 'SIGRT1', 'SIGRT32'],
    });
    expect([9, 11, 17, 31, 32, 64].map(signalName)).toEqual(['SIGKILL', 'SIGSEGV', 'SIGCHLD', 'SIGSYS', 'SIGRT0', 'SIGRT32']);
    expect(signalName(65)).toBe('signal 65');
    expect(signalName(0)).toBe('signal 0');
  });

  it('are capabilities by name, and by number where there is no name', () => {
    expect(capabilityNames(0x20_0004_e0n)).toEqual([
      'cap_kill',
      'cap_setgid',
      'cap_setuid',
      'cap_net_bind_service',
      'cap_audit_write',
    ]);
    expect(capabilityNames((1n << 40n) | (1n << 41n) | (1n << 63n))).toEqual(['cap_checkpoint_restore', 'cap_41', 'cap_63']);
    expect(capabilityNames(1n << 21n)).toEqual(['cap_sys_admin']);
  });

  it('are ranges of CPUs', () => {
    expect(numberRanges([])).toBe('');
    expect(numberRanges([0])).toBe('0');
    expect(numberRanges([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8');
  });
});
