/** CPUID leaves as data. */

/** One CPUID answer: leaf, subleaf, then the four registers, each an unsigned 32-bit number. */
export type CpuidEntry = readonly [leaf: number, subleaf: number, eax: number, ebx: number, ecx: number, edx: number];

/** The four registers that CPUID returns, unsigned 32-bit each. */
export interface CpuidRegisters {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** An immutable set of CPUID answers of one logical CPU. A leaf that is not in the table is unknown, not zero. */
export class CpuidTable {
  readonly entries: readonly CpuidEntry[];
  readonly #byKey = new Map<string, CpuidRegisters>();

  /** Later entries of one (leaf, subleaf) replace earlier ones; entries are kept sorted by leaf and subleaf. */
  constructor(entries: Iterable<CpuidEntry>) {
    const unique = new Map<string, CpuidEntry>();
    for (const entry of entries) unique.set(key(entry[0], entry[1]), entry);
    this.entries = [...unique.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (const [leaf, subleaf, eax, ebx, ecx, edx] of this.entries) {
      this.#byKey.set(key(leaf, subleaf), { eax: eax >>> 0, ebx: ebx >>> 0, ecx: ecx >>> 0, edx: edx >>> 0 });
    }
  }

  /** The answer of a leaf, or undefined when the table does not hold it. */
  get(leaf: number, subleaf = 0): CpuidRegisters | undefined {
    return this.#byKey.get(key(leaf, subleaf));
  }
}

function key(leaf: number, subleaf: number): string {
  return `${leaf >>> 0}:${subleaf >>> 0}`;
}

/** An answer in hex as documents hold it, in the widths of `cpuid -r`: `0x00000007`, `0x01`, and four registers. */
export function cpuidEntryText([leaf, subleaf, ...registers]: CpuidEntry): string[] {
  return [word(leaf), `0x${subleaf.toString(16).padStart(2, '0')}`, ...registers.map(word)];
}

function word(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}
