/** Advice about the gate `fpu-state`. */
import type { ImageFacts } from './image-facts.ts';
import type { ThreadRef } from './reasons.ts';
import type { Advice, Reason } from './result.ts';
import type { Rules } from './rules.ts';

const AVX512_COMPONENTS: ReadonlySet<string> = new Set(['opmask', 'ZMM_Hi256', 'Hi16_ZMM']);
const IGNORED_COMPONENTS: ReadonlySet<string> = new Set(['BNDREGS', 'BNDCSR', 'PKRU']);

/** Verified with runsc release-20260817.0: with it a static glibc shell restored on a host without AVX-512. */
export const WITHOUT_AVX512 = 'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD';
/** Verified with runsc release-20240729.0 and glibc 2.36: with it the threads of a static glibc shell held x87 and SSE state only. */
const WITHOUT_AVX =
  'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX_Fast_Unaligned_Load,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD';

const SHOWN_PROCESSES = 16;

/** What to do about state that the host cannot load. */
export function fpuAdvice(image: Partial<ImageFacts>, rules: Rules, reasons: readonly Reason[]): Advice[] {
  const components = new Set<string>();
  const threads: ThreadRef[] = [];
  for (const because of reasons) {
    if (because.code === 'CKPT1801' || because.code === 'CKPT1803') {
      for (const name of because.details.components) components.add(name);
      threads.push(...because.details.threads);
    } else if (because.code === 'CKPT1802') threads.push(...because.details.threads);
  }
  if (threads.length === 0) return [];
  return [...tunables(image, components), restart(threads), ...newerRunsc(components, rules)];
}

function tunables(image: Partial<ImageFacts>, components: ReadonlySet<string>): Advice[] {
  const levelled = Array.isArray(image.levelledTo)
    ? 'the image is levelled, but the annotation alone does not bind glibc where the CPU cannot fault CPUID; '
    : '';
  if (components.has('AVX')) {
    const message = `${levelled}to keep glibc from using AVX registers, set this in the environment before the next save`;
    return [{ code: 'CKPT2005', message, setting: WITHOUT_AVX }];
  }
  if ([...components].some((name) => AVX512_COMPONENTS.has(name))) {
    const message = `${levelled}to keep glibc from using AVX-512 registers, set this in the environment before the next save`;
    return [{ code: 'CKPT2004', message, setting: WITHOUT_AVX512 }];
  }
  return [];
}

function restart(threads: readonly ThreadRef[]): Advice {
  const processes = new Map<string, string>();
  for (const { pid, name } of threads) {
    const key = pid === null ? 'dead' : String(pid);
    if (!processes.has(key))
      processes.set(key, pid === null ? 'dead threads (their parent must wait for them)' : `${pid} (${name ?? '?'})`);
  }
  const names = [...processes.values()];
  const more = names.length > SHOWN_PROCESSES ? ` and ${names.length - SHOWN_PROCESSES} more` : '';
  const message = `stop or restart these processes and save again: ${names.slice(0, SHOWN_PROCESSES).join(', ')}${more}`;
  return { code: 'CKPT2006', message };
}

function newerRunsc(components: ReadonlySet<string>, rules: Rules): Advice[] {
  const outdated = !rules.has('fpu-ignored-cleared') && components.size > 0;
  if (!outdated || ![...components].every((name) => IGNORED_COMPONENTS.has(name))) return [];
  return [{ code: 'CKPT2007', message: 'save and restore with release-20260216.0 or later, which ignores MPX and PKRU state' }];
}
