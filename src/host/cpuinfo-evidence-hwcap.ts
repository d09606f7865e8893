/**
 * The names of arm64 capabilities in /proc/cpuinfo by their bit.
 *
 * @see Linux 6.12 arch/arm64/kernel/cpuinfo.c: hwcap_str, compat_hwcap_str; arch/arm64/include/uapi/asm/hwcap.h
 */

/** Bits 0 to 31 of AT_HWCAP. */
export const HWCAP_NAMES: readonly string[] = [
  ...['fp', 'asimd', 'evtstrm', 'aes', 'pmull', 'sha1', 'sha2', 'crc32'],
  ...['atomics', 'fphp', 'asimdhp', 'cpuid', 'asimdrdm', 'jscvt', 'fcma', 'lrcpc'],
  ...['dcpop', 'sha3', 'sm3', 'sm4', 'asimddp', 'sha512', 'sve', 'asimdfhm'],
  ...['dit', 'uscat', 'ilrcpc', 'flagm', 'ssbs', 'sb', 'paca', 'pacg'],
];

/** Bits 0 to 63 of AT_HWCAP2. */
export const HWCAP2_NAMES: readonly string[] = [
  ...['dcpodp', 'sve2', 'sveaes', 'svepmull', 'svebitperm', 'svesha3', 'svesm4', 'flagm2'],
  ...['frint', 'svei8mm', 'svef32mm', 'svef64mm', 'svebf16', 'i8mm', 'bf16', 'dgh'],
  ...['rng', 'bti', 'mte', 'ecv', 'afp', 'rpres', 'mte3', 'sme'],
  ...['smei16i64', 'smef64f64', 'smei8i32', 'smef16f32', 'smeb16f32', 'smef32f32', 'smefa64', 'wfxt'],
  ...['ebf16', 'sveebf16', 'cssc', 'rprfm', 'sve2p1', 'sme2', 'sme2p1', 'smei16i32'],
  ...['smebi32i32', 'smeb16b16', 'smef16f16', 'mops', 'hbc', 'sveb16b16', 'lrcpc3', 'lse128'],
  ...['fpmr', 'lut', 'faminmax', 'f8cvt', 'f8fma', 'f8dp4', 'f8dp2', 'f8e4m3'],
  ...['f8e5m2', 'smelutv2', 'smef8f16', 'smef8f32', 'smesf8fma', 'smesf8dp4', 'smesf8dp2', 'poe'],
];

/** Names that only a 32-bit kernel prints, or a 64-bit one for a reader with a 32-bit personality. */
export const NAMES_OF_32_BIT_READERS: ReadonlySet<string> = new Set([
  ...['swp', 'half', 'thumb', '26bit', 'fastmult', 'fpa', 'vfp', 'edsp', 'java', 'iwmmxt', 'crunch', 'thumbee', 'neon'],
  ...['vfpv3', 'vfpv3d16', 'tls', 'vfpv4', 'idiva', 'idivt', 'vfpd32', 'lpae', 'asimdbf16'],
]);
