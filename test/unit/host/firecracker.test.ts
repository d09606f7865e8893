import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/host.ts';
import { hostFromCpuidDump } from '../../../src/host/host-from-cpuid.ts';
import { hostFromFirecracker } from '../../../src/host/host-from-firecracker.ts';
import { parseCpuidDump } from '../../../src/host/parse-cpuid-dump.ts';
import { profileOf } from '../../../src/host/profile.ts';
import { readProfile } from '../../../src/host/read-profile.ts';
import { firecrackerConfig } from '../../support/host-conversions.ts';
import { cpuidText, SMALL_CPU } from '../../support/host-dumps.ts';

function template(leaf: string, subleaf: string, registers: Record<string, string>): string {
  const modifiers = Object.entries(registers).map(([register, bitmap]) => ({ register, bitmap }));
  return JSON.stringify({ cpuid_modifiers: [{ leaf, subleaf, flags: 0, modifiers }] });
}

function presences(host: Host, ...names: readonly string[]): (string | undefined)[] {
  return names.map((name) => host.features.get(name)?.presence);
}

function failure(json: string): CkptError {
  try {
    hostFromFirecracker('a', json);
  } catch (error) {
    if (error instanceof CkptError) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('a CPU configuration of Firecracker', () => {
  it('that holds every leaf says what cpuid -r says', () => {
    const raw = hostFromCpuidDump('a', parseCpuidDump(cpuidText(SMALL_CPU)));
    const host = hostFromFirecracker('a', JSON.stringify(firecrackerConfig(SMALL_CPU)));
    expect(host.features).toEqual(raw.features);
    expect(host.cpuid?.entries).toEqual(raw.cpuid?.entries);
    expect([host.cacheLine, host.xcr0, host.xcr0Known, host.useXsave, host.identity]).toEqual([
      raw.cacheLine,
      raw.xcr0,
      raw.xcr0Known,
      raw.useXsave,
      raw.identity,
    ]);
  });

  it('that leaves bits open knows the others', () => {
    // Bit 5 (avx2) set, bit 3 (bmi1) clear, bit 0 (fsgsbase) open.
    const host = hostFromFirecracker('a', template('0x7', '0x0', { ebx: '0bxxxx_xxxx_xxxx_xxxx_xxxx_xxxx_xx1x_0xxx' }));
    expect(presences(host, 'avx2', 'bmi1', 'fsgsbase', 'avx512f', 'fma')).toEqual([
      'present',
      'absent',
      'unknown',
      'unknown',
      'unknown',
    ]);
    expect([host.cpuid, host.xcr0.value, host.cacheLine.value, host.useXsave.value]).toEqual([null, null, null, null]);
    expect(host.identity?.family).toBeNull();
    expect(host.features.get('fsgsbase')?.source).toContain('(x)');
  });

  it('decides XCR0 bit by bit', () => {
    const json = JSON.stringify({
      cpuid_modifiers: [
        JSON.parse(template('1', '0', { ecx: `0bxxxx11${'x'.repeat(26)}` })).cpuid_modifiers[0],
        JSON.parse(template('0xd', '0', { eax: `0b${'0'.repeat(24)}xxx00111`, edx: `0b${'0'.repeat(32)}` })).cpuid_modifiers[0],
      ],
    });
    const { xcr0, xcr0Known, useXsave } = hostFromFirecracker('a', json);
    expect([useXsave.value, xcr0.value, xcr0Known.set, xcr0Known.clear]).toEqual([true, null, 7n, 0xffff_ffff_ffff_ff18n]);
  });

  it('with a short bitmap leaves the bits in front open', () => {
    const host = hostFromFirecracker('a', template('7', '0', { ebx: '0b100001' }));
    expect(presences(host, 'avx2', 'bmi1', 'avx512f')).toEqual(['present', 'absent', 'unknown']);
  });

  it('counts nothing above a highest leaf that it leaves open', () => {
    const leaves = [
      JSON.parse(template('0x80000000', '0', { eax: `0b1${'x'.repeat(31)}` })).cpuid_modifiers[0],
      JSON.parse(template('0x80000001', '0', { edx: `0b1${'0'.repeat(31)}` })).cpuid_modifiers[0],
    ];
    expect(presences(hostFromFirecracker('a', JSON.stringify({ cpuid_modifiers: leaves })), '3dnow', 'lm')).toEqual([
      'unknown',
      'absent',
    ]);
  });

  it('of a guest whose kernel has not run says nothing of osxsave', () => {
    const config = JSON.stringify(firecrackerConfig(SMALL_CPU)).replace(
      '0b00011100000000000001000000000001',
      '0b00010100000000000001000000000001',
    );
    const host = hostFromFirecracker('a', config);
    expect([...presences(host, 'osxsave', 'xsave', 'avx'), host.useXsave.value, host.xcr0.value]).toEqual([
      'unknown',
      'present',
      'present',
      null,
      7n,
    ]);
  });

  it("in a fingerprint comes with the microcode, and its kernel is not the guest's", () => {
    const fingerprint = { kernel_version: '6.1.1', microcode_version: '0xa0', guest_cpu_config: firecrackerConfig(SMALL_CPU) };
    const host = hostFromFirecracker('a', JSON.stringify(fingerprint));
    expect([host.microcode.value, host.kernel.value]).toEqual(['0xa0', null]);
    expect(host.kernel.source).toContain('6.1.1');
  });

  it('gives the same from a profile', () => {
    for (const config of [JSON.stringify(firecrackerConfig(SMALL_CPU)), template('7', '0', { ebx: '0b100001' })]) {
      const { features, xcr0Known, useXsave, cacheLine, cpuid } = hostFromFirecracker('a', config);
      const back = readProfile('a', JSON.stringify(profileOf(hostFromFirecracker('a', config), null)));
      expect(back).toMatchObject({ features, xcr0Known, useXsave, cacheLine });
      expect(back.cpuid?.entries).toEqual(cpuid?.entries);
    }
  });

  it.each([
    ['of arm64', '{"reg_modifiers": []}', 'unsupported', undefined],
    [
      'of arm64 in a fingerprint',
      '{"guest_cpu_config": {"kvm_capabilities": [], "vcpu_features": []}}',
      'unsupported',
      undefined,
    ],
    ['without CPUID', '{"kvm_capabilities": []}', 'bad-host', '$.cpuid_modifiers'],
    ['with text for the leaves', '{"cpuid_modifiers": "x"}', 'bad-host', '$.cpuid_modifiers'],
    [
      'with a bitmap of 33 digits',
      template('7', '0', { ebx: `0b${'1'.repeat(33)}` }),
      'bad-host',
      '$.cpuid_modifiers[0].modifiers[0].bitmap',
    ],
    ['with an empty bitmap', template('7', '0', { ebx: '0b_' }), 'bad-host', '$.cpuid_modifiers[0].modifiers[0].bitmap'],
    ['with a bitmap of other digits', template('7', '0', { ebx: '0b2' }), 'bad-host', '$.cpuid_modifiers[0].modifiers[0].bitmap'],
    [
      'with another register',
      template('7', '0', { __proto__x: '0b1' }),
      'bad-host',
      '$.cpuid_modifiers[0].modifiers[0].register',
    ],
    ['with a leaf that is no number', template('seven', '0', {}), 'bad-host', '$.cpuid_modifiers[0].leaf'],
    ['with a leaf of 33 bits', template('4294967296', '0', {}), 'bad-host', '$.cpuid_modifiers[0].leaf'],
    [
      'with a leaf twice',
      '{"cpuid_modifiers": [{"leaf":"7","subleaf":"0","modifiers":[]},{"leaf":"0x7","subleaf":"0","modifiers":[]}]}',
      'bad-host',
      '$.cpuid_modifiers[1]',
    ],
    ['cut off', '{"cpuid_modifiers": [', 'bad-host', undefined],
  ])('%s is refused', (_what, json, code, path) => {
    const error = failure(json);
    expect([error.code, error.place.path]).toEqual([code, path]);
  });
});
