/** Which CPUID leaves are asked of a CPU. */

/** A run of leaves that are each asked for subleaves 0 to `subleaves - 1`. */
export interface CpuidQuestions {
  readonly leaf: number;
  readonly leaves: number;
  readonly subleaves: number;
  readonly comment: string;
}

/**
 * Every CPUID question that the probe asks, always, whatever the CPU says about its highest leaf.
 *
 * A fixed list keeps the probe's code trivial; {@link answeredLeaves} drops afterwards what the CPU does not define. Leaves 7 and 0xd
 * are kept even then: gVisor asks for them without looking at the highest leaf (pkg/cpuid/native_amd64.go: Query), and what
 * the CPU answers there counts.
 *
 * @see Intel SDM vol. 2A, CPUID; AMD APM vol. 3, appendix E
 */
export const CPUID_QUESTIONS: readonly CpuidQuestions[] = [
  { leaf: 0x0000_0000, leaves: 4, subleaves: 1, comment: 'vendor, features, cache descriptors, serial number' },
  { leaf: 0x0000_0004, leaves: 1, subleaves: 8, comment: 'caches (Intel)' },
  { leaf: 0x0000_0005, leaves: 2, subleaves: 1, comment: 'monitor, power' },
  { leaf: 0x0000_0007, leaves: 1, subleaves: 4, comment: 'structured extended features' },
  { leaf: 0x0000_0008, leaves: 3, subleaves: 1, comment: 'reserved, direct cache access, performance counters' },
  { leaf: 0x0000_000b, leaves: 1, subleaves: 4, comment: 'topology' },
  { leaf: 0x0000_000c, leaves: 1, subleaves: 1, comment: 'reserved' },
  { leaf: 0x0000_000d, leaves: 1, subleaves: 64, comment: 'extended states (XSAVE)' },
  { leaf: 0x0000_000e, leaves: 1, subleaves: 1, comment: 'reserved' },
  { leaf: 0x0000_000f, leaves: 1, subleaves: 2, comment: 'cache monitoring' },
  { leaf: 0x0000_0010, leaves: 1, subleaves: 6, comment: 'cache allocation' },
  { leaf: 0x0000_0011, leaves: 1, subleaves: 1, comment: 'reserved' },
  { leaf: 0x0000_0012, leaves: 1, subleaves: 6, comment: 'SGX' },
  { leaf: 0x0000_0013, leaves: 1, subleaves: 1, comment: 'reserved' },
  { leaf: 0x0000_0014, leaves: 1, subleaves: 2, comment: 'processor trace' },
  { leaf: 0x0000_0015, leaves: 2, subleaves: 1, comment: 'clocks' },
  { leaf: 0x0000_0017, leaves: 1, subleaves: 4, comment: 'system-on-chip vendor' },
  { leaf: 0x0000_0018, leaves: 1, subleaves: 9, comment: 'address translation caches' },
  { leaf: 0x0000_0019, leaves: 2, subleaves: 1, comment: 'key locker, native model' },
  { leaf: 0x0000_001b, leaves: 1, subleaves: 4, comment: 'PCONFIG' },
  { leaf: 0x0000_001c, leaves: 1, subleaves: 1, comment: 'last branch records' },
  { leaf: 0x0000_001d, leaves: 2, subleaves: 2, comment: 'AMX tiles' },
  { leaf: 0x0000_001f, leaves: 1, subleaves: 6, comment: 'topology, second version' },
  { leaf: 0x0000_0020, leaves: 1, subleaves: 2, comment: 'history reset' },
  { leaf: 0x0000_0021, leaves: 2, subleaves: 1, comment: 'TDX, reserved' },
  { leaf: 0x0000_0023, leaves: 2, subleaves: 6, comment: 'performance monitoring, AVX10' },
  { leaf: 0x0000_0025, leaves: 12, subleaves: 1, comment: 'not yet assigned, or assigned since' },
  { leaf: 0x2000_0000, leaves: 1, subleaves: 1, comment: 'Xeon Phi' },
  { leaf: 0x4000_0000, leaves: 17, subleaves: 1, comment: 'hypervisor' },
  { leaf: 0x4000_0100, leaves: 2, subleaves: 1, comment: 'second hypervisor interface' },
  { leaf: 0x8000_0000, leaves: 29, subleaves: 1, comment: 'extended features, brand, caches, address sizes' },
  { leaf: 0x8000_001d, leaves: 1, subleaves: 8, comment: 'caches (AMD)' },
  { leaf: 0x8000_001e, leaves: 2, subleaves: 1, comment: 'topology, memory encryption' },
  { leaf: 0x8000_0020, leaves: 1, subleaves: 4, comment: 'quality of service' },
  { leaf: 0x8000_0021, leaves: 5, subleaves: 1, comment: 'extended features 2, performance monitoring' },
  { leaf: 0x8000_0026, leaves: 1, subleaves: 5, comment: 'extended topology' },
  { leaf: 0x8000_0027, leaves: 2, subleaves: 1, comment: 'not yet assigned, or assigned since' },
  { leaf: 0x8086_0000, leaves: 1, subleaves: 1, comment: 'Transmeta' },
  { leaf: 0xc000_0000, leaves: 1, subleaves: 1, comment: 'Centaur, Zhaoxin' },
];

/** The CPUID leaves whose bits gVisor compares or computes with; the ones that are compared between logical CPUs. */
export const COMPARED_LEAVES: readonly (readonly [leaf: number, subleaf: number])[] = [
  [0x0000_0000, 0],
  [0x0000_0001, 0],
  [0x0000_0007, 0],
  [0x0000_000d, 0],
  [0x0000_000d, 1],
  [0x8000_0000, 0],
  [0x8000_0001, 0],
];

/** Every (leaf, subleaf) of {@link CPUID_QUESTIONS}, in order. */
export function allQuestions(): [leaf: number, subleaf: number][] {
  const pairs: [number, number][] = [];
  for (const run of CPUID_QUESTIONS) {
    for (let leaf = run.leaf; leaf < run.leaf + run.leaves; leaf++) {
      for (let subleaf = 0; subleaf < run.subleaves; subleaf++) pairs.push([leaf, subleaf]);
    }
  }
  return pairs;
}
