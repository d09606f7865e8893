/** Caches of one logical CPU, from CPUID. */
import type { CpuidRegisters, CpuidTable } from './cpuid-table.ts';

export type CacheType = 'data' | 'instruction' | 'unified';

/** One cache of one logical CPU; null where the evidence does not say. */
export interface CacheDescription {
  readonly level: number;
  readonly type: CacheType;
  /** Bytes. */
  readonly size: number;
  readonly ways: number | null;
  readonly partitions: number | null;
  readonly sets: number | null;
  /** Bytes of a line. */
  readonly line: number;
  readonly fullyAssociative: boolean | null;
  readonly inclusive: boolean | null;
}

/** Cache types by their CPUID code; any other code ends the list. */
export const CACHE_TYPES: Readonly<Record<number, CacheType>> = { 1: 'data', 2: 'instruction', 3: 'unified' };

const INTEL_CACHES = 4;
const AMD_CACHES = 0x8000_001d;
const AMD_L1 = 0x8000_0005;
const AMD_L2 = 0x8000_0006;
/** The cache index is an input; real CPUs have at most five caches. */
const MOST_CACHES = 64;

/**
 * The caches that the CPUID answers describe: leaf 4, else leaf 0x8000001d, else levels 1 and 2 from 0x80000005 and 0x80000006, which
 * are all that an image of an AMD host holds. Empty when the table has none of these leaves.
 *
 * @see Intel SDM vol. 2A, CPUID leaf 04H; AMD APM vol. 3, app. E.4, Fn8000_001D, Fn8000_0005, Fn8000_0006
 */
export function cachesOfCpuid(table: CpuidTable): CacheDescription[] {
  for (const leaf of [INTEL_CACHES, AMD_CACHES]) {
    const caches = enumeratedCaches(table, leaf);
    if (caches.length > 0) return caches;
  }
  return [...amdLevel1(table.get(AMD_L1)), ...amdLevel2(table.get(AMD_L2))];
}

function enumeratedCaches(table: CpuidTable, leaf: number): CacheDescription[] {
  const caches: CacheDescription[] = [];
  for (let index = 0; index < MOST_CACHES; index++) {
    const registers = table.get(leaf, index);
    const type = registers === undefined ? undefined : CACHE_TYPES[registers.eax & 0x1f];
    if (registers === undefined || type === undefined) break;
    caches.push(enumeratedCache(registers, type));
  }
  return caches;
}

function enumeratedCache({ eax, ebx, ecx, edx }: CpuidRegisters, type: CacheType): CacheDescription {
  const ways = (ebx >>> 22) + 1;
  const partitions = ((ebx >>> 12) & 0x3ff) + 1;
  const line = (ebx & 0xfff) + 1;
  const sets = ecx + 1;
  return {
    level: (eax >>> 5) & 7,
    type,
    size: ways * partitions * line * sets,
    ways,
    partitions,
    sets,
    line,
    fullyAssociative: ((eax >>> 9) & 1) === 1,
    inclusive: ((edx >>> 1) & 1) === 1,
  };
}

function amdLevel1(registers: CpuidRegisters | undefined): CacheDescription[] {
  if (registers === undefined) return [];
  return [
    amdCache(1, 'data', registers.ecx >>> 24, registers.ecx),
    amdCache(1, 'instruction', registers.edx >>> 24, registers.edx),
  ].flat();
}

function amdLevel2(registers: CpuidRegisters | undefined): CacheDescription[] {
  return registers === undefined ? [] : amdCache(2, 'unified', registers.ecx >>> 16, registers.ecx);
}

/** Associativity is left out: its encoding differs by level and has values that refer to another leaf. */
function amdCache(level: number, type: CacheType, kilobytes: number, word: number): CacheDescription[] {
  const line = word & 0xff;
  if (kilobytes === 0 || line === 0) return [];
  const size = kilobytes * 1024;
  return [{ level, type, size, ways: null, partitions: null, sets: null, line, fullyAssociative: null, inclusive: null }];
}
