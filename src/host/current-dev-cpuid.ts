/** This machine by the kernel's cpuid devices. */
import type { CpuidEntry } from '../cpu/cpuid-table.ts';
import { errorCode } from '../io/system-error.ts';
import { answeredLeaves } from './answered-leaves.ts';
import type { Attempt } from './attempt.ts';
import { allQuestions, COMPARED_LEAVES } from './cpuid-questions.ts';
import { hostFromCpuid } from './host-from-cpuid.ts';
import type { OperatingSystem } from './operating-system.ts';
import type { DumpedCpu } from './parse-cpuid-dump.ts';

/** Reads every question from the first logical CPU and the compared leaves from each of the others. */
export function devCpuidHost(name: string, system: OperatingSystem): Attempt {
  const numbers = system.cpuidDevices();
  if (numbers.length === 0) return { reason: 'there is no /dev/cpu: the cpuid module is not loaded' };
  const cpus: DumpedCpu[] = [];
  for (const [index, cpu] of numbers.entries()) {
    const questions = index === 0 ? allQuestions() : COMPARED_LEAVES;
    try {
      const answers = system.readCpuidDevice(cpu, questions);
      const entries = questions.map(([leaf, subleaf], at): CpuidEntry => [leaf, subleaf, ...(answers[at] ?? NO_ANSWER)]);
      cpus.push({ label: `CPU ${cpu}`, table: answeredLeaves(entries) });
    } catch (error) {
      if (index === 0) return { reason: `/dev/cpu/${cpu}/cpuid: ${whyNot(error)}` };
      // A logical CPU that is offline: runsc cannot run on it either.
    }
  }
  return {
    host: hostFromCpuid(name, cpus, { source: 'dev-cpuid', provenance: 'CPUID, read from /dev/cpu/N/cpuid', direct: true }),
  };
}

const NO_ANSWER = [0, 0, 0, 0] as const;

function whyNot(error: unknown): string {
  const code = errorCode(error);
  switch (code) {
    case undefined:
      throw error;
    case 'EACCES':
    case 'EPERM':
      return 'only root may read it';
    case 'ENOENT':
    case 'ENXIO':
    case 'ENODEV':
      return 'the cpuid module is not loaded';
    default:
      return code;
  }
}
