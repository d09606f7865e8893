/** Features that no CPU has without another one. */

/**
 * Each feature with those that it is built on, directly. Whoever writes a list by hand should keep both or neither.
 *
 * @see Intel SDM vol. 1, 13.1 and 14.3 (AVX needs OSXSAVE), 15.2 to 15.4 (AVX-512 needs AVX-512F, and that AVX2); AMD APM vol. 4, 1.1.4;
 *   Linux arch/x86/kernel/cpu/cpuid-deps.c
 */
const BUILT_ON: Readonly<Record<string, readonly string[]>> = {
  osxsave: ['xsave'],
  xsaveopt: ['xsave'],
  xsavec: ['xsave'],
  xgetbv1: ['xsave'],
  xsaves: ['xsave'],
  avx: ['xsave', 'osxsave', 'sse4_2'],
  pni: ['sse2'],
  ssse3: ['pni'],
  sse4_1: ['ssse3'],
  sse4_2: ['sse4_1'],
  sse4a: ['pni'],
  sse2: ['sse'],
  sse: ['fxsr'],
  aes: ['sse2'],
  pclmulqdq: ['sse2'],
  sha_ni: ['sse2'],
  gfni: ['sse2'],
  f16c: ['avx'],
  fma: ['avx'],
  fma4: ['avx'],
  xop: ['avx'],
  avx2: ['avx'],
  vaes: ['avx'],
  vpclmulqdq: ['avx'],
  avx512f: ['avx2'],
  avx512dq: ['avx512f'],
  avx512bw: ['avx512f'],
  avx512vl: ['avx512f'],
  avx512cd: ['avx512f'],
  avx512er: ['avx512f'],
  avx512pf: ['avx512f'],
  avx512vbmi: ['avx512f'],
  avx512_vbmi2: ['avx512f'],
  avx512_vnni: ['avx512f'],
  avx512_bitalg: ['avx512f'],
  avx512_vpopcntdq: ['avx512f'],
  avx512_vp2intersect: ['avx512f'],
  avx512_4vnniw: ['avx512f'],
  avx512_4fmaps: ['avx512f'],
  avx512_fp16: ['avx512f'],
  amx_tile: ['xsave'],
  amx_int8: ['amx_tile'],
  amx_bf16: ['amx_tile'],
  mpx: ['xsave'],
  pku: ['xsave'],
  ospke: ['pku'],
  '3dnowext': ['3dnow'],
};

/** Part of every x86-64 CPU, and executed by any program. @see System V ABI, x86-64, level x86-64 (baseline) */
export const X86_64_BASE: readonly string[] = ['fpu', 'tsc', 'cx8', 'cmov', 'mmx', 'fxsr', 'sse', 'sse2', 'syscall', 'lm'];

/** A feature in a set, without one that it is built on. */
export interface BrokenDependency {
  readonly feature: string;
  readonly missing: string;
}

/** Which features of a set lack what they are built on, in the order given. */
export function brokenDependencies(names: readonly string[]): BrokenDependency[] {
  const has = new Set(names);
  const built: ReadonlyMap<string, readonly string[]> = TABLE;
  return names.flatMap((feature) =>
    (built.get(feature) ?? []).filter((missing) => !has.has(missing)).map((missing) => ({ feature, missing })),
  );
}

const TABLE: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(BUILT_ON));
