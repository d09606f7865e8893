/** The x86-64 microarchitecture levels of the psABI. */
import type { Presence } from './feature.ts';

/** 1 to 4 for x86-64-v1 to x86-64-v4; 0 when not even v1 is complete. */
export type X8664Level = 0 | 1 | 2 | 3 | 4;

/**
 * What each level adds, in gVisor names.
 *
 * The psABI's OSFXSR (the kernel has enabled SSE) is not in CPUID and holds under every 64-bit Linux.
 *
 * @see x86-64 psABI, low-level system information, "Micro-Architecture Levels" (gitlab.com/x86-psABIs/x86-64-ABI)
 */
export const X86_64_LEVELS: readonly (readonly string[])[] = [
  ['cmov', 'cx8', 'fpu', 'fxsr', 'mmx', 'syscall', 'sse', 'sse2'],
  ['cx16', 'lahf_lm', 'popcnt', 'pni', 'sse4_1', 'sse4_2', 'ssse3'],
  ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe', 'osxsave'],
  ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'],
];

/** The highest level all of whose features, and those of the levels below, are in the list of gVisor names. */
export function x8664LevelOf(features: Iterable<string>): X8664Level {
  const has = new Set(features);
  return highestLevel((name) => has.has(name));
}

/** The bounds of the level of a host some of whose features may be unknown; they are equal when the level is known. */
export function x8664LevelBounds(features: ReadonlyMap<string, { readonly presence: Presence }>): {
  readonly atLeast: X8664Level;
  readonly atMost: X8664Level;
} {
  const presence = (name: string): Presence => features.get(name)?.presence ?? 'unknown';
  return {
    atLeast: highestLevel((name) => presence(name) === 'present'),
    atMost: highestLevel((name) => presence(name) !== 'absent'),
  };
}

function highestLevel(has: (name: string) => boolean): X8664Level {
  const levels: readonly X8664Level[] = [1, 2, 3, 4];
  let highest: X8664Level = 0;
  for (const level of levels) {
    if (!(X86_64_LEVELS[level - 1] ?? []).every(has)) break;
    highest = level;
  }
  return highest;
}
