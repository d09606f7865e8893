import { describe, expect, it } from 'vitest';
import { CpuidTable } from '../../../src/cpu/cpuid-table.ts';
import { cpuidFacts } from '../../../src/host/cpuid-facts.ts';
import { SMALL_CPU, withAnswers } from '../../support/host-dumps.ts';

const AVX512_NAMED = withAnswers(SMALL_CPU, [
  [0xd, 0, 0xe7, 0x340, 0xa80, 0],
  [0xd, 2, 0x100, 0x240, 0, 0],
  [0xd, 5, 0x40, 0x440, 0, 0],
  [0xd, 6, 0x200, 0x480, 0, 0],
  [0xd, 7, 0x400, 0x680, 0, 0],
]);

describe('the facts of CPUID', () => {
  it('take a state that ends behind the enabled area for not enabled', () => {
    const facts = cpuidFacts(new CpuidTable(AVX512_NAMED), false);
    expect(facts.xcr0.value).toBe(0xe7n);
    expect(facts.notEnabled).toBe(0xe0n);
  });

  it('take nothing for not enabled when everything fits', () => {
    const facts = cpuidFacts(new CpuidTable(withAnswers(AVX512_NAMED, [[0xd, 0, 0xe7, 0xa80, 0xa80, 0]])), false);
    expect(facts.notEnabled).toBe(0n);
  });

  it('do not know XCR0 from a dump whose highest basic leaf is below 0xd, but from the instruction itself', () => {
    const table = new CpuidTable(withAnswers(SMALL_CPU, [[0, 0, 7, 0x756e_6547, 0x6c65_746e, 0x4965_6e69]]));
    expect(cpuidFacts(table, false).xcr0.value).toBeNull();
    expect(cpuidFacts(table, true).xcr0.value).toBe(7n);
  });

  it('know nothing without leaf 1', () => {
    const facts = cpuidFacts(new CpuidTable(SMALL_CPU.slice(0, 1)), false);
    expect([facts.cacheLine.value, facts.useXsave.value, facts.xcr0.value, facts.hypervisor.value]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(facts.features.get('avx')?.presence).toBe('unknown');
  });

  it('name the hypervisor', () => {
    const guest = withAnswers(SMALL_CPU, [
      [0x1, 0, 0x0003_06c3, 0x0010_0800, 0x9c00_1001 | 0, 0x0600_0011],
      [0x4000_0000, 0, 0x4000_0001, 0x4b4d_564b, 0x564b_4d56, 0x4d],
    ]);
    expect(cpuidFacts(new CpuidTable(guest), false).hypervisor.value).toBe('KVMKVMKVM');
    expect(cpuidFacts(new CpuidTable(guest.filter(([leaf]) => leaf !== 0x4000_0000)), false).hypervisor.value).toBeNull();
  });
});
