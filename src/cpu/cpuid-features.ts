/** What runsc computes of a host from its CPUID answers: the list that `runsc cpu-features` prints. */
import type { CpuidRegisters, CpuidTable } from './cpuid-table.ts';
import type { CpuRegister, Presence } from './feature.ts';
import { AMD64_BLOCKS, AMD64_FEATURES } from './features-amd64.ts';

/** What is known of one compared feature, and the evidence for it or why it is unknown. */
export interface CpuidFeatureFact {
  readonly presence: Presence;
  readonly source: string;
}

export interface CpuidEvidence {
  /**
   * The table holds what the CPUID instruction really answered for every leaf in it, leaves above the highest one included. A dump
   * does not: its tool either omits such leaves or lists them for its own reasons.
   */
  readonly direct?: boolean;
}

/** Where one feature number of gVisor lies. */
interface CpuidBit {
  readonly number: number;
  readonly leaf: number;
  readonly subleaf: number;
  readonly register: CpuRegister;
  readonly bit: number;
}

/** Number of `xsave`: block 0, bit 26. */
const XSAVE = 26;
const STATE_LEAF = 0xd;
const EXTENDED_START = 0x8000_0000;
const EXTENDED_FEATURES = 0x8000_0001;
/** Basic leaves below 0xd whose answer depends on the subleaf. */
const SUBLEAF_DEPENDENT: ReadonlySet<number> = new Set([4, 7, 0xb]);
const ZEROS: CpuidRegisters = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

const XSAVE_IS_RANDOM =
  'CPUID leaf 0x1 says no XSAVE; runsc sets the bit or not depending on the order in which it walks a Go map, so its answer differs from run to run';

/**
 * Computes for every feature of the newest amd64 table whether runsc sees it on a host with these CPUID answers.
 *
 * runsc copies the answers into a static set, then writes every feature it knows into the copy. Two side effects matter. Writing any
 * feature of leaf 0xd subleaf 1, present or not, also sets the XSAVE bit of leaf 1, and writing `xsave` itself sets or clears it: on
 * a host with XSAVE that changes nothing, on a host without it the last write wins, in random order, so `xsave` is unknown there.
 * Leaf 0xd is copied again afterwards, so its own bits are what the CPU answers, but count only when `xsave` came out set. Writing a
 * feature of leaf 0x80000001 raises the highest extended leaf, which adds nothing, because the bits were read before.
 *
 * runsc checks the highest extended leaf but not the highest basic one: it takes whatever the CPU answers for leaf 7 and leaf 0xd.
 * For a leaf above the highest one, CPUs and hypervisors answer with zeros or with the registers of the highest basic leaf. A table
 * that is not `direct` does not say which, so a bit that is set in such an answer is unknown and a bit that is set in none is absent.
 *
 * @see gVisor pkg/cpuid/static_amd64.go: FeatureSet.ToStatic; features_amd64.go: Feature.set, Feature.check; native_amd64.go: Native.Query
 * @see Intel SDM vol. 2A, CPUID: "highest basic information leaf"; AMD APM vol. 3, CPUID
 */
export function featuresOfCpuid(table: CpuidTable, evidence: CpuidEvidence = {}): Map<string, CpuidFeatureFact> {
  return new Map(AMD64_FEATURES.map((feature) => [feature.name, featureNumberFact(table, feature.number, evidence)]));
}

/** The same for any feature number (32 * block + bit), named or not; a number beyond the last block is absent. */
export function featureNumberFact(table: CpuidTable, number: number, evidence: CpuidEvidence = {}): CpuidFeatureFact {
  const block = AMD64_BLOCKS[Math.floor(number / 32)];
  if (block === undefined) return absent('gVisor has no such block');
  const bit: CpuidBit = { ...block, number, bit: number % 32 };
  if (number === XSAVE) return xsaveFact(table, bit);
  if (bit.leaf === STATE_LEAF) return stateFact(table, bit, evidence);
  if (bit.leaf >= EXTENDED_START) return extendedFact(table, bit);
  return basicFact(table, bit, evidence);
}

function xsaveFact(table: CpuidTable, xsave: CpuidBit): CpuidFeatureFact {
  const fact = basicFact(table, xsave, {});
  return fact.presence === 'absent' ? unknown(XSAVE_IS_RANDOM) : fact;
}

function stateFact(table: CpuidTable, bit: CpuidBit, evidence: CpuidEvidence): CpuidFeatureFact {
  const fact = basicFact(table, bit, evidence);
  if (fact.presence === 'absent') return fact;
  const xsave = featureNumberFact(table, XSAVE);
  if (xsave.presence !== 'unknown') return fact;
  return unknown(`counts only when runsc sees xsave, and that is unknown: ${xsave.source}`);
}

function extendedFact(table: CpuidTable, bit: CpuidBit): CpuidFeatureFact {
  const highest = table.get(EXTENDED_START)?.eax;
  if (highest !== undefined && highest < EXTENDED_FEATURES) {
    return absent(`CPUID leaf 0x80000000: the highest extended leaf is ${hex(highest)}`);
  }
  const registers = table.get(EXTENDED_FEATURES);
  if (registers === undefined) return lacks(hex(EXTENDED_FEATURES));
  if (!hasBit(registers, bit)) return absent(`CPUID leaf ${hex(EXTENDED_FEATURES)}`);
  if (highest === undefined) return lacks(hex(EXTENDED_START));
  return present(`CPUID leaf ${hex(EXTENDED_FEATURES)}`);
}

function basicFact(table: CpuidTable, bit: CpuidBit, evidence: CpuidEvidence): CpuidFeatureFact {
  const highest = table.get(0)?.eax;
  const registers = table.get(bit.leaf, bit.subleaf);
  const outOfRange = highest !== undefined && highest < bit.leaf;
  if (registers !== undefined && (evidence.direct === true || !outOfRange)) {
    const source = `CPUID leaf ${leafName(bit)}`;
    return hasBit(registers, bit) ? present(source) : absent(source);
  }
  return outOfRange ? outOfRangeFact(table, highest, bit) : lacks(leafName(bit));
}

function outOfRangeFact(table: CpuidTable, highest: number, bit: CpuidBit): CpuidFeatureFact {
  const why = `CPUID leaf ${leafName(bit)} is above the highest basic leaf ${hex(highest)}`;
  const instead = basicAnswer(table, highest, bit.subleaf);
  if (instead === undefined) return unknown(`${why}, and the description lacks that one too`);
  if (!hasBit(instead, bit)) return absent(`${why}; the bit is 0 in that one too, which a CPU may answer instead`);
  return unknown(`${why}; runsc takes what the CPU answers there: zeros, or the registers of that one, where the bit is 1`);
}

/**
 * What the CPU answers for a basic leaf in range, or undefined when the table does not tell. Leaf 7 answers zeros for a subleaf above
 * the highest one, which subleaf 0 names in EAX; the other leaves of {@link SUBLEAF_DEPENDENT} follow no such rule.
 */
function basicAnswer(table: CpuidTable, leaf: number, subleaf: number): CpuidRegisters | undefined {
  const first = table.get(leaf);
  if (!SUBLEAF_DEPENDENT.has(leaf) || subleaf === 0) return first;
  const answer = table.get(leaf, subleaf);
  if (answer !== undefined || leaf !== 7 || first === undefined) return answer;
  return first.eax < subleaf ? ZEROS : undefined;
}

function hasBit(registers: CpuidRegisters, bit: CpuidBit): boolean {
  return ((registers[bit.register] >>> bit.bit) & 1) === 1;
}

function present(source: string): CpuidFeatureFact {
  return { presence: 'present', source };
}

function absent(source: string): CpuidFeatureFact {
  return { presence: 'absent', source };
}

function unknown(source: string): CpuidFeatureFact {
  return { presence: 'unknown', source };
}

function lacks(leaf: string): CpuidFeatureFact {
  return unknown(`the description lacks CPUID leaf ${leaf}`);
}

function leafName(bit: CpuidBit): string {
  return bit.subleaf === 0 ? hex(bit.leaf) : `${hex(bit.leaf)} subleaf ${bit.subleaf}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
