import { describe, expect, it } from 'vitest';
import { componentNames, decodeFpuState, XSAVE_COMPONENTS } from '../../../src/cpu/xsave.ts';

function area(length: number, xstateBv: bigint, changes: (view: DataView) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(24, 0x1f80, true);
  view.setUint32(28, 0xffff, true);
  if (length >= 520) view.setBigUint64(512, xstateBv, true);
  changes(view);
  return bytes;
}

describe('componentNames', () => {
  it('names bits in order', () => {
    expect(componentNames(0xe7n)).toEqual(['x87', 'SSE', 'AVX', 'opmask', 'ZMM_Hi256', 'Hi16_ZMM']);
    expect(componentNames(0x217n)).toEqual(['x87', 'SSE', 'AVX', 'BNDCSR', 'PKRU']);
    expect(componentNames(0x60000n)).toEqual(['XTILECFG', 'XTILEDATA']);
    expect(componentNames(0n)).toEqual([]);
  });

  it('numbers bits without a name', () => {
    expect(componentNames((1n << 63n) | (1n << 40n))).toEqual(['bit 40', 'bit 63']);
  });

  it('has one row per bit', () => {
    expect(new Set(XSAVE_COMPONENTS.map((component) => component.bit)).size).toBe(XSAVE_COMPONENTS.length);
  });
});

describe('decodeFpuState', () => {
  it('reads an area with the trailing magic', () => {
    expect(decodeFpuState(area(2436, 0xa2n))).toEqual({
      length: 2436,
      areaLength: 2432,
      xstateBv: 0xa2n,
      xcompBv: 0n,
      headerReservedZero: true,
      mxcsr: 0x1f80,
      mxcsrMask: 0xffff,
      components: ['SSE', 'opmask', 'Hi16_ZMM'],
    });
  });

  it('reads an area without the magic', () => {
    expect(decodeFpuState(area(2432, 0xe7n))).toMatchObject({ areaLength: 2432, xstateBv: 0xe7n });
  });

  it('reads 64 bits exactly', () => {
    expect(decodeFpuState(area(832, 0x8000_0000_0000_0001n)).xstateBv).toBe(0x8000_0000_0000_0001n);
  });

  it('takes an FXSAVE area for x87 and SSE', () => {
    for (const length of [512, 516]) {
      expect(decodeFpuState(area(length, 0n))).toMatchObject({
        areaLength: 512,
        xstateBv: 3n,
        xcompBv: null,
        headerReservedZero: true,
        components: ['x87', 'SSE'],
      });
    }
  });

  it('counts the magic off before looking for XSTATE_BV', () => {
    expect(decodeFpuState(new Uint8Array(520)).xstateBv).toBe(0n);
    expect(decodeFpuState(new Uint8Array(524))).toMatchObject({ xstateBv: 0n, xcompBv: null });
    expect(decodeFpuState(new Uint8Array(519)).xstateBv).toBe(3n);
  });

  it('reads the compacted format and dirty headers', () => {
    const compacted = decodeFpuState(area(836, 3n, (view) => view.setBigUint64(520, 0x8000_0000_0000_0007n, true)));
    expect(compacted.xcompBv).toBe(0x8000_0000_0000_0007n);
    expect(decodeFpuState(area(836, 3n, (view) => view.setUint8(535, 1))).headerReservedZero).toBe(false);
    expect(decodeFpuState(area(836, 3n, (view) => view.setUint8(536, 1))).headerReservedZero).toBe(true);
  });

  it('accepts any length', () => {
    for (let length = 0; length < 600; length++) expect(decodeFpuState(new Uint8Array(length)).length).toBe(length);
    expect(decodeFpuState(new Uint8Array(0))).toMatchObject({ mxcsr: null, mxcsrMask: null, xstateBv: 3n });
  });

  it('reads a view that does not begin at the start of its buffer', () => {
    const whole = new Uint8Array(1000);
    whole.set(area(836, 7n), 33);
    expect(decodeFpuState(whole.subarray(33, 33 + 836))).toMatchObject({ xstateBv: 7n, mxcsr: 0x1f80 });
  });
});
