/** Which generation QEMU's models are of. */

/**
 * By name, because a signature does not say: Icelake-Server has the model number of Tremont, and qemu64 and kvm64 those of CPUs that they
 * are not.
 *
 * @see QEMU docs/system/cpu-models-x86.rst.inc
 */
const GENERATION: Readonly<Record<string, string>> = {
  Broadwell: 'Broadwell',
  'Cascadelake-Server': 'Cascade Lake',
  ClearwaterForest: 'Clearwater Forest',
  Conroe: 'Core 2 (Merom)',
  Cooperlake: 'Cooper Lake',
  Denverton: 'Goldmont (Denverton)',
  Dhyana: 'Dhyana',
  EPYC: 'Zen',
  'EPYC-Genoa': 'Zen 4',
  'EPYC-Milan': 'Zen 3',
  'EPYC-Rome': 'Zen 2',
  'EPYC-Turin': 'Zen 5',
  GraniteRapids: 'Granite Rapids',
  Haswell: 'Haswell',
  'Icelake-Server': 'Ice Lake-SP',
  IvyBridge: 'Ivy Bridge',
  KnightsMill: 'Knights Mill',
  Nehalem: 'Nehalem',
  Opteron_G1: 'K8',
  Opteron_G2: 'K8',
  Opteron_G3: 'K10',
  Opteron_G4: 'Bulldozer',
  Opteron_G5: 'Piledriver',
  Penryn: 'Core 2 (Penryn)',
  SandyBridge: 'Sandy Bridge',
  SapphireRapids: 'Sapphire Rapids',
  SierraForest: 'Sierra Forest',
  'Skylake-Client': 'Skylake',
  'Skylake-Server': 'Skylake-SP',
  Snowridge: 'Tremont',
  Westmere: 'Westmere',
  YongFeng: 'Yongfeng',
  core2duo: 'Core 2 (Merom)',
  phenom: 'K10',
};

/** The generation of a versioned model, or null where it is of none. */
export function generationOfModel(name: string): string | null {
  const base = name.replace(/-v\d+$/, '');
  return Object.hasOwn(GENERATION, base) ? (GENERATION[base] ?? null) : null;
}
