import { describe, expect, it } from 'vitest';
import { type HeldPort, portConflicts } from '../../../../src/kernel/network/port-conflicts.ts';

const port = (more: Partial<HeldPort> = {}): HeldPort => ({
  kind: 'tcp',
  number: 80,
  address: null,
  families: [4],
  device: 0,
  sharesPort: false,
  sharesAddress: false,
  listens: true,
  ...more,
});
const conflicts = (...ports: readonly (HeldPort | null)[]): number[] => [...portConflicts(ports)].sort();

describe('ports held twice', () => {
  it('are the same port on the same address, or on all', () => {
    expect(conflicts(port(), null, port())).toEqual([0, 2]);
    expect(conflicts(port({ address: '10.0.0.1' }), port({ address: '10.0.0.1' }))).toEqual([0, 1]);
    expect(conflicts(port(), port({ address: '10.0.0.1' }), port({ address: '10.0.0.2' }))).toEqual([0, 1, 2]);
    expect(conflicts(port({ families: [4, 6] }), port({ address: '10.0.0.1' }))).toEqual([0, 1]);
  });

  it('are not ports of another number, protocol, address, IP version or interface', () => {
    expect(conflicts(port(), port({ number: 81 }), port({ kind: 'udp' }), port({ families: [6] }), port({ device: 2 }))).toEqual(
      [],
    );
    expect(conflicts(port({ address: '10.0.0.1' }), port({ address: '10.0.0.2' }))).toEqual([]);
  });

  it('are not those that are shared', () => {
    expect(conflicts(port({ sharesPort: true }), port({ sharesPort: true }))).toEqual([]);
    expect(conflicts(port({ sharesAddress: true, listens: false }), port({ sharesAddress: true }))).toEqual([]);
    expect(conflicts(port({ sharesAddress: true }), port({ sharesAddress: true }))).toEqual([0, 1]);
    expect(conflicts(port({ sharesPort: true }), port({ sharesAddress: true }))).toEqual([0, 1]);
  });

  it('are found among very many', () => {
    const many = Array.from({ length: 200_000 }, () => port({ sharesPort: true }));
    expect(portConflicts([...many, port()]).size).toBe(200_001);
  });
});
