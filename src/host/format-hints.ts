/** What to do about a description of one host that is not in order. */
import { CkptError } from '../errors.ts';
import type { HostFormat } from './detect-host-format.ts';

const CPUINFO = 'Copy /proc/cpuinfo of the machine whole';
const CPUID = 'Make the dump again with `cpuid -1 -r` and copy it whole';
const LSCPU = 'Give what `LC_ALL=C lscpu -J` prints, or /proc/cpuinfo of the machine';

/** A sentence for errors that have none of their own, by format. */
const HINTS: Readonly<Record<Exclude<HostFormat, 'kubernetes'>, string>> = {
  profile: 'Write the profile again with `ckpt host capture`',
  probe: 'Run the probe again (`ckpt host probe`) and copy its output whole',
  cpuid: CPUID,
  kcpuid: CPUID,
  instlatx64: 'Copy the dump whole, and of one machine only',
  libvirt: 'Give a whole <cpudata>, or the output of `cpuid -1 -r`',
  firecracker: 'Give what `cpu-template-helper template dump` or `cpu-template-helper fingerprint dump` writes',
  runsc: 'Give what `runsc cpu-features` prints on the machine, and nothing else',
  'cpuinfo-amd64': CPUINFO,
  'cpuinfo-arm64': CPUINFO,
  lscpu: LSCPU,
  'lscpu-json': LSCPU,
};

/** The same error; where it does not say what to do, with what helps with that format. */
export function withFormatHint(error: unknown, format: keyof typeof HINTS): unknown {
  return error instanceof CkptError ? withHint(error, HINTS[format]) : error;
}

/** The same error, with a hint where it has none. */
export function withHint(error: CkptError, hint: string): CkptError {
  if (error.facts.hint !== undefined) return error;
  return new CkptError(error.code, error.place, { ...error.facts, hint }, { cause: error.cause });
}
