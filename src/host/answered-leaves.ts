/** Which CPUID answers mean something. */
import { type CpuidEntry, CpuidTable } from '../cpu/cpuid-table.ts';

/**
 * Leaves that runsc asks for without looking at the highest leaf that the CPU names: what a CPU answers there counts.
 *
 * @see gVisor pkg/cpuid/native_amd64.go: allowedBasicFunctions, allowedExtendedFunctions
 */
const ASKED_BY_RUNSC: ReadonlySet<number> = new Set([
  0, 1, 2, 4, 7, 0xd, 0x8000_0000, 0x8000_0001, 0x8000_0002, 0x8000_0003, 0x8000_0004, 0x8000_0005, 0x8000_0006, 0x8000_0008,
  0x8000_001f,
]);

/** First leaves of the ranges that name their own highest leaf in EAX. */
const RANGES: readonly number[] = [0, 0x2000_0000, 0x4000_0000, 0x4000_0100, 0x8000_0000, 0x8086_0000, 0xc000_0000];

/** Subleaves below this are kept even when all four registers are 0: some leaves define them so. */
const KEPT_SUBLEAVES = 3;

/**
 * A table without the answers of leaves beyond the highest of their range, which are noise (zeros, or the last basic leaf again), and
 * without higher subleaves that are all zeros, which no leaf defines.
 *
 * The first leaf of each range and the leaves that runsc asks for regardless stay. Meant for entries that hold an answer to
 * every question, such as the probe's.
 */
export function answeredLeaves(entries: readonly CpuidEntry[]): CpuidTable {
  const highest = new Map<number, number>();
  for (const [leaf, subleaf, eax] of entries) if (subleaf === 0 && RANGES.includes(leaf)) highest.set(leaf, eax);
  return new CpuidTable(
    entries.filter(([leaf, subleaf, eax, ebx, ecx, edx]) => {
      if (subleaf >= KEPT_SUBLEAVES && (eax | ebx | ecx | edx) === 0) return false;
      const first = rangeOf(leaf);
      return leaf === first || ASKED_BY_RUNSC.has(leaf) || leaf <= (highest.get(first) ?? 0);
    }),
  );
}

function rangeOf(leaf: number): number {
  let range = 0;
  for (const first of RANGES) if (first <= leaf) range = first;
  return range;
}
