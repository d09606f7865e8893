/** Dumps that do not show what the machine's own kernel enables. */
import { xcr0Of } from '../cpu/identity.ts';
import { allBits, known, NO_BITS, unknown } from './facts.ts';
import type { FeatureFact, Host } from './host.ts';
import type { DumpedCpu } from './parse-cpuid-dump.ts';

const XSAVE = 1 << 26;
const PKU = 1 << 3;

/**
 * A host without what a dump says of the operating system, when the dump was or may have been taken under another one than the Linux that
 * runs runsc, or before any ran.
 *
 * Linux enables XSAVE and protection keys wherever the CPU has them, so a bit that is set (osxsave, ospke) stays. One that is clear on a
 * CPU that has the feature is unknown, and so is whether XSAVE is used. A state that does not fit into the area of the enabled ones (leaf
 * 0xD subleaf 0 EBX) is neither known to be enabled nor to be disabled.
 *
 * @see Intel SDM vol. 2A, CPUID leaf 01H ECX[27] (CR4.OSXSAVE), leaf 07H ECX[4] (CR4.PKE), leaf 0DH EBX; Linux kernel/fpu/xstate.c:
 *   fpu__init_cpu_xstate, kernel/cpu/common.c: setup_pku
 */
export function withUndecidedState(host: Host, cpus: readonly DumpedCpu[], why: string): Host {
  const features = new Map(host.features);
  const undecided = (name: string, has: (cpu: DumpedCpu) => boolean): boolean => {
    if (features.get(name)?.presence !== 'absent' || !cpus.some(has)) return false;
    features.set(name, undecidedBit(why));
    return true;
  };
  const hasPku = ({ table }: DumpedCpu): boolean => ((table.get(7)?.ecx ?? 0) & PKU) !== 0;
  const hasXsave = ({ table }: DumpedCpu): boolean => ((table.get(1)?.ecx ?? 0) & XSAVE) !== 0;
  undecided('ospke', hasPku);
  const { set, clear } = host.xcr0Known;
  const decided = { ...host, features, statesNotEnabled: 0n, xcr0Known: { set: set & ~host.statesNotEnabled, clear } };
  if (!undecided('osxsave', hasXsave)) return decided;
  const states = new Set(cpus.map(({ table }) => xcr0Of(table)));
  const [offered] = states;
  const agreed = states.size === 1 && offered !== undefined && offered !== null ? offered : null;
  return {
    ...decided,
    useXsave: unknown(why),
    xcr0: agreed === null ? unknown('the description lacks CPUID leaf 0xd') : known(agreed, 'CPUID leaf 0xd EDX:EAX'),
    xcr0Known: agreed === null ? NO_BITS : { set: 0n, clear: allBits(agreed).clear },
  };
}

function undecidedBit(why: string): FeatureFact {
  return { presence: 'unknown', source: why };
}
