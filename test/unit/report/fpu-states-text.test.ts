import { describe, expect, it } from 'vitest';
import { fpuStateLines } from '../../../src/report/fpu-states-text.ts';

const OPTIONS = { color: false, width: 100 };

function state(tid: number | null, xstateBv = '0x83') {
  return {
    tid,
    name: tid === null ? null : `t${tid}`,
    xstateBv,
    components: ['x87'],
    xcompBv: '0x0',
    mxcsr: '0x1f80',
    bytes: 2436,
  };
}

describe('floating-point states as text', () => {
  it('are a row for each live thread, and one for dead ones that are alike', () => {
    const dead = { name: 'cat\x1b', fpu: [state(null)] };
    const lines = fpuStateLines(
      [
        { name: 'sh', fpu: [state(1), state(2)] },
        dead,
        dead,
        { name: 'tr', fpu: [state(null)] },
        { name: 'tr', fpu: [state(null, '0xa2')] },
      ],
      OPTIONS,
    );
    expect(lines).toEqual([
      '  saved floating-point state (6 threads)',
      '  TID   NAME               XSTATE_BV  REGISTERS IN USE',
      '  1     t1                 0x83       x87',
      '  2     t2                 0x83       x87',
      '  dead  cat\\x1b (2 times)  0x83       x87',
      '  dead  tr                 0x83       x87',
      '  dead  tr                 0xa2       x87',
    ]);
  });

  it('are nothing without states', () => {
    expect(fpuStateLines([{ name: 'sh', fpu: [] }], OPTIONS)).toEqual([]);
  });
});
