/**
 * Flags that Linux shows in /proc/cpuinfo and gVisor does not compare: a restore neither demands nor protects them.
 *
 * @see Linux arch/x86/include/asm/cpufeatures.h, arch/arm64/kernel/cpuinfo.c and Documentation/arch/arm64/elf_hwcaps.rst; Intel SDM vol. 2A,
 *   CPUID; AMD APM vol. 3, app. E
 */
import type { Arch, CpuRegister } from '../cpu/feature.ts';

/** Who can use what the flag stands for. */
type FlagUse = 'application' | 'system' | 'linux';

/** One flag. */
export interface UncomparedFlag {
  readonly name: string;
  readonly arch: Arch;
  /** CPUID leaf, subleaf, register and bit; null where Linux makes the flag up itself. */
  readonly place: {
    readonly leaf: number;
    readonly subleaf: number;
    readonly register: CpuRegister;
    readonly bit: number;
  } | null;
  /** Bit of AT_HWCAP or AT_HWCAP2 (arm64). */
  readonly hwcap: { readonly word: 'AT_HWCAP' | 'AT_HWCAP2'; readonly bit: number } | null;
  /** `application`: an instruction that programs use; `system`: of kernels and hypervisors; `linux`: a name that Linux made up. */
  readonly use: FlagUse;
  readonly description: string;
}

type Bits = readonly (readonly [name: string, bit: number, use: FlagUse, description: string])[];

// biome-ignore format: one row per flag
const AMD64: readonly (readonly [leaf: number, subleaf: number, register: CpuRegister, bits: Bits])[] = [
  [0x6, 0, 'eax', [
    ['dtherm', 0, 'system', 'digital thermal sensor'], ['ida', 1, 'system', 'turbo boost'], ['arat', 2, 'system', 'APIC timer that never stops'],
    ['pln', 4, 'system', 'power limit notification'], ['pts', 6, 'system', 'package thermal status'], ['hwp', 7, 'system', 'hardware-controlled performance states'],
    ['hwp_notify', 8, 'system', 'HWP notification'], ['hwp_act_window', 9, 'system', 'HWP activity window'], ['hwp_epp', 10, 'system', 'HWP energy preference'],
    ['hwp_pkg_req', 11, 'system', 'HWP request for the package'], ['hfi', 19, 'system', 'hardware feedback interface'],
  ]],
  [0x6, 0, 'ecx', [['aperfmperf', 0, 'system', 'counters of the effective frequency'], ['epb', 3, 'system', 'energy and performance bias']]],
  [0x7, 0, 'ebx', [
    ['sgx', 2, 'system', 'enclaves (SGX)'], ['avx512ifma', 21, 'application', '52-bit multiply-add on AVX-512 registers'],
    ['pcommit', 22, 'application', 'PCOMMIT, which was withdrawn before any CPU had it'],
  ]],
  [0x7, 0, 'ecx', [
    ['key_locker', 23, 'application', 'AES with wrapped keys (Key Locker)'], ['bus_lock_detect', 24, 'system', 'exception on bus locks'],
    ['enqcmd', 29, 'application', 'enqueueing of commands to devices'], ['sgx_lc', 30, 'system', 'launch control of enclaves'],
  ]],
  [0x7, 0, 'edx', [['uintr', 5, 'application', 'user interrupts']]],
  [0x7, 1, 'eax', [
    ['sha512', 0, 'application', 'SHA-512 instructions'], ['sm3', 1, 'application', 'SM3 hash instructions'], ['sm4', 2, 'application', 'SM4 cipher instructions'],
    ['rao_int', 3, 'application', 'remote atomic operations'], ['avx_vnni', 4, 'application', 'neural network dot products on AVX registers'],
    ['avx512_bf16', 5, 'application', 'bfloat16 dot products on AVX-512 registers'], ['lass', 6, 'system', 'linear address space separation'],
    ['cmpccxadd', 7, 'application', 'conditional compare and add'], ['arch_perfmon_ext', 8, 'system', 'more architectural performance monitoring'],
    ['fzrm', 10, 'application', 'fast REP MOVSB of no bytes'], ['fsrs', 11, 'application', 'fast short REP STOSB'], ['fsrc', 12, 'application', 'fast short REP CMPSB'],
    ['fred', 17, 'system', 'flexible return and event delivery'], ['lkgs', 18, 'system', 'loading of the kernel GS'], ['wrmsrns', 19, 'system', 'WRMSR that does not serialize'],
    ['amx_fp16', 21, 'application', 'half-precision products of AMX tiles'], ['hreset', 22, 'system', 'reset of prediction history'],
    ['avx_ifma', 23, 'application', '52-bit multiply-add on AVX registers'], ['lam', 26, 'application', 'linear address masking'],
  ]],
  [0x7, 1, 'edx', [
    ['avx_vnni_int8', 4, 'application', '8-bit dot products on AVX registers'], ['avx_ne_convert', 5, 'application', 'conversion from bfloat16 and half precision'],
    ['amx_complex', 8, 'application', 'complex products of AMX tiles'], ['avx_vnni_int16', 10, 'application', '16-bit dot products on AVX registers'],
    ['prefetchi', 14, 'application', 'prefetching of code'], ['user_msr', 15, 'application', 'reading and writing of some MSRs by programs'],
    ['avx10', 19, 'application', 'AVX10'], ['apx', 21, 'application', 'more general registers (APX)'],
  ]],
  [0xd, 1, 'eax', [['xfd', 4, 'system', 'faulting of XSAVE components that are not in use']]],
  [0xf, 0, 'edx', [['cqm_llc', 1, 'system', 'monitoring of the last-level cache']]],
  [0xf, 1, 'edx', [['cqm_occup_llc', 0, 'system', 'cache occupancy'], ['cqm_mbm_total', 1, 'system', 'memory bandwidth'], ['cqm_mbm_local', 2, 'system', 'local memory bandwidth']]],
  [0x10, 0, 'ebx', [['cat_l3', 1, 'system', 'allocation of the L3 cache'], ['cat_l2', 2, 'system', 'allocation of the L2 cache'], ['mba', 3, 'system', 'allocation of memory bandwidth']]],
  [0x10, 1, 'ecx', [['cdp_l3', 2, 'system', 'code and data priority of the L3 cache']]],
  [0x80000007, 0, 'ebx', [['overflow_recov', 0, 'system', 'machine checks after an overflow'], ['succor', 1, 'system', 'uncorrectable errors that software may contain'], ['smca', 3, 'system', 'scalable machine checks']]],
  [0x80000007, 0, 'edx', [['hw_pstate', 7, 'system', 'performance states'], ['cpb', 9, 'system', 'core performance boost'], ['proc_feedback', 11, 'system', 'feedback of performance']]],
  [0x80000008, 0, 'ebx', [
    ['clzero', 0, 'application', 'clearing of a cache line (CLZERO)'], ['irperf', 1, 'system', 'counter of retired instructions'], ['xsaveerptr', 2, 'system', 'XSAVE of error pointers'],
    ['rdpru', 4, 'application', 'reading of processor registers'], ['wbnoinvd', 9, 'system', 'write-back without invalidation'], ['ibpb', 12, 'system', 'barrier of indirect branches'],
    ['amd_ppin', 23, 'system', 'number of the part'], ['virt_ssbd', 25, 'system', 'SSBD for guests'], ['cppc', 27, 'system', 'collaborative power control'], ['brs', 31, 'system', 'branch sampling'],
  ]],
  [0x8000000a, 0, 'edx', [
    ['npt', 0, 'system', 'nested pages'], ['lbrv', 1, 'system', 'last branch records in guests'], ['svm_lock', 2, 'system', 'lock of SVM'], ['nrip_save', 3, 'system', 'saved next instruction'],
    ['tsc_scale', 4, 'system', 'scaling of the time stamp counter'], ['vmcb_clean', 5, 'system', 'clean bits of the VMCB'], ['flushbyasid', 6, 'system', 'flush by ASID'], ['decodeassists', 7, 'system', 'decode assists'],
    ['pausefilter', 10, 'system', 'filter of PAUSE'], ['pfthreshold', 12, 'system', 'threshold of that filter'], ['avic', 13, 'system', 'virtual interrupt controller'], ['v_vmsave_vmload', 15, 'system', 'virtual VMSAVE and VMLOAD'],
    ['vgif', 16, 'system', 'virtual global interrupt flag'], ['x2avic', 18, 'system', 'virtual x2APIC'], ['v_spec_ctrl', 20, 'system', 'virtual speculation control'], ['vnmi', 25, 'system', 'virtual NMI'],
  ]],
  [0x8000001f, 0, 'eax', [['sme', 0, 'system', 'memory encryption'], ['sev', 1, 'system', 'encrypted guests'], ['sev_es', 3, 'system', 'encrypted guests with encrypted registers'], ['sev_snp', 4, 'system', 'encrypted guests with protected page tables']]],
  [0x80000021, 0, 'eax', [['autoibrs', 8, 'system', 'automatic IBRS']]],
  [0x19, 0, 'ebx', [['aeskle', 0, 'application', 'AES with wrapped keys, enabled']]],
];

/** Flags without a CPUID bit of their own. */
// biome-ignore format: one row per flag
const MADE_UP: readonly (readonly [name: string, description: string])[] = [
  ['constant_tsc', 'the time stamp counter runs at one speed'], ['nonstop_tsc', 'the time stamp counter never stops'], ['tsc_reliable', 'the time stamp counter is trusted'],
  ['tsc_known_freq', 'the frequency of the time stamp counter is known'], ['rep_good', 'REP MOVS is fast'], ['nopl', 'long NOPs'], ['cpuid', 'the CPU has CPUID'], ['extd_apicid', 'long APIC ids'],
  ['amd_dcm', 'several dies in one package'], ['xtopology', 'topology from leaf 0xb'], ['acc_power', 'accumulated power'], ['art', 'an always running timer'], ['arch_perfmon', 'architectural performance monitoring (leaf 0xa)'],
  ['pebs', 'precise events of performance monitoring'], ['bts', 'branch trace store'], ['pti', 'page-table isolation is on'], ['ibrs', 'IBRS, of Intel or AMD'], ['ibrs_enhanced', 'enhanced IBRS is on'],
  ['retpoline', 'retpolines are on'], ['tpr_shadow', 'VMX: shadow of the TPR'], ['flexpriority', 'VMX: FlexPriority'], ['ept', 'VMX: extended page tables'], ['vpid', 'VMX: virtual processor ids'],
  ['ept_ad', 'VMX: accessed and dirty bits'], ['vmmcall', 'hypercalls by VMMCALL'], ['cpuid_fault', 'CPUID can be faulted (an MSR)'], ['ring3mwait', 'MWAIT for programs (an MSR)'],
  ['invpcid_single', 'INVPCID of one context'], ['intel_ppin', 'number of the part (an MSR)'], ['split_lock_detect', 'exception on split locks (an MSR)'], ['mba_legacy', 'memory bandwidth'],
];

// biome-ignore format: one row per flag
const ARM64: readonly (readonly [word: 'AT_HWCAP' | 'AT_HWCAP2', bits: Bits])[] = [
  ['AT_HWCAP', [
    ['dit', 24, 'application', 'data-independent timing'], ['uscat', 25, 'application', 'unaligned atomic accesses'], ['ilrcpc', 26, 'application', 'more weakly ordered loads and stores'],
    ['flagm', 27, 'application', 'flag manipulation'], ['ssbs', 28, 'application', 'control of speculative store bypass'], ['sb', 29, 'application', 'speculation barrier'],
    ['paca', 30, 'application', 'pointer authentication, address keys'], ['pacg', 31, 'application', 'pointer authentication, generic key'],
  ]],
  ['AT_HWCAP2', [
    ['dcpodp', 0, 'application', 'cleaning to the point of deep persistence'], ['sve2', 1, 'application', 'Scalable Vector Extension 2'], ['sveaes', 2, 'application', 'AES on SVE registers'],
    ['svepmull', 3, 'application', 'polynomial products on SVE registers'], ['svebitperm', 4, 'application', 'bit permutation on SVE registers'], ['svesha3', 5, 'application', 'SHA-3 on SVE registers'],
    ['svesm4', 6, 'application', 'SM4 on SVE registers'], ['flagm2', 7, 'application', 'more flag manipulation'], ['frint', 8, 'application', 'rounding to integers'], ['svei8mm', 9, 'application', '8-bit matrix products on SVE registers'],
    ['svef32mm', 10, 'application', 'single-precision matrix products'], ['svef64mm', 11, 'application', 'double-precision matrix products'], ['svebf16', 12, 'application', 'bfloat16 on SVE registers'],
    ['i8mm', 13, 'application', '8-bit matrix products'], ['bf16', 14, 'application', 'bfloat16'], ['dgh', 15, 'application', 'data gathering hint'], ['rng', 16, 'application', 'random numbers'],
    ['bti', 17, 'application', 'branch targets'], ['mte', 18, 'application', 'memory tags'], ['ecv', 19, 'application', 'enhanced counter'], ['afp', 20, 'application', 'alternate floating-point behaviour'],
    ['rpres', 21, 'application', 'more precise reciprocals'], ['mte3', 22, 'application', 'asymmetric memory tags'], ['sme', 23, 'application', 'Scalable Matrix Extension'],
  ]],
];

/** Every flag, x86 first. */
export const UNCOMPARED_FLAGS: readonly UncomparedFlag[] = [
  ...AMD64.flatMap(([leaf, subleaf, register, bits]) =>
    bits.map(
      ([name, bit, use, description]): UncomparedFlag => ({
        name,
        arch: 'amd64',
        place: { leaf, subleaf, register, bit },
        hwcap: null,
        use,
        description,
      }),
    ),
  ),
  ...MADE_UP.map(
    ([name, description]): UncomparedFlag => ({ name, arch: 'amd64', place: null, hwcap: null, use: 'linux', description }),
  ),
  ...ARM64.flatMap(([word, bits]) =>
    bits.map(
      ([name, bit, use, description]): UncomparedFlag => ({
        name,
        arch: 'arm64',
        place: null,
        hwcap: { word, bit },
        use,
        description,
      }),
    ),
  ),
];

const plain = (name: string): string => name.trim().toLowerCase().replaceAll(/[._-]/g, '');
const BY_NAME = grouped();

function grouped(): ReadonlyMap<string, readonly UncomparedFlag[]> {
  const groups = new Map<string, UncomparedFlag[]>();
  for (const flag of UNCOMPARED_FLAGS) groups.set(plain(flag.name), [...(groups.get(plain(flag.name)) ?? []), flag]);
  return groups;
}

/** The flags of a name, of one architecture or both; separators and case do not count. */
export function uncomparedFlags(name: string): readonly UncomparedFlag[] {
  return BY_NAME.get(plain(name)) ?? [];
}
