/** QEMU's CPU models as scripts/capture-qemu-models.mjs has recorded them. */
import type { CpuidEntry } from '../../cpu/cpuid-table.ts';
import { CpuidTable } from '../../cpu/cpuid-table.ts';
import type { CpuFeature, CpuRegister } from '../../cpu/feature.ts';

/** Where the data come from. */
export interface QemuCapture {
  /** The day, `YYYY-MM-DD`. */
  readonly capturedAt: string;
  /** Version of QEMU. */
  readonly qemu: string;
  /** Release of the guests' Linux. */
  readonly kernel: string;
}

/** One versioned model. */
export interface QemuModel {
  /** `EPYC-Milan-v1`. */
  readonly name: string;
  /** Other names that QEMU has for it. */
  readonly aliases: readonly string[];
  /** Registers of the definition by `leaf subleaf register`, bits that the emulator cannot show included. */
  readonly definition: ReadonlyMap<string, number>;
  /** What the probe saw in a guest; bits of it are the emulator's. */
  readonly seen: CpuidTable;
}

/** The data as they lie in the file; numbers are hex digits. */
interface QemuData extends QemuCapture {
  readonly models: readonly {
    readonly name: string;
    readonly aliases: readonly string[];
    /** `leaf subleaf register value`. */
    readonly definition: readonly string[];
    /** `leaf subleaf eax ebx ecx edx`. */
    readonly cpuid: readonly string[];
  }[];
}

/** Reads the data when they are asked for: they are larger than the rest of the code about hosts. */
export async function qemuModels(): Promise<{ readonly capture: QemuCapture; readonly models: readonly QemuModel[] }> {
  const { default: data } = (await import('./qemu-models.json', { with: { type: 'json' } })) as unknown as { default: QemuData };
  const models = data.models.map(({ name, aliases, definition, cpuid }) => ({
    name,
    aliases,
    definition: new Map(definition.map(readWord)),
    seen: new CpuidTable(cpuid.map(readLeaf)),
  }));
  return { capture: { capturedAt: data.capturedAt, qemu: data.qemu, kernel: data.kernel }, models };
}

/** Whether the definition of a model has a feature of gVisor's amd64 table. */
export function modelDefines(model: QemuModel, feature: CpuFeature): boolean {
  if (feature.leaf === null || feature.register === 'hwcap') return false;
  const word = model.definition.get(key(feature.leaf, feature.subleaf ?? 0, feature.register)) ?? 0;
  return ((word >>> feature.bit) & 1) === 1;
}

/** `7 0 ebx d19f0fb9`: hex digits. */
function readWord(text: string): [string, number] {
  const [leaf = '', subleaf = '', register = '', value = ''] = text.split(' ');
  return [key(Number.parseInt(leaf, 16), Number.parseInt(subleaf, 16), register), Number.parseInt(value, 16)];
}

/** `7 0 0 19c03a9 18 0`: leaf, subleaf, and four registers in hex digits. */
function readLeaf(text: string): CpuidEntry {
  const [leaf = 0, subleaf = 0, eax = 0, ebx = 0, ecx = 0, edx = 0] = text
    .split(' ')
    .map((digits) => Number.parseInt(digits, 16));
  return [leaf, subleaf, eax, ebx, ecx, edx];
}

function key(leaf: number, subleaf: number, register: CpuRegister | string): string {
  return `${leaf} ${subleaf} ${register}`;
}
