/** CPU generations by the names that people give them. */
import type { Line } from '../../cpu/microarchitecture-features.ts';

/** One generation, or the part of it that is sold for one purpose. */
export interface GenerationRow {
  readonly name: string;
  readonly vendor: 'GenuineIntel' | 'AuthenticAMD';
  /** Where its features are documented: of several, what all of them say. Empty: the tables say nothing of it. */
  readonly lines: readonly (readonly [line: Line, generation: string])[];
  /** Code names of products and compilers' names, matched like the name itself. */
  readonly aliases: readonly string[];
  /** Every part of it that was sold has what the generation brought; else Pentium and Celeron parts lack some. */
  readonly isUniform: boolean;
}

const intel = (name: string, lines: GenerationRow['lines'], aliases: readonly string[], isUniform = true): GenerationRow => ({
  name,
  vendor: 'GenuineIntel',
  lines,
  aliases,
  isUniform,
});
const amd = (name: string, generation: string, aliases: readonly string[]): GenerationRow => ({
  name,
  vendor: 'AuthenticAMD',
  lines: [['amd', generation]],
  aliases,
  isUniform: true,
});
/** A generation for servers and clients under one name. */
const both = (name: string, aliases: readonly string[]): GenerationRow =>
  intel(
    name,
    [
      ['server', `${name}-EP`],
      ['client', name],
    ],
    aliases,
    false,
  );

/**
 * Names of the generations are those of src/cpu/microarchitecture.ts.
 *
 * @see GCC manual, x86 options, -march; AMD product pages of EPYC 7001 to 9005; Linux arch/x86/include/asm/intel-family.h
 */
// biome-ignore format: one row per generation
export const GENERATIONS: readonly GenerationRow[] = [
  both('Nehalem', ['corei7']),
  both('Westmere', []),
  both('Sandy Bridge', ['corei7-avx']),
  both('Ivy Bridge', ['core-avx-i']),
  both('Haswell', ['core-avx2']),
  intel('Haswell-EP', [['server', 'Haswell-EP']], ['Xeon E5 v3']),
  both('Broadwell', []),
  intel('Broadwell-EP', [['server', 'Broadwell-EP']], ['Xeon E5 v4']),
  intel('Skylake', [['client', 'Skylake']], [], false),
  intel('Coffee Lake', [['client', 'Coffee Lake']], [], false),
  intel('Skylake-SP', [['server', 'Skylake-SP']], ['skylake-avx512', 'skx']),
  intel('Cascade Lake', [['server', 'Cascade Lake']], ['Cascade Lake-SP', 'clx']),
  intel('Ice Lake', [['client', 'Ice Lake']], ['icelake-client']),
  intel('Rocket Lake', [['client', 'Rocket Lake']], []),
  intel('Tiger Lake', [['client', 'Tiger Lake']], []),
  intel('Alder Lake', [['client', 'Alder Lake']], []),
  intel('Raptor Lake', [['client', 'Raptor Lake']], []),
  intel('Meteor Lake', [['client', 'Meteor Lake']], []),
  intel('Arrow Lake', [['client', 'Arrow Lake']], []),
  intel('Ice Lake-SP', [['server', 'Ice Lake-SP']], ['icx']),
  intel('Sapphire Rapids', [['server', 'Sapphire Rapids']], ['spr']),
  intel('Emerald Rapids', [['server', 'Emerald Rapids']], ['emr']),
  intel('Granite Rapids', [['server', 'Granite Rapids']], ['gnr']),
  intel('Sierra Forest', [['forest', 'Sierra Forest']], ['srf']),
  intel('Clearwater Forest', [['forest', 'Clearwater Forest']], ['cwf']),
  intel('Knights Landing', [['phi', 'Knights Landing']], ['knl']),
  intel('Knights Mill', [['phi', 'Knights Mill']], ['knm']),
  intel('Core 2 (Merom)', [['core2', 'Core 2 (Merom)']], ['Merom', 'Core 2']),
  intel('Core 2 (Penryn)', [['core2', 'Core 2 (Penryn)']], []),
  intel('Goldmont', [['atom', 'Goldmont']], []),
  intel('Goldmont (Denverton)', [['atom', 'Goldmont (Denverton)']], []),
  intel('Goldmont Plus', [['atom', 'Goldmont Plus']], []),
  intel('Tremont', [['atom', 'Tremont']], []),
  amd('K10', 'K10', ['amdfam10', 'barcelona']),
  amd('Bulldozer', 'Bulldozer', ['bdver1']),
  amd('Piledriver', 'Piledriver', ['bdver2']),
  amd('Steamroller', 'Steamroller', ['bdver3']),
  amd('Excavator', 'Excavator', ['bdver4']),
  amd('Zen', 'Zen', ['Zen 1', 'znver1', 'Naples', 'EPYC 7001']),
  amd('Zen+', 'Zen', ['Zen Plus']),
  amd('Zen 2', 'Zen 2', ['znver2', 'Rome', 'EPYC 7002']),
  amd('Zen 3', 'Zen 3', ['znver3', 'Milan', 'Milan-X', 'EPYC 7003']),
  amd('Zen 4', 'Zen 4', ['Zen 4c', 'znver4', 'Genoa', 'Genoa-X', 'Bergamo', 'Siena', 'EPYC 9004', 'EPYC 8004']),
  amd('Zen 5', 'Zen 5', ['Zen 5c', 'znver5', 'Turin', 'Turin Dense', 'EPYC 9005']),
];

/** The generation of a name that src/cpu/microarchitecture.ts gives, or null when the tables do not know more of it. */
export function generationNamed(name: string | null): GenerationRow | null {
  return GENERATIONS.find((row) => row.name === name) ?? null;
}
