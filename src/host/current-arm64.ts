/** This machine when it is an arm64 one. */
import { CkptError } from '../errors.ts';
import { decodeAuxiliaryVector } from './auxiliary-vector.ts';
import { known } from './facts.ts';
import type { Host } from './host.ts';
import { hostFromCpuinfoArm64 } from './host-from-cpuinfo.ts';
import { hostFromHwcap } from './host-from-hwcap.ts';
import type { OperatingSystem } from './operating-system.ts';

/**
 * AT_HWCAP decides; /proc/cpuinfo adds who made the CPU.
 *
 * @throws CkptError when /proc/self/auxv cannot be read.
 */
export function currentArm64Host(name: string, kernel: string, system: OperatingSystem): Host {
  const vector = decodeAuxiliaryVector(system.readFile('/proc/self/auxv'));
  return hostFromHwcap(name, vector, known(kernel, 'uname'), cpuinfoIdentity(name, system));
}

function cpuinfoIdentity(name: string, system: OperatingSystem): Host['identity'] {
  try {
    return hostFromCpuinfoArm64(name, new TextDecoder().decode(system.readFile('/proc/cpuinfo'))).identity;
  } catch (error) {
    if (error instanceof CkptError) return null;
    throw error;
  }
}
