import { describe, expect, it } from 'vitest';
import { arm64PartOf } from '../../../src/cpu/arm64-parts.ts';
import { cachesOfCpuid } from '../../../src/cpu/caches.ts';
import { CpuidTable } from '../../../src/cpu/cpuid-table.ts';
import { cacheLineOf, identityOfArm64, identityOfCpuid, signatureOf, xcr0Of } from '../../../src/cpu/identity.ts';
import { microarchitectureOf } from '../../../src/cpu/microarchitecture.ts';
import { fixtureHosts } from './raw-dump.ts';

describe('signatureOf', () => {
  it.each([
    [0x0005_0654, { family: 6, model: 0x55, stepping: 4 }],
    [0x00b0_0f21, { family: 0x1a, model: 2, stepping: 1 }],
    [0x0080_0f12, { family: 0x17, model: 1, stepping: 2 }],
    [0x000f_0562, { family: 5, model: 6, stepping: 2 }],
    [0xffff_ffff, { family: 270, model: 255, stepping: 15 }],
  ])('splits %i', (eax, expected) => {
    expect(signatureOf(eax)).toEqual(expected);
  });
});

describe('identityOfCpuid', () => {
  it('knows nothing of an empty table', () => {
    expect(identityOfCpuid(new CpuidTable([]))).toMatchObject({
      vendor: null,
      brand: null,
      family: null,
      microarchitecture: null,
      caches: [],
      xsaveSizes: null,
    });
  });

  it('reads the brand string up to its first zero byte and trims it', () => {
    const table = new CpuidTable([
      [0x8000_0002, 0, 0x2020_2020, 0x4241_2020, 0x0020_2043, 0xffff_ffff],
      [0x8000_0003, 0, 0, 0, 0, 0],
      [0x8000_0004, 0, 0, 0, 0, 0],
    ]);
    expect(identityOfCpuid(table).brand).toBe('ABC');
  });

  it('has no brand without all three leaves', () => {
    expect(identityOfCpuid(new CpuidTable([[0x8000_0002, 0, 0x41, 0, 0, 0]])).brand).toBeNull();
  });

  it('cuts the cache line to eight bits as gVisor does', () => {
    expect(cacheLineOf(new CpuidTable([[1, 0, 0, 0x0000_0800, 0, 0]]))).toBe(64);
    expect(cacheLineOf(new CpuidTable([[1, 0, 0, 0x0000_2000, 0, 0]]))).toBe(0);
    expect(cacheLineOf(new CpuidTable([[1, 0, 0, 0xffff_ffff, 0, 0]]))).toBe(0xf8);
    expect(cacheLineOf(new CpuidTable([]))).toBeNull();
  });

  it('joins both halves of XCR0', () => {
    expect(xcr0Of(new CpuidTable([[0xd, 0, 0xe7, 0, 0, 0x8000_0000]]))).toBe(0x8000_0000_0000_00e7n);
  });

  it.each(fixtureHosts())('identifies $name', ({ table }) => {
    const identity = identityOfCpuid(table);
    expect(['GenuineIntel', 'AuthenticAMD']).toContain(identity.vendor);
    expect(identity.family).toBeGreaterThan(5);
    expect(identity.virtualAddressBits).toBeGreaterThan(47);
    expect(cacheLineOf(table)).toBe(64);
    for (const cache of identity.caches) expect(cache.line).toBe(64);
  });

  it.each(fixtureHosts().filter((fixture) => fixture.name === 'turin'))('identifies a Zen 5 server', ({ table }) => {
    const identity = identityOfCpuid(table);
    expect(identity).toMatchObject({ vendor: 'AuthenticAMD', family: 0x1a, model: 2, stepping: 1, microarchitecture: 'Zen 5' });
    expect(identity.caches.length).toBeGreaterThan(1);
  });
});

describe('cachesOfCpuid', () => {
  it('reads leaf 4 until the type is null', () => {
    const caches = cachesOfCpuid(
      new CpuidTable([
        [4, 0, 0x121, 0x01c0_003f, 63, 1],
        [4, 1, 0x143, 0x03c0_003f, 4095, 3],
        [4, 2, 0, 0, 0, 0],
        [4, 3, 0x121, 0x01c0_003f, 63, 1],
      ]),
    );
    expect(caches).toEqual([
      {
        level: 1,
        type: 'data',
        size: 32_768,
        ways: 8,
        partitions: 1,
        sets: 64,
        line: 64,
        fullyAssociative: false,
        inclusive: false,
      },
      {
        level: 2,
        type: 'unified',
        size: 4_194_304,
        ways: 16,
        partitions: 1,
        sets: 4096,
        line: 64,
        fullyAssociative: false,
        inclusive: true,
      },
    ]);
  });

  it('prefers leaf 0x8000001d on AMD and falls back to the legacy leaves', () => {
    const legacy: [number, number, number, number, number, number][] = [
      [4, 0, 0, 0, 0, 0],
      [0x8000_0005, 0, 0, 0, 0x2008_0140, 0x2008_0140],
      [0x8000_0006, 0, 0, 0, 0x0200_6140, 0],
    ];
    expect(cachesOfCpuid(new CpuidTable(legacy)).map(({ level, type, size }) => [level, type, size])).toEqual([
      [1, 'data', 32_768],
      [1, 'instruction', 32_768],
      [2, 'unified', 524_288],
    ]);
    const both = new CpuidTable([...legacy, [0x8000_001d, 0, 0x121, 0x02c0_003f, 63, 0]]);
    expect(cachesOfCpuid(both)).toHaveLength(1);
    expect(cachesOfCpuid(both)[0]?.size).toBe(49_152);
  });
});

describe('microarchitectureOf', () => {
  it.each([
    ['GenuineIntel', 6, 0x55, 4, 'Skylake-SP'],
    ['GenuineIntel', 6, 0x55, 7, 'Cascade Lake'],
    ['GenuineIntel', 6, 0x55, 11, 'Cooper Lake'],
    ['GenuineIntel', 6, 0x55, 15, null],
    ['GenuineIntel', 6, 0x8f, 8, 'Sapphire Rapids'],
    ['GenuineIntel', 6, 0xad, 1, 'Granite Rapids'],
    ['GenuineIntel', 6, 0xaf, 3, 'Sierra Forest'],
    ['GenuineIntel', 6, 0xdd, 0, 'Clearwater Forest'],
    ['GenuineIntel', 6, 0x85, 0, 'Knights Mill'],
    ['GenuineIntel', 6, 0x0f, 11, 'Core 2 (Merom)'],
    ['GenuineIntel', 6, 0xfe, 0, null],
    ['AuthenticAMD', 0x17, 1, 2, 'Zen'],
    ['AuthenticAMD', 0x17, 8, 2, 'Zen+'],
    ['AuthenticAMD', 0x17, 0x31, 0, 'Zen 2'],
    ['AuthenticAMD', 0x19, 1, 1, 'Zen 3'],
    ['AuthenticAMD', 0x19, 0x11, 1, 'Zen 4'],
    ['AuthenticAMD', 0x1a, 0x11, 0, 'Zen 5'],
    ['AuthenticAMD', 0x10, 2, 3, 'K10'],
    ['AuthenticAMD', 0x1f, 0, 0, null],
    ['HygonGenuine', 0x18, 1, 1, 'Dhyana'],
    ['CentaurHauls', 7, 0x3b, 0, null],
  ] as const)('%s %i %i %i', (vendor, family, model, stepping, name) => {
    expect(microarchitectureOf(vendor, family, model, stepping)).toBe(name);
  });
});

describe('arm64 parts', () => {
  it('names known parts', () => {
    expect(arm64PartOf(0x41, 0xd4f)).toEqual({ implementer: 'Arm', part: 'Neoverse-V2' });
    expect(arm64PartOf(0xc0, 0xac3)).toEqual({ implementer: 'Ampere', part: 'Ampere-1' });
    expect(arm64PartOf(0x41, 0xfff)).toEqual({ implementer: 'Arm', part: null });
    expect(arm64PartOf(0, 0x51)).toEqual({ implementer: null, part: null });
  });

  it('makes an identity of them', () => {
    expect(identityOfArm64({ implementer: 0x46, variant: 1, part: 1, revision: 0 })).toMatchObject({
      arch: 'arm64',
      vendor: 'Fujitsu',
      brand: 'A64FX',
      implementer: 0x46,
      family: null,
    });
  });
});
