/**
 * What the CPUID labels of Node Feature Discovery (NFD) prove about the features that gVisor compares.
 *
 * NFD takes the names from klauspost/cpuid. Read in NFD v0.4.0 to v0.19.0 (source/cpu/cpu.go, cpuid_amd64.go, cpuid_arm64.go) and in the
 * versions of klauspost/cpuid that these were built with, v1.2.3 to v2.3.0 (cpuid.go: support).
 */

/** One label and one feature that gVisor compares. */
export interface LabelEvidence {
  /** gVisor name. */
  readonly feature: string;
  /** The flag as NFD calls it, `AVX512F`; for KubeVirt the name that libvirt gives it. */
  readonly label: string;
  /** Whether the label proves that the CPU has the feature. */
  readonly present: 'proves' | 'nothing';
  /** The label proves it on a machine that is certainly Intel's and certainly no virtual one only. */
  readonly presentOn?: 'intel-bare-metal';
  /** Whether it proves that the CPU lacks the feature when the label is certainly not there. */
  readonly absent: 'proves' | 'nothing';
  /** A missing label counts only where at least one label of each of these lists is there. */
  readonly absentWith?: readonly (readonly string[])[];
  /** NFD makes no label of this flag unless it is configured to; NodeFeature objects have it. */
  readonly denied?: true;
  /** How the flag is computed, as a clause that says what it does not prove. */
  readonly why: string;
}

/** What stands before the name of every label of NFD's own. */
export const NFD_LABEL_PREFIX = 'feature.node.kubernetes.io/';
/** What stands before the name of a CPUID flag. */
export const NFD_CPUID_PREFIX = `${NFD_LABEL_PREFIX}cpu-cpuid.`;

/**
 * Flags of every 64-bit x86 CPU. Where one of them is missing, the list is filtered, or older than NFD v0.12 (the first whose
 * klauspost/cpuid, v2.2.2, knows SYSCALL and every other flag of the table): then nothing that is missing counts.
 */
export const NFD_WITNESSES: readonly string[] = ['X87', 'CMPXCHG8', 'FXSR', 'SYSCALL'];

/**
 * Flags of which NFD makes no label by default. Where one is a label, NFD's configuration is not the default one, and nothing that is
 * missing counts.
 *
 * @see NFD source/cpu/cpu.go: newDefaultConfig (v0.19.0; earlier lists are parts of it)
 */
export const NFD_DENIED: ReadonlySet<string> = new Set(
  (
    'AVX10 BMI1 BMI2 CLMUL CMOV CX16 ERMS F16C HTT LZCNT MMX MMXEXT NX POPCNT RDRAND RDSEED RDTSCP SGX SGXLC SSE SSE2 SSE3 SSE4 SSE42 ' +
    'SSSE3 TDX_GUEST'
  ).split(' '),
);

/** Flags that are read from leaf 7 and nowhere else: one of them proves that leaf 7 is in range. */
const LEAF_7 = (
  'ADX AVX2 BMI1 BMI2 CETIBT CETSS CLDEMOTE ERMS FLUSH_L1D FSRM GFNI HLE HYBRID_CPU IA32_ARCH_CAP IA32_CORE_CAP MD_CLEAR MOVDIR64B MOVDIRI ' +
  'MPX PCONFIG RDSEED RTM RTM_ALWAYS_ABORT SERIALIZE SHA SRBDS_CTRL TME TSXLDTRK VAES VPCLMULQDQ WAITPKG AVX512F'
).split(' ');
const LEAF_D = ['XSAVEOPT', 'XSAVEC', 'XGETBV1', 'XSAVES'];
const AVX512 = (
  'AVX512F AVX512DQ AVX512IFMA AVX512PF AVX512ER AVX512CD AVX512BW AVX512VL AVX512VBMI AVX512VBMI2 AVX512VNNI AVX512BITALG ' +
  'AVX512VPOPCNTDQ AVX512VP2INTERSECT AVX512FP16 AVX512BF16'
).split(' ');

/** Flags that klauspost/cpuid sets only where the kernel has enabled the opmask and ZMM states in XCR0. */
export const NFD_AVX512: readonly string[] = AVX512;

type Rule = Omit<LabelEvidence, 'feature' | 'label' | 'denied'>;

const BIT: Rule = { present: 'proves', absent: 'proves', why: 'the flag is the CPUID bit' };
const IN_LEAF_7: Rule = { ...BIT, absentWith: [LEAF_7], why: 'the flag is the CPUID bit, where leaf 7 is in range' };
const IN_LEAF_D: Rule = {
  ...BIT,
  absentWith: [['XSAVE'], LEAF_D],
  why: 'the flag is the CPUID bit, where leaf 0xd is in range and the CPU has XSAVE',
};
const WITH_AVX: Rule = {
  ...BIT,
  absentWith: [['AVX']],
  why: "the flag is set only where the kernel has enabled the AVX state in XCR0, so that a missing one may be the kernel's doing",
};
const WITH_AVX512: Rule = {
  ...BIT,
  absentWith: [AVX512],
  why: "the flag is set only where the kernel has enabled the AVX-512 states in XCR0, so that a missing one may be the kernel's doing",
};
const OF_TWO_LEAVES: Rule = {
  present: 'nothing',
  absent: 'proves',
  why: 'the flag is set from a bit of leaf 0x1 or one of leaf 0x80000001, and gVisor compares one of the two',
};
const SPECULATION: Rule = {
  present: 'proves',
  presentOn: 'intel-bare-metal',
  absent: 'proves',
  absentWith: [LEAF_7],
  why: "the flag is set from Intel's bit in leaf 7 EDX, which gVisor compares, or from AMD's in leaf 0x80000008 EBX",
};

/** Rule, then pairs of gVisor name and flag. */
// biome-ignore format: one row per rule
const ROWS: readonly (readonly [rule: Rule, pairs: string])[] = [
  // Leaf 1 ECX
  [BIT, 'pni SSE3, pclmulqdq CLMUL, vmx VMX, ssse3 SSSE3, cx16 CX16, sse4_1 SSE4, sse4_2 SSE42, movbe MOVBE, aes AESNI, osxsave OSXSAVE, f16c F16C, rdrand RDRAND, hypervisor HYPERVISOR'],
  [{ ...BIT, absent: 'nothing', why: 'without the bit, what runsc itself sees is random' }, 'xsave XSAVE'],
  [{ ...BIT, absentWith: [['OSXSAVE']], why: 'the flag is set only where the kernel has enabled XSAVE' }, 'fma FMA3'],
  [{ ...OF_TWO_LEAVES, why: 'LZCNT (leaf 0x80000001) sets the flag too' }, 'popcnt POPCNT'],
  [{ ...BIT, absent: 'nothing', why: 'the flag is set only where the kernel has enabled the AVX state in XCR0' }, 'avx AVX'],
  // Leaf 1 EDX
  [BIT, 'fpu X87, cx8 CMPXCHG8, sep SYSEE, cmov CMOV, sse SSE, sse2 SSE2'],
  [OF_TWO_LEAVES, 'mmx MMX, fxsr FXSR'],
  [{ ...BIT, absent: 'nothing', why: 'the flag is set where the bit is 1 and a core has more than one thread' }, 'ht HTT'],
  // Leaf 7
  [IN_LEAF_7, 'bmi1 BMI1, hle HLE, erms ERMS, rtm RTM, mpx MPX, rdseed RDSEED, adx ADX, sha_ni SHA'],
  [{ ...BIT, absentWith: [['BMI1']], why: 'the flag is looked at only where the CPU has BMI1' }, 'bmi2 BMI2'],
  [{ ...WITH_AVX, absentWith: [['AVX'], LEAF_7] }, 'avx2 AVX2'],
  [IN_LEAF_7, 'waitpkg WAITPKG, cet_ss CETSS, gfni GFNI, vaes VAES, vpclmulqdq VPCLMULQDQ, tme TME, cldemote CLDEMOTE, movdiri MOVDIRI, movdir64b MOVDIR64B'],
  [IN_LEAF_7, 'fsrm FSRM, srbds_ctrl SRBDS_CTRL, md_clear MD_CLEAR, rtm_always_abort RTM_ALWAYS_ABORT, serialize SERIALIZE, hybrid_cpu HYBRID_CPU, tsxldtrk TSXLDTRK, pconfig PCONFIG, ibt CETIBT, flush_l1d FLUSH_L1D, arch_capabilities IA32_ARCH_CAP, core_capabilities IA32_CORE_CAP'],
  [WITH_AVX512, 'avx512f AVX512F, avx512dq AVX512DQ, avx512pf AVX512PF, avx512er AVX512ER, avx512cd AVX512CD, avx512bw AVX512BW, avx512vl AVX512VL, avx512vbmi AVX512VBMI, avx512_vbmi2 AVX512VBMI2, avx512_vnni AVX512VNNI, avx512_bitalg AVX512BITALG, avx512_vpopcntdq AVX512VPOPCNTDQ, avx512_vp2intersect AVX512VP2INTERSECT, avx512_fp16 AVX512FP16'],
  [WITH_AVX512, 'amx_bf16 AMXBF16, amx_tile AMXTILE, amx_int8 AMXINT8'],
  [SPECULATION, 'spec_ctrl IBPB, intel_stibp STIBP, spec_ctrl_ssbd SPEC_CTRL_SSBD'],
  // Leaf 0xd subleaf 1 EAX
  [IN_LEAF_D, 'xsaveopt XSAVEOPT, xsavec XSAVEC, xgetbv1 XGETBV1, xsaves XSAVES'],
  // Leaf 0x80000001
  [BIT, 'lahf_lm LAHF, svm SVM, abm LZCNT, sse4a SSE4A, ibs IBS, topoext TOPEXT, syscall SYSCALL, nx NX, rdtscp RDTSCP, 3dnowext AMD3DNOWEXT, 3dnow AMD3DNOW'],
  [WITH_AVX, 'xop XOP, fma4 FMA4'],
  [{ ...BIT, present: 'nothing', why: 'klauspost/cpuid before v2.2 sets the flag from a bit of leaf 0x1 too' }, 'mmxext MMXEXT'],
  [{ present: 'nothing', absent: 'nothing', why: 'the flag is set from the SSE bit of leaf 0x1 too, which every 64-bit CPU has' }, 'fxsr_opt FXSROPT'],
];

/**
 * One row for each flag of an x86 CPU that names a feature gVisor compares.
 *
 * Not in it: AMXFP8, which klauspost/cpuid reads from the bit of `pku`, and TBM, which it declares and never sets.
 */
export const NFD_CPUID: readonly LabelEvidence[] = ROWS.flatMap(([rule, pairs]) =>
  pairs.split(', ').map((pair) => {
    const [feature = '', label = ''] = pair.split(' ');
    return { feature, label, ...rule, ...(NFD_DENIED.has(label) ? { denied: true as const } : {}) };
  }),
);

/** Flags of every arm64 machine that runs Linux programs, which stand for the whole list as {@link NFD_WITNESSES} do. */
export const NFD_HWCAP_WITNESSES: readonly string[] = ['FP', 'ASIMD'];

/** Flags that came together with ASIMDFHM, in NFD v0.12. */
const WITH_ASIMDFHM = (
  'ASIMDFHM DIT USCAT ILRCPC FLAGM SSBS SB PACA PACG DCPODP SVE2 SVEAES SVEPMULL SVEBITPERM SVESHA3 SVESM4 FLAGM2 FRINT SVEI8MM SVEF32MM ' +
  'SVEF64MM SVEBF16 I8MM BF16 DGH RNG BTI MTE ECV AFP RPRES MTE3 SME WFXT EBF16 SVEEBF16'
).split(' ');

/**
 * The same for arm64: NFD reads AT_HWCAP, which gVisor compares, and writes its bits under the names of Linux in capitals.
 *
 * @see NFD source/cpu/cpuid_linux_arm64.go: flagNames_arm64
 */
export const NFD_HWCAP: readonly LabelEvidence[] = (
  'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma lrcpc dcpop sha3 sm3 sm4 asimddp sha512 sve ' +
  'asimdfhm'
)
  .split(' ')
  .map((feature) => ({
    feature,
    label: feature.toUpperCase(),
    present: 'proves',
    absent: 'proves',
    ...(feature === 'asimdfhm' ? { absentWith: [WITH_ASIMDFHM] } : {}),
    why: 'the flag is the bit of AT_HWCAP',
  }));
