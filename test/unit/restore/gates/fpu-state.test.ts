import { describe, expect, it } from 'vitest';
import type { FpuState } from '../../../../src/cpu/xsave.ts';
import type { Host } from '../../../../src/host/host.ts';
import { fpuState } from '../../../../src/restore/gates/fpu-state.ts';
import type { TaskFpu } from '../../../../src/restore/image-facts.ts';
import {
  arm64Host,
  arm64Image,
  BASE_FEATURES,
  fact,
  fpu,
  host,
  hostWithoutXsave,
  hostWithXcr0,
  image,
  NO_IDENTITY,
  noFact,
  task,
} from '../examples.ts';
import { boundary, rulesAt } from '../rules-at.ts';

const NEWEST = 'release-20260817.0';
const NIL_PANIC = 'runtime error: invalid memory address or nil pointer dereference';

function answer(states: readonly (bigint | FpuState | TaskFpu)[], target: Host, version = NEWEST) {
  const tasks = states.map((state, i) =>
    typeof state === 'bigint' ? task(i + 1, fpu(state)) : 'fpu' in state ? state : task(i + 1, state),
  );
  const result = fpuState.check(image({ tasks }), target, rulesAt(version));
  return { outcome: result?.outcome, codes: result?.reasons.map((r) => r.code), error: result?.failure?.error };
}

const PASS = { outcome: 'pass', codes: [], error: undefined };
const unsupported = (error: string | null) => ({ outcome: 'fail', codes: ['CKPT1801'], error });
const text = (supported: string, saved: string) =>
  `floating point state contains unsupported features; supported: ${supported} saved: ${saved}`;

describe('gate fpu-state', () => {
  it('passes what the host supports', () => {
    expect(answer([0x3n, 0x7n, 0x0n], hostWithXcr0(0x7n))).toEqual(PASS);
    expect(answer([0xe7n, 0xa2n], hostWithXcr0(0xe7n))).toEqual(PASS);
    expect(answer([0x3n], hostWithoutXsave())).toEqual(PASS);
    expect(answer([], hostWithXcr0(0x7n))).toEqual(PASS);
  });

  it('refuses components that the host lacks, with the message of the first in the graph', () => {
    const result = fpuState.check(
      image({ tasks: [task(9, fpu(0xa2n), { tid: null, pid: null }), task(2, fpu(0xe6n)), task(1, fpu(0xa2n))] }),
      hostWithXcr0(0x7n),
      rulesAt(NEWEST),
    );
    expect(result?.failure?.error).toBe(`error executing callbacks: ${text('0x7', '0xa2')}`);
    expect(result?.reasons.map((r) => r.order)).toEqual([33, 33]);
    expect(result?.reasons[0]).toMatchObject({
      code: 'CKPT1801',
      details: {
        supported: '0x7',
        saved: '0xa2',
        components: ['opmask', 'Hi16_ZMM'],
        threads: [
          { pid: 1, tid: 1 },
          { pid: null, tid: null },
        ],
      },
    });
    expect(result?.reasons[1]?.details).toMatchObject({ saved: '0xe6', components: ['opmask', 'ZMM_Hi256', 'Hi16_ZMM'] });
  });

  it('supports x87 and SSE on a host without XSAVE', () => {
    expect(answer([0x217n], hostWithoutXsave())).toEqual(unsupported(`error executing callbacks: ${text('0x3', '0x217')}`));
  });

  it.each([
    ['20230801', text('0x7', '0xa2')],
    [boundary('callback-error-first').before, text('0x7', '0xa2')],
    [boundary('callback-error-first').from, `error executing callbacks: ${text('0x7', '0xa2')}`],
    [boundary('callback-nil-panic').before, `error executing callbacks: ${text('0x7', '0xa2')}`],
    [boundary('callback-nil-panic').from, NIL_PANIC],
    ['release-20250625.0', NIL_PANIC],
    [boundary('callback-error-restored').before, NIL_PANIC],
    ['release-20251020.0', NIL_PANIC],
    [boundary('callback-error-restored').from, `error executing callbacks: ${text('0x7', '0xa2')}`],
    ['release-20251103.0', `error executing callbacks: ${text('0x7', '0xa2')}`],
  ])('runsc of %s prints %s', (version, error) => {
    expect(answer([0xa2n], hostWithXcr0(0x7n), version)).toEqual(unsupported(error));
  });

  describe('AMX', () => {
    const { before, from } = boundary('amx-masked');
    it('counts as supported until 2024-01-17', () => {
      expect(answer([0x6_0003n], hostWithXcr0(0x6_00e7n), before)).toEqual(PASS);
      expect(answer([0x6_0003n], hostWithXcr0(0x6_00e7n), from)).toEqual(unsupported(text('0xe7', '0x60003')));
    });
  });

  describe('MPX and PKRU', () => {
    const mask = boundary('fpu-supported-mask');
    const cleared = boundary('fpu-ignored-cleared');
    const withPkru = (xcr0: bigint) => {
      const target = hostWithXcr0(xcr0);
      return { ...target, features: new Map([...target.features, ['ospke', { presence: 'present', source: 'x' }]]) } as Host;
    };

    it('count until 2025-11-19', () => {
      expect(answer([0x217n], hostWithXcr0(0x7n), mask.before)).toEqual(
        unsupported(`error executing callbacks: ${text('0x7', '0x217')}`),
      );
      expect(answer([0x217n], withPkru(0x21fn), mask.before)).toEqual(PASS);
    });

    it('pass the comparison and fail at XRSTOR until 2026-02-12, on a host that lacks them', () => {
      const refused = { outcome: 'fail', codes: ['CKPT1803'], error: null };
      expect(answer([0x217n], hostWithXcr0(0x7n), mask.from)).toEqual(refused);
      expect(answer([0x217n], hostWithXcr0(0x7n), cleared.before)).toEqual(refused);
      expect(answer([0x217n], withPkru(0x21fn), mask.from)).toEqual(PASS);
    });

    it('are ignored since 2026-02-12', () => {
      expect(answer([0x217n], hostWithXcr0(0x7n), cleared.from)).toEqual(PASS);
      // What the host supports is masked too.
      expect(answer([0x617n], hostWithXcr0(0x61fn), cleared.from)).toEqual(
        unsupported(`error executing callbacks: ${text('0x7', '0x617')}`),
      );
    });

    it('leave it open whether the kernel has enabled protection keys', () => {
      expect(answer([0x203n], hostWithXcr0(0x207n), mask.before)).toEqual({
        outcome: 'unknown',
        codes: ['CKPT1804'],
        error: undefined,
      });
    });
  });

  describe('before 2023-06-08', () => {
    const { before, from } = boundary('fpu-check-always');
    const area = (bytes: number) =>
      hostWithXcr0(0x7n, { identity: { ...NO_IDENTITY, xsaveSizes: { enabled: bytes, maximum: bytes } } });
    // Measured: the restore succeeds, and the container is dead at once (docs/decisions/runsc-experiments.md).
    const DIES = { outcome: 'unknown', codes: ['CKPT1804'], error: undefined };

    it('looks only when the area of the host is shorter', () => {
      const state = fpu(0xa2n, { length: 2436 });
      expect(answer([state], area(832), before)).toEqual(unsupported(text('0x7', '0xa2')));
      expect(answer([state], area(2432), before)).toEqual(DIES);
      expect(answer([fpu(0x7n, { length: 836 })], area(832), before)).toEqual(PASS);
      expect(answer([state], area(2432), from)).toEqual(unsupported(text('0x7', '0xa2')));
      expect(answer([state], area(2696), before)).toEqual(DIES);
      expect(answer([state], hostWithXcr0(0x7n), before)).toEqual({ outcome: 'unknown', codes: ['CKPT1804'], error: undefined });
      expect(answer([0x3n], hostWithXcr0(0x7n), before)).toEqual(PASS);
      expect(answer([state], hostWithoutXsave(), before)).toEqual(unsupported(text('0x3', '0xa2')));
    });

    it('counts the four bytes behind the area since 2023-06-02', () => {
      const magic = boundary('fpu-magic2');
      const state = fpu(0xa2n, { length: 2436 });
      expect(answer([state], area(2432), magic.before)).toEqual(unsupported(text('0x7', '0xa2')));
      expect(answer([state], area(2432), magic.from)).toEqual(DIES);
    });

    it('takes the size of all components that the CPU has before 2023-06-02, of the enabled ones since', () => {
      const sizes = boundary('fpu-area-enabled');
      const state = fpu(0xa2n, { length: 2688 });
      const wide = hostWithXcr0(0x7n, { identity: { ...NO_IDENTITY, xsaveSizes: { enabled: 832, maximum: 2696 } } });
      expect(answer([state], wide, sizes.before)).toEqual(DIES);
      expect(answer([state], wide, sizes.from)).toEqual(unsupported(text('0x7', '0xa2')));
    });

    it('looks at no MXCSR', () => {
      expect(answer([fpu(0x3n, { mxcsr: 0x2_1f80 })], hostWithXcr0(0x7n), before)).toEqual(PASS);
    });
  });

  it('does not pass a state of unknown shape', () => {
    expect(answer([fpu(0x3n, { length: 0 })], host())).toEqual({ outcome: 'unknown', codes: ['CKPT1804'], error: undefined });
  });

  describe('MXCSR', () => {
    const daz = fpu(0x3n, { mxcsr: 0x1fc0 });
    const misaligned = fpu(0x3n, { mxcsr: 0x2_1f80 });
    it('must lie within the mask of the host', () => {
      expect(answer([daz, misaligned], host(BASE_FEATURES, { mxcsrMask: fact(0x2_ffff) }))).toEqual(PASS);
      expect(answer([misaligned], host())).toEqual({
        outcome: 'fail',
        codes: ['CKPT1802'],
        error: 'error executing callbacks: incompatible mxcsr value: 21f80 (1f80)',
      });
      expect(answer([misaligned], host(), 'release-20250820.0').error).toBe(NIL_PANIC);
    });

    it('is open only for bits that not every CPU has', () => {
      const unsure = host(BASE_FEATURES, { mxcsrMask: noFact() });
      expect(answer([0x3n], unsure)).toEqual(PASS);
      expect(answer([daz], unsure)).toEqual({ outcome: 'unknown', codes: ['CKPT1805'], error: undefined });
    });

    it('is absent in a state that is too short', () => {
      expect(answer([fpu(0x3n, { mxcsr: null, xcompBv: null })], host())).toEqual(PASS);
    });
  });

  describe('XRSTOR', () => {
    it.each([
      ['XCOMP_BV', fpu(0x3n, { xcompBv: 4n })],
      ['the reserved bytes', fpu(0x3n, { headerReservedZero: false })],
    ])('refuses %s that is not zero', (_what, state) => {
      expect(answer([state], host())).toEqual({ outcome: 'fail', codes: ['CKPT1803'], error: null });
      expect(answer([state], hostWithoutXsave())).toEqual(PASS);
      expect(answer([state], host(BASE_FEATURES, { useXsave: noFact() })).outcome).toBe('unknown');
    });

    it('refuses components that the CPU has and the kernel has not enabled', () => {
      const disabled = hostWithXcr0(0x7n, { statesNotEnabled: 0x4n });
      expect(answer([0x3n], disabled)).toEqual(PASS);
      expect(answer([0x7n], disabled)).toEqual({ outcome: 'fail', codes: ['CKPT1803'], error: null });
    });

    it('leaves the compacted format open', () => {
      expect(answer([fpu(0x3n, { xcompBv: (1n << 63n) | 3n })], host()).outcome).toBe('unknown');
    });
  });

  describe('partial knowledge of the host', () => {
    const partly = (set: bigint, clear: bigint, more: Partial<Host> = {}) =>
      host(BASE_FEATURES, { xcr0: noFact(), xcr0Known: { set, clear }, ...more });

    it('decides by the bits that are proven', () => {
      expect(answer([0x7n], partly(0x7n, 0n))).toEqual(PASS);
      expect(answer([0xe7n], partly(0x7n, 0n))).toEqual({ outcome: 'unknown', codes: ['CKPT1804'], error: undefined });
      expect(answer([0xe7n], partly(0x7n, 0x20n))).toEqual(unsupported(null));
    });

    it('prints the message when every bit that counts is proven', () => {
      // Since 2025-11-19 bits outside 0xe7 do not count.
      expect(answer([0xe7n], partly(0x7n, 0xe0n), boundary('fpu-supported-mask').before).error).toBeNull();
      expect(answer([0xe7n], partly(0x3n, 0xe4n), NEWEST).error).toBe(`error executing callbacks: ${text('0x3', '0xe7')}`);
      expect(answer([0xa2n], partly(0x7n, 0xe0n), 'release-20250820.0').error).toBe(NIL_PANIC);
    });

    it('trusts no bit of XCR0 when it is unknown whether XSAVE is used', () => {
      const unsure = { useXsave: noFact<boolean>() };
      expect(answer([0x3n], partly(0x7n, 0n, unsure))).toEqual(PASS);
      expect(answer([0x7n], partly(0x7n, 0n, unsure)).outcome).toBe('unknown');
      expect(answer([0x7n], partly(0x3n, 0x4n, unsure)).outcome).toBe('fail');
    });
  });

  it('does not exist on arm64 and compares nothing across architectures', () => {
    expect(fpuState.check(arm64Image(), arm64Host(), rulesAt(NEWEST))?.outcome).toBe('not-applicable');
    expect(fpuState.check(arm64Image(), host(), rulesAt(NEWEST))?.reasons.map((r) => r.code)).toEqual(['CKPT1504']);
    expect(fpuState.check(image(), arm64Host(), rulesAt(NEWEST))?.outcome).toBe('not-applicable');
  });
});
