/** Pages of /proc/cpuinfo for tests, made from what matters in them. */

/** Flags of every page of a 64-bit Linux kernel since 4.11. */
export const MARKS = 'fpu pse lm nopl cpuid clflush';

export interface PageOptions {
  readonly flags: string;
  readonly vendor?: string;
  readonly family?: number;
  readonly model?: number;
  readonly level?: number;
  readonly bugs?: string;
  readonly cpu?: number;
  readonly clflush?: number;
}

/** One logical CPU as the kernel prints it. */
export function x86Page(options: PageOptions): string {
  const {
    flags,
    vendor = 'GenuineIntel',
    family = 6,
    model = 85,
    level = 22,
    bugs = 'spectre_v1',
    cpu = 0,
    clflush = 64,
  } = options;
  return [
    `processor\t: ${cpu}`,
    `vendor_id\t: ${vendor}`,
    `cpu family\t: ${family}`,
    `model\t\t: ${model}`,
    'model name\t: Test CPU : 2',
    'stepping\t: 4',
    'microcode\t: 0x1',
    `cpuid level\t: ${level}`,
    `flags\t\t: ${flags}`,
    `bugs\t\t: ${bugs}`,
    `clflush size\t: ${clflush}`,
    'address sizes\t: 46 bits physical, 48 bits virtual',
    'power management:',
    '',
    '',
  ].join('\n');
}

/** The same with the marks of a Linux kernel in front of the flags. */
export function linuxPage(options: PageOptions): string {
  return x86Page({ ...options, flags: `${MARKS} ${options.flags}` });
}
