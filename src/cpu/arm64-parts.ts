/** Names of arm64 CPUs by the fields of MIDR_EL1. */

interface Implementer {
  readonly code: number;
  readonly name: string;
  readonly parts: Readonly<Record<number, string>>;
}

/**
 * Implementers and their 64-bit parts.
 *
 * @see Linux arch/arm64/include/asm/cputype.h; util-linux sys-utils/lscpu-arm.c; Arm technical reference manuals, MIDR_EL1
 */
const IMPLEMENTERS: readonly Implementer[] = [
  {
    code: 0x41,
    name: 'Arm',
    parts: {
      3330: 'Cortex-A34',
      3331: 'Cortex-A53',
      3332: 'Cortex-A35',
      3333: 'Cortex-A55',
      3334: 'Cortex-A65',
      3335: 'Cortex-A57',
      3336: 'Cortex-A72',
      3337: 'Cortex-A73',
      3338: 'Cortex-A75',
      3339: 'Cortex-A76',
      3340: 'Neoverse-N1',
      3341: 'Cortex-A77',
      3342: 'Cortex-A76AE',
      3343: 'AEMv8',
      3349: 'Cortex-R82',
      3392: 'Neoverse-V1',
      3393: 'Cortex-A78',
      3394: 'Cortex-A78AE',
      3395: 'Cortex-A65AE',
      3396: 'Cortex-X1',
      3398: 'Cortex-A510',
      3399: 'Cortex-A710',
      3400: 'Cortex-X2',
      3401: 'Neoverse-N2',
      3402: 'Neoverse-E1',
      3403: 'Cortex-A78C',
      3404: 'Cortex-X1C',
      3405: 'Cortex-A715',
      3406: 'Cortex-X3',
      3407: 'Neoverse-V2',
      3457: 'Cortex-A720',
      3458: 'Cortex-X4',
      3459: 'Neoverse-V3AE',
      3460: 'Neoverse-V3',
      3461: 'Cortex-X925',
      3463: 'Cortex-A725',
    },
  },
  { code: 0x42, name: 'Broadcom', parts: { 256: 'Brahma-B53', 1302: 'ThunderX2' } },
  {
    code: 0x43,
    name: 'Cavium',
    parts: {
      160: 'ThunderX',
      161: 'ThunderX-88XX',
      162: 'ThunderX-81XX',
      163: 'ThunderX-83XX',
      175: 'ThunderX2-99xx',
      176: 'OcteonTX2',
      177: 'OcteonTX2-98XX',
      178: 'OcteonTX2-96XX',
      179: 'OcteonTX2-95XX',
      180: 'OcteonTX2-95XXN',
      181: 'OcteonTX2-95XXMM',
      182: 'OcteonTX2-95XXO',
      184: 'ThunderX3-T110',
    },
  },
  { code: 0x46, name: 'Fujitsu', parts: { 1: 'A64FX' } },
  { code: 0x48, name: 'HiSilicon', parts: { 3329: 'Kunpeng-920', 3392: 'Cortex-A76' } },
  { code: 0x4e, name: 'NVIDIA', parts: { 0: 'Denver', 3: 'Denver 2', 4: 'Carmel' } },
  { code: 0x50, name: 'APM', parts: { 0: 'X-Gene' } },
  {
    code: 0x51,
    name: 'Qualcomm',
    parts: {
      513: 'Kryo',
      517: 'Kryo',
      529: 'Kryo',
      2048: 'Falkor-V1/Kryo',
      2049: 'Kryo-V2',
      2050: 'Kryo-3XX-Gold',
      2051: 'Kryo-3XX-Silver',
      2052: 'Kryo-4XX-Gold',
      2053: 'Kryo-4XX-Silver',
      3072: 'Falkor',
      3073: 'Saphira',
    },
  },
  { code: 0x53, name: 'Samsung', parts: { 1: 'exynos-m1', 2: 'exynos-m3', 3: 'exynos-m4', 4: 'exynos-m5' } },
  {
    code: 0x61,
    name: 'Apple',
    parts: {
      32: 'Icestorm-A14',
      33: 'Firestorm-A14',
      34: 'Icestorm-M1',
      35: 'Firestorm-M1',
      36: 'Icestorm-M1-Pro',
      37: 'Firestorm-M1-Pro',
      40: 'Icestorm-M1-Max',
      41: 'Firestorm-M1-Max',
      48: 'Blizzard-A15',
      49: 'Avalanche-A15',
      50: 'Blizzard-M2',
      51: 'Avalanche-M2',
    },
  },
  { code: 0x69, name: 'Intel', parts: {} },
  { code: 0x70, name: 'Phytium', parts: { 1632: 'FTC660', 1633: 'FTC661', 1634: 'FTC662', 1635: 'FTC663' } },
  { code: 0xc0, name: 'Ampere', parts: { 2755: 'Ampere-1', 2756: 'Ampere-1a' } },
];

/** The implementer's and the part's name, each null when the table does not know it. */
export function arm64PartOf(
  implementer: number,
  part: number,
): { readonly implementer: string | null; readonly part: string | null } {
  const row = IMPLEMENTERS.find((candidate) => candidate.code === implementer);
  return { implementer: row?.name ?? null, part: row?.parts[part] ?? null };
}
