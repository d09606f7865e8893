/** What this machine's operating system says of itself. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { platform, release } from 'node:os';

/** The platform and processor that this Node.js was built for, and the kernel's release. */
export function currentPlatform(): { readonly os: string; readonly arch: string; readonly kernel: string } {
  return { os: platform(), arch: process.arch, kernel: release() };
}

/** The time now, RFC 3339, UTC. */
export function currentTime(): string {
  return new Date().toISOString();
}

/** The variable PATH of this process, or an empty text. */
export function searchPath(): string {
  return process.env.PATH ?? '';
}

/** The logical CPUs that have a device /dev/cpu/N/cpuid or could have one, ascending; empty without such a directory. */
export function cpuidDevices(): number[] {
  try {
    return readdirSync('/dev/cpu')
      .filter((name) => /^\d{1,6}$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/**
 * CPUID answers of one logical CPU from the kernel's cpuid device: for each question four registers.
 *
 * Throws the operating system's error: `ENXIO` or `ENOENT` without the cpuid module, `EACCES` without root.
 *
 * @see cpuid(4): the file position's low half is the leaf, its high half the subleaf; each read gives 16 bytes
 */
export function readCpuidDevice(
  cpu: number,
  questions: readonly (readonly [leaf: number, subleaf: number])[],
): (readonly [eax: number, ebx: number, ecx: number, edx: number])[] {
  const fd = openSync(`/dev/cpu/${cpu}/cpuid`, 'r');
  try {
    const answer = new Uint8Array(16);
    const view = new DataView(answer.buffer);
    return questions.map(([leaf, subleaf]) => {
      readSync(fd, answer, 0, 16, (BigInt(subleaf) << 32n) | BigInt(leaf));
      return [view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true)] as const;
    });
  } finally {
    closeSync(fd);
  }
}
