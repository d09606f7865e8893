/** A host out of a CPUID dump as InstLatX64 and AIDA64 write it. */
import { vendorOf } from '../cpu/identity.ts';
import { unknown } from './facts.ts';
import type { Host } from './host.ts';
import { hostFromCpuid } from './host-from-cpuid.ts';
import { whyFeatureVaries } from './models/variations.ts';
import type { DumpedCpu } from './parse-cpuid-dump.ts';
import { parseInstlatx64 } from './parse-instlatx64.ts';
import { withUndecidedState } from './undecided-state.ts';

const CLFLUSH = 1 << 19;
const UNDER_HYPER_V =
  'the dump was taken under the Hyper-V of a Windows, which another operating system on the machine does not run under';
const ANOTHER_SYSTEM =
  'the dump says what the operating system had enabled under which it was taken, which may not be the one that runs runsc';
/** CPUs that show SYSCALL whatever the mode. @see AMD APM vol. 3, CPUID Fn8000_0001_EDX[11] */
const SHOW_SYSCALL: ReadonlySet<string | null> = new Set(['AuthenticAMD', 'HygonGenuine']);

/**
 * The host of a dump. Unknown is what another operating system or a 32-bit program may have read differently: osxsave, ospke and the states in
 * effect where the dump does not show them; `syscall`, which Intel shows in 64-bit mode only; and a cache line of 0 on a CPU with CLFLUSH.
 *
 * @throws CkptError as {@link parseInstlatx64}.
 * @see Intel SDM vol. 2A, CPUID leaf 80000001H EDX[11]: available when in 64-bit mode
 */
export function hostFromInstlatx64(name: string, text: string): Host {
  const { cpus, system } = parseInstlatx64(text);
  const many = cpus.length > 1 ? `, ${cpus.length} logical CPUs` : '';
  const host = hostFromCpuid(name, cpus, {
    source: 'instlatx64',
    provenance: `CPUID dump of InstLatX64 or AIDA64${many}`,
    direct: false,
  });
  const taken = system === null ? [] : [`the dump was taken under ${system}`];
  const decided = withUndecidedState(host, cpus, ANOTHER_SYSTEM);
  const dumped = { ...decided, notes: [...decided.notes, ...taken] };
  return withoutContradictions(isHyperVRoot(cpus) ? withoutHyperV(dumped) : dumped, cpus);
}

/**
 * Whether the dump is of the Windows that Hyper-V itself runs for, as on every machine with its virtualization-based security: the CPU
 * may well be bare metal for another operating system.
 *
 * @see Microsoft Hypervisor Top Level Functional Specification, 2.4: leaf 0x40000000 EBX, ECX, EDX; leaf 0x40000003 EBX[0] CreatePartitions
 */
function isHyperVRoot(cpus: readonly DumpedCpu[]): boolean {
  return cpus.some(({ table }) => {
    const name = table.get(0x4000_0000);
    const isHyperV = name?.ebx === 0x7263_694d && name.ecx === 0x666f_736f && name.edx === 0x7648_2074;
    const privileges = table.get(0x4000_0003);
    return isHyperV && (privileges === undefined || (privileges.ebx & 1) !== 0);
  });
}

/** Without what a hypervisor adds and hides. */
function withoutHyperV(host: Host): Host {
  const features = new Map(host.features);
  for (const [name, { presence }] of host.features) {
    const hidden = presence === 'absent' && whyFeatureVaries(name, null) !== null;
    if (hidden || (name === 'hypervisor' && presence === 'present'))
      features.set(name, { presence: 'unknown', source: UNDER_HYPER_V });
  }
  return { ...host, features, hypervisor: unknown(UNDER_HYPER_V) };
}

function withoutContradictions(host: Host, cpus: readonly DumpedCpu[]): Host {
  const features = new Map(host.features);
  const is64Bit = features.get('lm')?.presence === 'present';
  if (
    is64Bit &&
    features.get('syscall')?.presence === 'absent' &&
    !cpus.every(({ table }) => SHOW_SYSCALL.has(vendorOf(table)))
  ) {
    const source = 'CPUID leaf 0x80000001 shows it in 64-bit mode only, and the dump may have been taken by a 32-bit program';
    features.set('syscall', { presence: 'unknown', source });
  }
  const flushes = cpus.some(({ table }) => ((table.get(1)?.edx ?? 0) & CLFLUSH) !== 0);
  const cacheLine =
    host.cacheLine.value === 0 && flushes
      ? unknown<number>('CPUID leaf 0x1 EBX[15:8] is 0 in this dump, and no CPU with CLFLUSH has that')
      : host.cacheLine;
  return { ...host, features, cacheLine };
}
