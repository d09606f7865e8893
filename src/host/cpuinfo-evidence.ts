/**
 * What /proc/cpuinfo of an x86 host proves about each CPUID bit that gVisor compares.
 *
 * A shown flag proves its bit unless kernel code can force the flag. A missing flag proves that the bit is 0 only where no kernel code
 * hides the flag, or where the page excludes the code that does. `clearcpuid=` and `setcpuid=`, debugging options that taint the kernel,
 * are taken not to have been used: docs/cpuinfo-evidence.md.
 *
 * Read in Linux 5.10.223, 6.1.192, 6.12.117 and 7.3.4 completely, in 4.14 and the kernels between for the rows that differ. Files are
 * below arch/x86 unless they say otherwise; a number in parentheses is the first release.
 */
import type { CpuFeature } from '../cpu/feature.ts';
import { AMD64_FEATURES } from '../cpu/features-amd64.ts';
import {
  any,
  type Condition,
  type EvidenceRule,
  hidden,
  level,
  noBug,
  otherModel,
  shown,
  vendor,
} from './cpuinfo-evidence-rule.ts';

const AMD = 'AuthenticAMD';
const INTEL = 'GenuineIntel';
const HYGON = 'HygonGenuine';

/** No code path but `clearcpuid=`. */
const PLAIN: EvidenceRule = {
  present: [],
  absent: [],
  because: 'the kernel has no code that hides or forces this flag',
  source: 'kernel/cpu/*.c, kernel/*.c, mm/*.c: no setup_clear_cpu_cap, clear_cpu_cap, setup_force_cpu_cap or set_cpu_cap of it',
};

/** Presence as in PLAIN, absence never. */
function hideable(because: string, source: string): EvidenceRule {
  return { present: [], absent: null, because, source };
}

/** Presence as in PLAIN, absence only under conditions. */
function hideableUnless(absent: readonly Condition[], because: string, source: string): EvidenceRule {
  return { present: [], absent, because, source };
}

/** A bit whose flag the kernel never shows. */
function neverShown(because: string, source: string): EvidenceRule {
  return { present: null, absent: null, because, source };
}

/** XSAVE in use, so that nothing was cleared along with it; and AVX not given up for want of microcode. */
const XSAVE_IN_USE = shown('xsave');
const AVX_KEPT = [XSAVE_IN_USE, any(shown('avx'), shown('hypervisor'), noBug('gds'))];

const WITH_AVX = hideableUnless(
  AVX_KEPT,
  'it is cleared with xsave (noxsave, unusable XSAVE) and with avx (gather_data_sampling=force without microcode), while CPUID keeps it',
  'kernel/cpu/cpuid-deps.c: cpuid_deps; kernel/fpu/xstate.c: fpu__init_disable_system_xstate; kernel/cpu/bugs.c: gds_select_mitigation',
);
const WITH_XSAVE = hideableUnless(
  [XSAVE_IN_USE],
  'it is cleared with xsave (noxsave, unusable XSAVE), while CPUID keeps it',
  'kernel/cpu/cpuid-deps.c: cpuid_deps; kernel/fpu/xstate.c: fpu__init_disable_system_xstate',
);

/** A flag that a kernel of gVisor's oldest documented requirement (Linux 4.14.77) may not know yet. */
function newerThan414(first: string): EvidenceRule {
  return hideable(
    `kernels before ${first} do not know the flag, and the page does not tell the kernel's version`,
    'include/asm/cpufeatures.h',
  );
}

const TSX: EvidenceRule = {
  present: [any(hidden('arch_capabilities'), vendor(AMD, HYGON))],
  absent: [vendor(AMD, HYGON)],
  because: 'TSX control clears and forces this flag: tsx=, microcode that always aborts, and hle is forced on CPUs without it',
  source: 'kernel/cpu/tsx.c: tsx_init, tsx_clear_cpuid',
};

/** Intel's own speculation control bits show only as ibrs, stibp and ssbd, which AMD's bits of leaf 0x80000008 also set. */
function speculation(...flags: readonly [string, ...string[]]): EvidenceRule {
  return {
    present: [vendor(INTEL), hidden('hypervisor'), ...flags.map(shown)],
    absent: [hidden(flags[0]), any(shown('hypervisor'), vendor(AMD, HYGON))],
    because: `the kernel shows ${flags.join(' and ')} for this bit, for AMD's bits of leaf 0x80000008, and not with known bad Intel microcode`,
    source: 'kernel/cpu/common.c: init_speculation_control; kernel/cpu/intel.c: early_init_intel, bad_spectre_microcode',
  };
}

const RDRAND_TEST = 'kernel/cpu/rdrand.c: x86_init_rdrand';
const COMMON = 'kernel/cpu/common.c';
const CPUID_DEPS = 'kernel/cpu/cpuid-deps.c: cpuid_deps';
const HIDDEN_NAME = 'include/asm/cpufeatures.h (no name in the comment)';
const NOT_DEFINED = 'include/asm/cpufeatures.h (no definition)';
/** Intel family 6 up to Sandy Bridge whose self-snoop is not trusted. @see kernel/cpu/intel.c: check_memory_type_self_snoop_errata */
const SELF_SNOOP_ERRATA = [0x0e, 0x0f, 0x16, 0x17, 0x1d, 0x1e, 0x1f, 0x1a, 0x2e, 0x25, 0x2c, 0x2a];
/** AMD family 15h whose topology extensions firmware may have switched off. */
const BULLDOZER = Array.from({ length: 0x60 }, (_, index) => 0x10 + index);
/** Intel family 6 before Core 2. */
const BEFORE_CORE2 = Array.from({ length: 15 }, (_, model) => model);

/** Every feature whose rule is not PLAIN. */
// biome-ignore format: one row per feature
const EXCEPTIONS: readonly (readonly [names: string, rule: EvidenceRule])[] = [
  // Leaf 1 ECX
  ['monitor', hideableUnless([level(5)], 'it is cleared where the highest basic leaf is below 5', `${COMMON}: filter_cpuid_features`)],
  ['vmx', hideable('it is cleared where firmware has locked VMX off or the kernel cannot use it', 'kernel/cpu/feat_ctl.c: init_ia32_feat_ctl (5.6); virt/hw.c: x86_vmx_init (7.x)')],
  ['pcid', hideable('nopcid and an INVLPG erratum of Alder Lake and Raptor Lake clear it', `${COMMON}: x86_nopcid_setup; mm/init.c: setup_pcid`)],
  ['dca', hideableUnless([level(9)], 'it is cleared where the highest basic leaf is below 9', `${COMMON}: filter_cpuid_features`)],
  ['x2apic', hideable('nox2apic and failing interrupt remapping clear it', 'kernel/apic/apic.c: setup_nox2apic, __x2apic_disable')],
  ['tsc_deadline_timer', hideable('lapic=notscdeadline, old microcode and an unstable TSC clear it', 'kernel/apic/apic.c: apic_validate_deadline_timer; kernel/tsc.c: tsc_init')],
  ['xsave', hideable("noxsave, unusable XSAVE and a highest basic leaf below 0xd clear it; where CPUID lacks XSAVE, runsc's own answer is random", `${COMMON}: cpu_parse_early_param, filter_cpuid_features; gVisor pkg/cpuid/features_amd64.go: Feature.set`)],
  ['osxsave', { present: [XSAVE_IN_USE], absent: [hidden('xsave')], because: 'the kernel does not show it; it sets CR4.OSXSAVE exactly when it shows xsave', source: 'kernel/fpu/xstate.c: fpu__init_cpu_xstate, fpu__init_disable_system_xstate' }],
  ['avx f16c fma', WITH_AVX],
  ['rdrand', hideable('a failed self-test, nordrand, and AMD families 15h and 16h after suspend clear it', `${RDRAND_TEST}; kernel/cpu/amd.c: clear_rdrand_cpuid_bit`)],
  // Leaf 1 EDX
  ['vme', hideable('a 64-bit kernel does not support it and may clear what it does not support', 'Kconfig.cpufeatures: X86_DISABLED_FEATURE_VME')],
  ['apic', hideable('nolapic, disableapic and a machine without a usable APIC clear it', 'kernel/apic/apic.c: setup_disableapic, detect_init_APIC')],
  ['mtrr', hideableUnless([hidden('hypervisor')], 'confidential and Hyper-V isolated guests clear it', 'kernel/cpu/mtrr/generic.c: mtrr_overwrite_state')],
  ['pat', hideableUnless([otherModel(INTEL, 6, BEFORE_CORE2)], 'it is cleared on Intel CPUs before Core 2', 'kernel/cpu/intel.c: early_init_intel')],
  ['clflush', hideable('noclflush cleared it until 5.18', `${COMMON}: setup_noclflush`)],
  ['ss', hideableUnless([otherModel(INTEL, 6, SELF_SNOOP_ERRATA)], 'it is cleared on Intel models up to Sandy Bridge', 'kernel/cpu/intel.c: check_memory_type_self_snoop_errata')],
  ['pbe', hideableUnless([vendor(INTEL)], 'it is cleared on AMD, Hygon and Centaur, where bit 31 meant 3DNow!', 'kernel/cpu/amd.c: init_amd; hygon.c: init_hygon; centaur.c: init_centaur')],
  // Leaf 7 EBX
  ['fsgsbase', hideable('nofsgsbase clears it', `${COMMON}: x86_nofsgsbase_setup (5.9)`)],
  ['hle rtm', TSX],
  ['avx2 avx512f avx512dq avx512pf avx512er avx512cd avx512bw avx512vl', WITH_AVX],
  ['fdp_excptn_only fpcsds', neverShown('the kernel never shows it', HIDDEN_NAME)],
  ['smep', hideable('nosmep cleared it until 5.18', `${COMMON}: setup_disable_smep`)],
  ['smap', hideable('nosmap cleared it until 5.18', `${COMMON}: setup_disable_smap`)],
  ['erms', hideableUnless([shown('rep_good')], 'it is cleared, with rep_good, where firmware has disabled fast strings', 'kernel/cpu/intel.c: early_init_intel')],
  ['invpcid', hideable('noinvpcid clears it', `${COMMON}: x86_noinvpcid_setup`)],
  ['mpx', hideable('nompx and a missing smep cleared it until 5.5, and it is cleared with xsave', `${COMMON}: x86_mpx_setup; kernel/cpu/intel.c: check_mpx_erratum; ${CPUID_DEPS}`)],
  ['rdseed', hideable('a failed self-test, nordrand, and AMD Zen 5 and Cyan Skillfish without fixed microcode clear it; in a guest CPUID keeps it', `${RDRAND_TEST}; kernel/cpu/amd.c: init_amd_zen5, init_amd_zen2`)],
  ['clfushopt', hideableUnless([shown('clflush')], 'noclflush cleared it, with clflush, until 5.18', `${COMMON}: setup_noclflush`)],
  // Leaf 7 ECX
  ['prefetchwt1', neverShown('the kernel does not know it', NOT_DEFINED)],
  ['umip', hideable('a kernel built without CONFIG_X86_UMIP may clear it', 'Kconfig.cpufeatures: X86_DISABLED_FEATURE_UMIP')],
  ['pku', hideable('a kernel built without memory protection keys may clear it, and it is cleared with xsave', `Kconfig.cpufeatures: X86_DISABLED_FEATURE_PKU; ${CPUID_DEPS}`)],
  ['ospke', { present: [], absent: [], because: 'the kernel shows it exactly when it has set CR4.PKE', source: `${COMMON}: setup_pku` }],
  ['cet_ss', hideable('only kernels since 6.6 with user shadow stacks show user_shstk, and nousershstk hides it', `${COMMON}: setup_cet`)],
  ['avx512vbmi avx512_vbmi2 gfni vaes vpclmulqdq avx512_vnni avx512_bitalg avx512_vpopcntdq', WITH_AVX],
  ['tme', hideable('it is cleared where firmware has not activated it', 'kernel/cpu/intel.c: detect_tme, detect_tme_early')],
  ['la57', hideable('it is cleared unless the kernel uses 5-level page tables', `${COMMON}: early_identify_cpu`)],
  ['waitpkg', newerThan414('5.4')],
  ['cldemote', newerThan414('4.19')],
  ['movdiri movdir64b', newerThan414('5.0')],
  // Leaf 0xd subleaf 1 EAX
  ['xsaveopt', hideable('noxsaveopt clears it, and it is cleared with xsave', `${COMMON}: cpu_parse_early_param; ${CPUID_DEPS}`)],
  ['xsavec xgetbv1', WITH_XSAVE],
  ['xsaves', hideable('noxsaves and erratum 1386 of AMD Zen 1 and 2 clear it, and it is cleared with xsave', `${COMMON}: cpu_parse_early_param; kernel/cpu/amd.c: fix_erratum_1386`)],
  // Leaf 0x80000001 ECX
  ['lahf_lm', hideableUnless([otherModel(AMD, 15, Array.from({ length: 0x14 }, (_, model) => model))], 'it is cleared on AMD K8 before revision D (erratum 110)', 'kernel/cpu/amd.c: init_amd_k8')],
  ['svm', hideableUnless([vendor(INTEL)], 'it is cleared where firmware has disabled SVM', 'kernel/cpu/amd.c: init_amd; hygon.c: init_hygon (6.9)')],
  ['3dnowprefetch', { present: [vendor(INTEL)], absent: [], because: 'the kernel shows it on every 64-bit AMD CPU, whatever CPUID says', source: 'kernel/cpu/amd.c: init_amd' }],
  ['xop fma4', WITH_AVX],
  ['topoext', { present: [any(hidden('hypervisor'), otherModel(AMD, 0x15, BULLDOZER))], absent: [], because: 'the kernel turns it on in an MSR of AMD family 15h, which a hypervisor may ignore', source: 'kernel/cpu/topology_amd.c: topoext_fixup' }],
  ['ad_mask_extn', neverShown('the kernel does not know it', NOT_DEFINED)],
  // Leaf 7 EDX
  ['avx512_4vnniw avx512_4fmaps', WITH_AVX],
  ['fsrm', newerThan414('5.6')],
  ['avx512_vp2intersect', newerThan414('5.4')],
  ['md_clear', newerThan414('5.1')],
  ['serialize tsxldtrk', newerThan414('5.9')],
  ['pconfig', newerThan414('4.17')],
  ['arch_lbr', hideable('it is cleared where the performance monitoring code cannot use it, and kernels before 5.9 do not know it', 'events/intel/lbr.c: intel_pmu_arch_lbr_init')],
  ['ibt', hideable('kernels before 5.18, those built without CONFIG_X86_KERNEL_IBT, and ibt=off do not show it', `${COMMON}: setup_cet`)],
  ['amx_bf16 amx_tile amx_int8', newerThan414('5.11')],
  ['avx512_fp16', newerThan414('5.11')],
  ['srbds_ctrl rtm_always_abort tsx_force_abort hybrid_cpu core_capabilities', neverShown('the kernel never shows it', HIDDEN_NAME)],
  ['spec_ctrl', speculation('ibrs', 'ibpb')],
  ['intel_stibp', speculation('stibp')],
  ['spec_ctrl_ssbd', speculation('ssbd')],
];

const RULE_BY_NAME: ReadonlyMap<string, EvidenceRule> = new Map(
  EXCEPTIONS.flatMap(([names, rule]) => names.split(' ').map((name) => [name, rule] as const)),
);

/** What the page proves about one feature. */
export interface CpuinfoEvidence {
  readonly feature: CpuFeature;
  /** The flag whose presence or absence is looked at first, or null when the kernel never shows one. */
  readonly flag: string | null;
  readonly rule: EvidenceRule;
}

/** One row for each feature that gVisor compares on amd64, in feature-number order. */
export const CPUINFO_EVIDENCE: readonly CpuinfoEvidence[] = AMD64_FEATURES.map((feature) => {
  const rule = RULE_BY_NAME.get(feature.name) ?? PLAIN;
  const readBy = conditionsOfReading(feature);
  return {
    feature,
    flag: feature.linuxName,
    rule: rule.absent === null ? rule : { ...rule, absent: [...readBy, ...rule.absent] },
  };
});

/**
 * The kernel reads leaf 7 only where the highest basic leaf is at least 7, while runsc always asks for it and believes whatever the CPU
 * answers; and leaf 0xd subleaf 1 only with XSAVE.
 *
 * @see kernel/cpu/common.c: get_cpu_cap; gVisor pkg/cpuid/features_amd64.go: Feature.check
 */
function conditionsOfReading(feature: CpuFeature): readonly Condition[] {
  if (feature.leaf === 7) return [level(7)];
  return feature.leaf === 0xd ? [XSAVE_IN_USE] : [];
}
