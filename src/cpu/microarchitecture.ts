/** Names of CPU generations by CPUID signature. */

/** Intel parts: one row per generation and its model numbers; steppings are inclusive bounds where a model number was used again. */
interface ModelRow {
  readonly vendor: string;
  readonly family: number;
  readonly models: readonly number[];
  readonly steppings?: readonly [first: number, last: number];
  readonly name: string;
}

/** AMD parts: one row per inclusive range of model numbers. */
interface RangeRow {
  readonly vendor: string;
  readonly family: number;
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** @see Linux arch/x86/include/asm/intel-family.h (names, models, and the steppings of models 0x55, 0x8e and 0x9e) */
// biome-ignore format: one row per generation
const MODELS: readonly ModelRow[] = [
  { vendor: 'GenuineIntel', family: 6, models: [0x0f, 0x16], name: 'Core 2 (Merom)' },
  { vendor: 'GenuineIntel', family: 6, models: [0x17], name: 'Core 2 (Penryn)' },
  { vendor: 'GenuineIntel', family: 6, models: [0x1d], name: 'Core 2 (Dunnington)' },
  { vendor: 'GenuineIntel', family: 6, models: [0x1e, 0x1f, 0x1a, 0x2e], name: 'Nehalem' },
  { vendor: 'GenuineIntel', family: 6, models: [0x25, 0x2c, 0x2f], name: 'Westmere' },
  { vendor: 'GenuineIntel', family: 6, models: [0x2a, 0x2d], name: 'Sandy Bridge' },
  { vendor: 'GenuineIntel', family: 6, models: [0x3a, 0x3e], name: 'Ivy Bridge' },
  { vendor: 'GenuineIntel', family: 6, models: [0x3c, 0x3f, 0x45, 0x46], name: 'Haswell' },
  { vendor: 'GenuineIntel', family: 6, models: [0x3d, 0x47, 0x4f, 0x56], name: 'Broadwell' },
  { vendor: 'GenuineIntel', family: 6, models: [0x4e, 0x5e], name: 'Skylake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x55], steppings: [0, 4], name: 'Skylake-SP' },
  { vendor: 'GenuineIntel', family: 6, models: [0x55], steppings: [5, 7], name: 'Cascade Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x55], steppings: [10, 11], name: 'Cooper Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x8e, 0x9e], steppings: [9, 9], name: 'Kaby Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x8e], steppings: [10, 10], name: 'Coffee Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x8e], steppings: [11, 12], name: 'Whiskey Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x9e], steppings: [10, 13], name: 'Coffee Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0xa5, 0xa6], name: 'Comet Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x66], name: 'Cannon Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x6a], name: 'Ice Lake-SP' },
  { vendor: 'GenuineIntel', family: 6, models: [0x6c], name: 'Ice Lake-D' },
  { vendor: 'GenuineIntel', family: 6, models: [0x7d, 0x7e, 0x9d], name: 'Ice Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0xa7], name: 'Rocket Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x8c, 0x8d], name: 'Tiger Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x8f], name: 'Sapphire Rapids' },
  { vendor: 'GenuineIntel', family: 6, models: [0xcf], name: 'Emerald Rapids' },
  { vendor: 'GenuineIntel', family: 6, models: [0xad], name: 'Granite Rapids' },
  { vendor: 'GenuineIntel', family: 6, models: [0xae], name: 'Granite Rapids-D' },
  { vendor: 'GenuineIntel', family: 19, models: [0x01], name: 'Diamond Rapids' },
  { vendor: 'GenuineIntel', family: 6, models: [0x8a], name: 'Lakefield' },
  { vendor: 'GenuineIntel', family: 6, models: [0x97, 0x9a], name: 'Alder Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0xb7, 0xba, 0xbf], name: 'Raptor Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0xd7], name: 'Bartlett Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0xaa, 0xac], name: 'Meteor Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0xb5, 0xc5, 0xc6], name: 'Arrow Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0xbd], name: 'Lunar Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0xcc], name: 'Panther Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0xd5], name: 'Wildcat Lake' },
  { vendor: 'GenuineIntel', family: 18, models: [0x01, 0x03], name: 'Nova Lake' },
  { vendor: 'GenuineIntel', family: 6, models: [0x1c, 0x26], name: 'Bonnell' },
  { vendor: 'GenuineIntel', family: 6, models: [0x36, 0x27, 0x35], name: 'Saltwell' },
  { vendor: 'GenuineIntel', family: 6, models: [0x37, 0x4d, 0x4a, 0x5a], name: 'Silvermont' },
  { vendor: 'GenuineIntel', family: 6, models: [0x4c, 0x75], name: 'Airmont' },
  { vendor: 'GenuineIntel', family: 6, models: [0x5c], name: 'Goldmont' },
  { vendor: 'GenuineIntel', family: 6, models: [0x5f], name: 'Goldmont (Denverton)' },
  { vendor: 'GenuineIntel', family: 6, models: [0x7a], name: 'Goldmont Plus' },
  { vendor: 'GenuineIntel', family: 6, models: [0x86, 0x96, 0x9c], name: 'Tremont' },
  { vendor: 'GenuineIntel', family: 6, models: [0xbe], name: 'Gracemont (Alder Lake-N)' },
  { vendor: 'GenuineIntel', family: 6, models: [0xaf], name: 'Sierra Forest' },
  { vendor: 'GenuineIntel', family: 6, models: [0xb6], name: 'Grand Ridge' },
  { vendor: 'GenuineIntel', family: 6, models: [0xdd], name: 'Clearwater Forest' },
  { vendor: 'GenuineIntel', family: 6, models: [0x57], name: 'Knights Landing' },
  { vendor: 'GenuineIntel', family: 6, models: [0x85], name: 'Knights Mill' },
  { vendor: 'GenuineIntel', family: 15, models: [1, 2, 3, 4, 6], name: 'NetBurst' },
];

/**
 * The first row that fits wins.
 *
 * @see Linux arch/x86/kernel/cpu/amd.c: bsp_init_amd (Zen generations), hygon.c; AMD revision guides and "BIOS and Kernel Developer's
 *   Guide" of families 0Fh to 16h (earlier generations); AMD revision guide of family 17h models 00h-0Fh and 10h-1Fh (Zen+)
 */
// biome-ignore format: one row per range
const RANGES: readonly RangeRow[] = [
  { vendor: 'AuthenticAMD', family: 0x0f, from: 0, to: 0xff, name: 'K8' },
  { vendor: 'AuthenticAMD', family: 0x10, from: 0, to: 0xff, name: 'K10' },
  { vendor: 'AuthenticAMD', family: 0x11, from: 0, to: 0xff, name: 'K8 (Griffin)' },
  { vendor: 'AuthenticAMD', family: 0x12, from: 0, to: 0xff, name: 'K10 (Llano)' },
  { vendor: 'AuthenticAMD', family: 0x14, from: 0, to: 0xff, name: 'Bobcat' },
  { vendor: 'AuthenticAMD', family: 0x15, from: 0, to: 1, name: 'Bulldozer' },
  { vendor: 'AuthenticAMD', family: 0x15, from: 2, to: 2, name: 'Piledriver' },
  { vendor: 'AuthenticAMD', family: 0x15, from: 0x10, to: 0x1f, name: 'Piledriver' },
  { vendor: 'AuthenticAMD', family: 0x15, from: 0x30, to: 0x3f, name: 'Steamroller' },
  { vendor: 'AuthenticAMD', family: 0x15, from: 0x60, to: 0x7f, name: 'Excavator' },
  { vendor: 'AuthenticAMD', family: 0x16, from: 0, to: 0x0f, name: 'Jaguar' },
  { vendor: 'AuthenticAMD', family: 0x16, from: 0x30, to: 0x3f, name: 'Puma' },
  { vendor: 'AuthenticAMD', family: 0x17, from: 8, to: 8, name: 'Zen+' },
  { vendor: 'AuthenticAMD', family: 0x17, from: 0x18, to: 0x18, name: 'Zen+' },
  { vendor: 'AuthenticAMD', family: 0x17, from: 0, to: 0x2f, name: 'Zen' },
  { vendor: 'AuthenticAMD', family: 0x17, from: 0x50, to: 0x5f, name: 'Zen' },
  { vendor: 'AuthenticAMD', family: 0x17, from: 0x30, to: 0x4f, name: 'Zen 2' },
  { vendor: 'AuthenticAMD', family: 0x17, from: 0x60, to: 0x7f, name: 'Zen 2' },
  { vendor: 'AuthenticAMD', family: 0x17, from: 0x90, to: 0x91, name: 'Zen 2' },
  { vendor: 'AuthenticAMD', family: 0x17, from: 0xa0, to: 0xaf, name: 'Zen 2' },
  { vendor: 'AuthenticAMD', family: 0x19, from: 0, to: 0x0f, name: 'Zen 3' },
  { vendor: 'AuthenticAMD', family: 0x19, from: 0x20, to: 0x5f, name: 'Zen 3' },
  { vendor: 'AuthenticAMD', family: 0x19, from: 0x10, to: 0x1f, name: 'Zen 4' },
  { vendor: 'AuthenticAMD', family: 0x19, from: 0x60, to: 0xaf, name: 'Zen 4' },
  { vendor: 'AuthenticAMD', family: 0x1a, from: 0, to: 0x2f, name: 'Zen 5' },
  { vendor: 'AuthenticAMD', family: 0x1a, from: 0x40, to: 0x4f, name: 'Zen 5' },
  { vendor: 'AuthenticAMD', family: 0x1a, from: 0x60, to: 0x7f, name: 'Zen 5' },
  { vendor: 'HygonGenuine', family: 0x18, from: 0, to: 2, name: 'Dhyana' },
];

/**
 * The name of a CPU's generation, or null when the tables do not know it.
 *
 * @param vendor CPUID vendor string, such as `GenuineIntel`
 * @param family display family, extended family included
 * @param model display model, extended model included
 */
export function microarchitectureOf(vendor: string, family: number, model: number, stepping: number): string | null {
  for (const row of MODELS) {
    if (row.vendor !== vendor || row.family !== family || !row.models.includes(model)) continue;
    if (row.steppings === undefined) return row.name;
    if (stepping >= row.steppings[0] && stepping <= row.steppings[1]) return row.name;
  }
  for (const row of RANGES) {
    if (row.vendor === vendor && row.family === family && model >= row.from && model <= row.to) return row.name;
  }
  return null;
}
