/** The XSAVE area: what a saved floating-point state holds. */

/** One state component of the XSAVE feature set. */
export interface XsaveComponent {
  readonly bit: number;
  readonly name: string;
  readonly description: string;
  /** Supervisor components are never in an area that XSAVE wrote for an application. */
  readonly supervisor: boolean;
  readonly source: string;
}

const SDM = 'Intel SDM vol. 1, 13.1';

/**
 * State components by their bit in XCR0, IA32_XSS, XSTATE_BV and XCOMP_BV.
 *
 * @see Intel SDM vol. 1, 13.1 "XSAVE-Supported Features and State-Component Bitmaps"; AMD APM vol. 2, 11.5 for bit 62
 */
export const XSAVE_COMPONENTS: readonly XsaveComponent[] = [
  { bit: 0, name: 'x87', description: 'x87 floating-point and MMX registers', supervisor: false, source: SDM },
  { bit: 1, name: 'SSE', description: 'XMM registers and MXCSR', supervisor: false, source: SDM },
  { bit: 2, name: 'AVX', description: 'upper halves of the YMM registers', supervisor: false, source: SDM },
  { bit: 3, name: 'BNDREGS', description: 'MPX bound registers', supervisor: false, source: SDM },
  { bit: 4, name: 'BNDCSR', description: 'MPX configuration and status', supervisor: false, source: SDM },
  { bit: 5, name: 'opmask', description: 'AVX-512 mask registers k0 to k7', supervisor: false, source: SDM },
  { bit: 6, name: 'ZMM_Hi256', description: 'upper halves of ZMM0 to ZMM15', supervisor: false, source: SDM },
  { bit: 7, name: 'Hi16_ZMM', description: 'ZMM16 to ZMM31', supervisor: false, source: SDM },
  { bit: 8, name: 'PT', description: 'processor trace registers', supervisor: true, source: SDM },
  { bit: 9, name: 'PKRU', description: 'protection-key rights of user pages', supervisor: false, source: SDM },
  { bit: 10, name: 'PASID', description: 'process address space identifier', supervisor: true, source: SDM },
  { bit: 11, name: 'CET_U', description: 'control-flow enforcement, user mode', supervisor: true, source: SDM },
  { bit: 12, name: 'CET_S', description: 'control-flow enforcement, supervisor mode', supervisor: true, source: SDM },
  { bit: 13, name: 'HDC', description: 'hardware duty cycling', supervisor: true, source: SDM },
  { bit: 14, name: 'UINTR', description: 'user interrupts', supervisor: true, source: SDM },
  { bit: 15, name: 'LBR', description: 'last branch records', supervisor: true, source: SDM },
  { bit: 16, name: 'HWP', description: 'hardware-controlled performance states', supervisor: true, source: SDM },
  { bit: 17, name: 'XTILECFG', description: 'AMX tile configuration', supervisor: false, source: SDM },
  { bit: 18, name: 'XTILEDATA', description: 'AMX tile data', supervisor: false, source: SDM },
  {
    bit: 19,
    name: 'APX',
    description: 'general registers R16 to R31 of APX',
    supervisor: false,
    source: 'Intel APX specification',
  },
  { bit: 62, name: 'LWP', description: 'lightweight profiling', supervisor: false, source: 'AMD APM vol. 2, 11.5' },
];

const NAME_BY_BIT: ReadonlyMap<number, string> = new Map(XSAVE_COMPONENTS.map((component) => [component.bit, component.name]));

/** The names of the components whose bits are set, in bit order; a bit that has no name is called `bit N`. */
export function componentNames(mask: bigint): string[] {
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if (((mask >> BigInt(bit)) & 1n) === 1n) names.push(NAME_BY_BIT.get(bit) ?? `bit ${bit}`);
  }
  return names;
}

/** What one saved floating-point state says of itself. */
export interface FpuState {
  /** Bytes of the state as saved, the trailing magic included. */
  readonly length: number;
  /** Bytes of the FXSAVE or XSAVE area itself, without the trailing magic. */
  readonly areaLength: number;
  /** Components in use; 3 (x87 and SSE) when the area is too short to hold an XSAVE header. */
  readonly xstateBv: bigint;
  /** Zero in the standard format; null when the area has no XSAVE header. */
  readonly xcompBv: bigint | null;
  /** Bytes 16 to 23 of the XSAVE header are zero, as XRSTOR demands of the standard format; true when there is no header. */
  readonly headerReservedZero: boolean;
  /** SSE control and status; null when the area is shorter than the field. */
  readonly mxcsr: number | null;
  /** MXCSR bits that the saving CPU allowed, 0 meaning 0xffbf; null when the area is shorter than the field. */
  readonly mxcsrMask: number | null;
  /** Names of the components in `xstateBv`, in bit order. */
  readonly components: readonly string[];
}

const MXCSR_OFFSET = 24;
const MXCSR_MASK_OFFSET = 28;
const XSTATE_BV_OFFSET = 512;
const XCOMP_BV_OFFSET = 520;
const HEADER_RESERVED_OFFSET = 528;
const HEADER_RESERVED_END = 536;
/** FXSAVE writes x87 and SSE state and no XSTATE_BV; gVisor takes that for bits 0 and 1. */
const FXSAVE_BV = 3n;
const MAGIC2_LENGTH = 4;

/**
 * Reads the saved floating-point state of one amd64 thread. Any length is accepted: fields that are not there are null.
 *
 * Since 2023-06-02 gVisor keeps four bytes (FP_XSTATE_MAGIC2) behind the area. An area is a multiple of eight bytes long, so a
 * length of 4 modulo 8 has them and another has not. gVisor reads XSTATE_BV only when the area without them has at least
 * 520 bytes; a shorter one is an FXSAVE area, whose components are x87 and SSE.
 *
 * @see gVisor pkg/sentry/arch/fpu/fpu_amd64.go: State.AfterLoad, State.Slice
 * @see Intel SDM vol. 1, 13.4.1 and 13.4.2 (legacy region and header), 13.8.1 (what XRSTOR checks), table 10-2 (FXSAVE area)
 */
export function decodeFpuState(bytes: Uint8Array): FpuState {
  const length = bytes.length;
  const areaLength = length % 8 === MAGIC2_LENGTH ? length - MAGIC2_LENGTH : length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, areaLength);
  const xstateBv = areaLength >= XSTATE_BV_OFFSET + 8 ? view.getBigUint64(XSTATE_BV_OFFSET, true) : FXSAVE_BV;
  return {
    length,
    areaLength,
    xstateBv,
    xcompBv: areaLength >= XCOMP_BV_OFFSET + 8 ? view.getBigUint64(XCOMP_BV_OFFSET, true) : null,
    headerReservedZero: bytes
      .subarray(HEADER_RESERVED_OFFSET, Math.min(HEADER_RESERVED_END, areaLength))
      .every((byte) => byte === 0),
    mxcsr: areaLength >= MXCSR_OFFSET + 4 ? view.getUint32(MXCSR_OFFSET, true) : null,
    mxcsrMask: areaLength >= MXCSR_MASK_OFFSET + 4 ? view.getUint32(MXCSR_MASK_OFFSET, true) : null,
    components: componentNames(xstateBv),
  };
}
