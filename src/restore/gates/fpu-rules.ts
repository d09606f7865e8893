/** What a restoring runsc does with one saved floating-point state, by its rules. */
import type { FpuState } from '../../cpu/xsave.ts';
import { componentNames } from '../../cpu/xsave.ts';
import type { Host, KnownBits } from '../../host/host.ts';
import type { Rules } from '../rules.ts';

const ALL_BITS = (1n << 64n) - 1n;
/** x87 and SSE: what FXSAVE holds, and what every CPU with XSAVE has. */
const FXSAVE_BITS = 0x3n;
/** XTILECFG and XTILEDATA. */
const AMX_BITS = 0x6_0000n;
/** x87, SSE, AVX, opmask, ZMM_Hi256, Hi16_ZMM. */
const SUPPORTED_BITS = 0xe7n;
/** BNDREGS, BNDCSR, PKRU: bits of XSTATE_BV that newer releases save and then ignore. */
export const IGNORED_BITS = 0x218n;
const PKRU_BIT = 0x200n;
const COMPACTED = 1n << 63n;
/** MXCSR bits that every CPU with SSE accepts. */
const MXCSR_BASELINE = 0xffbf;
const FXSAVE_LENGTH = 512;
const MAGIC2_LENGTH = 4;

/** What the gate finds in one state. `pass` carries nothing; the others say which condition, and what runsc panics with. */
export type FpuFinding =
  | { readonly kind: 'pass' }
  | { readonly kind: 'unsupported'; readonly supported: bigint | null; readonly bits: bigint }
  | { readonly kind: 'mxcsr'; readonly mxcsr: number; readonly mask: number }
  | { readonly kind: 'xrstor'; readonly bits: bigint; readonly cause: string }
  | { readonly kind: 'unknown-state'; readonly bits: bigint; readonly why: string }
  | { readonly kind: 'unknown-mxcsr'; readonly mxcsr: number; readonly why: string };

const PASS: FpuFinding = { kind: 'pass' };

/**
 * Judges one state as `State.AfterLoad` of that release does: components in use against what the release supports on the host, then
 * MXCSR, then a trial XRSTOR.
 *
 * @see gVisor pkg/sentry/arch/fpu/fpu_amd64.go: State.AfterLoad; Intel SDM vol. 1, 13.8.1 (what XRSTOR checks)
 */
export function judgeFpuState(fpu: FpuState, host: Host, rules: Rules): FpuFinding {
  if (fpu.length < FXSAVE_LENGTH) {
    return { kind: 'unknown-state', bits: 0n, why: `a state of ${fpu.length} bytes is none that any known runsc saves` };
  }
  const components = judgeComponents(fpu, host, rules);
  if (!rules.has('fpu-check-always')) return components.kind === 'pass' ? PASS : onlyWhenShorter(components, fpu, host, rules);
  if (components.kind !== 'pass') return components;
  const mxcsr = judgeMxcsr(fpu, host);
  if (mxcsr.kind !== 'pass') return mxcsr;
  return host.useXsave.value === false ? PASS : judgeXrstor(fpu, host, rules);
}

function judgeComponents(fpu: FpuState, host: Host, rules: Rules): FpuFinding {
  const supported = supportedBits(host, rules);
  const relevant = rules.has('fpu-supported-mask') ? fpu.xstateBv & ~IGNORED_BITS : fpu.xstateBv;
  const bad = relevant & supported.clear;
  if (bad !== 0n) {
    const exact = (supported.set | supported.clear) === ALL_BITS;
    return { kind: 'unsupported', supported: exact ? supported.set : null, bits: bad };
  }
  const open = relevant & ~supported.set;
  if (open !== 0n) return { kind: 'unknown-state', bits: open, why: unknownWhy(host) };
  return PASS;
}

/** What a release supports on a host, bit by bit: x87 and SSE without XSAVE, else CPUID leaf 0xD, masked. */
export function supportedBits(host: Host, rules: Rules): KnownBits {
  let { set, clear } = hostBits(host);
  if (rules.has('amx-masked')) {
    set &= ~AMX_BITS;
    clear |= AMX_BITS;
  }
  if (rules.has('fpu-supported-mask')) {
    set &= SUPPORTED_BITS;
    clear |= ALL_BITS & ~SUPPORTED_BITS;
  }
  return { set, clear };
}

function hostBits(host: Host): KnownBits {
  if (host.useXsave.value === false) return { set: FXSAVE_BITS, clear: ALL_BITS & ~FXSAVE_BITS };
  const { set, clear } = host.xcr0Known;
  // Without knowing whether XSAVE is used, a bit of XCR0 that is proven proves nothing, and one that is clear is clear either way.
  const proven = host.useXsave.value === true ? set : 0n;
  return { set: proven | FXSAVE_BITS, clear: clear & ~FXSAVE_BITS };
}

/** Until 2023-06-08 the components were looked at only when the area of the host is shorter than the saved one. */
function onlyWhenShorter(finding: FpuFinding, fpu: FpuState, host: Host, rules: Rules): FpuFinding {
  const size = rules.has('fpu-area-enabled') ? 'enabled' : 'maximum';
  const area =
    host.useXsave.value === false ? FXSAVE_LENGTH : host.useXsave.value === true ? host.identity?.xsaveSizes?.[size] : undefined;
  if (area === undefined) {
    const bits = finding.kind === 'unsupported' || finding.kind === 'unknown-state' ? finding.bits : 0n;
    return {
      kind: 'unknown-state',
      bits,
      why: 'the size of the XSAVE area of the host is unknown, and this runsc looks at shorter areas only',
    };
  }
  const length = area + (rules.has('fpu-magic2') ? MAGIC2_LENGTH : 0);
  if (length < fpu.length) return finding;
  const dies = 'this runsc does not look at states that fit: it would restore, and a thread with such a state would die at once';
  return finding.kind === 'unsupported' ? { kind: 'unknown-state', bits: finding.bits, why: dies } : PASS;
}

function judgeMxcsr(fpu: FpuState, host: Host): FpuFinding {
  if (fpu.mxcsr === null) return PASS;
  const mask = host.mxcsrMask.value;
  if (mask !== null) return (fpu.mxcsr & ~mask) === 0 ? PASS : { kind: 'mxcsr', mxcsr: fpu.mxcsr, mask };
  if ((fpu.mxcsr & ~MXCSR_BASELINE) === 0) return PASS;
  return { kind: 'unknown-mxcsr', mxcsr: fpu.mxcsr, why: host.mxcsrMask.source };
}

function judgeXrstor(fpu: FpuState, host: Host, rules: Rules): FpuFinding {
  const loaded = rules.has('fpu-ignored-cleared') ? fpu.xstateBv & ~IGNORED_BITS : fpu.xstateBv;
  const certain = host.useXsave.value === true;
  const lacking = loaded & IGNORED_BITS & host.xcr0Known.clear;
  if (lacking !== 0n && certain) {
    return { kind: 'xrstor', bits: lacking, cause: `the host lacks ${componentNames(lacking).join(', ')}` };
  }
  const disabled = loaded & host.statesNotEnabled;
  if (disabled !== 0n && certain) {
    return {
      kind: 'xrstor',
      bits: disabled,
      cause: `the kernel of the host has not enabled ${componentNames(disabled).join(', ')}`,
    };
  }
  const open = loaded & IGNORED_BITS & ~host.xcr0Known.set;
  if (open !== 0n) return { kind: 'unknown-state', bits: open, why: unknownWhy(host) };
  if ((loaded & PKRU_BIT) !== 0n && host.features.get('ospke')?.presence !== 'present') {
    const why =
      'the CPU has protection keys, but nothing proves that the kernel has enabled them (ospke), without which XRSTOR refuses PKRU';
    return { kind: 'unknown-state', bits: PKRU_BIT, why };
  }
  return judgeHeader(fpu, certain);
}

/** XRSTOR of the standard format demands that bytes 8 to 23 of the header are zero. */
function judgeHeader(fpu: FpuState, certain: boolean): FpuFinding {
  const compacted = fpu.xcompBv !== null && fpu.xcompBv !== 0n;
  if (!compacted && fpu.headerReservedZero) return PASS;
  if (!certain || (compacted && ((fpu.xcompBv ?? 0n) & COMPACTED) !== 0n)) {
    return { kind: 'unknown-state', bits: 0n, why: 'the XSAVE header is not in the standard format' };
  }
  return {
    kind: 'xrstor',
    bits: 0n,
    cause: compacted ? 'XCOMP_BV is not zero' : 'reserved bytes of the XSAVE header are not zero',
  };
}

function unknownWhy(host: Host): string {
  return host.useXsave.value === null ? `whether runsc uses XSAVE is unknown: ${host.useXsave.source}` : host.xcr0.source;
}
