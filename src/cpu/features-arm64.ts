/**
 * The CPU features that gVisor compares on arm64: bits of AT_HWCAP.
 *
 * Names, bits and dates are facts of gVisor (Apache-2.0), pkg/cpuid/features_arm64.go, read at commit 3c5eee17d (2026-08-21) and in its
 * history; the meaning of each bit is documented by Linux. Impact and description are ours.
 */
import type { CpuFeature, Impact } from './feature.ts';

/** The commit (266cabd00) since which gVisor compares features on arm64 at all. */
const COMPARED_SINCE = '20220113';
const SOURCE = 'Linux Documentation/arch/arm64/elf_hwcaps.rst';

/** gVisor name, impact, description; the row number is the bit. Linux shows every one of them under the same name. */
// biome-ignore format: one row per feature
const ROWS: readonly (readonly [name: string, impact: Impact, description: string])[] = [
  ['fp', 'instruction', 'single and double precision floating point'],
  ['asimd', 'instruction', 'Advanced SIMD vector instructions'],
  ['evtstrm', 'dynamic', 'the kernel makes the generic timer generate events at about 10 kHz'],
  ['aes', 'instruction', 'AES rounds (AESE, AESD)'],
  ['pmull', 'instruction', '64-bit polynomial multiplication (PMULL)'],
  ['sha1', 'instruction', 'SHA-1 rounds'],
  ['sha2', 'instruction', 'SHA-256 rounds'],
  ['crc32', 'instruction', 'CRC-32 instructions'],
  ['atomics', 'instruction', 'atomic instructions on memory (LSE: LDADD, CAS, SWP)'],
  ['fphp', 'instruction', 'half-precision arithmetic'],
  ['asimdhp', 'instruction', 'half-precision vector arithmetic'],
  ['cpuid', 'dynamic', 'the kernel lets applications read certain ID registers'],
  ['asimdrdm', 'instruction', 'rounding doubling multiply accumulate (SQRDMLAH)'],
  ['jscvt', 'instruction', 'conversion with JavaScript semantics (FJCVTZS)'],
  ['fcma', 'instruction', 'complex number arithmetic (FCMLA, FCADD)'],
  ['lrcpc', 'instruction', 'load-acquire with weaker ordering (LDAPR)'],
  ['dcpop', 'instruction', 'cleaning the data cache to the point of persistence (DC CVAP)'],
  ['sha3', 'instruction', 'SHA-3 instructions (EOR3, RAX1, XAR, BCAX)'],
  ['sm3', 'instruction', 'SM3 hash instructions'],
  ['sm4', 'instruction', 'SM4 cipher instructions'],
  ['asimddp', 'instruction', 'vector dot product (UDOT, SDOT)'],
  ['sha512', 'instruction', 'SHA-512 rounds'],
  ['sve', 'instruction', 'Scalable Vector Extension; needs a kernel that enables it'],
  ['asimdfhm', 'instruction', 'half-precision multiply accumulate into single precision (FMLAL)'],
];

/**
 * Every feature of gVisor's newest arm64 table, in feature-number order (the bit of AT_HWCAP).
 *
 * @see gVisor pkg/cpuid/features_arm64.go: allFeatures; pkg/cpuid/cpuid_arm64.go: FeatureSet.HasFeature
 */
export const ARM64_FEATURES: readonly CpuFeature[] = ROWS.map(([name, impact, description], bit) => ({
  name,
  number: bit,
  leaf: null,
  subleaf: null,
  register: 'hwcap',
  bit,
  linuxName: name,
  comparedSince: COMPARED_SINCE,
  impact,
  description,
  source: SOURCE,
}));
