/** What the CPUID answers of one logical CPU prove. */
import { featuresOfCpuid } from '../cpu/cpuid-features.ts';
import type { CpuidTable } from '../cpu/cpuid-table.ts';
import { cacheLineOf, xcr0Of } from '../cpu/identity.ts';
import { agreed, agreedBits, agreedFeature, allBits, type CpuLabels, known, NO_BITS, unknown } from './facts.ts';
import type { Fact, FeatureFact, KnownBits } from './host.ts';

/** The facts of a host that CPUID decides. */
export interface CpuidFacts {
  readonly features: ReadonlyMap<string, FeatureFact>;
  readonly cacheLine: Fact<number>;
  readonly useXsave: Fact<boolean>;
  readonly xcr0: Fact<bigint>;
  readonly xcr0Known: KnownBits;
  /** States that do not fit into the area of the enabled ones: certainly not enabled. */
  readonly notEnabled: bigint;
  readonly hypervisor: Fact<string>;
}

const XSAVE = 1 << 26;
const OSXSAVE = 1 << 27;
const HYPERVISOR = 1 << 31;
const XSAVE_LEAF = 0xd;

/**
 * Reads the facts out of a table; `direct` as for {@link featuresOfCpuid}.
 *
 * @see gVisor pkg/cpuid/cpuid_amd64.go: CacheLine, UseXsave, ValidXCR0Mask; Intel SDM vol. 2A, CPUID
 */
export function cpuidFacts(table: CpuidTable, direct: boolean): CpuidFacts {
  const info = table.get(1);
  const features = featuresOfCpuid(table, { direct });
  if (info === undefined) {
    const why = 'the description lacks CPUID leaf 0x1';
    return {
      features,
      cacheLine: unknown(why),
      useXsave: unknown(why),
      xcr0: unknown(why),
      xcr0Known: NO_BITS,
      notEnabled: 0n,
      hypervisor: unknown(why),
    };
  }
  const useXsave = (info.ecx & XSAVE) !== 0 && (info.ecx & OSXSAVE) !== 0;
  const xcr0 = useXsave
    ? enabledStates(table, direct)
    : unknown<bigint>('CPUID leaf 0x1: XSAVE is not there or not enabled (OSXSAVE)');
  return {
    features,
    cacheLine: known(cacheLineOf(table) ?? 0, 'CPUID leaf 0x1 EBX[15:8]'),
    useXsave: known(useXsave, 'CPUID leaf 0x1 ECX[27:26]'),
    xcr0,
    xcr0Known: !useXsave ? allBits(0n) : xcr0.value === null ? NO_BITS : allBits(xcr0.value),
    notEnabled: xcr0.value === null ? 0n : statesNotEnabled(table, xcr0.value),
    hypervisor: hypervisorOf(table, info.ecx),
  };
}

/** The facts of one logical CPU. */
export interface CpuFacts {
  /** `CPU 3`. */
  readonly label: string;
  readonly facts: CpuidFacts;
}

/**
 * What the logical CPUs of one machine prove together; where one differs from the first, nothing.
 *
 * The facts of a CPU are let go of before those of the next one are asked for, so `cpus` may make them as it goes.
 */
export function agreedFacts(cpus: Iterable<CpuFacts>): CpuidFacts {
  let first: CpuFacts | null = null;
  let together: CpuidFacts | null = null;
  const features = new Map<string, FeatureFact>();
  for (const cpu of cpus) {
    if (first === null || together === null) {
      first = cpu;
      together = cpu.facts;
      continue;
    }
    const labels: CpuLabels = [first.label, cpu.label];
    for (const [name, fact] of first.facts.features) {
      if (features.has(name)) continue;
      const both = agreedFeature(fact, cpu.facts.features.get(name) ?? NOT_IN_TABLE, labels);
      if (both !== fact) features.set(name, both);
    }
    together = agreedWith(together, first.facts, cpu.facts, labels);
  }
  if (together === null) throw new Error('no logical CPU');
  return { ...together, features: new Map([...together.features, ...features]) };
}

const NOT_IN_TABLE: FeatureFact = { presence: 'unknown', source: 'not in the table' };

/** `together` without what differs between the first and another CPU; the features aside. A fact that is not the first one's any more stays. */
function agreedWith(together: CpuidFacts, first: CpuidFacts, other: CpuidFacts, labels: CpuLabels): CpuidFacts {
  const both = <T>(now: Fact<T>, a: Fact<T>, b: Fact<T>, show: (value: T) => string): Fact<T> =>
    now === a ? agreed(a, b, labels, show) : now;
  return {
    features: together.features,
    cacheLine: both(together.cacheLine, first.cacheLine, other.cacheLine, String),
    useXsave: both(together.useXsave, first.useXsave, other.useXsave, (value) => (value ? 'XSAVE' : 'no XSAVE')),
    xcr0: both(together.xcr0, first.xcr0, other.xcr0, (value) => `0x${value.toString(16)}`),
    xcr0Known: agreedBits(together.xcr0Known, other.xcr0Known),
    notEnabled: together.notEnabled & other.notEnabled,
    hypervisor: both(together.hypervisor, first.hypervisor, other.hypervisor, (value) => value),
  };
}

function enabledStates(table: CpuidTable, direct: boolean): Fact<bigint> {
  const highest = table.get(0)?.eax;
  const states = xcr0Of(table);
  if (states === null) return unknown('the description lacks CPUID leaf 0xd');
  if (!direct && highest !== undefined && highest < XSAVE_LEAF) return unknown('CPUID leaf 0xd is above the highest basic leaf');
  return known(states, 'CPUID leaf 0xd EDX:EAX');
}

/**
 * EBX of leaf 0xd is the size of the area for the states that XCR0 has enabled right now, so a state that ends behind it is not.
 *
 * @see Intel SDM vol. 2A, CPUID leaf 0DH: subleaf 0 EBX; subleaf i EAX size, EBX offset, ECX[0] supervisor state
 */
function statesNotEnabled(table: CpuidTable, supported: bigint): bigint {
  const enabledSize = table.get(XSAVE_LEAF)?.ebx ?? 0;
  let bits = 0n;
  for (let bit = 2; bit < 63; bit++) {
    const state = table.get(XSAVE_LEAF, bit);
    const isNamed = ((supported >> BigInt(bit)) & 1n) === 1n;
    if (!isNamed || state === undefined || (state.ecx & 1) !== 0) continue;
    if (state.eax > 0 && state.ebx + state.eax > enabledSize) bits |= 1n << BigInt(bit);
  }
  return bits;
}

function hypervisorOf(table: CpuidTable, ecx: number): Fact<string> {
  if ((ecx & HYPERVISOR) === 0) return known('none', 'CPUID leaf 0x1 ECX[31]');
  const leaf = table.get(0x4000_0000);
  if (leaf === undefined) return unknown('CPUID leaf 0x1 says that there is one; the description lacks leaf 0x40000000');
  const name = registersText([leaf.ebx, leaf.ecx, leaf.edx]);
  return known(name === '' ? 'unnamed' : name, 'CPUID leaf 0x40000000');
}

/** The text in registers: printable ASCII, four bytes each, zero bytes dropped. */
function registersText(registers: readonly number[]): string {
  const bytes = registers.flatMap((register) => [0, 8, 16, 24].map((shift) => (register >>> shift) & 0xff));
  return bytes
    .map((byte) => (byte === 0 ? '' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?'))
    .join('')
    .trim();
}
