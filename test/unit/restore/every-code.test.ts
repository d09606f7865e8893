import { describe, expect, it } from 'vitest';
import { REASON_CODES } from '../../../src/restore/reason-codes.ts';
import { ADVICE, type AdviceCode, REASONS, type ReasonCode } from '../../../src/restore/reasons.ts';
import type { CheckResult } from '../../../src/restore/result.ts';
import { BY_ADVICE, BY_REASON, check } from './by-code.ts';
import { arm64FeatureSet, arm64Host, arm64Image, BASE_FEATURES, featureSet, host, image } from './examples.ts';

describe('every reason', () => {
  it.each(Object.keys(REASONS) as ReasonCode[])('%s is given by its gate', (code) => {
    const result = BY_REASON[code]();
    const gates = result.gates.filter((gate) => gate.reasons.some((because) => because.code === code));
    expect(gates.length).toBeGreaterThan(0);
    const home = REASONS[code].gate;
    if (home !== 'any') expect(gates.map((gate) => gate.id)).toEqual([home]);
    for (const because of gates.flatMap((gate) => gate.reasons)) {
      expect(because.message).toMatch(/^\S.*[^.\s]$/s);
      expect(Number.isInteger(because.order)).toBe(true);
    }
  });

  it('is in the list without texts', () => {
    expect(REASON_CODES).toEqual(Object.keys(REASONS));
  });

  it('has its range', () => {
    expect(Object.keys(REASONS).every((code) => /^CKPT1\d{3}$/.test(code))).toBe(true);
    expect(Object.keys(ADVICE).every((code) => /^CKPT2\d{3}$/.test(code))).toBe(true);
  });
});

describe('every piece of advice', () => {
  it.each(Object.keys(ADVICE) as AdviceCode[])('%s is given', (code) => {
    const codes = BY_ADVICE[code]().advice.map((advice) => advice.code);
    expect(codes).toContain(code);
    expect(codes).toEqual([...codes].sort());
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('holds the settings to paste', () => {
    const setting = (result: CheckResult, code: AdviceCode) => result.advice.find((advice) => advice.code === code)?.setting;
    expect(setting(BY_ADVICE.CKPT2002(), 'CKPT2002')).toBe(
      'dev.gvisor.internal.cpufeatures=pni,sse4_2,xsave,osxsave,fpu,sse,sse2',
    );
    expect(setting(BY_ADVICE.CKPT2004(), 'CKPT2004')).toBe(
      'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD',
    );
    expect(BY_ADVICE.CKPT2004().advice.find((advice) => advice.code === 'CKPT2004')?.message).toContain('the image is levelled');
    expect(setting(BY_ADVICE.CKPT2005(), 'CKPT2005')).toContain('-AVX2');
  });

  it('offers the annotation only where it exists', () => {
    const advice = (result: CheckResult) => result.advice.map((entry) => entry.code);
    const needs = image({ cpu: featureSet([...BASE_FEATURES, 'avx512f']), headerHmac: 'empty-key' });
    expect(advice(check(needs, host(), '20250811'))).not.toContain('CKPT2002');
    expect(advice(check(needs, host(), '20250812'))).toContain('CKPT2002');
    expect(advice(check(arm64Image({ cpu: arm64FeatureSet(['sve']) }), arm64Host()))).toEqual([]);
  });
});
