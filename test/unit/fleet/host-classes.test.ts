import { describe, expect, it } from 'vitest';
import { type FleetHost, hostClasses } from '../../../src/fleet/host-classes.ts';
import type { Host } from '../../../src/host/host.ts';
import { allBut, syntheticHost } from '../../support/synthetic-fleet.ts';

const fleet = (...hosts: readonly Host[]): FleetHost[] => hosts.map((host) => ({ host, weight: 1 }));
const plain = syntheticHost({ name: 'plain', features: allBut('avx512f') });

describe('classes of hosts', () => {
  it('hold hosts that differ in nothing that gates read', () => {
    const other: Host = {
      ...plain,
      name: 'other',
      source: 'cpuid',
      provenance: 'something else',
      kernel: { value: '5.4', source: '' },
      microcode: { value: null, source: '' },
      features: new Map([...plain.features].map(([name, fact]) => [name, { ...fact, source: 'other evidence' }])),
    };
    expect(hostClasses(fleet(plain, other), false).classes).toHaveLength(1);
  });

  it.each<[string, Partial<Host>]>([
    ['cache line', { cacheLine: { value: 128, source: '' } }],
    ['XCR0', { xcr0Known: { set: 7n, clear: ~7n & ((1n << 64n) - 1n) } }],
    ['use of XSAVE', { useXsave: { value: null, source: '' } }],
    ['states that are not enabled', { statesNotEnabled: 0x200n }],
    ['MXCSR', { mxcsrMask: { value: 0x2ffff, source: '' } }],
    ['page size', { pageSize: { value: null, source: '' } }],
    ['runsc', { runscVersion: { value: 'release-20260415.0', source: '' } }],
    ['a feature', { features: new Map([...plain.features, ['avx512f', { presence: 'present', source: '' }]]) }],
    ['an unknown feature', { features: new Map([...plain.features, ['avx512f', { presence: 'unknown', source: '' }]]) }],
  ])('are told apart by %s', (_, change) => {
    expect(hostClasses(fleet(plain, { ...plain, ...change }), false).classes).toHaveLength(2);
  });

  it('are told apart by labels that do not say the page size, where any other description is taken for 4 KiB', () => {
    const arm64: Host = { ...plain, arch: 'arm64', pageSize: { value: null, source: '' }, source: 'cpuinfo' };
    expect(hostClasses(fleet(arm64, { ...arm64, source: 'labels' }), false).classes).toHaveLength(2);
    expect(hostClasses(fleet(plain, { ...plain, source: 'labels' }), false).classes).toHaveLength(1);
  });

  it('are not told apart by the runsc of the host where the caller names one', () => {
    const other = { ...plain, runscVersion: { value: 'release-20260415.0', source: '' } };
    expect(hostClasses(fleet(plain, other), true).classes).toHaveLength(1);
  });

  it('are ordered by what they have, whatever the order of the hosts', () => {
    const more = syntheticHost({ name: 'more', features: allBut() });
    const names = (hosts: readonly Host[]) => hostClasses(fleet(...hosts), false).classes.map(({ id, host }) => [id, host.name]);
    expect(names([more, plain])).toEqual([
      ['C1', 'plain'],
      ['C2', 'more'],
    ]);
    expect(names([plain, more])).toEqual(names([more, plain]));
  });

  it('count machines, of 10,000 hosts of one name too', () => {
    const hosts = Array.from({ length: 10_000 }, () => ({ host: plain, weight: 3 }));
    const { classes, classOf } = hostClasses(hosts, false);
    expect(classes.map(({ weight, members }) => [weight, members.length])).toEqual([[30_000, 10_000]]);
    expect(new Set(classOf)).toEqual(new Set([0]));
  });
});
