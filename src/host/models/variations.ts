/** Features that a CPU of a named model may lack on a machine all the same. */

/** One reason why a CPU's own feature need not be there, and the features that it concerns. */
interface Variation {
  readonly features: readonly string[];
  /** As a clause behind the name of the model. */
  readonly why: string;
  readonly source: string;
  /** Generations that it concerns; all when it is not there. */
  readonly generations?: readonly string[];
}

const MICROCODE = [
  'srbds_ctrl',
  'md_clear',
  'spec_ctrl',
  'intel_stibp',
  'flush_l1d',
  'arch_capabilities',
  'core_capabilities',
  'spec_ctrl_ssbd',
] as const;

/** What belongs to the board, to power, to debugging or to performance counting. */
const BOARD = [
  'dtes64',
  'monitor',
  'ds_cpl',
  'est',
  'tm2',
  'cid',
  'sdbg',
  'xtpr',
  'pdcm',
  'dca',
  'pn',
  'dts',
  'acpi',
  'ss',
  'tm',
  'ia64',
  'pbe',
  'cqm',
  'rdt_a',
  'ipt',
  'tme',
  'cmp_legacy',
  'extapic',
  'cr8_legacy',
  'osvw',
  'ibs',
  'wdt',
  'tce',
  'topoext',
  'perfctr_core',
  'perfctr_nb',
  'bpext',
  'ptsc',
  'perfctr_llc',
  'ad_mask_extn',
  'mwaitx',
  'lwp',
  'pconfig',
  'arch_lbr',
  'hybrid_cpu',
] as const;

const AVX512 = [
  'avx512f',
  'avx512dq',
  'avx512cd',
  'avx512bw',
  'avx512vl',
  'avx512vbmi',
  'avx512_vbmi2',
  'avx512_vnni',
  'avx512_bitalg',
  'avx512_vpopcntdq',
  'avx512_vp2intersect',
  'avx512_fp16',
] as const;

/** Client generations of Intel in which AVX-512 came and went. */
const AVX512_CLIENTS = ['Ice Lake', 'Rocket Lake', 'Tiger Lake', 'Alder Lake', 'Raptor Lake'] as const;

const WESTMERE_TO_COFFEE_LAKE = [
  'Westmere',
  'Sandy Bridge',
  'Ivy Bridge',
  'Haswell',
  'Broadwell',
  'Skylake',
  'Kaby Lake',
  'Coffee Lake',
] as const;
/** Servers with the cores of Skylake. */
const SKYLAKE_SERVERS = ['Skylake-SP', 'Cascade Lake', 'Cooper Lake'] as const;

/** The first row that names a feature counts. */
const VARIATIONS: readonly Variation[] = [
  { features: ['osxsave', 'ospke'], why: 'the operating system decides', source: 'Intel SDM vol. 2A, CPUID: OSXSAVE, OSPKE' },
  { features: ['hypervisor'], why: 'a virtual machine has it and bare metal has not', source: 'AMD APM vol. 3, app. E.3' },
  { features: ['apic', 'x2apic'], why: 'firmware and hypervisors decide', source: 'Intel SDM vol. 3A, 12.4.3 and 12.12.1' },
  { features: ['ht'], why: 'it depends on how many logical CPUs there are', source: 'Intel SDM vol. 2A, CPUID.01H:EDX[28]' },
  {
    features: ['erms', 'fsrm'],
    why: 'firmware can switch fast string operations off',
    source: 'Intel SDM vol. 4, IA32_MISC_ENABLE[0]; beam-cloud/beta9: EPYC 7B13 with and without',
  },
  {
    features: ['hle', 'rtm', 'rtm_always_abort', 'tsx_force_abort', 'tsxldtrk'],
    why: 'microcode and kernel switch transactional memory off',
    source: 'Linux Documentation/admin-guide/hw-vuln/tsx_async_abort.rst',
  },
  {
    features: ['mpx'],
    why: 'hypervisors hide it since kernels dropped it',
    source: 'Linux commit 45fc24e89b7c (x86/mpx: remove MPX from arch/x86); QEMU target/i386/cpu.c, versions without mpx',
  },
  {
    features: ['xsaveopt', 'xsavec', 'xgetbv1', 'xsaves'],
    why: 'microcode and hypervisors take variants of XSAVE away',
    source: 'AMD revision guide of family 17h, erratum 1386; QEMU target/i386/cpu.c, versions with and without xsaves',
  },
  {
    features: MICROCODE,
    why: 'microcode adds it and hypervisors hide it',
    source: 'Linux Documentation/admin-guide/hw-vuln',
  },
  {
    features: ['vmx', 'svm', 'smx', 'skinit'],
    why: 'firmware can switch it off and hypervisors hide it',
    source: 'Intel SDM vol. 3C, 24.7; AMD APM vol. 2, 15.4',
  },
  { features: BOARD, why: 'hypervisors hide what belongs to the board', source: 'KVM arch/x86/kvm/cpuid.c: kvm_set_cpu_caps' },
  { features: ['tsc_deadline_timer', 'tsc_adjust'], why: 'hypervisors decide', source: 'KVM arch/x86/kvm/cpuid.c' },
  { features: ['waitpkg'], why: 'hypervisors hide it', source: 'QEMU target/i386/kvm/kvm.c: waitpkg needs cpu-pm' },
  {
    features: ['la57', 'pdpe1gb', 'pcid', 'invpcid', 'umip', 'cet_ss', 'ibt'],
    why: 'hypervisors and kernels decide',
    source: 'KVM arch/x86/kvm/cpuid.c: kvm_set_cpu_caps',
  },
  {
    features: ['amx_tile', 'amx_bf16', 'amx_int8'],
    why: 'hypervisors need a permission to show it',
    source: 'Linux Documentation/arch/x86/xstate.rst',
  },
  {
    features: ['aes'],
    why: 'firmware can switch it off',
    source: 'Intel SDM vol. 4, MSR_FEATURE_CONFIG (13CH)',
    generations: [...WESTMERE_TO_COFFEE_LAKE, ...SKYLAKE_SERVERS],
  },
  {
    features: AVX512,
    why: 'firmware of many client boards can switch AVX-512 off',
    source: 'Intel ARK: AVX-512 differs among parts of these generations; firmware of boards for them has a switch',
    generations: AVX512_CLIENTS,
  },
  {
    features: ['pku'],
    why: 'parts for workstations and clients lack it',
    source: 'InstLatx64: dumps of 0050654 (Skylake-X), 0050657 (Cascade Lake-X), 00A0671 (Rocket Lake)',
    generations: [...SKYLAKE_SERVERS, ...AVX512_CLIENTS, 'Meteor Lake', 'Arrow Lake'],
  },
  {
    features: ['sha_ni'],
    why: 'some parts lack it',
    source: 'InstLatx64: dumps of 0800F12 and 0850F00',
    generations: ['Zen', 'Zen+'],
  },
  {
    features: ['bmi1'],
    why: 'early parts lack it',
    source: 'InstLatx64: a dump of 0610F01',
    generations: ['Piledriver'],
  },
  {
    features: ['rdrand'],
    why: 'Linux hides it on families 15h and 16h unless firmware is known to restore it',
    source: 'Linux arch/x86/kernel/cpu/amd.c: clear_rdrand_cpuid_bit',
    generations: ['Bulldozer', 'Piledriver', 'Steamroller', 'Excavator', 'Jaguar', 'Puma'],
  },
  {
    features: ['rdseed'],
    why: 'Linux hides it where microcode leaves its 32-bit form broken',
    source: 'Linux arch/x86/kernel/cpu/amd.c: init_amd_zn5; AMD-SB-7055',
    generations: ['Zen 5'],
  },
];

/**
 * Parts of these generations are sold without what the generation brought (Pentium and Celeron), so a name that means all of them
 * promises none of it.
 *
 * @see Intel ARK, Pentium and Celeron processors of these generations: instruction set extensions
 */
const REDUCED_PARTS: Variation = {
  features: [
    'aes',
    'pclmulqdq',
    'avx',
    'avx2',
    'fma',
    'f16c',
    'bmi1',
    'bmi2',
    'abm',
    'movbe',
    'adx',
    'rdrand',
    'rdseed',
    'xsaveopt',
    'hle',
    'rtm',
    'mpx',
  ],
  why: 'its Pentium and Celeron parts lack some of this',
  source: 'Intel ARK',
  generations: [...WESTMERE_TO_COFFEE_LAKE, 'Whiskey Lake', 'Comet Lake'],
};

/**
 * Why a feature that the CPU has may not be there on a machine with it, or null when no such reason is known.
 *
 * @param feature gVisor name
 * @param generation name of the microarchitecture, or null when it is unknown
 */
export function whyFeatureVaries(feature: string, generation: string | null): string | null {
  return VARIATIONS.find((row) => concerns(row, feature, generation))?.why ?? null;
}

/** The same where a name means every part that was sold of a generation. */
export function whyPartsVary(feature: string, generation: string | null): string | null {
  return whyFeatureVaries(feature, generation) ?? (concerns(REDUCED_PARTS, feature, generation) ? REDUCED_PARTS.why : null);
}

function concerns(row: Variation, feature: string, generation: string | null): boolean {
  if (!row.features.includes(feature)) return false;
  return row.generations === undefined || generation === null || row.generations.includes(generation);
}
