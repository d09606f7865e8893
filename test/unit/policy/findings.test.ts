import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../src/restore/findings.ts';
import type { GateResult } from '../../../src/restore/result.ts';

function gate(id: string, outcome: string, ...codes: readonly string[]): GateResult {
  const reasons = codes.map((code) => ({ code, order: 1, message: code, details: { features: [] } }));
  return { id, outcome, reasons } as unknown as GateResult;
}

const told = (gates: readonly GateResult[], require: Parameters<typeof findingsOf>[1] = []) =>
  findingsOf({ gates }, require).map(({ code, outcome }) => `${code} ${outcome}`);

describe('findingsOf', () => {
  it('tells what fails from what is open beside it, and leaves out what was assumed or not asked', () => {
    expect(told([gate('oci-spec', 'fail', 'CKPT1351', 'CKPT1356', 'CKPT1355', 'CKPT1353', 'CKPT1360')])).toEqual([
      'CKPT1351 fail',
      'CKPT1356 unknown',
    ]);
  });

  it('holds a gate that must be answered to what it assumed and was not told, also where something else fails', () => {
    const gates = [gate('oci-spec', 'fail', 'CKPT1351', 'CKPT1355', 'CKPT1353', 'CKPT1360')];
    expect(told(gates, ['oci-spec'])).toEqual(['CKPT1351 fail', 'CKPT1355 unknown', 'CKPT1353 unknown']);
    expect(told(gates, ['gpu'])).toEqual(['CKPT1351 fail']);
    expect(told([gate('host-files', 'unknown', 'CKPT1855', 'CKPT1858')], ['host-files'])).toEqual([
      'CKPT1855 unknown',
      'CKPT1858 unknown',
    ]);
  });

  it('has a finding that fails for every failing gate, whatever its reasons are', () => {
    expect(told([gate('image-readable', 'fail', 'CKPT1009')])).toEqual(['CKPT1009 fail']);
    expect(told([gate('pages', 'fail', 'CKPT1957', 'CKPT1009')])).toEqual(['CKPT1009 fail']);
    expect(told([gate('pages', 'fail', 'CKPT1957')])).toEqual(['CKPT1957 fail']);
  });
});
