/**
 * What Node Feature Discovery makes of a CPU: an encoder of its own, after klauspost/cpuid (cpuid.go: support, at v2.3.0) and NFD
 * (source/cpu/cpu.go, at v0.19.0). Only flags of features that gVisor compares, and a few others that could be mistaken for them.
 */
import type { CpuidTable } from '../../src/cpu/cpuid-table.ts';

const DENIED =
  'AVX10 BMI1 BMI2 CLMUL CMOV CX16 ERMS F16C HTT LZCNT MMX MMXEXT NX POPCNT RDRAND RDSEED RDTSCP SGX SGXLC SSE SSE2 SSE3 SSE4 SSE42 SSSE3 TDX_GUEST'.split(
    ' ',
  );

export interface NfdWorld {
  /** XCR0 as the kernel has set it; the states of CPUID leaf 0xd unless given. */
  readonly xcr0?: bigint;
  readonly threadsPerCore?: number;
}

/** The flags of NFD's worker on a machine with these CPUID answers. */
export function nfdFlagsOf(table: CpuidTable, world: NfdWorld = {}): string[] {
  const flags = new Set<string>();
  const reg = (leaf: number, register: 'eax' | 'ebx' | 'ecx' | 'edx', subleaf = 0): number =>
    table.get(leaf, subleaf)?.[register] ?? 0;
  const mfi = reg(0, 'eax') >>> 0;
  const max = reg(0x8000_0000, 'eax') >>> 0;
  const bits = (value: number, names: Readonly<Record<string, number>>): void => {
    for (const [name, bit] of Object.entries(names)) if ((value >>> bit) & 1) flags.add(name);
  };
  const c = reg(1, 'ecx');
  const d = reg(1, 'edx');
  const vendor = vendorOf(table);
  bits(d, { X87: 0, CMPXCHG8: 8, SYSEE: 11, CMOV: 15, MMX: 23, FXSR: 24, FXSROPT: 25, SSE: 25, SSE2: 26 });
  bits(c, { SSE3: 0, CLMUL: 1, VMX: 5, SSSE3: 9, CX16: 13, SSE4: 19, SSE42: 20, MOVBE: 22, POPCNT: 23, AESNI: 25 });
  bits(c, { XSAVE: 26, OSXSAVE: 27, F16C: 29, RDRAND: 30, HYPERVISOR: 31 });
  if ((vendor === 'Intel' || vendor === 'AMD') && (d >>> 28) & 1 && (world.threadsPerCore ?? 1) > 1) flags.add('HTT');
  const osxsave = ((c >>> 26) & 3) === 3;
  const supported = (BigInt(reg(0xd, 'edx') >>> 0) << 32n) | BigInt(reg(0xd, 'eax') >>> 0);
  const xcr0 = osxsave ? (world.xcr0 ?? supported) : 0n;
  const avx = osxsave && ((c >>> 28) & 1) === 1 && (xcr0 & 6n) === 6n;
  if (avx) flags.add('AVX');
  if ((c >>> 12) & 1 && (c >>> 27) & 1) flags.add('FMA3');
  if (mfi >= 7) {
    const [ebx, ecx, edx] = [reg(7, 'ebx'), reg(7, 'ecx'), reg(7, 'edx')];
    if (avx) bits(ebx, { AVX2: 5 });
    bits(ebx, { BMI1: 3, HLE: 4, ERMS: 9, RTM: 11, MPX: 14, RDSEED: 18, ADX: 19, SHA: 29 });
    if ((ebx >>> 3) & 1) bits(ebx, { BMI2: 8 });
    bits(ecx, { WAITPKG: 5, CETSS: 7, GFNI: 8, VAES: 9, VPCLMULQDQ: 10, TME: 13, CLDEMOTE: 25, MOVDIRI: 27, MOVDIR64B: 28 });
    bits(edx, {
      FSRM: 4,
      SRBDS_CTRL: 9,
      MD_CLEAR: 10,
      RTM_ALWAYS_ABORT: 11,
      SERIALIZE: 14,
      HYBRID_CPU: 15,
      TSXLDTRK: 16,
      PCONFIG: 18,
    });
    bits(edx, { CETIBT: 20, IBPB: 26, STIBP: 27, FLUSH_L1D: 28, IA32_ARCH_CAP: 29, IA32_CORE_CAP: 30, SPEC_CTRL_SSBD: 31 });
    if (osxsave && (xcr0 & 0xe6n) === 0xe6n) {
      bits(ebx, {
        AVX512F: 16,
        AVX512DQ: 17,
        AVX512IFMA: 21,
        AVX512PF: 26,
        AVX512ER: 27,
        AVX512CD: 28,
        AVX512BW: 30,
        AVX512VL: 31,
      });
      bits(ecx, { AVX512VBMI: 1, AMXFP8: 3, AVX512VBMI2: 6, AVX512VNNI: 11, AVX512BITALG: 12, AVX512VPOPCNTDQ: 14 });
      bits(edx, { AVX512VP2INTERSECT: 8, AMXBF16: 22, AVX512FP16: 23, AMXTILE: 24, AMXINT8: 25 });
      bits(reg(7, 'eax', 1), { AVX512BF16: 5 });
    }
  }
  if (mfi >= 0xd && flags.has('XSAVE')) bits(reg(0xd, 'eax', 1), { XSAVEOPT: 0, XSAVEC: 1, XGETBV1: 2, XSAVES: 3 });
  if (max >= 0x8000_0001) {
    const [xc, xd] = [reg(0x8000_0001, 'ecx'), reg(0x8000_0001, 'edx')];
    bits(xc, { LAHF: 0, SVM: 2, LZCNT: 5, POPCNT: 5, SSE4A: 6, IBS: 10, TOPEXT: 22 });
    bits(xd, { SYSCALL: 11, NX: 20, MMXEXT: 22, MMX: 23, FXSR: 24, FXSROPT: 25, RDTSCP: 27, AMD3DNOWEXT: 30, AMD3DNOW: 31 });
    if (avx) bits(xc, { XOP: 11, FMA4: 16 });
  }
  if (max >= 0x8000_0008) bits(reg(0x8000_0008, 'ebx'), { IBPB: 12, STIBP: 15, SPEC_CTRL_SSBD: 24 });
  return [...flags].sort();
}

/** `cpu.model` of NFD. */
export function nfdModelOf(table: CpuidTable): Record<string, string> {
  const eax = table.get(1)?.eax ?? 0;
  const base = (eax >>> 8) & 0xf;
  const family = base === 0xf ? base + ((eax >>> 20) & 0xff) : base;
  const model = ((eax >>> 4) & 0xf) + (base === 6 || base === 0xf ? (eax >>> 12) & 0xf0 : 0);
  return { vendor_id: vendorOf(table), family: String(family), id: String(model) };
}

/** Labels of a node that NFD makes with its default configuration. */
export function nfdLabelsOf(table: CpuidTable, world?: NfdWorld): Record<string, string> {
  return labelsOf(
    nfdFlagsOf(table, world).filter((flag) => !DENIED.includes(flag)),
    nfdModelOf(table),
  );
}

export function labelsOf(flags: readonly string[], model: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries([
    ...flags.map((flag) => [`feature.node.kubernetes.io/cpu-cpuid.${flag}`, 'true']),
    ...Object.entries(model).map(([name, value]) => [`feature.node.kubernetes.io/cpu-model.${name}`, value]),
  ]);
}

/** A Node as `kubectl get node -o json` shows it, without what says nothing of the CPU. */
export function nodeObject(
  name: string,
  labels: Readonly<Record<string, string>>,
  architecture = 'amd64',
): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': architecture,
        'kubernetes.io/arch': architecture,
        'kubernetes.io/hostname': name,
        ...labels,
      },
    },
    status: {
      nodeInfo: {
        architecture,
        containerRuntimeVersion: 'containerd://1.7.20',
        kernelVersion: '6.1.0-26-cloud-amd64',
        operatingSystem: 'linux',
        osImage: 'Debian GNU/Linux 12 (bookworm)',
      },
    },
  };
}

/** A NodeFeature as NFD's worker makes it. */
export function nodeFeatureObject(
  name: string,
  flags: readonly string[],
  model: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  return {
    apiVersion: 'nfd.k8s-sigs.io/v1alpha1',
    kind: 'NodeFeature',
    metadata: { name, namespace: 'node-feature-discovery', labels: { 'nfd.node.kubernetes.io/node-name': name } },
    spec: {
      features: {
        flags: { 'cpu.cpuid': { elements: Object.fromEntries(flags.map((flag) => [flag, {}])) } },
        attributes: { 'cpu.model': { elements: model } },
        instances: {},
      },
      labels: labelsOf(
        flags.filter((flag) => !DENIED.includes(flag)),
        model,
      ),
    },
  };
}

function vendorOf(table: CpuidTable): string {
  const leaf = table.get(0);
  const bytes = Buffer.alloc(12);
  [leaf?.ebx ?? 0, leaf?.edx ?? 0, leaf?.ecx ?? 0].forEach((word, index) => void bytes.writeUInt32LE(word >>> 0, index * 4));
  const name = bytes.toString('latin1');
  return name === 'GenuineIntel' ? 'Intel' : name === 'AuthenticAMD' ? 'AMD' : 'VendorUnknown';
}
