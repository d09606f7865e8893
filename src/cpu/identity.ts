/** Who made a CPU and which one it is, as far as the evidence says. */
import { arm64PartOf } from './arm64-parts.ts';
import { type CacheDescription, cachesOfCpuid } from './caches.ts';
import type { CpuidRegisters, CpuidTable } from './cpuid-table.ts';
import type { Arch } from './feature.ts';
import { microarchitectureOf } from './microarchitecture.ts';

/** Bytes of the XSAVE area, CPUID leaf 0xd subleaf 0. */
export interface XsaveSizes {
  /** EBX: for the components that the kernel has enabled. */
  readonly enabled: number;
  /** ECX: for all components that the CPU supports. */
  readonly maximum: number;
}

/** Identity of a CPU; null where the evidence does not say. */
export interface CpuIdentity {
  readonly arch: Arch;
  /** CPUID vendor string (`GenuineIntel`), or the name of an arm64 implementer (`Arm`). */
  readonly vendor: string | null;
  /** CPUID brand string, or the name of an arm64 part (`Neoverse-N1`). */
  readonly brand: string | null;
  /** Display family and model, extended fields included (amd64). */
  readonly family: number | null;
  readonly model: number | null;
  readonly stepping: number | null;
  readonly microarchitecture: string | null;
  readonly caches: readonly CacheDescription[];
  /** Bits of physical and virtual addresses as CPUID 0x80000008 reports them. */
  readonly physicalAddressBits: number | null;
  readonly virtualAddressBits: number | null;
  readonly xsaveSizes: XsaveSizes | null;
  /** MIDR_EL1 fields (arm64). */
  readonly implementer: number | null;
  readonly variant: number | null;
  readonly part: number | null;
  readonly revision: number | null;
}

/** The fields of CPUID leaf 1 EAX. */
export interface CpuSignature {
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

/** Everything that the CPUID answers of an amd64 CPU say about which one it is; what a missing leaf would say is null. */
export function identityOfCpuid(table: CpuidTable): CpuIdentity {
  const vendor = vendorOf(table);
  const info = table.get(1);
  const signature = info === undefined ? null : signatureOf(info.eax);
  const addresses = table.get(0x8000_0008);
  const state = table.get(0xd);
  return {
    ...UNKNOWN_IDENTITY,
    arch: 'amd64',
    vendor,
    brand: brandOf(table),
    ...signature,
    microarchitecture: vendor === null || signature === null ? null : microarchitectureOfSignature(vendor, signature),
    caches: cachesOfCpuid(table),
    physicalAddressBits: addresses === undefined ? null : addresses.eax & 0xff,
    virtualAddressBits: addresses === undefined ? null : (addresses.eax >>> 8) & 0xff,
    xsaveSizes: state === undefined ? null : { enabled: state.ebx, maximum: state.ecx },
  };
}

/** The identity of an arm64 CPU from the fields of MIDR_EL1, as /proc/cpuinfo shows them. */
export function identityOfArm64(fields: {
  readonly implementer: number;
  readonly variant: number;
  readonly part: number;
  readonly revision: number;
}): CpuIdentity {
  const names = arm64PartOf(fields.implementer, fields.part);
  return {
    ...UNKNOWN_IDENTITY,
    arch: 'arm64',
    vendor: names.implementer,
    brand: names.part,
    microarchitecture: names.part,
    ...fields,
  };
}

/**
 * Family, model and stepping with their extended fields.
 *
 * @see Intel SDM vol. 2A, CPUID leaf 01H EAX; AMD APM vol. 3, app. E.3.2: the extended model counts for families 6 and 15, the extended
 *   family for family 15
 */
export function signatureOf(eax: number): CpuSignature {
  return signatureOfFields({
    family: (eax >>> 8) & 0xf,
    extendedFamily: (eax >>> 20) & 0xff,
    model: (eax >>> 4) & 0xf,
    extendedModel: (eax >>> 16) & 0xf,
    stepping: eax & 0xf,
  });
}

/** The same from the separate fields that gVisor saved before 2022-01-13. */
export function signatureOfFields(fields: {
  readonly family: number;
  readonly extendedFamily: number;
  readonly model: number;
  readonly extendedModel: number;
  readonly stepping: number;
}): CpuSignature {
  const family = fields.family === 15 ? fields.family + fields.extendedFamily : fields.family;
  const extended = fields.family === 6 || fields.family === 15;
  return { family, model: extended ? fields.extendedModel * 16 + fields.model : fields.model, stepping: fields.stepping };
}

/** The vendor string of CPUID leaf 0, or null without that leaf. */
export function vendorOf(table: CpuidTable): string | null {
  const leaf = table.get(0);
  return leaf === undefined ? null : textOf([leaf.ebx, leaf.edx, leaf.ecx]);
}

/**
 * Bytes of a cache line as gVisor computes them from leaf 1, or null without that leaf.
 *
 * @see gVisor pkg/cpuid/cpuid_amd64.go: FeatureSet.CacheLine (the result has eight bits)
 */
export function cacheLineOf(table: CpuidTable): number | null {
  const info = table.get(1);
  return info === undefined ? null : (8 * (info.ebx >>> 8)) & 0xff;
}

/** CPUID leaf 0xD subleaf 0 EDX:EAX, or null without that leaf. */
export function xcr0Of(table: CpuidTable): bigint | null {
  const state = table.get(0xd);
  return state === undefined ? null : (BigInt(state.edx) << 32n) | BigInt(state.eax);
}

/** The generation's name of a vendor and signature, or null. */
export function microarchitectureOfSignature(vendor: string, signature: CpuSignature): string | null {
  return microarchitectureOf(vendor, signature.family, signature.model, signature.stepping);
}

/** An identity of which nothing is known. */
export const UNKNOWN_IDENTITY: CpuIdentity = {
  arch: 'amd64',
  vendor: null,
  brand: null,
  family: null,
  model: null,
  stepping: null,
  microarchitecture: null,
  caches: [],
  physicalAddressBits: null,
  virtualAddressBits: null,
  xsaveSizes: null,
  implementer: null,
  variant: null,
  part: null,
  revision: null,
};

function brandOf(table: CpuidTable): string | null {
  const leaves = [0x8000_0002, 0x8000_0003, 0x8000_0004].map((leaf) => table.get(leaf));
  const words = leaves.flatMap((leaf) => (leaf === undefined ? [] : wordsOf(leaf)));
  if (words.length < 12) return null;
  const text = textOf(words).trim();
  return text === '' ? null : text;
}

function wordsOf(registers: CpuidRegisters): number[] {
  return [registers.eax, registers.ebx, registers.ecx, registers.edx];
}

/** Little-endian words as Latin-1 text up to the first zero byte. */
function textOf(words: readonly number[]): string {
  const bytes = words.flatMap((word) => [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, (word >>> 24) & 0xff]);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end === -1 ? bytes : bytes.slice(0, end)));
}
