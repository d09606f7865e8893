/**
 * Encodes a saved pkg/cpuid FeatureSet in each of its historical shapes.
 * @see docs/format.md, FeatureSet
 */
import type { CpuidEntry } from '../../src/cpu/cpuid-table.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { bool, field, float64, int, map, ref, slice, uint, type WireValue } from './wire-value.ts';

export interface Arm64Cpu {
  readonly hwcap: bigint;
  readonly hwcap2?: bigint;
  readonly implementer: number;
  readonly architecture: number;
  readonly variant: number;
  readonly part: number;
  readonly revision: number;
}

export type SavedCpu =
  /** amd64 before 2022-01: feature numbers (32 * block + bit) and decoded values instead of leaves. */
  | {
      readonly encoding: 'amd64-table';
      readonly features: readonly number[];
      readonly vendor: string;
      readonly family: number;
      readonly model: number;
      readonly stepping: number;
      readonly cacheLine: number;
    }
  /** amd64 from 2022-01: CPUID leaves. */
  | { readonly encoding: 'amd64-function'; readonly leaves: readonly CpuidEntry[] }
  /** amd64 from 2023-02: CPUID leaves and AT_HWCAP. */
  | {
      readonly encoding: 'amd64-function-hwcap';
      readonly leaves: readonly CpuidEntry[];
      readonly hwcap: bigint;
      readonly hwcap2: bigint;
    }
  /** arm64 before 2022-01: feature numbers. */
  | ({ readonly encoding: 'arm64-table'; readonly features: readonly number[] } & Omit<Arm64Cpu, 'hwcap' | 'hwcap2'>)
  /** arm64 2022-02 to 2023-02: hwCap is a number. */
  | ({ readonly encoding: 'arm64-number' } & Omit<Arm64Cpu, 'hwcap2'>)
  /** arm64 from 2023-02: hwCap is a struct. */
  | ({ readonly encoding: 'arm64-struct' } & Arm64Cpu);

export function savedArch(cpu: SavedCpu): 'amd64' | 'arm64' {
  return cpu.encoding.startsWith('arm64') ? 'arm64' : 'amd64';
}

/** The FeatureSet as a struct value; the maps and slices it needs become objects of the graph. */
export function featureSetValue(graph: GraphBuilder, cpu: SavedCpu): WireValue {
  declareTypes(graph, cpu);
  switch (cpu.encoding) {
    case 'amd64-table':
      return graph.struct('pkg/cpuid.FeatureSet', {
        Set: featureMap(graph, cpu.features),
        VendorID: field({ kind: 'string', bytes: new TextEncoder().encode(cpu.vendor) }),
        ExtendedFamily: field(uint(cpu.family > 15 ? cpu.family - 15 : 0)),
        ExtendedModel: field(uint(cpu.model >> 4)),
        ProcessorType: field(uint(0)),
        Family: field(uint(Math.min(cpu.family, 15))),
        Model: field(uint(cpu.model & 15)),
        SteppingID: field(uint(cpu.stepping)),
        Caches: caches(graph),
        CacheLine: field(uint(cpu.cacheLine)),
      });
    case 'amd64-function':
      return graph.struct('pkg/cpuid.FeatureSet', { Function: staticFunction(graph, cpu.leaves) });
    case 'amd64-function-hwcap':
      return graph.struct('pkg/cpuid.FeatureSet', {
        Function: staticFunction(graph, cpu.leaves),
        hwCap: hwCap(graph, cpu.hwcap, cpu.hwcap2),
      });
    case 'arm64-table':
      return graph.struct('pkg/cpuid.FeatureSet', {
        Set: featureMap(graph, cpu.features),
        CPUImplementer: field(uint(cpu.implementer)),
        CPUArchitecture: field(uint(cpu.architecture)),
        CPUVariant: field(uint(cpu.variant)),
        CPUPartnum: field(uint(cpu.part)),
        CPURevision: field(uint(cpu.revision)),
      });
    case 'arm64-number':
      return graph.struct('pkg/cpuid.FeatureSet', { hwCap: field(uint(cpu.hwcap)), ...arm64Identity(cpu) });
    case 'arm64-struct':
      return graph.struct('pkg/cpuid.FeatureSet', { hwCap: hwCap(graph, cpu.hwcap, cpu.hwcap2 ?? 0n), ...arm64Identity(cpu) });
  }
}

/** Declares the types in the order in which gVisor meets them: the struct, what is in it, then what it points to. */
function declareTypes(graph: GraphBuilder, cpu: SavedCpu): void {
  if (cpu.encoding !== 'amd64-function-hwcap') return;
  graph.type('pkg/cpuid.FeatureSet', ['Function', 'hwCap']);
  graph.type('pkg/cpuid.hwCap', ['hwCap1', 'hwCap2']);
}

function arm64Identity(cpu: Omit<Arm64Cpu, 'hwcap' | 'hwcap2'>): Record<string, WireValue> {
  return {
    cpuFreqMHz: float64(125),
    cpuImplHex: field(uint(cpu.implementer)),
    cpuArchDec: field(uint(cpu.architecture)),
    cpuVarHex: field(uint(cpu.variant)),
    cpuPartHex: field(uint(cpu.part)),
    cpuRevDec: field(uint(cpu.revision)),
  };
}

function hwCap(graph: GraphBuilder, hwCap1: bigint, hwCap2: bigint): WireValue {
  return graph.struct('pkg/cpuid.hwCap', { hwCap1: field(uint(hwCap1)), hwCap2: field(uint(hwCap2)) });
}

function featureMap(graph: GraphBuilder, features: readonly number[]): WireValue {
  return graph.pointer(map(features.map((number) => [int(number), bool(true)])));
}

function caches(graph: GraphBuilder): WireValue {
  const cache = graph.struct('pkg/cpuid.Cache', {
    Level: uint(1),
    Type: uint(1),
    FullyAssociative: field(bool(false)),
    Partitions: uint(1),
    Ways: uint(8),
    Sets: uint(64),
    InvalidateHierarchical: field(bool(false)),
    Inclusive: field(bool(false)),
    DirectMapped: field(bool(false)),
  });
  return slice(graph.object({ kind: 'array', items: [cache] }), 1);
}

function staticFunction(graph: GraphBuilder, leaves: readonly CpuidEntry[]): WireValue {
  const entries = leaves.map(([leaf, subleaf, eax, ebx, ecx, edx]): [WireValue, WireValue] => [
    graph.struct('pkg/cpuid.In', { Eax: field(uint(leaf)), Ecx: field(uint(subleaf)) }),
    graph.struct('pkg/cpuid.Out', {
      Eax: field(uint(eax)),
      Ebx: field(uint(ebx)),
      Ecx: field(uint(ecx)),
      Edx: field(uint(edx)),
    }),
  ]);
  return ref(graph.object(map(entries)));
}
