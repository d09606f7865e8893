/** What `kcpuid -r` leaves out because it is all zeros. */
import type { CpuidEntry } from '../cpu/cpuid-table.ts';

/** First leaves of the ranges that gVisor looks at; each names its highest leaf in EAX. */
const RANGES: readonly number[] = [0, 0x8000_0000];
/** Leaves of a range at most. */
const RANGE_SIZE = 0x1_0000;
const FEATURES = 1;
const MORE_FEATURES = 7;
const STATES = 0xd;
const EXTENDED_FEATURES = 0x8000_0001;
const OSXSAVE = 1 << 27;
/** States that come with features of leaf 7: MPX, AVX-512, PKRU, AMX. @see Intel SDM vol. 1, 13.1 */
const STATES_OF_LEAF_7 = 0x0006_02f8;

/** The answers that kcpuid printed, by `leaf/subleaf`. */
export type PrintedEntries = Map<string, CpuidEntry>;

/**
 * Adds zeros for the leaves that kcpuid has left out, and for subleaf 1 of leaf 0xd; `opened` holds the leaves whose list of subleaves
 * has begun.
 *
 * kcpuid prints leaf after leaf and leaves out an answer of four zeros, with all subleaves where it is that of subleaf 0. So what
 * stands before the last answer of its range and is not there is 0, and what would follow it is unknown: the output may be cut off.
 * Unknown, too, is what cannot have been zeros: the line is lost.
 *
 * @see Linux tools/arch/x86/kcpuid/kcpuid.c: setup_cpuid_range, cpuid_store, raw_dump_range
 */
export function addOmittedZeros(entries: PrintedEntries, opened: ReadonlySet<number>): void {
  const printed = [...entries.values()];
  for (const first of RANGES) {
    const highest = entries.get(`${first}/0`)?.[2];
    if (highest === undefined || highest < first) continue;
    const inRange = printed.filter(([leaf]) => leaf >= first && leaf <= highest && leaf < first + RANGE_SIZE);
    const last = inRange.reduce((most, [leaf]) => Math.max(most, leaf), first);
    for (let leaf = first; leaf < last; leaf++) {
      if (!entries.has(`${leaf}/0`) && !opened.has(leaf) && !hasSomething(leaf, entries)) addZeros(entries, leaf, 0);
    }
    const behindFirst = inRange.some(([leaf, subleaf]) => leaf > STATES || (leaf === STATES && subleaf > 1));
    if (first === 0 && behindFirst && opened.has(STATES) && !entries.has(`${STATES}/1`)) addZeros(entries, STATES, 1);
  }
}

/** Whether a leaf of a machine that runs runsc has a bit that is set: the signature, long mode, the states in use, the features of those. */
function hasSomething(leaf: number, printed: PrintedEntries): boolean {
  if (leaf === FEATURES || leaf === EXTENDED_FEATURES) return true;
  if (leaf === STATES) return ((printed.get(`${FEATURES}/0`)?.[4] ?? 0) & OSXSAVE) !== 0;
  return leaf === MORE_FEATURES && ((printed.get(`${STATES}/0`)?.[2] ?? 0) & STATES_OF_LEAF_7) !== 0;
}

function addZeros(entries: PrintedEntries, leaf: number, subleaf: number): void {
  entries.set(`${leaf}/${subleaf}`, [leaf, subleaf, 0, 0, 0, 0]);
}
