/** What descriptions of logical CPUs have in common: how many there may be, and that each has its leaves once. */
import { type CpuidEntry, CpuidTable } from '../cpu/cpuid-table.ts';
import type { CkptError } from '../errors.ts';
import { hostError, quoteLine, type TextLine } from './host-text.ts';

/**
 * Logical CPUs of one host description; stops thousands of invented ones, each of which costs a table of its own.
 *
 * @see Linux arch/x86/Kconfig: NR_CPUS_RANGE_END, 8192 with CPUMASK_OFFSTACK; arch/arm64/Kconfig: NR_CPUS, at most 4096
 */
export const MOST_LOGICAL_CPUS = 8192;

/** @throws CkptError `over-limit` at `line` when a description of `count` logical CPUs has more than {@link MOST_LOGICAL_CPUS}. */
export function checkLogicalCpus(count: number, line: number): void {
  if (count <= MOST_LOGICAL_CPUS) return;
  throw hostError(
    'over-limit',
    line,
    `at most ${MOST_LOGICAL_CPUS} logical CPUs, as many as Linux supports`,
    'one more',
    'Describe the host by one logical CPU: `cpuid -1 -r`, or the first block of /proc/cpuinfo',
  );
}

/** A leaf that a logical CPU has twice in a dump. */
export function leafTwice({ number, text }: TextLine): CkptError {
  const found = `${quoteLine(text)} a second time`;
  return hostError('bad-host', number, 'every leaf once for each logical CPU', found, 'Give the dump of one machine only');
}

/**
 * The table of one logical CPU, whose leaves are by `leaf/subleaf`.
 *
 * @param line where its part of the dump begins, or null
 * @throws CkptError `bad-host` without leaves 0 and 1
 */
export function checkedTable(label: string, entries: ReadonlyMap<string, CpuidEntry>, line: number | null): CpuidTable {
  if (!entries.has('0/0') || !entries.has('1/0')) throw hostError('bad-host', line, `CPUID leaves 0 and 1 of ${label}`, 'none');
  return new CpuidTable(entries.values());
}
