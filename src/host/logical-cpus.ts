/** How many logical CPUs one description may have. */
import { hostError } from './host-text.ts';

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
