/** The CPU feature set that an image was saved with: its first object graph. */
import { CACHE_TYPES, type CacheDescription } from './caches.ts';
import type { CpuidTable } from './cpuid-table.ts';
import type { Arch, CpuFeature } from './feature.ts';
import { AMD64_FEATURES } from './features-amd64.ts';
import { ARM64_FEATURES } from './features-arm64.ts';
import {
  type CpuIdentity,
  cacheLineOf,
  identityOfArm64,
  identityOfCpuid,
  microarchitectureOfSignature,
  signatureOfFields,
  UNKNOWN_IDENTITY,
  xcr0Of,
} from './identity.ts';

/**
 * How the image holds it.
 *
 * - `feature-table` (amd64 before 2022-01-13): a map of feature numbers and the identity as fields
 * - `function` (amd64 since then): a map of CPUID answers
 * - `function-hwcap` (amd64 since 2023-02-17): the same and AT_HWCAP, AT_HWCAP2
 * - `arm64-feature-table` (arm64 before 2022-01-13): a map of feature numbers and the identity
 * - `arm64-hwcap` (arm64 from 2022-02-10): AT_HWCAP and the identity
 * - `arm64-hwcap2` (arm64 since 2023-02-17): AT_HWCAP, AT_HWCAP2 and the identity
 */
export type FeatureSetEncoding =
  | 'feature-table'
  | 'function'
  | 'function-hwcap'
  | 'arm64-feature-table'
  | 'arm64-hwcap'
  | 'arm64-hwcap2';

/** A saved feature set. It is a fact of the image: nothing in it is unknown to gVisor, null means that this encoding has no such field. */
export interface FeatureSet {
  readonly arch: Arch;
  readonly encoding: FeatureSetEncoding;
  /** gVisor names in feature-number order: what the image requires when compared with the newest table. */
  readonly features: readonly string[];
  /** Feature numbers that are set and have no name in the newest table; only in `feature-table`, where older runsc compares them too. */
  readonly unnamed: readonly number[];
  readonly cpuid: CpuidTable | null;
  readonly hwcap: bigint | null;
  readonly hwcap2: bigint | null;
  readonly identity: CpuIdentity;
  /** Bytes; 0 when the saved leaf 1 says 0 (amd64); null on arm64. */
  readonly cacheLine: number | null;
  /** CPUID leaf 0xD subleaf 0 EDX:EAX as saved, or null when the image has no such leaf. */
  readonly xcr0: bigint | null;
}

/** The fields of `pkg/cpuid.FeatureSet` on amd64 before 2022-01-13. */
export interface SavedFeatureTable {
  /** Feature numbers whose value in the map `Set` is true. */
  readonly set: readonly number[];
  readonly vendorId: string;
  readonly extendedFamily: number;
  readonly extendedModel: number;
  readonly processorType: number;
  readonly family: number;
  readonly model: number;
  readonly steppingId: number;
  readonly caches: readonly SavedCache[];
  readonly cacheLine: number;
}

/** `pkg/cpuid.Cache` before 2022-01-13, as saved. */
export interface SavedCache {
  readonly level: number;
  /** 1 data, 2 instruction, 3 unified. */
  readonly type: number;
  readonly fullyAssociative: boolean;
  readonly partitions: number;
  readonly ways: number;
  readonly sets: number;
  readonly inclusive: boolean;
}

/** The fields of `pkg/cpuid.FeatureSet` on arm64, of any date. */
export interface SavedArm64 {
  /** Feature numbers of the map `Set` (before 2022-01-13), else null. */
  readonly set: readonly number[] | null;
  /** AT_HWCAP, or null before 2022-01-13. */
  readonly hwcap: bigint | null;
  /** AT_HWCAP2, or null before 2023-02-17. */
  readonly hwcap2: bigint | null;
  readonly implementer: number;
  readonly architecture: number;
  readonly variant: number;
  readonly part: number;
  readonly revision: number;
}

/** AT_HWCAP and AT_HWCAP2 as saved since 2023-02-17. */
export interface SavedHwcap {
  readonly hwcap: bigint;
  readonly hwcap2: bigint;
}

/**
 * The feature set of an image since 2022-01-13: saved CPUID answers. A leaf that was not saved counts as zeros, as it does for runsc.
 *
 * @param hwcap AT_HWCAP and AT_HWCAP2, or null for an image before 2023-02-17
 * @see gVisor pkg/cpuid/static_amd64.go: Static.Query; features_amd64.go: Feature.check
 */
export function featureSetFromCpuid(table: CpuidTable, hwcap: SavedHwcap | null): FeatureSet {
  return {
    arch: 'amd64',
    encoding: hwcap === null ? 'function' : 'function-hwcap',
    features: AMD64_FEATURES.filter((feature) => savedHas(table, feature)).map((feature) => feature.name),
    unnamed: [],
    cpuid: table,
    hwcap: hwcap?.hwcap ?? null,
    hwcap2: hwcap?.hwcap2 ?? null,
    identity: identityOfCpuid(table),
    cacheLine: cacheLineOf(table) ?? 0,
    xcr0: xcr0Of(table),
  };
}

/** The feature set of an amd64 image before 2022-01-13: a map of feature numbers, 32 * block + bit. */
export function featureSetFromTable(saved: SavedFeatureTable): FeatureSet {
  const set = new Set(saved.set);
  const named = new Set(AMD64_FEATURES.map((feature) => feature.number));
  const signature = signatureOfFields({ ...saved, stepping: saved.steppingId });
  return {
    arch: 'amd64',
    encoding: 'feature-table',
    features: AMD64_FEATURES.filter((feature) => set.has(feature.number)).map((feature) => feature.name),
    unnamed: [...set].filter((number) => !named.has(number)).sort((a, b) => a - b),
    cpuid: null,
    hwcap: null,
    hwcap2: null,
    identity: {
      ...UNKNOWN_IDENTITY,
      vendor: saved.vendorId,
      ...signature,
      microarchitecture: microarchitectureOfSignature(saved.vendorId, signature),
      caches: saved.caches.flatMap((cache) => savedCache(cache, saved.cacheLine)),
    },
    cacheLine: saved.cacheLine,
    xcr0: null,
  };
}

/** The feature set of an arm64 image of any date. */
export function featureSetFromArm64(saved: SavedArm64): FeatureSet {
  const set = new Set(saved.set ?? []);
  const has = (bit: number): boolean => (saved.hwcap === null ? set.has(bit) : ((saved.hwcap >> BigInt(bit)) & 1n) === 1n);
  return {
    arch: 'arm64',
    encoding: saved.hwcap === null ? 'arm64-feature-table' : saved.hwcap2 === null ? 'arm64-hwcap' : 'arm64-hwcap2',
    features: ARM64_FEATURES.filter((feature) => has(feature.bit)).map((feature) => feature.name),
    unnamed: [],
    cpuid: null,
    hwcap: saved.hwcap,
    hwcap2: saved.hwcap2,
    identity: identityOfArm64({
      implementer: saved.implementer,
      variant: saved.variant,
      part: saved.part,
      revision: saved.revision,
    }),
    cacheLine: null,
    xcr0: null,
  };
}

/** Feature.check over saved answers: leaf 0xd counts only with XSAVE, leaf 0x80000001 only when leaf 0x80000000 reaches it. */
function savedHas(table: CpuidTable, feature: CpuFeature): boolean {
  if (feature.leaf === null || feature.register === 'hwcap') return false;
  if (feature.leaf === 0xd && ((table.get(1)?.ecx ?? 0) & (1 << 26)) === 0) return false;
  if (feature.leaf === 0x8000_0001 && (table.get(0x8000_0000)?.eax ?? 0) < 0x8000_0001) return false;
  const registers = table.get(feature.leaf, feature.subleaf ?? 0);
  return registers !== undefined && ((registers[feature.register] >>> feature.bit) & 1) === 1;
}

function savedCache(cache: SavedCache, line: number): CacheDescription[] {
  const type = CACHE_TYPES[cache.type];
  if (type === undefined) return [];
  const { level, ways, partitions, sets, fullyAssociative, inclusive } = cache;
  return [{ level, type, size: ways * partitions * line * sets, ways, partitions, sets, line, fullyAssociative, inclusive }];
}
