/** One line of raw CPUID. */
import type { CpuidEntry } from '../cpu/cpuid-table.ts';

/** Registers have all their digits: with fewer, the last one could be the rest of a line that was cut off. */
const LEAF_LINE =
  /^0x([0-9a-f]{8}) 0x([0-9a-f]{2,8}): eax=0x([0-9a-f]{8}) ebx=0x([0-9a-f]{8}) ecx=0x([0-9a-f]{8}) edx=0x([0-9a-f]{8})$/;

/** The highest subleaf that a description may name; real ones stay under 64. */
export const HIGHEST_SUBLEAF = 0xffff;

/**
 * The answer on a line `0x00000007 0x00: eax=0x… ebx=0x… ecx=0x… edx=0x…` as `cpuid -r` and the probe write it, or null for any other
 * line and for a subleaf above {@link HIGHEST_SUBLEAF}.
 */
export function parseLeafLine(line: string): CpuidEntry | null {
  const match = LEAF_LINE.exec(line);
  if (match === null) return null;
  const number = (group: number): number => Number.parseInt(match[group] ?? '', 16);
  const subleaf = number(2);
  return subleaf > HIGHEST_SUBLEAF ? null : [number(1), subleaf, number(3), number(4), number(5), number(6)];
}
