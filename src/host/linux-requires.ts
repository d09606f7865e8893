/** What every x86-64 machine has that runs Linux. */
import type { FeatureFact } from './host.ts';

/**
 * Features without which Linux does not run on x86-64 at all.
 *
 * @see Linux arch/x86/include/asm/required-features.h (64-bit, without the two that paravirtualization makes optional)
 */
const REQUIRED: ReadonlySet<string> = new Set(['fpu', 'msr', 'pae', 'cx8', 'cmov', 'fxsr', 'sse', 'sse2', 'lm', 'syscall']);

/** The fact that a feature is there because Linux runs, or null when it proves nothing of it. */
export function requiredByLinux(feature: string): FeatureFact | null {
  return REQUIRED.has(feature) ? { presence: 'present', source: 'Linux needs it on x86-64' } : null;
}
