/** A host out of a CPU configuration of Firecracker. */
import { type CpuidEntry, CpuidTable } from '../cpu/cpuid-table.ts';
import { identityOfCpuid } from '../cpu/identity.ts';
import { agreedBits, known, unknown } from './facts.ts';
import type { Fact, FeatureFact, Host } from './host.ts';
import { hostFromCpuid } from './host-from-cpuid.ts';
import { type ConfiguredLeaf, type FirecrackerConfiguration, parseFirecracker, REGISTER_NAMES } from './parse-firecracker.ts';
import { withUndecidedState } from './undecided-state.ts';

const LEFT_OPEN = 'the CPU configuration leaves bits open that decide it (x): they are as the machine has them';
const BEFORE_THE_GUEST =
  'the CPU configuration is what a guest gets before its kernel runs; whether that kernel enables it is not in there';
/** @see Firecracker src/vmm/src/cpu_config/x86_64/cpuid/normalize.rs */
const ONE_CPU = 'ht is not set here; Firecracker sets it in guests that have more than one virtual CPU';
const ALL_BITS = 0xffff_ffff;

/**
 * The guest with this CPU configuration. A bit that is left open, and a leaf that is not in it, is unknown.
 *
 * @throws CkptError as {@link parseFirecracker}.
 */
export function hostFromFirecracker(name: string, json: string): Host {
  const configuration = parseFirecracker(json);
  const { fingerprint, leaves } = configuration;
  const host = guestHost(name, configuration);
  const machine = 'of the machine that runs Firecracker';
  const open = leaves.some((leaf) => !isWhole(leaf));
  return {
    ...host,
    kernel:
      fingerprint?.kernel == null
        ? unknown('the CPU configuration does not say')
        : unknown(`the fingerprint names the kernel ${machine} (${fingerprint.kernel}), not that of the guest`),
    microcode:
      fingerprint?.microcode == null
        ? unknown('the CPU configuration does not say')
        : known(fingerprint.microcode, `fingerprint: microcode_version ${machine}`),
    notes: [
      ...host.notes,
      ...(open ? ['this is a CPU template: bits that it leaves open are unknown'] : []),
      ...(host.features.get('ht')?.presence === 'absent' ? [ONE_CPU] : []),
    ],
  };
}

/** What holds both when every open bit is 0 and when it is 1. */
function guestHost(name: string, { leaves, fingerprint }: FirecrackerConfiguration): Host {
  const provenance = `CPUID of a guest, ${fingerprint === null ? 'CPU configuration' : 'fingerprint'} of Firecracker`;
  const host = (openBits: 0 | 1): Host => {
    const cpus = [{ label: 'guest', table: tableOf(leaves, openBits) }];
    const described = hostFromCpuid(name, cpus, { source: 'firecracker', provenance, direct: false });
    return withUndecidedState(described, cpus, BEFORE_THE_GUEST);
  };
  const [clear, set] = [host(0), host(1)];
  const whole = new CpuidTable(tableOf(leaves.filter(isWhole), 0).entries);
  return {
    ...clear,
    cpuid: whole.entries.length === 0 ? null : whole,
    features: new Map([...clear.features].map(([feature, fact]) => [feature, bothFeature(fact, set.features.get(feature))])),
    cacheLine: both(clear.cacheLine, set.cacheLine),
    useXsave: both(clear.useXsave, set.useXsave),
    xcr0: both(clear.xcr0, set.xcr0),
    xcr0Known: agreedBits(clear.xcr0Known, set.xcr0Known),
    hypervisor: both(clear.hypervisor, set.hypervisor),
    identity: identityOfCpuid(whole),
  };
}

/** A leaf that names the highest one of its range is left out unless it is whole: what a CPU answers above the highest is not in here. */
function tableOf(leaves: readonly ConfiguredLeaf[], openBits: 0 | 1): CpuidTable {
  const entries: CpuidEntry[] = [];
  for (const one of leaves) {
    if ((one.leaf & 0x7fff_ffff) === 0 && !isWhole(one)) continue;
    const [eax, ebx, ecx, edx] = REGISTER_NAMES.map((register) => {
      const { said, set } = one.registers[register];
      return (openBits === 1 ? set | (ALL_BITS & ~said) : set) >>> 0;
    });
    entries.push([one.leaf, one.subleaf, eax ?? 0, ebx ?? 0, ecx ?? 0, edx ?? 0]);
  }
  return new CpuidTable(entries);
}

function isWhole({ registers }: ConfiguredLeaf): boolean {
  return REGISTER_NAMES.every((register) => registers[register].said === ALL_BITS);
}

function both<T>(one: Fact<T>, other: Fact<T>): Fact<T> {
  return one.value === other.value ? one : unknown(LEFT_OPEN);
}

function bothFeature(one: FeatureFact, other: FeatureFact | undefined): FeatureFact {
  return one.presence === other?.presence ? one : { presence: 'unknown', source: LEFT_OPEN };
}
